// Identity, then the pipeline until its source ends; see prepare.hpp.
#include "host/prepare/prepare.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "gistmill/files/lock.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/file_failure.hpp"
#include "host/files/make_folders.hpp"
#include "host/identity/corpus_identity.hpp"
#include "host/instance/stop_signal.hpp"
#include "host/machine/threads.hpp"
#include "host/plan/options.hpp"
#include "host/prepare/kept_progress.hpp"
#include "host/prepare/preparation.hpp"
#include "host/prepare/staged_run.hpp"
#include "host/prepare/token_file_facts.hpp"

namespace gistmill {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kProgressEvery(5);
constexpr std::chrono::milliseconds kLookEvery(200);  // whether another process has ended

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
        if (const auto provenance = provenance_of_token_file(files[i]))  // another store's file says nothing
          corpora[names[i]] = nlohmann::json::parse(*provenance);
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
    const auto provenance = provenance_of_token_file(file);
    if (!provenance) continue;  // another store's, or damaged: it says nothing
    const std::string reason = other_build(nlohmann::json::parse(*provenance), wanted);
    if (!reason.empty()) return fmt::format(" again: {} {}", file.string(), reason);
  }
  return "";
}

// Whether the file at `path` is the answer. Throws where it is damaged and may not be made again.
bool is_there(const Preparation& made, const Recipe& recipe, const std::filesystem::path& path,
              const PrepareListener& listener, WhereMissing missing) {
  if (missing == WhereMissing::make_again || !std::filesystem::exists(path)) return false;
  const std::string defect = defect_of(made, path);
  if (defect.empty()) return true;
  if (missing == WhereMissing::repair) {
    listener.message("warning", fmt::format("{} is made again: {}", path.string(), defect));
    return false;
  }
  throw Failure(ExitCode::failed, fmt::format("{} is there, but {}", path.string(), defect),
                {fmt::format("`gistmill prepare {0} --skip-existing` makes again what is missing or damaged, "
                             "`gistmill prepare {0} --force` all of it",
                             recipe.path.string())});
}

void begin(const Preparation& made, const std::filesystem::path& path, const nlohmann::json& provenance) {
  Instance::ErrorSink sink;
  const gm_status status =
      made.extension->begin(made.store->handle(), path.c_str(), provenance.dump().c_str(), sink.get());
  if (status != GM_OK) made.store->fail(status, sink, "opening");
}

void commit(const Preparation& made) {
  Instance::ErrorSink sink;
  const gm_status status = made.extension->commit(made.store->handle(), sink.get());
  if (status != GM_OK) made.store->fail(status, sink, "committing");
}

// Waits while another process makes the file.
files::Lock lock_of(const std::filesystem::path& path, const PrepareListener& listener,
                    const StopSignal& stop) {
  const std::filesystem::path file = files::lock_beside(path);
  bool told = false;
  while (true) {
    std::optional<files::Lock> lock = or_failure([&] { return files::Lock::take(file); });
    if (lock) return std::move(*lock);
    if (!std::exchange(told, true))
      listener.message("info", fmt::format("waiting for process {}, which prepares {}",
                                           files::Lock::holder(file), path.string()));
    std::this_thread::sleep_for(kLookEvery);
    if (stop.requested())
      throw Failure(ExitCode::interrupted, fmt::format("interrupted; {} was not written", path.string()));
  }
}

