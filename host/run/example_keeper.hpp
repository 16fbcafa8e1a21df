// Keeps the worst and the best items of an evaluation while it runs: tokens and a number for each. No more
// than a few at a time, whatever the evaluation measures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/figures/evaluation.hpp"
#include "host/figures/examples.hpp"
#include "host/plan/plan.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"
#include "host/run/step/pipeline_run.hpp"

namespace gistmill {

// Of one variant.
class ExampleKeeper {
 public:
  // `figure`: number of the figure that decides, in the variant's rows; `better`: which way.
  ExampleKeeper(const Evaluation::Examples& slots, std::size_t figure, Better better)
      : slots_(slots), figure_(figure), better_(better) {}

  // Before the first forward: so that the slots have values then.
  void keep_slots(PipelineRun& run) const;

  // Of the items of the last forward, which `variant` has figures and keys of already. Throws Failure
  // (ExitCode::failed) where a slot has not one row for each of them.
  void append(const PipelineRun& run, const EvaluationRows::Variant& variant);

  struct Item {
    std::string key;
    double value = 0.0;
    double mean = 0.0;                 // of `values`, over its tokens that have a number; NaN where none has
    double mean_less = 0.0;            // of `less`; NaN without it
    std::vector<std::int32_t> item;    // empty: not kept
    std::vector<std::int32_t> tokens;  // those that exist
    std::vector<double> values;        // one a token
  };
  const std::vector<Item>& worst() const { return worst_; }  // the worst first
  const std::vector<Item>& best() const { return best_; }    // the best first

 private:
  void offer(std::vector<Item>& kept, bool best, const Item& item) const;

  Evaluation::Examples slots_;
  std::size_t figure_;
  Better better_;
  std::vector<Item> worst_;
  std::vector<Item> best_;
};

// The items of variant `name` as text, the worst first, then the best. The decoder is made for it alone.
std::vector<Example> decoded(const ExampleKeeper& kept, const std::string& name,
                             const PlannedInstance& decoder, std::uint64_t seed, Registry& registry);

}  // namespace gistmill
