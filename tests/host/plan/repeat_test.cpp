// Weighted sums and repeated parts before anything runs: wires, gradients, what the plan shows and refuses.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "host/plan/describe.hpp"
#include "tests/host/plan/plan_fixture.hpp"

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kManifest = R"(
[plugin]
name = "loops"
version = "0.1.0"
license = "MIT"
tier = "c"

[components."loop/session"]
doc = "its next input is what was last done"
[components."loop/session".operations.next]
effect = "stateful"
outputs.x = { type = "f32[T]" }
[components."loop/session".operations.act]
effect = "stateful"
inputs.score = { type = "f32[]" }

[components."loop/lens"]
doc = "scores"
parameters = true
[components."loop/lens".operations.score]
effect = "pure"
inputs.x = { type = "f32[T]", gradient = true }
outputs.score = { type = "f32[]", gradient = true }
[components."loop/lens".operations.turn]
effect = "pure"
inputs.x = { type = "f32[T]", gradient = true }
outputs.turned = { type = "f32[T]", gradient = true }

[components."loop/loss"]
doc = "a loss"
[components."loop/loss".operations.value]
effect = "pure"
inputs.score = { type = "f32[]", gradient = true }
outputs.loss = { type = "f32[]", gradient = true }

[components."loop/measure"]
doc = "a figure"
[components."loop/measure".operations.measure]
effect = "pure"
inputs.x = { type = "f32[T]" }
outputs.measured = { type = "f32[T]", figure = "mean" }
)";

constexpr const char* kLoopComponents = R"([components]
session = { use = "loop/session" }
lens = { use = "loop/lens" }
other = { use = "loop/lens" }
loss = { use = "loop/loss" }
apart = { use = "loop/loss" }
measure = { use = "loop/measure" }
optimizer = { use = "optimizer/adamw" }
)";

class Repeats : public PlanTest {
 protected:
  Repeats() { offer(kManifest); }
  static std::string training(const std::string& steps, const std::string& rest = "minimize = 'loss'\n",
                              const std::string& train = "['lens']") {
    return std::string(kLoopComponents) + "[pipelines.train]\nsteps = " + steps + "\n" + rest +
           "train = " + train + "\n";
  }
  PlannedPipeline pipeline(const std::string& steps, const std::string& rest = "minimize = 'loss'\n") {
    return plan(training(steps, rest)).pipelines.at(0);
  }
  // "lens.score 1: x from session.next 1", iterations from 1.
  static std::vector<std::string> wires(const PlannedPipeline& pipeline) {
    std::vector<std::string> texts;
    for (const PlannedCall& call : pipeline.calls) {
      for (const PlannedInput& input : call.inputs) {
        if (!input.source) continue;
        const PlannedCall& writer = pipeline.calls[input.source->call];
        texts.push_back(call.name + " " + std::to_string(call.iteration + 1) + ": " + input.slot + " from " +
                        writer.name + " " + std::to_string(writer.iteration + 1));
      }
    }
    return texts;
  }
};

TEST_F(Repeats, GiveAReaderTheSameIterationAndAReaderAfterThePartTheLast) {
  EXPECT_THAT(wires(pipeline("[{ repeat = 2, steps = ['session.next', 'lens.score'] }, 'loss.value']")),
              ElementsAre("lens.score 1: x from session.next 1", "lens.score 2: x from session.next 2",
                          "loss.value 1: score from lens.score 2"));
}

TEST_F(Repeats, GiveAReaderBeforeTheWriterTheIterationBeforeAndTheFirstOneWhatCameBefore) {
  EXPECT_THAT(
      wires(pipeline("['session.next', { repeat = 3, steps = [{ call = 'lens.turn', out = { turned = 'x' } "
                     "}] }, 'lens.score', 'loss.value']")),
      ElementsAre("lens.turn 1: x from session.next 1", "lens.turn 2: x from lens.turn 1",
                  "lens.turn 3: x from lens.turn 2", "lens.score 1: x from lens.turn 3",
                  "loss.value 1: score from lens.score 1"));
}

TEST_F(Repeats, LeadTheGradientThroughIterationsWherePortsDifferentiate) {
  EXPECT_THAT(
      kinds_of(pipeline("['session.next', { repeat = 2, steps = [{ call = 'lens.turn', out = { turned = 'x' "
                        "} }] }, { call = 'other.score' }, 'loss.value']")),
      ElementsAre("session.next forward", "lens.turn trains", "lens.turn trains",
                  "other.score passes gradient", "loss.value passes gradient"));
}

