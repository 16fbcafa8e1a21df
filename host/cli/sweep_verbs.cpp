// sweep and its sub-verbs: a study's points, frozen, run by workers, compared.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "host/cli/stop_asked.hpp"
#include "host/cli/sweep_estimate.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/machine/threads.hpp"
#include "host/sweep/page/sweep_page.hpp"
#include "host/sweep/slurm.hpp"
#include "host/sweep/sweep.hpp"
#include "host/sweep/table_text.hpp"
#include "host/sweep/trial.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Unless --workers says otherwise. Slurm itself takes 1000 by default (MaxArraySize).
constexpr std::int64_t kMostSlurmTasks = 100;

// sweeps/NAME of a study, or the folder of a sweep itself.
fs::path folder_of(const Command& command) {
  if (const auto folder = command.value("folder")) return *folder;
  const fs::path given = command.arguments.front();
  return fs::is_directory(given) ? given : fs::path("sweeps") / given.stem();
}

Ledger existing_ledger(const Command& command) {
  const fs::path folder = folder_of(command);
  if (fs::exists(Ledger::file_in(folder))) return Ledger(folder);
  throw Failure(ExitCode::failed, fmt::format("{} holds no sweep", folder.string()),
                {"start one with gistmill sweep STUDY.toml"});
}

bool stops_on_failure(const Command& command) {
  const std::string text = command.value("on-failure").value_or("continue");
  if (text == "continue" || text == "stop") return text == "stop";
  throw Failure(ExitCode::usage,
                fmt::format("--on-failure is '{}' when it should be stop or continue", text));
}

// Workers share the cores.
std::vector<std::string> worker_arguments(int workers) {
  if (workers == 1) return {};
  const int cores = physical_cores();
  return {"--threads", fmt::format("{}-{}", std::max(1, cores / workers), cores)};
}

// "4", or "1-8".
TrialThreads trial_threads(const Command& command) {
  const auto text = command.value("threads");
  if (!text) return {};
  TrialThreads threads;
  const char* const end = text->data() + text->size();
  auto read = std::from_chars(text->data(), end, threads.least);
  threads.most = threads.least;
  if (read.ec == std::errc() && read.ptr != end && *read.ptr == '-')
    read = std::from_chars(read.ptr + 1, end, threads.most);
  if (read.ec == std::errc() && read.ptr == end && threads.least >= 1 && threads.most >= threads.least)
    return threads;
  throw Failure(ExitCode::usage,
                fmt::format("--threads is '{}' when it should be a number, or a range such as 1-8", *text));
}

std::vector<fs::path> trial_plugin_folders(const Command& command, const Ledger& ledger) {
  std::vector<fs::path> folders = command.plugin_folders();
  if (const auto study = ledger.study(); study && folders.empty()) folders = study->plugin_folders;
  for (fs::path& folder : folders) folder = fs::absolute(folder);
  return folders;
}

// What every trial is told beside its recipe.
std::vector<std::string> trial_arguments(const std::vector<fs::path>& plugin_folders) {
  std::vector<std::string> words;
  for (const fs::path& folder : plugin_folders) {
    words.emplace_back("--plugins");
    words.push_back(folder.string());
  }
  return words;
}

std::string state_text(const LedgerPoint& point, const fs::path& folder) {
  if (point.state == PointState::queued && is_finished(folder)) return "done before";
  return std::string(state_name(point.state));
}

std::string counts_text(const std::vector<LedgerPoint>& points) {
  std::string text = fmt::format("{} points", points.size());
  for (const PointState state : {PointState::done, PointState::running, PointState::queued,
                                 PointState::failed, PointState::canceled}) {
    const auto count = std::ranges::count(points, state, &LedgerPoint::state);
    if (count > 0) text += fmt::format(", {} {}", count, state_name(state));
  }
  return text + "\n";
}

Json json_of(const LedgerPoint& point) {
  Json settings = Json::object();
  for (const Setting& setting : point.settings) settings[setting.key] = setting.value;
  return {{"id", point.id},           {"state", state_name(point.state)},
          {"settings", settings},     {"attempts", point.attempts},
          {"seconds", point.seconds}, {"exit_code", point.exit_code},
          {"error", point.error}};
}

ExitCode finish(const Ledger& ledger, WorkerEnd end) {
  const std::vector<LedgerPoint> points = ledger.points();
  std::string text = counts_text(points);
  const bool any = std::ranges::any_of(points, [](const auto& p) { return p.state == PointState::done; });
  if (any && end != WorkerEnd::stopped) text = to_text(table_of(ledger)) + "\n" + text;
  print_answer(text);
  print_talk(fmt::format("report   {}", write_sweep_report(ledger).string()));
  if (end == WorkerEnd::stopped) {
    print_talk(
        fmt::format("stopped and saved; go on with: gistmill sweep work {}", ledger.folder().string()));
    return ExitCode::stopped;
  }
  return end == WorkerEnd::point_failed ? ExitCode::failed : ExitCode::ok;
}

