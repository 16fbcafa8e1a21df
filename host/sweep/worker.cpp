#include "host/sweep/worker.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"
#include "host/sweep/trial.hpp"

namespace gistmill {
namespace {

// A trial that something outside keeps killing, most likely the system for its memory.
constexpr std::int64_t kMostDeaths = 5;
constexpr useconds_t kPause = 50'000;  // while others run what is left

class Worker {
 public:
  Worker(Ledger& ledger, const StudyRecord& study, const WorkerSettings& settings,
         const volatile std::sig_atomic_t& stop, const std::function<void(const std::string&)>& said)
      : ledger_(ledger), study_(study), settings_(settings), stop_(stop), said_(said) {}

  WorkerEnd work() {
    while (stop_ == 0) {
      if (settings_.stops_on_failure.value_or(study_.stops_on_failure) && ledger_.has_failed())
        return WorkerEnd::point_failed;
      if (run_one()) continue;
      if (!ledger_.has_open()) return WorkerEnd::no_more;
      usleep(kPause);
    }
    return WorkerEnd::stopped;
  }

 private:
  // Takes the first point that nobody has; false where there is none now. Those that are marked as running
  // come first: where their lock is free, their process died.
  bool run_one() {
    for (const auto& list : {ledger_.running(), ledger_.ready()}) {
      for (const std::string& id : list) {
        const auto folder = point_folder(settings_.points, id);
        const auto lock = lock_point(folder);
        if (!lock || !ledger_.start(id)) continue;
        run(id, folder, *lock);
        return true;
      }
    }
    return false;
  }

  void run(const std::string& id, const std::filesystem::path& folder, const files::Descriptor& lock) {
    const std::string name = text_of(ledger_.point(id)->settings);
    if (is_finished(folder)) {  // by another sweep, or by a process that was killed before it could say so
      ledger_.finish(id, 0);
      said_(fmt::format("{}  was done before  {}", id, name));
      return;
    }
    const TrialEnd end = run_trial(id, folder, lock);
    if (end.code == 0) {
      ledger_.finish(id, end.seconds);
      said_(fmt::format("{}  done in {:.1f} s  {}", id, end.seconds, name));
    } else if (end.code == static_cast<int>(ExitCode::stopped) || stop_ != 0) {
      ledger_.put_back(id, false);
      said_(fmt::format("{}  stopped and saved  {}", id, name));
    } else if (end.signal != 0 && ledger_.point(id)->deaths + 1 < kMostDeaths) {
      ledger_.put_back(id, true);
      said_(fmt::format("{}  killed by signal {}, goes on  {}", id, end.signal, name));
    } else {
      const std::string error =
          end.signal != 0 ? fmt::format("killed by signal {} {} times", end.signal, kMostDeaths) : end.said;
      if (end.signal == 0) write_failing_recipe(folder, settings_.plugin_folders);
      ledger_.fail(id, end.seconds, end.code, error);
      said_(fmt::format("{}  failed  {}\n{}", id, name, error));
    }
  }

  std::vector<std::string> arguments_of(const std::string& id) const {
    std::vector<std::string> words = settings_.arguments;
    if (settings_.threads.least == 0) return words;
    words.emplace_back("--set");
    words.push_back(fmt::format("run.threads={}", threads_of(settings_.threads, ledger_.first_ones(id))));
    return words;
  }

  // What keeps a trial from being started, such as a full disk, is a failure of this point only.
  TrialEnd run_trial(const std::string& id, const std::filesystem::path& folder,
                     const files::Descriptor& lock) {
    try {
      write_point(folder, ledger_.recipe(id));
      Trial trial(settings_.program, folder, study_.working_folder, arguments_of(id), lock);
      return trial.wait(stop_);
    } catch (const Failure& failure) {
      TrialEnd end;
      end.code = static_cast<int>(failure.code());
      end.said = failure.message();
      return end;
    }
  }

  Ledger& ledger_;
  const StudyRecord& study_;
  const WorkerSettings& settings_;
  const volatile std::sig_atomic_t& stop_;
  const std::function<void(const std::string&)>& said_;
};

}  // namespace

std::int64_t threads_of(const TrialThreads& threads, std::int64_t first_ones) {
  return first_ones == 0 ? threads.least : std::max(threads.least, threads.most / first_ones);
}

WorkerEnd work(Ledger& ledger, const WorkerSettings& settings, const volatile std::sig_atomic_t& stop,
               const std::function<void(const std::string&)>& said) {
  const auto study = ledger.study();
  if (!study) {
    throw Failure(ExitCode::failed, fmt::format("{} holds no sweep", ledger.folder().string()),
                  {"start one with gistmill sweep STUDY.toml"});
  }
  return Worker(ledger, *study, settings, stop, said).work();
}

}  // namespace gistmill