TEST_F(Repeats, TrainOnlyTheIterationThatGoesIntoTheLoss) {
  EXPECT_THAT(
      kinds_of(
          pipeline("[{ repeat = 2, steps = ['session.next', 'lens.score', 'session.act'] }, 'loss.value']")),
      ElementsAre("session.next forward", "lens.score forward", "session.act forward", "session.next forward",
                  "lens.score trains", "session.act forward", "loss.value passes gradient"));
}

TEST_F(Repeats, MinimizeTheMeanOfWhatEveryIterationWrites) {
  const PlannedPipeline planned =
      pipeline("[{ repeat = 3, steps = ['session.next', 'lens.score', 'loss.value'] }]");
  ASSERT_EQ(planned.minimize.size(), 1u);
  EXPECT_THAT(planned.minimize[0].sources, ElementsAre(SlotRef{2, 0}, SlotRef{5, 0}, SlotRef{8, 0}));
}

TEST_F(Repeats, AreShownOnceWithTheirNumber) {
  const std::string text = describe(
      plan(training("[{ repeat = 4, steps = ['session.next', 'lens.score', 'session.act'] }, 'loss.value']",
                    "minimize = { loss = 1.0 }\n")));
  EXPECT_EQ(text,
            "train   T varies\n"
            "  4 x\n"
            "    session.next   -> x f32[T]           stateful\n"
            "    lens.score     x -> score f32[]      3 x no tape, 1 x trains\n"
            "    session.act    score                 stateful\n"
            "  loss.value       score -> loss f32[]   passes gradient\n"
            "minimizes loss; trains lens\n");
}

TEST_F(Repeats, StandInTheJsonCallByCall) {
  const nlohmann::json json =
      to_json(plan(training("[{ repeat = 2, steps = ['session.next', 'lens.score', 'loss.value'] }]")));
  const auto& pipeline = json["pipelines"][0];
  EXPECT_EQ(pipeline["calls"].size(), 6u);
  EXPECT_EQ(pipeline["calls"][4]["iteration"], 1);
  EXPECT_EQ(pipeline["repeats"], nlohmann::json::parse(R"([{"first": 0, "count": 3, "times": 2}])"));
}

TEST_F(Repeats, RefuseAFirstIterationWithoutAnythingToReadFrom) {
  EXPECT_THAT(failure_of(training(
                  "['session.next', { repeat = 2, steps = ['lens.score', { call = 'loss.value', in = { "
                  "score = 'turned' } }, 'lens.turn'] }]")),
              HasSubstr("slot 'turned' is read by loss.value but nothing wrote it"));
  EXPECT_THAT(failure_of(training(
                  "['session.next', { repeat = 2, steps = ['lens.score', { call = 'loss.value', in = { "
                  "score = 'turned' } }, 'lens.turn'] }]")),
              HasSubstr("move that call up, or write a first value before the repeated part"));
}

TEST_F(Repeats, RefuseASlotThatIsWrittenTwiceInOneIterationOrBesideThePart) {
  EXPECT_THAT(failure_of(training("['session.next', { repeat = 2, steps = ['lens.score', 'lens.score'] }, "
                                  "'loss.value']")),
              HasSubstr("slot 'score' is written by lens.score and again by lens.score"));
  EXPECT_THAT(failure_of(training("['session.next', 'lens.score', { repeat = 2, steps = ['lens.score'] }, "
                                  "'loss.value']")),
              HasSubstr("slot 'score' is written by lens.score and again by lens.score"))
      << "nothing in the part goes on from the first one";
  EXPECT_THAT(failure_of(training("['session.next', { repeat = 2, steps = ['lens.score'] }, 'lens.score', "
                                  "'loss.value']")),
              HasSubstr("slot 'score' is written by lens.score and again by lens.score"));
}

TEST_F(Repeats, RefuseAFigureWithinThePart) {
  EXPECT_EQ(
      failure_of(std::string(kLoopComponents) +
                 "[pipelines.m]\nsteps = ['session.next', { repeat = 2, steps = [{ call = 'lens.score' }, "
                 "'measure.measure'] }]\n"),
      "recipe.toml:10:74: measure.measure is in a repeated part, where its figure 'measured' cannot be "
      "measured\nmove the call after the repeated part");
}

