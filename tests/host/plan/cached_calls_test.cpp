// Which calls a recipe may keep on disk, and what it is told where it may not.
#include "host/plan/cached_calls.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "host/plan/describe.hpp"
#include "tests/host/plan/plan_fixture.hpp"

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class CachedCalls : public PlanTest {
 protected:
  // The training pipeline with `cache`; steps of it run where `steps` is not 0.
  static std::string training(const std::string& cache, int steps = 4) {
    return "[run]\nsteps = " + std::to_string(steps) + "\n" + kComponents + kTrainPipeline +
           "cache = " + cache + "\n";
  }
  static std::vector<std::string> cached(const PlannedPipeline& pipeline) {
    std::vector<std::string> names;
    for (const PlannedCall& call : pipeline.calls) {
      if (call.cached) names.push_back(call.name);
    }
    return names;
  }
};

TEST_F(CachedCalls, AreThoseThatThePipelineNames) {
  const Plan planned = plan(training(R"(["teacher.original", "teacher.read"])"));
  EXPECT_THAT(cached(planned.pipelines[0]), ElementsAre("teacher.read", "teacher.original"));
  EXPECT_THAT(cached(plan(training("[]")).pipelines[0]), ElementsAre());
}

TEST_F(CachedCalls, AreShownByThePlan) {
  const Plan planned = plan(training(R"(["teacher.read"])"));
  EXPECT_THAT(describe(planned), testing::ContainsRegex("teacher.read .* frozen, no tape, cached\n"));
  EXPECT_TRUE(to_json(planned)["pipelines"][0]["calls"][2]["cached"]);
  EXPECT_FALSE(to_json(planned)["pipelines"][0]["calls"][3]["cached"]);
}

TEST_F(CachedCalls, MustBeCallsOfThePipeline) {
  EXPECT_EQ(failure_of(training("[\"teacher.raed\"]")),
            "recipe.toml:24:10: pipeline 'train' caches 'teacher.raed', which it does not call\n"
            "did you mean 'teacher.read'?\n"
            "its calls: corpus.next teacher.embed teacher.read teacher.states teacher.original teacher.head "
            "gist.compress teacher.resume loss.value");
}

TEST_F(CachedCalls, MustBePure) {
  EXPECT_THAT(failure_of(training(R"(["corpus.next"])")),
              StartsWith("recipe.toml:24:10: corpus.next cannot be cached: it is stateful, not pure"));
  EXPECT_THAT(failure_of(training(R"(["gist.compress"])")), HasSubstr("it is random, not pure"));
}

TEST_F(CachedCalls, MayNotPassAGradient) {
  EXPECT_THAT(failure_of(training(R"(["teacher.resume"])")),
              HasSubstr("teacher.resume cannot be cached: a gradient passes through it"));
}

TEST_F(CachedCalls, MayNotDependOnWhatTrainsInAnyPipelineOfTheRun) {
  const std::string measure = R"([pipelines.measure]
steps = ["corpus.next", "teacher.embed", "teacher.read", "teacher.states", "teacher.original", "teacher.head",
  "gist.compress", "teacher.resume", "loss.value", "measure.measure"]
cache = ["teacher.resume"]
)";
  EXPECT_THAT(failure_of(training("[]") + measure),
              HasSubstr("teacher.resume cannot be cached: it depends on what gist writes, which trains"));
  EXPECT_THAT(cached(plan(training("[]", 0) + measure).pipelines[1]), ElementsAre("teacher.resume"))
      << "nothing trains where no step is run";
}

TEST_F(CachedCalls, MayNotReadAnObjectOfAnImpureCall) {
  offer(R"([plugin]
name = "session"
version = "0.1.0"
license = "MIT"
tier = "c"
[components."dataset/session"]
doc = "A source of contexts"
[components."dataset/session".operations.next]
effect = "stateful"
outputs.context = { type = "object<decoder.context/1>" }
outputs.spans = { type = "i32[K]" }
)");
  EXPECT_THAT(
      failure_of(R"([components]
teacher = { use = "teacher/llama", model = "m" }
session = { use = "dataset/session" }
[pipelines.p]
steps = ["session.next", "teacher.states"]
cache = ["teacher.states"]
)"),
      HasSubstr("teacher.states cannot be cached: it reads an object of session.next, which is stateful"));
}

TEST_F(CachedCalls, AreThoseOfAnEvaluationsVariantsToo) {
  const Plan planned = plan(training("[]") + R"([pipelines.measure]
steps = ["corpus.next", "teacher.embed", "teacher.read", "teacher.states", "teacher.original", "teacher.head",
  "last.compress", "teacher.resume", "loss.value", "measure.measure"]
cache = ["teacher.read", "teacher.resume"]
[components.last]
use = "gistnet/last-k"
[evaluations.heldout]
pipeline = "measure"
[[evaluations.heldout.variants]]
name = "last"
[[evaluations.heldout.variants]]
name = "trained"
use = { last = "gist" }
)");
  const auto& variants = planned.evaluations[0].variants;
  EXPECT_THAT(cached(variants[0].pipeline), ElementsAre("teacher.read", "teacher.resume"));
  EXPECT_THAT(cached(variants[1].pipeline), ElementsAre("teacher.read"))
      << "its resume depends on what trains";
}

}  // namespace
}  // namespace gistmill
