// Runs an evaluation: in each step all variants of its pipeline, but calls that they share only once. Keeps
// the figures of every item; host/figures makes estimates of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "host/figures/evaluation.hpp"
#include "host/instance/stop_signal.hpp"
#include "host/run/example_keeper.hpp"
#include "host/run/step/events.hpp"
#include "host/run/step/session.hpp"

namespace gistmill {

class Evaluator {
 public:
  // Remembers the state that stateful instances start every evaluation from: the one they have now. Warns of
  // evaluations whose items no output clusters.
  // `registry` makes what decodes examples; null: none are kept. All outlive this.
  Evaluator(Session& session, Events& events, Registry* registry = nullptr);

  // Runs evaluation number `index` of the recipe and leaves all state as it was. `keep_in`: the run folder
  // that is to keep the figures of every item, and the examples; empty: none. Throws Failure where it fails,
  // ExitCode::interrupted where `stop` was asked for on the way.
  EvaluationTable run(std::size_t index, const StopSignal& stop, const std::string& stage, std::int64_t step,
                      const std::filesystem::path& keep_in = {});

 private:
  using Keepers = std::map<std::size_t, ExampleKeeper>;  // number of the variant -> what it keeps

  EvaluationRows empty_rows(std::size_t index) const;
  void measure(std::size_t index, const StopSignal& stop, const std::string& stage, EvaluationRows& rows,
               Keepers& keepers);
  Keepers keepers_of(std::size_t index, const EvaluationRows& rows) const;
  void write_kept(std::size_t index, const EvaluationRows& rows, const Keepers& keepers,
                  const std::string& stage, const std::filesystem::path& folder) const;
  void warn_of_clusters(const PlannedEvaluation& evaluation);
  bool is_trained(const PlannedVariant& variant) const;

  Session& session_;
  Events& events_;
  Registry* registry_;
  std::map<std::string, std::string> initial_state_;  // instance -> bytes
};

}  // namespace gistmill