TEST_F(Repeats, RefuseToCacheWhatDependsOnAStateThatTrainingChanges) {
  EXPECT_THAT(failure_of(training("['session.next', { call = 'other.turn' }, 'lens.score', 'session.act', "
                                  "'loss.value']",
                                  "minimize = 'loss'\ncache = ['other.turn']\n")),
              HasSubstr("other.turn cannot be cached: it depends on what lens writes, which trains"));
}

TEST_F(Repeats, ShareNoCallBetweenVariantsThatReadsAStateWhichTheyChange) {
  const Plan planned = plan(std::string(kLoopComponents) + R"([pipelines.m]
steps = ["session.next", "lens.score", "session.act", "measure.measure"]
[evaluations.e]
pipeline = "m"
steps = 2
)");
  EXPECT_THAT(planned.evaluations[0].shared, ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(depends_on(planned.pipelines[0], {1}), ElementsAre(1, 1, 1, 1))
      << "session.next gives what session.act was told";
}

TEST_F(Repeats, RefuseVariantsThatChangeTheStateOfOneInstance) {
  const std::string start = std::string(kLoopComponents) + R"([pipelines.m]
steps = ["session.next", "lens.score", "session.act", "measure.measure"]
[evaluations.e]
pipeline = "m"
variants = [{ name = "a" }, { name = "b", use = { )";
  EXPECT_THAT(failure_of(start + "lens = \"other\" } }]\n"),
              HasSubstr("variants 'a' and 'b' both change the state of session\n"
                        "measure them in separate evaluations"));
}

// ---- weighted sums ----

constexpr const char* kTwo =
    "['session.next', 'lens.score', 'loss.value', { call = 'apart.value', out = { loss = 'apart' } }]";

TEST_F(Repeats, ShowAWeightedSum) {
  EXPECT_THAT(describe(plan(training(kTwo, "minimize = { loss = 1.0, apart = 0.1 }\n"))),
              HasSubstr("minimizes loss + 0.1 apart; trains lens\n"));
  EXPECT_THAT(describe(plan(training(kTwo, "minimize = { loss = 0.5, apart = -2 }\n"))),
              HasSubstr("minimizes 0.5 loss - 2 apart; trains lens\n"));
  EXPECT_EQ(
      to_json(plan(training(kTwo, "minimize = { loss = 1.0, apart = 0.1 }\n")))["pipelines"][0]["minimize"],
      nlohmann::json({{"loss", 1.0}, {"apart", 0.1}}));
}

TEST_F(Repeats, LeadAGradientBackFromEveryPartThatCounts) {
  EXPECT_THAT(kinds_of(pipeline(kTwo, "minimize = { loss = 1.0, apart = 0.1 }\n")),
              ElementsAre("session.next forward", "lens.score trains", "loss.value passes gradient",
                          "apart.value passes gradient"));
  EXPECT_THAT(kinds_of(pipeline(kTwo, "minimize = { loss = 1.0, apart = 0 }\n")),
              ElementsAre("session.next forward", "lens.score trains", "loss.value passes gradient",
                          "apart.value forward"));
}

TEST_F(Repeats, RefuseAPartThatCannotBeMinimizedAtItsPlace) {
  EXPECT_EQ(
      failure_of(training(kTwo, "minimize = { loss = 1.0, apert = 0.1 }\n")),
      "recipe.toml:11:26: pipeline 'train' minimizes 'apert' but nothing wrote it\ndid you mean 'apart'?");
  EXPECT_EQ(failure_of(training(kTwo, "minimize = { loss = 1.0, x = 0.1 }\n")),
            "recipe.toml:11:26: minimize 'x' is f32[T] when it should be one number: f32[]");
  EXPECT_THAT(failure_of(training("['session.next', 'lens.score', 'loss.value', 'apart.value']",
                                  "minimize = { loss = 1.0 }\n")),
              HasSubstr("slot 'loss' is written by loss.value and again by apart.value"));
}

TEST_F(Repeats, RefuseToTrainWhatOnlyAPartOfWeightZeroReads) {
  EXPECT_THAT(failure_of(training(
                  "['session.next', 'lens.score', 'loss.value', { call = 'other.score', out = { score = "
                  "'s' } }, { call = 'apart.value', in = { score = 's' }, out = { loss = 'apart' } }]",
                  "minimize = { loss = 1.0, apart = 0.0 }\n", "['lens', 'other']")),
              HasSubstr("no gradient of 'loss' reaches other"));
}

}  // namespace
}  // namespace gistmill