// Runs the pipeline to the end of its source, from what is kept on. Answers how many items that are.
std::uint64_t run_steps(const Preparation& made, const PlannedPipeline& pipeline, const Recipe& recipe,
                        KeptProgress& kept, const std::filesystem::path& path,
                        const PrepareListener& listener, const StopSignal& stop) {
  StepContext context;
  context.seed = made.seed;
  context.cancel = stop.cancel_flag();
  context.step = kept.load(listener);
  if (context.step > 0) listener.message("info", fmt::format("going on after {} items", context.step));
  // How a stopped one ends: what is kept, and how to go on.
  const auto stopped = [&] {
    if (kept.saved() == 0)
      return Failure(ExitCode::interrupted, fmt::format("interrupted; {} was not written", path.string()));
    return Failure(ExitCode::stopped,
                   fmt::format("stopped; {} items of {} are kept", kept.saved(), path.string()),
                   {fmt::format("gistmill prepare {}  goes on from there", recipe.path.string())});
  };
  const int threads = recipe.run.threads > 0 ? static_cast<int>(recipe.run.threads) : default_threads();
  StagedRun run(pipeline, made.instances, context, threads);
  Clock::time_point told = Clock::now();
  try {
    while (run.run()) {
      ++context.step;
      if (const auto now = Clock::now(); listener.progress && now - told > kProgressEvery) {
        told = now;
        listener.progress({{"stage", ""}, {"text", "preparing"}, {"done", context.step}, {"count", 0}});
      }
      if (!kept.due() && !stop.requested()) continue;
      run.hold();  // what is kept is of whole steps
      if (run.under_way()) continue;
      kept.save(context.step);
      if (stop.requested()) throw stopped();
      run.go_on();
    }
  } catch (const Failure& failure) {
    if (failure.code() == ExitCode::interrupted && stop.requested()) throw stopped();
    throw;
  }
  return context.step;
}

}  // namespace

PreparedFile prepare(const Recipe& recipe, const Plan& plan, const std::string& name, Registry& registry,
                     const PrepareListener& listener, const PreparedFrom& from, WhereMissing missing) {
  const PlannedPipeline* pipeline = plan.pipeline(name);
  if (pipeline == nullptr) {
    throw Failure(ExitCode::recipe, fmt::format("no pipeline '{}' to prepare a corpus with", name));
  }
  const Preparation made = preparation_of(recipe, plan, *pipeline, registry, from);
  nlohmann::json provenance =
      corpus_identity(*pipeline, {made.instances.begin(), made.instances.end()}, made.seed);
  for (const auto& [instance, starting] : made.starting)
    provenance["parameters"][instance] = digest_of(starting);
  const std::string identity = digest_of(provenance);

  PreparedFile result;
  result.path =
      std::filesystem::path(recipe.run.prepared) / fmt::format("{}-{}.h5", name, identity.substr(0, 16));
  if (is_there(made, recipe, result.path, listener, missing)) return result;
  if (missing == WhereMissing::refuse) {
    throw Failure(ExitCode::failed, fmt::format("{} is not prepared yet", result.path.string()),
                  {fmt::format("gistmill prepare {}", recipe.path.string())});
  }

  const StopSignal stop;
  make_folders(result.path.parent_path());
  const files::Lock lock = lock_of(result.path, listener, stop);
  if (is_there(made, recipe, result.path, listener, missing)) return result;  // another process made it
  listener.message("info",
                   fmt::format("preparing {}{}", result.path.string(), why_again(result.path, provenance)));
  provenance["identity"] = identity;
  provenance["files"] = file_names_of(made);
  if (nlohmann::json sources = corpora_of(made); !sources.is_null())
    provenance["corpora"] = std::move(sources);

  for (const auto& [instance, starting] : made.starting)
    listener.message("info", fmt::format("{}: {} starts from {}", name, instance, starting.text));
  for (const auto& instance : made.owned) made.start(*instance);
  const PlannedPipeline& planned = *made.plan.pipeline(name);
  KeptProgress kept(made, planned, result.path, identity);
  if (missing == WhereMissing::make_again) {
    kept.remove();
    provenance["again"] = true;
  }
  begin(made, result.path, provenance);
  const std::uint64_t items = run_steps(made, planned, recipe, kept, result.path, listener, stop);
  commit(made);
  kept.remove();
  result.made = true;
  result.documents = static_cast<std::int64_t>(items);
  listener.message("info", fmt::format("prepared {} items in {}", result.documents, result.path.string()));
  return result;
}

}  // namespace gistmill
