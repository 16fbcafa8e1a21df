// What tells the items of an evaluation apart, and is the same in every run that measures them: a hash of all
// that the pipeline's sources gave in the step, and the item's place in it. So items are the same where the
// data is, whatever is trained and however the run is seeded.
#pragma once

#include <map>
#include <string>

#include "host/figures/evaluation.hpp"
#include "host/run/step/pipeline_run.hpp"

namespace gistmill {

// The keys of one variant's items, step by step.
class ItemKeys {
 public:
  // Of the items of the last forward, which `variant` has figures and clusters of already. An item that comes
  // again gets a number behind its key. None are given where no source gives a tensor.
  void append(const PipelineRun& run, EvaluationRows::Variant& variant);

 private:
  std::map<std::string, int> seen_;  // step's hash -> times
};

}  // namespace gistmill
