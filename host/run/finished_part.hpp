// What a finished stage did and measured: checkpoints/<stage>/finished.json. A run that goes on reads it
// instead of loading models and measuring anew.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "host/figures/evaluation.hpp"
#include "host/plan/parts.hpp"
#include "host/run/trainer.hpp"

namespace gistmill {

class FinishedPart {
 public:
  struct Content {
    StageResult result;
    std::vector<EvaluationTable> evaluations;
  };

  FinishedPart(std::filesystem::path run_folder, const Part& part);

  // None where the stage had not finished, ran by another recipe, or its last checkpoint is gone or damaged.
  // Never for the recipe itself, whose end is the end of the run.
  std::optional<Content> read() const;
  // Throws Failure.
  void write(const Content& content) const;
  void forget() const;

 private:
  std::filesystem::path run_folder_;
  const Part& part_;
};

}  // namespace gistmill
