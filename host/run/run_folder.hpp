// The files of one run: where they lie, which checkpoints are kept, what a resumed run goes on from.
//   recipe.lock.toml  events.jsonl  summary.json  report.html
//   items/heldout.jsonl  (of a stage: items/<stage>/heldout.jsonl)
//   examples/heldout.json  (of a stage: examples/<stage>/heldout.json)
//   checkpoints/step-000100/  (a run with stages: checkpoints/<stage>/step-000100/)
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "host/run/checkpoint.hpp"
#include "host/run/ranks.hpp"

namespace gistmill {

namespace run_file {
inline constexpr const char* kLock = "recipe.lock.toml";
inline constexpr const char* kEvents = "events.jsonl";
inline constexpr const char* kSummary = "summary.json";
inline constexpr const char* kReport = "report.html";
inline constexpr const char* kProfile = "profile.json";  // where one was asked for
}  // namespace run_file

// What helps where a run folder cannot be gone on from.
inline constexpr const char* kStartOver =
    "gistmill run --fresh starts over; or name the folder of another run";

// The checkpoints of one stage, or of a run without stages (stage "").
class CheckpointFolder {
 public:
  // `ranks`: where several ask together, rank 0 looks and the others are told, since files may come to sight
  // at different times; null: every process looks by itself. Outlives this.
  CheckpointFolder(const std::filesystem::path& run_folder, const std::string& stage, Ranks* ranks = nullptr);

  std::filesystem::path path_of(std::int64_t step) const;

  // The latest checkpoint that verifies; damaged ones are skipped, `skipped` is told why. None: nothing yet.
  std::optional<std::pair<std::filesystem::path, CheckpointInfo>> latest(
      const std::function<void(const std::string&)>& skipped) const;

  // The best one where one was marked and is still there, else the latest; throws Failure where there is
  // none that verifies.
  std::filesystem::path best_or_latest() const;

  // The latest one; throws Failure as best_or_latest().
  std::filesystem::path last() const;

  // Removes all but the last `keep` and those of `other_steps`.
  void prune(std::int64_t keep, std::initializer_list<std::int64_t> other_steps) const;

 private:
  std::vector<std::pair<std::int64_t, std::filesystem::path>> all() const;  // ascending steps
  std::pair<std::filesystem::path, CheckpointInfo> latest_or_refuse() const;
  std::filesystem::path from_first(const std::function<std::filesystem::path()>& find) const;

  std::filesystem::path folder_;
  Ranks* ranks_;
};

}  // namespace gistmill
