// One part of a run: a stage, a pass of one, or the recipe itself. Training, then what is measured at its
// end.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "host/figures/summary.hpp"
#include "host/instance/stop_signal.hpp"
#include "host/run/run_context.hpp"
#include "host/run/step/instance_pool.hpp"
#include "host/run/trained_parameters.hpp"

namespace gistmill {

// What goes from one part of a run to the next.
struct Carried {
  InstancePool pool;
  TrainedParameters trained;
  bool as_before = true;  // every part so far had finished in an earlier process
};

enum class PartEnd {
  finished,
  stopped,  // saved before its end
  ends_run  // finished, and a monitor ended the run with it: nothing trains after it
};

// Runs part number `index`, from its last checkpoint where the run is resumed; what had finished is not run
// again. Adds what it did and measured to `summary`. Throws Failure.
PartEnd run_part(RunContext& context, std::size_t index, Carried& carried, const StopSignal& stop,
                 RunSummary& summary);

// After a monitor ended the run: whether everything is there that part number `index` only measures. Says
// what is left out where it is not.
bool is_measured_all_the_same(RunContext& context, std::size_t index, const TrainedParameters& trained);

// What the preparations of a part start from. `trained` outlives the result.
StartingPoints starting_points(const TrainedParameters& trained);

// What part number `index` trained is what later parts start from.
void add_trained(TrainedParameters& trained, const std::vector<Part>& parts, std::size_t index);

// Parameters in place before the first step. Answers where they came from, as CheckpointInfo::starts.
std::map<std::string, std::string> load_parameters_into(Session& session, const TrainedParameters& trained,
                                                        Events& events);

// What the cache did since the session began.
void emit_cache(RunContext& context, const Session& session, const std::string& stage);

}  // namespace gistmill
