// Runs that measure items of one source through a factor that training moves: how far depends on the learning
// rate.
#pragma once

#include "tests/e2e/program.hpp"

namespace gistmill {

class MeasuredRunsTest : public ProgramTest {
 protected:
  // Measures 8 items of 4 speakers: figures "score" (higher is better), "hits", "latency", "worst", "found".
  void measured(const std::string& name, const std::string& more = "") {
    write(name, ramp(R"([components]
talk     = { use = "test/talk" }
measures = { use = "test/measures" }
[pipelines.look]
steps = ["talk.next", "scale.apply", { call = "measures.measure", in = { x = "y" } }]
[evaluations.look]
pipeline = "look"
steps    = 2
headline = "score"
)" + more));
  }
  // With a learning rate, which moves all figures: less of `score` the higher it is.
  void measured_at(const std::string& name, const std::string& rate, const std::string& more = "") {
    measured(name, "[learning_rate]\npeak = " + rate + "\n" + more);
  }
  Answer run(const std::string& words) const { return gistmill("run " + words + " " + test_plugins()); }
};

}  // namespace gistmill
