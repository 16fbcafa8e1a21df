// Identity, then the pipeline until its source ends; see prepare.hpp.
#include "host/run/prepare.hpp"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "gistmill/formats/token_file.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/make_folders.hpp"
#include "host/identity/corpus_identity.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/run/step/pipeline_run.hpp"
#include "host/run/step/session.hpp"
#include "host/run/stop_signal.hpp"

namespace gistmill {

namespace {

// The store of a pipeline and its destruction order: an uncommitted store removes its temporary file.
struct Preparation {
  std::vector<std::unique_ptr<TensorInstance>> owned;
  std::vector<TensorInstance*> instances;  // in the order of Plan::instances
  TensorInstance* store = nullptr;
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
    result.owned.push_back(std::make_unique<TensorInstance>(
        planned, registry.load(planned.spec->name, plugin_host()), plugin_host()));
    TensorInstance* instance = result.owned.back().get();
    instance->start_on(at::kCPU, {}, static_cast<std::uint64_t>(recipe.run.seed));
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

// " again: FILE was made by another build of ...", where such a corpus lies beside `path`; else "". Only
// files of our own format can tell; others are left alone.
std::string why_again(const std::filesystem::path& path, const nlohmann::json& wanted) {
  const std::string begin = wanted["pipeline"].get<std::string>() + "-";
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path.parent_path(), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::filesystem::path& file = entry->path();
    if (file.extension() != path.extension() || file.filename().string().rfind(begin, 0) != 0) continue;
    try {
      const std::string reason =
          other_build(nlohmann::json::parse(formats::TokenFileReader(file).provenance()), wanted);
      if (!reason.empty()) return fmt::format(" again: {} {}", file.string(), reason);
    } catch (const formats::FormatError&) {  // another store's, or damaged: it says nothing
    }
  }
  return "";
}

}  // namespace

PreparedFile prepare(const Recipe& recipe, const Plan& plan, const std::string& name, Registry& registry,
                     Events& events, WhereMissing missing) {
  const PlannedPipeline* pipeline = plan.pipeline(name);
  if (pipeline == nullptr) {
    throw Failure(ExitCode::recipe, fmt::format("no pipeline '{}' to prepare a corpus with", name));
  }
  Preparation made = make_instances(recipe, plan, *pipeline, registry);

  nlohmann::json provenance = corpus_identity(*pipeline, {made.instances.begin(), made.instances.end()},
                                              static_cast<std::uint64_t>(recipe.run.seed));
  const std::string identity = digest_of(provenance);

  PreparedFile result;
  result.path =
      std::filesystem::path(recipe.run.prepared) / fmt::format("{}-{}.h5", name, identity.substr(0, 16));
  if (std::filesystem::exists(result.path)) return result;
  if (missing == WhereMissing::refuse) {
    throw Failure(ExitCode::failed, fmt::format("{} is not prepared yet", result.path.string()),
                  {fmt::format("gistmill prepare {}", recipe.path.string())});
  }

  make_folders(result.path.parent_path());
  events.message("info",
                 fmt::format("preparing {}{}", result.path.string(), why_again(result.path, provenance)));
  TensorInstance::ErrorSink sink;
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
  context.cancel = stop.cancel_flag();
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