// Submits workers for the points that have not ended.
ExitCode submit_workers(const Command& command, SlurmSettings settings, const fs::path& folder) {
  Ledger ledger(folder);
  const auto is_open = [](const LedgerPoint& point) {
    return point.state == PointState::queued || point.state == PointState::running;
  };
  const std::int64_t open = std::ranges::count_if(ledger.points(), is_open);
  if (open == 0) {
    print_answer(counts_text(ledger.points()));
    return ExitCode::ok;
  }
  if (const auto more = command.value("slurm-options")) settings.options.push_back(*more);
  SlurmJob job;
  job.program = fs::read_symlink("/proc/self/exe");
  job.folder = fs::absolute(folder);
  job.working_folder = fs::current_path();
  job.tasks = command.has("workers") ? std::min<std::int64_t>(given_workers(command), open)
                                     : std::min(open, kMostSlurmTasks);
  job.settings = std::move(settings);
  const std::string id = submit(job);
  ledger.add_slurm_job({id, job.tasks});
  print_answer(
      fmt::format("slurm job {}: {} tasks for {} points; follow them with: gistmill sweep status {}\n", id,
                  job.tasks, open, folder.string()));
  return ExitCode::ok;
}

ExitCode begin(const Command& command, SweepUse use) {
  const bool by_slurm = command.has("slurm");
  if (!by_slurm && command.has("slurm-options"))
    throw Failure(ExitCode::usage, "--slurm-options is given without --slurm");
  if (by_slurm && !command.has("dry-run")) require_slurm();
  if (command.has("workers")) given_workers(command);  // a wrong one is said first
  const bool stops = stops_on_failure(command);
  const fs::path path = command.arguments.front();
  const Study study = read_study(load_recipe(path, command.overrides()));
  const Registry registry(Registry::search_path(command.plugin_folders(), path.parent_path()));
  PointFreezer freezer(path, command.overrides(), registry, study.headline);
  const std::vector<FrozenPoint> points = freeze(study, points_of(study), freezer);
  const fs::path folder = folder_of(command);
  if (command.has("dry-run")) return print_dry_run(command, points, folder), ExitCode::ok;
  begin_sweep(folder, study, points, command.plugin_folders(), stops, use);
  print_talk(fmt::format("{} points frozen in {}", points.size(), folder.string()));
  if (by_slurm) return submit_workers(command, study.slurm, folder);
  take_stop_signals();
  const int workers = workers_of(command, points, folder);
  const WorkerEnd end =
      run_workers(folder, fs::read_symlink("/proc/self/exe"), workers, worker_arguments(workers), stop_asked);
  return finish(Ledger(folder), end);
}

}  // namespace

ExitCode run_sweep(const Command& command) { return begin(command, SweepUse::begin); }
ExitCode run_sweep_extend(const Command& command) { return begin(command, SweepUse::extend); }

ExitCode run_sweep_work(const Command& command) {
  Ledger ledger = existing_ledger(command);
  take_stop_signals();
  WorkerSettings settings;
  settings.program = fs::read_symlink("/proc/self/exe");
  settings.points = points_beside(ledger.folder());
  settings.plugin_folders = trial_plugin_folders(command, ledger);
  settings.arguments = trial_arguments(settings.plugin_folders);
  settings.threads = trial_threads(command);
  if (command.has("on-failure")) settings.stops_on_failure = stops_on_failure(command);
  switch (work(ledger, settings, stop_asked, [](const std::string& line) { print_talk(line); })) {
    case WorkerEnd::stopped:
      return ExitCode::stopped;
    case WorkerEnd::point_failed:
      return ExitCode::failed;
    case WorkerEnd::no_more:
      return ExitCode::ok;
  }
  return ExitCode::ok;
}

ExitCode run_sweep_status(const Command& command) {
  const Ledger ledger = existing_ledger(command);
  const std::vector<LedgerPoint> points = ledger.points();
  Json json = Json::array();
  std::string text;
  for (const LedgerPoint& point : points) {
    json.push_back(json_of(point));
    const fs::path folder = point_folder(points_beside(ledger.folder()), point.id);
    text += fmt::format("{}  {:<11}  {}\n", point.id, state_text(point, folder), text_of(point.settings));
    if (point.state == PointState::failed) {
      text += fmt::format("  exit code {}: {}\n  again: gistmill run {}\n", point.exit_code, point.error,
                          failing_recipe_in(folder).string());
    }
  }
  for (const SlurmJobRecord& job : ledger.slurm_jobs())
    text += fmt::format("slurm job {}, {} tasks; squeue --jobs={} shows them\n", job.job, job.tasks, job.job);
  print_answer(command.json() ? json.dump(2) + "\n" : text + counts_text(points));
  return ExitCode::ok;
}

ExitCode run_sweep_retry(const Command& command) {
  Ledger ledger = existing_ledger(command);
  print_answer(
      fmt::format("{} points queued again; run them with: gistmill sweep work {}\n",
                  ledger.retry(command.has("failed") ? Retried::failed : Retried::failed_and_canceled),
                  ledger.folder().string()));
  return ExitCode::ok;
}

ExitCode run_sweep_cancel(const Command& command) {
  Ledger ledger = existing_ledger(command);
  std::string text =
      fmt::format("{} queued points canceled; running ones end by themselves\n", ledger.cancel());
  for (const SlurmJobRecord& job : ledger.slurm_jobs()) {
    text += cancel_waiting_tasks(job.job)
                ? fmt::format("waiting tasks of slurm job {} canceled\n", job.job)
                : fmt::format(
                      "slurm job {0} is not canceled, since scancel failed; again: scancel "
                      "--state=PENDING {0}\n",
                      job.job);
  }
  print_answer(text);
  return ExitCode::ok;
}

ExitCode run_sweep_table(const Command& command) {
  const SweepTable table = table_of(existing_ledger(command));
  print_answer(command.json() ? to_json_text(table) : to_text(table));
  return ExitCode::ok;
}

ExitCode run_sweep_report(const Command& command) {
  print_answer(write_sweep_report(existing_ledger(command)).string() + "\n");
  return ExitCode::ok;
}

}  // namespace gistmill
