#include "host/sweep/sweep.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "gistmill/files/error.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/digest.hpp"
#include "host/sweep/trial.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

std::string identity_of(const std::vector<FrozenPoint>& points) {
  std::set<std::string> ids;
  for (const FrozenPoint& point : points) ids.insert(point.id);
  std::string text;
  for (const std::string& id : ids) text += id + "\n";
  return sha256_hex(text);
}

// The ledger's points and these.
void refuse_another(const Ledger& ledger, const StudyRecord& before, const StudyRecord& study) {
  if (before.identity == study.identity) return;
  throw Failure(
      ExitCode::failed,
      fmt::format("{} holds a sweep of other points than {} has now", ledger.folder().string(), study.path),
      {fmt::format("go on with its {} points as they were frozen: gistmill sweep work {}",
                   ledger.points().size(), ledger.folder().string()),
       "add this study's points to them: gistmill sweep extend STUDY.toml, or name another folder with "
       "--folder"});
}

pid_t start_worker(const std::vector<std::string>& words) {
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  pointers.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process < 0)
    throw Failure(ExitCode::failed, fmt::format("cannot start a worker: {}", files::error_text(errno)));
  if (process > 0) return process;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() == parent) execv(pointers[0], const_cast<char* const*>(pointers.data()));
  _exit(127);
}

}  // namespace

fs::path points_beside(const fs::path& folder) { return fs::absolute(folder).parent_path() / "points"; }

void begin_sweep(const fs::path& folder, const Study& study, const std::vector<FrozenPoint>& points,
                 const std::vector<fs::path>& plugin_folders, bool stops_on_failure, SweepUse use) {
  StudyRecord record;
  record.path = study.path.string();
  record.identity = identity_of(points);
  record.working_folder = fs::current_path().string();
  record.headline = study.headline;
  record.variant = study.variant;
  record.stops_on_failure = stops_on_failure;
  for (const fs::path& each : plugin_folders) record.plugin_folders.push_back(fs::absolute(each));
  Ledger ledger(folder);
  if (const auto before = ledger.study(); before && use == SweepUse::begin)
    refuse_another(ledger, *before, record);
  ledger.begin(record, points);
}

WorkerEnd run_workers(const fs::path& folder, const fs::path& program, int count,
                      const std::vector<std::string>& arguments, const volatile std::sig_atomic_t& stop) {
  std::vector<std::string> words = {program.string(), "sweep", "work", folder.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::set<pid_t> workers;
  for (int i = 0; i < count; ++i) workers.insert(start_worker(words));
  const Ledger ledger(folder);
  bool told = false;
  while (!workers.empty()) {
    if (stop != 0 && !told) {
      for (const pid_t worker : workers) kill(worker, SIGTERM);
      told = true;
    }
    int status = 0;
    const pid_t ended = waitpid(-1, &status, WNOHANG);
    if (ended <= 0) {
      usleep(10'000);
      continue;
    }
    workers.erase(ended);
    if (WIFSIGNALED(status) && stop == 0 && ledger.has_open()) workers.insert(start_worker(words));
  }
  if (stop != 0) return WorkerEnd::stopped;
  return ledger.has_failed() ? WorkerEnd::point_failed : WorkerEnd::no_more;
}

SweepTable table_of(const Ledger& ledger) {
  const auto study = ledger.study();
  if (!study) throw Failure(ExitCode::failed, fmt::format("{} holds no sweep", ledger.folder().string()));
  std::optional<Headline> headline;
  std::vector<MeasuredPoint> points;
  for (const LedgerPoint& point : ledger.points()) {
    if (point.state != PointState::done) continue;
    const fs::path folder = point_folder(points_beside(ledger.folder()), point.id);
    const RunSummary summary = read_summary(folder / "summary.json");
    const Headline found = headline_of(summary, study->headline, study->variant);
    if (!headline) headline = found;
    points.push_back({point.id, point.settings, found.value, summary.run.seconds,
                      summary.run.peak_memory_bytes,
                      std::make_shared<const std::vector<MeasuredItems>>(read_items_of(folder)), found});
  }
  if (!headline)
    throw Failure(ExitCode::failed, fmt::format("no point of {} is done yet", ledger.folder().string()));
  return sweep_table(*headline, std::move(points));
}

}  // namespace gistmill
