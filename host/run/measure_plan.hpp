// What a recipe's training takes on this machine: memory by part and seconds a step, from three real training
// steps. Nothing is written and no state changes. Before the steps of the recipe's own size it looks, with
// fewer items, whether these would fit.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "host/run/run_context.hpp"
#include "host/run/step/work.hpp"

namespace gistmill {

// The option that says how many items a step has: spans of a document, say. Found through run.items: the
// option that fixes the first dimension of that slot.
struct ItemsOption {
  std::string instance;  // "corpus"
  std::string option;    // "spans"
  std::int64_t value = 0;

  std::string key() const { return "components." + instance + "." + option; }
};
std::optional<ItemsOption> items_option(const Recipe& recipe, const Plan& plan);

// Resident memory in bytes; the parts add up to the peak.
struct MemoryParts {
  std::uint64_t program = 0;    // before anything is made: LibTorch, plugins
  std::uint64_t instances = 0;  // made and started: weights
  std::uint64_t optimizer = 0;  // gradients and moments
  std::uint64_t kept = 0;       // by a forward for its backward: values and tapes
  std::uint64_t passing = 0;    // the rest of the peak: what comes and goes within calls

  std::uint64_t peak() const { return program + instances + optimizer + kept + passing; }
};

struct PlanMeasure {
  std::string not_measured;  // why no steps were taken; "" where they were
  std::string items;         // what is counted, run.items
  std::int64_t items_a_step = 0;
  Work work;           // of the steps taken
  MemoryParts memory;  // where measured
  GemmPeak peak;

  std::uint64_t available = 0;  // what the process may use in all
  std::uint64_t needed = 0;     // measured, or estimated from fewer items; 0: unknown
  bool fits = true;
  std::optional<ItemsOption> items_setting;
  std::optional<std::int64_t> largest;  // where it does not fit: items that do; 0: not even one
};

// Of part number `part`. `available`: 0: what this machine can still give. What keeps it from measuring (no
// file, no memory) is told in the result and no failure. The context's machine is set up.
PlanMeasure measure_plan(std::size_t part, RunContext& context, std::uint64_t available);

// Where it does not fit: "needs 9.1 GB of memory with 64 spans when 3.0 GB is available; 17 fit: --set ...".
std::string refusal(const PlanMeasure& measure, const std::string& stage);
// Lines for people; `steps` of the part's training, `stage` its name or "".
std::string to_text(const PlanMeasure& measure, std::int64_t steps, const std::string& stage);
nlohmann::json to_json(const PlanMeasure& measure, std::int64_t steps);

}  // namespace gistmill
