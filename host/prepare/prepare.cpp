// Identity, then the pipeline until its source ends; see prepare.hpp.
#include "host/prepare/prepare.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "gistmill/formats/token_file.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/make_folders.hpp"
#include "host/identity/corpus_identity.hpp"
#include "host/instance/instance.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/instance/stop_signal.hpp"
#include "host/plan/options.hpp"
#include "host/prepare/forward_run.hpp"
#include "host/prepare/prepared_corpora.hpp"

namespace gistmill {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kProgressEvery(5);

// The store of a pipeline and its destruction order: an uncommitted store removes its temporary file.
struct Preparation {
  Plan plan;  // with the sizes that the instances answer
  std::vector<std::unique_ptr<Instance>> owned;
  std::vector<Instance*> instances;  // in the order of Plan::instances
  Instance* store = nullptr;
  const gm_store_extension* extension = nullptr;
};

Preparation make_instances(const Plan& plan, const PlannedPipeline& pipeline, Registry& registry,
                           const PreparedPath& corpora) {
  Preparation result;
  result.plan = plan;
  result.instances.resize(plan.instances.size(), nullptr);
  std::vector<std::uint8_t> used(plan.instances.size(), 0);
  pipeline.mark_used(used);
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] == 0) continue;
    const PlannedInstance planned = with_corpora(plan.instances[i], plan, corpora);
    result.owned.push_back(
        std::make_unique<Instance>(planned, registry.load(planned.spec->name, plugin_host()), plugin_host()));
    Instance* instance = result.owned.back().get();
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
  bind_symbols(
      result.plan, [&result](const PlannedInstance& planned, const std::string& symbol) -> std::int64_t {
        const auto index =
            static_cast<std::size_t>(result.plan.instance(planned.name) - result.plan.instances.data());
        Instance* instance = result.instances[index];
        return instance == nullptr ? -1 : instance->symbol(symbol);
      });
  return result;
}

void start_instances(const Preparation& made, const Recipe& recipe) {
  for (std::size_t i = 0; i < made.instances.size(); ++i) {
    if (made.instances[i] == nullptr) continue;
    made.instances[i]->start(made.plan.instances[i].symbols, static_cast<std::uint64_t>(recipe.run.seed));
  }
}

// What the token files that the instances read say of themselves, by pipeline; null where there are none.
nlohmann::json corpora_of(const Preparation& made) {
  nlohmann::json corpora;
  for (const auto& instance : made.owned) {
    const PlannedInstance& asked = *made.plan.instance(instance->name());
    for (const PlannedOption& option : asked.options) {
      const std::vector<std::string> names = prepared_names(*asked.spec->option(option.key), option.value);
      const std::vector<std::string> files =
          prepared_names(*asked.spec->option(option.key), instance->planned().option(option.key)->value);
      for (std::size_t i = 0; i < names.size(); ++i) {
        try {
          corpora[names[i]] = nlohmann::json::parse(formats::TokenFileReader(files[i]).provenance());
        } catch (const formats::FormatError&) {  // another store's file: it says nothing
        }
      }
    }
  }
  return corpora;
}

// The names, without folders, of the files that each instance's options name, and lists of paths as they are:
// for people, since contents identify a file, not its name.
nlohmann::json file_names_of(const Preparation& made) {
  nlohmann::json names = nlohmann::json::object();
  for (const auto& instance : made.owned) {
    for (const PlannedOption& option : instance->planned().options) {
      const OptionType type = instance->planned().spec->option(option.key)->type;
      if (type == OptionType::paths)
        names[instance->name()][option.key] = std::get<std::vector<std::string>>(option.value);
      if (type != OptionType::path) continue;
      const std::filesystem::path path = std::get<std::string>(option.value);
      if (!path.empty()) names[instance->name()][option.key] = path.filename().string();
    }
  }
  return names;
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
                     const PrepareListener& listener, const PreparedPath& corpora, WhereMissing missing) {
  const PlannedPipeline* pipeline = plan.pipeline(name);
  if (pipeline == nullptr) {
    throw Failure(ExitCode::recipe, fmt::format("no pipeline '{}' to prepare a corpus with", name));
  }
  Preparation made = make_instances(plan, *pipeline, registry, corpora);

  nlohmann::json provenance = corpus_identity(*pipeline, {made.instances.begin(), made.instances.end()},
                                              static_cast<std::uint64_t>(recipe.run.seed));
  const std::string identity = digest_of(provenance);

  PreparedFile result;
  result.path =
      std::filesystem::path(recipe.run.prepared) / fmt::format("{}-{}.h5", name, identity.substr(0, 16));
  const bool again = missing == WhereMissing::make_again;
  if (!again && std::filesystem::exists(result.path)) return result;
  if (missing == WhereMissing::refuse) {
    throw Failure(ExitCode::failed, fmt::format("{} is not prepared yet", result.path.string()),
                  {fmt::format("gistmill prepare {}", recipe.path.string())});
  }

  make_folders(result.path.parent_path());
  listener.message("info",
                   fmt::format("preparing {}{}", result.path.string(), why_again(result.path, provenance)));
  Instance::ErrorSink sink;
  const auto check = [&](gm_status status, const char* doing) {
    if (status != GM_OK) made.store->fail(status, sink, doing);
  };
  provenance["identity"] = identity;
  provenance["files"] = file_names_of(made);
  if (again) provenance["again"] = true;
  if (nlohmann::json sources = corpora_of(made); !sources.is_null())
    provenance["corpora"] = std::move(sources);
  start_instances(made, recipe);
  check(
      made.extension->begin(made.store->handle(), result.path.c_str(), provenance.dump().c_str(), sink.get()),
      "opening");
  const StopSignal stop;
  ForwardRun run(*made.plan.pipeline(name), made.instances);
  StepContext context;
  context.seed = static_cast<std::uint64_t>(recipe.run.seed);
  context.cancel = stop.cancel_flag();
  Clock::time_point told = Clock::now();
  while (run.run(context)) {
    ++context.step;
    if (const auto now = Clock::now(); listener.progress && now - told > kProgressEvery) {
      told = now;
      listener.progress({{"stage", ""}, {"text", "preparing"}, {"done", context.step}, {"count", 0}});
    }
    if (stop.requested()) {
      throw Failure(ExitCode::interrupted,
                    fmt::format("interrupted; {} was not written", result.path.string()));
    }
  }
  check(made.extension->commit(made.store->handle(), sink.get()), "committing");
  result.made = true;
  result.documents = static_cast<std::int64_t>(context.step);
  listener.message("info", fmt::format("prepared {} items in {}", result.documents, result.path.string()));
  return result;
}

}  // namespace gistmill
