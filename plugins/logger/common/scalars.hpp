// What an event says in single numbers, for loggers that keep numbers: losses and rates of a step, figures of
// an evaluation. docs/events.md defines the events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill::logging {

struct Scalar {
  std::string name;  // "loss", "losses/apart", "heldout/delta_nll.32/last 4 in place"
  double value = 0;
};

// Of one step of one stage.
struct Scalars {
  std::string stage;  // "": the recipe has none
  std::int64_t step = 0;
  double time = 0;  // seconds since 1970
  std::vector<Scalar> values;
};

// A stage that begins, or goes on after `step`: what an earlier process logged of later steps is void.
struct StageStart {
  std::string stage;
  std::int64_t step = 0;
  double time = 0;
};

struct Reading {
  std::optional<Scalars> scalars;
  std::optional<StageStart> start;
  std::string run_folder;  // of run_started, else ""
};

// Empty where the event has no numbers. Values that are null (not finite) are left out. Throws Error
// (GM_ERROR_MISUSE) where `json` is no JSON object.
Reading read_event(std::string_view json);

}  // namespace gistmill::logging
