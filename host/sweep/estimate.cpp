#include "host/sweep/estimate.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "gistmill/text/shown.hpp"
#include "host/figures/summary.hpp"
#include "host/files/scratch_folder.hpp"
#include "host/files/text_file.hpp"
#include "host/process/ask_program.hpp"
#include "host/recipe/toml.hpp"
#include "host/sweep/trial.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t kMostFinished = 200;  // points that are read
constexpr double kShare = 0.8;  // of free memory: estimates are not exact, and others allocate too

void add_leaves(const Value& value, const std::string& path, std::map<std::string, std::string>& leaves) {
  const auto inner = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  if (const auto* table = value.get_if<Value::Table>()) {
    for (const auto& [key, each] : *table) {
      if (path.empty() && (key == "lock" || key == "doc")) continue;
      add_leaves(each, inner(key), leaves);
    }
    return;
  }
  const auto* list = value.get_if<Value::List>();
  if (list != nullptr && !list->empty() && list->front().is_table()) {
    for (std::size_t i = 0; i < list->size(); ++i) add_leaves((*list)[i], inner(fmt::to_string(i)), leaves);
    return;
  }
  leaves[path] = value.text();
}

std::string components_of(const std::map<std::string, std::string>& leaves) {
  std::string text;
  for (const auto& [key, value] : leaves) {
    if (key.ends_with(".use")) text += key + "=" + value + "\n";
  }
  return text;
}

// Keys that only one of them has, or that differ.
std::size_t differences(const std::map<std::string, std::string>& left,
                        const std::map<std::string, std::string>& right) {
  std::size_t count = 0;
  for (const auto& [key, value] : left) {
    const auto other = right.find(key);
    count += other == right.end() || other->second != value ? 1 : 0;
  }
  for (const auto& entry : right) count += left.contains(entry.first) ? 0 : 1;
  return count;
}

std::uint64_t bytes_in(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) bytes += entry.file_size(error);
  }
  return bytes;
}

std::int64_t integer_at(const std::map<std::string, std::string>& leaves, const std::string& key,
                        std::int64_t fallback) {
  const auto found = leaves.find(key);
  return found == leaves.end() ? fallback : std::strtoll(found->second.c_str(), nullptr, 10);
}

// Steps of another length of training take as long each.
void scale(PointEstimate& estimate, std::int64_t from, std::int64_t to) {
  if (from > 0 && to > 0) estimate.seconds *= static_cast<double>(to) / static_cast<double>(from);
}

std::vector<fs::path> latest_finished(const fs::path& points) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(points, error)) {
    std::error_code missing;
    const auto time = fs::last_write_time(entry.path() / "summary.json", missing);
    if (!missing) found.emplace_back(time, entry.path());
  }
  std::ranges::sort(found, std::greater<>());
  if (found.size() > kMostFinished) found.resize(kMostFinished);
  std::vector<fs::path> folders;
  for (auto& entry : found) folders.push_back(std::move(entry.second));
  return folders;
}

// Of a checkpoint: parameters and two moments, which is what the plan calls the optimizer's memory: gradients
// and two moments.
std::uint64_t saved_bytes(const Json& measured, const std::map<std::string, std::string>& leaves,
                          std::int64_t steps) {
  const std::int64_t every = integer_at(leaves, "checkpoints.every", 0);
  const std::int64_t keep = integer_at(leaves, "checkpoints.keep", 2);
  const std::int64_t saved = every > 0 ? std::clamp<std::int64_t>(steps / every + 1, 1, keep + 1) : 1;
  const auto memory = measured.find("memory");
  if (memory == measured.end()) return 0;
  return memory->value("optimizer_bytes", std::uint64_t{0}) * static_cast<std::uint64_t>(saved);
}

PointEstimate read_plan(const PlanAnswer& answer, const std::map<std::string, std::string>& leaves,
                        std::int64_t steps) {
  PointEstimate estimate;
  const Json parts = Json::parse(answer.text, nullptr, false);
  if (!parts.is_array()) {
    estimate.unknown = answer.text.substr(0, answer.text.find('\n'));
    return estimate;
  }
  for (const Json& part : parts) {
    const auto measured = part.find("measured");
    if (measured == part.end()) continue;
    estimate.seconds += measured->value("seconds", 0.0);
    estimate.memory_bytes =
        std::max(estimate.memory_bytes, measured->value("needed_bytes", std::uint64_t{0}));
    estimate.disk_bytes += saved_bytes(*measured, leaves, steps);
    if (estimate.unknown.empty()) estimate.unknown = measured->value("not_measured", "");
  }
  if (estimate.seconds == 0 && estimate.unknown.empty()) estimate.unknown = "nothing trains";
  return estimate;
}

}  // namespace

