// What points of a study will take, before they run, and how many to run at once. From finished points of
// like recipes; where there are none, from the steps that `gistmill plan` takes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/recipe/value.hpp"
#include "host/sweep/frozen_point.hpp"

namespace gistmill {

struct PointEstimate {
  double seconds = 0;  // 0: unknown
  std::uint64_t memory_bytes = 0;
  std::uint64_t disk_bytes =
      0;                     // of its folder; prepared corpora and cached calls are shared and not counted
  std::size_t finished = 0;  // points that it was taken from; 0: from the plan, without evaluations
  std::string unknown;       // why nothing is known; empty: it is
};

// What `gistmill plan RECIPE --json` answers: its exit code and the JSON, or the message.
struct PlanAnswer {
  int code = 0;
  std::string text;
};
using AskPlan = std::function<PlanAnswer(const std::string& recipe)>;

class Estimator {
 public:
  // Reads the finished ones of `points`, the folder of all points, the latest ones first.
  Estimator(const std::filesystem::path& points, AskPlan plan);

  // Of finished points with the same components, those that differ from it in the fewest keys; their time is
  // taken per step. The plan is asked once for all points with the same components.
  PointEstimate estimate(const FrozenPoint& point);

 private:
  using Leaves = std::map<std::string, std::string>;  // dotted key -> value
  struct Known {
    Leaves leaves;
    std::int64_t steps = 0;  // of the recipe itself and its stages
    PointEstimate took;
  };
  std::optional<PointEstimate> from_finished(const Known& asked) const;
  PointEstimate from_plan(const FrozenPoint& point, const Known& asked);

  static Known known_of(const std::string& recipe);

  AskPlan plan_;
  std::vector<Known> finished_;
  std::map<std::string, Known> planned_;  // components -> what the plan said
};

// What asks `program` itself, in the working folder. The recipe lies in a folder of this question's own
// meanwhile; throws Failure (ExitCode::failed) where none can be made.
AskPlan plan_of(const std::filesystem::path& program,
                const std::vector<std::filesystem::path>& plugin_folders);

struct WorkerCount {
  int count = 1;
  std::string reason;  // "2 cores, and 1.1 GB for each of 20 GB free"
};

// As many as there are cores, points, and room for in `available` bytes of memory; one where the memory is
// not known.
WorkerCount worker_count(std::size_t points, int cores, std::uint64_t available,
                         const PointEstimate& estimate);

}  // namespace gistmill
