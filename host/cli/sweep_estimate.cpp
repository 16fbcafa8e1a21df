#include "host/cli/sweep_estimate.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "gistmill/formats/memory.hpp"
#include "gistmill/text/shown.hpp"
#include "host/cli/terminal.hpp"
#include "host/figures/wording.hpp"
#include "host/machine/threads.hpp"
#include "host/sweep/estimate.hpp"
#include "host/sweep/sweep.hpp"
#include "host/sweep/trial.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Estimator estimator_of(const Command& command, const fs::path& folder) {
  return Estimator(points_beside(folder),
                   plan_of(fs::read_symlink("/proc/self/exe"), command.plugin_folders()));
}

bool is_done(const FrozenPoint& point, const fs::path& folder) {
  return is_finished(point_folder(points_beside(folder), point.id));
}

std::string source_of(const PointEstimate& estimate) {
  if (!estimate.unknown.empty()) return "unknown: " + estimate.unknown;
  if (estimate.finished == 0) return "by the plan: without evaluations, and of the disk checkpoints only";
  return fmt::format("as {} finished point{} of like recipes", estimate.finished,
                     estimate.finished == 1 ? "" : "s");
}

std::string text_of(const PointEstimate& estimate) {
  if (estimate.seconds == 0) return source_of(estimate);
  return fmt::format("about {}, {} of memory, {} on disk; {}", duration(estimate.seconds),
                     text::bytes_text(estimate.memory_bytes), text::bytes_text(estimate.disk_bytes),
                     source_of(estimate));
}

struct Total {
  std::size_t done = 0;
  std::size_t unknown = 0;  // points without an estimate
  double seconds = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t disk_bytes = 0;

  void add(const PointEstimate& estimate) {
    unknown += estimate.seconds == 0 ? 1 : 0;
    seconds += estimate.seconds;
    memory_bytes = std::max(memory_bytes, estimate.memory_bytes);
    disk_bytes += estimate.disk_bytes;
  }
};

Json json_of(const FrozenPoint& point, bool done, const PointEstimate& estimate) {
  Json settings = Json::object();
  for (const Setting& setting : point.settings) settings[setting.key] = setting.value;
  Json json = {{"id", point.id}, {"state", done ? "done before" : "to run"}, {"settings", settings}};
  if (done) return json;
  json["from"] = source_of(estimate);
  if (estimate.seconds == 0) return json;
  json["seconds"] = estimate.seconds;
  json["memory_bytes"] = estimate.memory_bytes;
  json["disk_bytes"] = estimate.disk_bytes;
  return json;
}

std::string to_text(const Total& total, std::size_t points) {
  std::string text =
      fmt::format("{} points, {} done before, {} to run\n", points, total.done, points - total.done);
  if (points == total.done || total.seconds == 0) return text;
  text += fmt::format("in all about {} one after another, {} on disk; {} of memory for each at once",
                      duration(total.seconds), text::bytes_text(total.disk_bytes),
                      text::bytes_text(total.memory_bytes));
  if (total.unknown > 0) text += fmt::format("; {} points not counted", total.unknown);
  return text + "\n";
}

}  // namespace

void print_dry_run(const Command& command, const std::vector<FrozenPoint>& points, const fs::path& folder) {
  Estimator estimator = estimator_of(command, folder);
  Total total;
  Json list = Json::array();
  std::string text;
  for (const FrozenPoint& point : points) {
    const bool done = is_done(point, folder);
    const PointEstimate estimate = done ? PointEstimate() : estimator.estimate(point);
    total.done += done ? 1 : 0;
    if (!done) total.add(estimate);
    text += fmt::format("{}  {:<11}  {}\n", point.id, done ? "done before" : "to run",
                        gistmill::text_of(point.settings));
    if (!done) text += "  " + text_of(estimate) + "\n";
    list.push_back(json_of(point, done, estimate));
  }
  const Json json = {{"points", list},
                     {"done_before", total.done},
                     {"to_run", points.size() - total.done},
                     {"seconds", total.seconds},
                     {"memory_bytes", total.memory_bytes},
                     {"disk_bytes", total.disk_bytes},
                     {"not_estimated", total.unknown}};
  print_answer(command.json() ? json.dump(2) + "\n" : text + to_text(total, points.size()));
}

int given_workers(const Command& command) {
  const std::string text = command.value("workers").value_or("");
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size() && count >= 1 && count <= 1000) return count;
  throw Failure(ExitCode::usage,
                fmt::format("--workers is '{}' when it should be a number from 1 to 1000", text));
}

int workers_of(const Command& command, const std::vector<FrozenPoint>& points, const fs::path& folder) {
  if (command.has("workers")) return given_workers(command);
  std::vector<const FrozenPoint*> open;
  for (const FrozenPoint& point : points) {
    if (!is_done(point, folder)) open.push_back(&point);
  }
  const int cores = physical_cores();
  PointEstimate estimate;
  if (open.size() > 1 && cores > 1) estimate = estimator_of(command, folder).estimate(*open.front());
  const WorkerCount workers =
      worker_count(open.size(), cores, formats::available_memory().value_or(0), estimate);
  print_talk(fmt::format("{} worker{}: {}", workers.count, workers.count == 1 ? "" : "s", workers.reason));
  return workers.count;
}

}  // namespace gistmill