Estimator::Known Estimator::known_of(const std::string& recipe) {
  Known known;
  add_leaves(parse_toml(recipe, "point.toml", ExitCode::recipe), "", known.leaves);
  for (const auto& [key, value] : known.leaves) {
    if (key == "run.steps" || key.ends_with(".run.steps")) known.steps += integer_at(known.leaves, key, 0);
  }
  return known;
}

Estimator::Estimator(const fs::path& points, AskPlan plan) : plan_(std::move(plan)) {
  for (const fs::path& folder : latest_finished(points)) {
    try {
      const auto recipe = read_text_file_if_there(folder / "point.toml");
      if (!recipe) continue;
      Known known = known_of(*recipe);
      const RunSummary summary = read_summary(folder / "summary.json");
      known.took = {summary.run.seconds, summary.run.peak_memory_bytes, bytes_in(folder), 1, ""};
      finished_.push_back(std::move(known));
    } catch (const Failure&) {  // what another version wrote: there are others
    }
  }
}

PointEstimate Estimator::estimate(const FrozenPoint& point) {
  const Known asked = known_of(point.recipe);
  if (const auto found = from_finished(asked)) return *found;
  return from_plan(point, asked);
}

std::optional<PointEstimate> Estimator::from_finished(const Known& asked) const {
  std::vector<const Known*> nearest;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  const std::string components = components_of(asked.leaves);
  for (const Known& known : finished_) {
    if (components_of(known.leaves) != components) continue;
    const std::size_t distance = differences(known.leaves, asked.leaves);
    if (distance < least) nearest.clear();
    if (distance <= least) nearest.push_back(&known);
    least = std::min(least, distance);
  }
  if (nearest.empty()) return std::nullopt;
  PointEstimate mean;
  mean.finished = nearest.size();
  for (const Known* known : nearest) {
    PointEstimate took = known->took;
    scale(took, known->steps, asked.steps);
    mean.seconds += took.seconds / static_cast<double>(nearest.size());
    mean.memory_bytes = std::max(mean.memory_bytes, took.memory_bytes);
    mean.disk_bytes = std::max(mean.disk_bytes, took.disk_bytes);
  }
  return mean;
}

PointEstimate Estimator::from_plan(const FrozenPoint& point, const Known& asked) {
  const std::string components = components_of(asked.leaves);
  auto known = planned_.find(components);
  if (known == planned_.end()) {
    Known planned = asked;
    planned.took = read_plan(plan_(point.recipe), asked.leaves, asked.steps);
    known = planned_.emplace(components, std::move(planned)).first;
  }
  PointEstimate estimate = known->second.took;
  scale(estimate, known->second.steps, asked.steps);
  return estimate;
}

AskPlan plan_of(const fs::path& program, const std::vector<fs::path>& plugin_folders) {
  return [=](const std::string& recipe) {
    const ScratchFolder scratch("plan");  // two sweeps may plan the same recipe at once
    const fs::path file = scratch.path() / "point.toml";
    write_file_atomically(file, recipe);
    std::vector<std::string> words = {program.string(), "plan", file.string(), "--json"};
    for (const fs::path& each : plugin_folders) {
      words.emplace_back("--plugins");
      words.push_back(each.string());
    }
    const ProgramAnswer answer = ask_program(words);
    PlanAnswer given{answer.code, answer.out.empty() ? answer.err : answer.out};
    // Advice on a file that is gone by now: of a study, the first point that runs prepares.
    const std::string advice = "gistmill prepare " + file.string();
    if (const std::size_t place = given.text.find(advice); place != std::string::npos)
      given.text.replace(place, advice.size(), "the first point that runs makes it");
    return given;
  };
}

WorkerCount worker_count(std::size_t points, int cores, std::uint64_t available,
                         const PointEstimate& estimate) {
  if (points <= 1 || cores <= 1) return {1, points <= 1 ? "one point to run" : "one core"};
  if (estimate.memory_bytes == 0)
    return {1, "what a point needs of memory is not known: " + estimate.unknown};
  const std::string memory = fmt::format("{} for each of {} free", text::bytes_text(estimate.memory_bytes),
                                         text::bytes_text(available));
  const auto fits =
      static_cast<std::uint64_t>(kShare * static_cast<double>(available)) / estimate.memory_bytes;
  const std::uint64_t wanted = std::min<std::uint64_t>(points, static_cast<std::uint64_t>(cores));
  if (fits < wanted) return {static_cast<int>(std::max<std::uint64_t>(1, fits)), "memory: " + memory};
  return {static_cast<int>(wanted), fmt::format("{} cores, and {}", cores, memory)};
}

}  // namespace gistmill
