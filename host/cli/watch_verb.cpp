// watch: draws where a run stands again and again, until it ends. Reads the run's events and nothing else.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <nlohmann/json.hpp>

#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/record/events_file.hpp"
#include "host/watch/lines.hpp"
#include "host/watch/progress.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

constexpr long kPause = 250'000'000;  // nanoseconds between two looks at the file

volatile std::sig_atomic_t asked_to_stop = 0;

// Ctrl-C ends watching, not the run.
void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { asked_to_stop = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

double seconds_since_1970() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Lines that replace those that were drawn before.
class Drawing {
 public:
  void draw(const std::vector<std::string>& lines) {
    if (lines == drawn_) return;
    std::string bytes = drawn_.empty() ? "" : fmt::format("\x1b[{}A\r", drawn_.size());
    for (const std::string& line : lines) bytes += line + "\x1b[K\n";
    print_answer(bytes + "\x1b[J");
    drawn_ = lines;
  }

 private:
  std::vector<std::string> drawn_;
};

fs::path events_of(const fs::path& run) {
  std::error_code error;
  if (fs::is_directory(run, error)) return run / "events.jsonl";
  throw Failure(ExitCode::failed, fmt::format("no run folder '{}'", run.string()),
                {"gistmill watch takes the folder that a run writes to: runs/NAME"});
}

WatchLook look_of(const TerminalSize& size) {
  return {draws_utf8(), std::max(1, size.columns - 1)};  // the last column makes some terminals wrap
}

nlohmann::json to_json(const RunRecord& record, const std::string& name) {
  const RunProgress progress = progress_of(record, seconds_since_1970());
  nlohmann::json stages = nlohmann::json::array();
  for (const StageProgress& stage : progress.stages)
    stages.push_back(
        {{"name", stage.name}, {"step", stage.step}, {"steps", stage.steps}, {"finished", stage.finished}});
  nlohmann::json json = {{"run", name},
                         {"recipe", record.recipe},
                         {"status", progress.status},
                         {"failure", record.failure},
                         {"seconds", progress.seconds},
                         {"silent_seconds", progress.silent_seconds},
                         {"stages", stages},
                         {"loss", progress.pace.loss},
                         {"items_per_second", progress.pace.items_per_second},
                         {"seconds_per_step", progress.pace.seconds_per_step},
                         {"utilization", progress.pace.utilization},
                         {"seconds_left", progress.seconds_left},
                         {"peak_memory_bytes", record.peak_memory_bytes},
                         {"warnings", progress.warnings}};
  if (progress.checkpoint != nullptr)
    json["checkpoint"] = {{"stage", progress.checkpoint->stage}, {"step", progress.checkpoint->step}};
  return json;
}

void show_once(const Command& command, const RunRecord& record, const std::string& name) {
  if (command.json())
    return print_answer(to_json(record, name).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
                        "\n");
  std::string text;
  for (const std::string& line : watch_lines(record, name, seconds_since_1970(), look_of(terminal_size())))
    text += line + "\n";
  print_answer(text);
}

void follow(EventsFile& events, const std::string& name) {
  Drawing drawing;
  stop_on_signals();
  for (;;) {
    const TerminalSize size = terminal_size();
    std::vector<std::string> lines = watch_lines(events.record(), name, seconds_since_1970(), look_of(size));
    if (lines.size() >= static_cast<std::size_t>(size.rows))
      lines.resize(static_cast<std::size_t>(std::max(1, size.rows - 1)));
    drawing.draw(lines);
    if (asked_to_stop != 0 || !events.record().status.empty()) return;
    const timespec pause{0, kPause};
    nanosleep(&pause, nullptr);
    events.read_on();
  }
}

}  // namespace

ExitCode run_watch(const Command& command) {
  const std::string& name = command.arguments.front();
  EventsFile events(events_of(name));
  events.read_on();
  if (command.json() || command.has("once") || !can_redraw()) {
    show_once(command, events.record(), name);
  } else {
    follow(events, name);
  }
  return ExitCode::ok;
}

}  // namespace gistmill
