// Identity, then the pipeline until its source ends; see prepare.hpp.
#include "host/run/prepare.hpp"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "host/diagnostic/failure.hpp"
#include "host/files/digest.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/run/pipeline_run.hpp"
#include "host/run/session.hpp"
#include "host/run/stop_signal.hpp"

namespace gistmill {

namespace {

nlohmann::json option_json(const OptionValue& value) {
  return std::visit([](const auto& held) { return nlohmann::json(held); }, value);
}

// What an instance contributes to the result: what it is, its options, the content that it reads. Paths count
// by what they lead to, so that a moved corpus is still the same corpus.
nlohmann::json describe(Instance& instance) {
  nlohmann::json options = nlohmann::json::object();
  for (const PlannedOption& option : instance.planned().options) {
    const OptionType type = instance.planned().spec->option(option.key)->type;
    if (type == OptionType::path || type == OptionType::paths) continue;
    options[option.key] = option_json(option.value);
  }
  const Manifest& manifest = instance.component().file->manifest;
  return {{"use", instance.planned().spec->name},
          {"version", manifest.version},
          {"options", options},
          {"content", instance.digest()}};
}

// The store of a pipeline and its destruction order: an uncommitted store removes its temporary file.
struct Preparation {
  std::vector<std::unique_ptr<Instance>> owned;
  std::vector<Instance*> instances;  // in the order of Plan::instances
  Instance* store = nullptr;
  const gm_store_extension* extension = nullptr;
};

Preparation make_instances(const Recipe& recipe, const Plan& plan, const PlannedPipeline& pipeline,
                           Registry& registry) {
  Preparation result;
  result.instances.resize(plan.instances.size(), nullptr);
  std::vector<std::uint8_t> used(plan.instances.size(), 0);
  mark_used(pipeline, used);
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] == 0) continue;
    const PlannedInstance& planned = plan.instances[i];
    result.owned.push_back(
        std::make_unique<Instance>(planned, registry.load(planned.spec->name, plugin_host()), plugin_host()));
    Instance* instance = result.owned.back().get();
    instance->start({}, static_cast<std::uint64_t>(recipe.run.seed));
    result.instances[i] = instance;
    if (const auto* store = instance->extension<gm_store_extension>(GM_STORE_EXTENSION); store != nullptr) {
      result.store = instance;
      result.extension = store;
    }
  }
  if (result.store == nullptr) {
    throw Failure(
        ExitCode::recipe, pipeline.origin,
        fmt::format("pipeline '{}' prepares nothing: none of its components is a store", pipeline.name));
  }
  return result;
}

}  // namespace

PreparedFile prepare(const Recipe& recipe, const Plan& plan, const std::string& name, Registry& registry,
                     Events& events, WhereMissing missing) {
  const PlannedPipeline* pipeline = plan.pipeline(name);
  if (pipeline == nullptr) {
    throw Failure(ExitCode::recipe, fmt::format("no pipeline '{}' to prepare a corpus with", name));
  }
  Preparation made = make_instances(recipe, plan, *pipeline, registry);

  nlohmann::json provenance = {{"pipeline", name}, {"instances", nlohmann::json::object()}};
  for (const PlannedCall& call : pipeline->calls) provenance["calls"].push_back(call.name);
  for (const auto& instance : made.owned) provenance["instances"][instance->name()] = describe(*instance);
  const std::string identity = sha256_hex(provenance.dump());

  PreparedFile result;
  result.path =
      std::filesystem::path(recipe.run.prepared) / fmt::format("{}-{}.h5", name, identity.substr(0, 16));
  if (std::filesystem::exists(result.path)) return result;
  if (missing == WhereMissing::refuse) {
    throw Failure(ExitCode::failed, fmt::format("{} is not prepared yet", result.path.string()),
                  {fmt::format("gistmill prepare {}", recipe.path.string())});
  }

  std::error_code error;
  std::filesystem::create_directories(result.path.parent_path(), error);
  if (error) {
    throw Failure(ExitCode::failed,
                  fmt::format("{} cannot be made: {}", result.path.parent_path().string(), error.message()));
  }
  events.message("info", fmt::format("preparing {}", result.path.string()));
  Instance::ErrorSink sink;
  const auto check = [&](gm_status status, const char* doing) {
    if (status != GM_OK) made.store->fail(status, sink, doing);
  };
  provenance["identity"] = identity;
  check(
      made.extension->begin(made.store->handle(), result.path.c_str(), provenance.dump().c_str(), sink.get()),
      "opening");
  const StopSignal stop;
  PipelineRun run(*pipeline, made.instances);
  StepContext context;
  context.seed = static_cast<std::uint64_t>(recipe.run.seed);
  context.cancel = stop.cancel();
  while (run.forward(context)) {
    ++context.step;
    if (context.step % 256 == 0) {
      events.emit("progress", {{"stage", ""}, {"text", "preparing"}, {"done", context.step}, {"count", 0}});
    }
    if (stop.requested()) {
      throw Failure(ExitCode::interrupted,
                    fmt::format("interrupted; {} was not written", result.path.string()));
    }
  }
  check(made.extension->commit(made.store->handle(), sink.get()), "committing");
  result.made = true;
  result.documents = static_cast<std::int64_t>(context.step);
  events.message("info", fmt::format("prepared {} documents in {}", result.documents, result.path.string()));
  return result;
}

}  // namespace gistmill
