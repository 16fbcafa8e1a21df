#include "host/plan/wiring.hpp"

#include <gmock/gmock.h>

#include "tests/host/plan/plan_fixture.hpp"

namespace gistmill {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Wires : public PlanTest {
 protected:
  // A recipe whose pipeline `measure` has these steps, one a line from line 11 on.
  static std::string with_steps(const std::string& steps) {
    return std::string(kComponents) + "\n[pipelines.measure]\nsteps = [\n" + steps + "]\n";
  }
};

TEST_F(Wires, FollowPortNames) {
  const Plan planned = plan(std::string(kComponents) + kTrainPipeline);
  const PlannedPipeline& train = *planned.pipeline("train");
  const PlannedCall& resume = call_of(train, "teacher.resume");
  std::string text;
  for (const PlannedInput& input : resume.inputs) {
    const PlannedCall& source = train.calls[input.source->call];
    text += input.slot + " from " + source.name + " " + std::to_string(input.source->output) + "\n";
  }
  EXPECT_EQ(text,
            "context from teacher.read 0\nspans from corpus.next 1\ngist from gist.compress 0\n"
            "offsets from gist.compress 1\ntargets from corpus.next 2\n");
}

TEST_F(Wires, FollowTheNamesThatAStepGives) {
  const Plan planned = plan(with_steps(R"(  "corpus.next",
  { call = "teacher.embed", out = { embeddings = "first" } },
  { call = "teacher.embed", out = { embeddings = "second" } },
  { call = "gist.compress", in = { embeddings = "second" } },
)"));
  const PlannedPipeline& pipeline = planned.pipelines[0];
  EXPECT_EQ(pipeline.calls[3].inputs[0].source, (SlotRef{2, 0}));
  EXPECT_EQ(pipeline.writer("first"), (SlotRef{1, 0}));
  EXPECT_EQ(pipeline.writer("embeddings"), std::nullopt);
}

TEST_F(Wires, LeaveAnOptionalPortOpenWhereNothingWroteIt) {
  const Plan planned = plan(with_steps("\"corpus.next\",\n\"teacher.embed\",\n\"gist.compress\",\n"));
  const PlannedInput& states = planned.pipelines[0].calls[2].inputs[1];
  EXPECT_EQ(states.port->name, "states");
  EXPECT_FALSE(states.source);
  EXPECT_EQ(states.slot, "");
}

TEST_F(Wires, RefuseAnOptionalPortThatIsWiredToNothing) {
  EXPECT_EQ(failure_of(with_steps("\"corpus.next\",\n\"teacher.embed\",\n"
                                  "{ call = \"gist.compress\", in = { states = \"sates\" } },\n")),
            "recipe.toml:13:34: slot 'sates' is read by gist.compress but nothing wrote it\n"
            "written before it: document embeddings mask spans targets tokens");
}

TEST_F(Wires, RefuseASlotThatNothingWrote) {
  EXPECT_EQ(failure_of(with_steps("\"corpus.next\",\n\"teacher.read\",\n\"teacher.resume\",\n")),
            "recipe.toml:13:1: slot 'gist' is read by teacher.resume but nothing wrote it\n"
            "written before it: context document mask spans targets tokens");
}

TEST_F(Wires, SuggestTheNearestSlot) {
  EXPECT_THAT(failure_of(with_steps(
                  "{ call = \"corpus.next\", out = { tokens = \"token\" } },\n\"teacher.read\",\n")),
              StartsWith("recipe.toml:12:1: slot 'tokens' is read by teacher.read but nothing wrote it\n"
                         "did you mean 'token'?\n"));
}

TEST_F(Wires, TellOfALaterCallThatWritesTheSlot) {
  EXPECT_EQ(failure_of(with_steps("\"teacher.read\",\n\"corpus.next\",\n")),
            "recipe.toml:11:1: slot 'tokens' is read by teacher.read but nothing wrote it\n"
            "corpus.next writes it later, at recipe.toml:12:1: move that call up\n"
            "no slot is written before it");
}

TEST_F(Wires, RefuseASlotThatIsWrittenTwice) {
  EXPECT_EQ(failure_of(with_steps("\"teacher.head\",\n\"corpus.next\",\n\"teacher.head\",\n")),
            "recipe.toml:13:1: slot 'head' is written by teacher.head and again by teacher.head\n"
            "first written at recipe.toml:11:1\n"
            "give one of them another name: { call = \"teacher.head\", out = { head = \"...\" } }");
  EXPECT_THAT(failure_of(with_steps("{ call = \"corpus.next\", out = { mask = \"spans\" } },\n")),
              HasSubstr("slot 'spans' is written by corpus.next and again by corpus.next"));
}

// What recipes wrote when transforms had an output 'swapped'.
TEST_F(Wires, NameTheSlotThatALaterCallWaitsForWhereOneIsWrittenTwice) {
  offer(R"([plugin]
name = "roll"
version = "0.1.0"
license = "MIT"
tier = "c"
[components."transform/roll"]
[components."transform/roll".operations.apply]
effect = "pure"
inputs.gist = { type = "f32[K, G, D]" }
outputs.gist = { type = "f32[K, G, D]" }
)");
  const auto old = [&](const std::string& apply) {
    return failure_of(
        std::string(kComponents) + "own = { use = \"transform/roll\" }\n[pipelines.p]\nsteps = [\n" +
        "\"corpus.next\",\n\"teacher.embed\",\n\"teacher.read\",\n\"teacher.states\",\n\"gist.compress\",\n" +
        apply + ",\n{ call = \"teacher.resume\", in = { gist = \"swapped\" } },\n]\n");
  };
  EXPECT_EQ(old("\"own.apply\""),
            "recipe.toml:16:1: slot 'gist' is written by gist.compress and again by own.apply\n"
            "first written at recipe.toml:15:1\n"
            "give one of them another name: { call = \"own.apply\", out = { gist = \"swapped\" } }");
  EXPECT_EQ(old("{ call = \"own.apply\", out = { gist = \"swapped\" } }"), "") << "the way on leads there";
  EXPECT_EQ(old("{ call = \"own.apply\", out = { swapped = \"swapped\" } }"),
            "recipe.toml:16:31: own.apply has no output 'swapped'\n"
            "did you mean 'gist'?\n"
            "outputs of own.apply: gist");
}

TEST_F(Wires, RefuseAnUnknownPort) {
  EXPECT_EQ(
      failure_of(with_steps("\"corpus.next\",\n{ call = \"teacher.read\", in = { token = \"tokens\" } },\n")),
      "recipe.toml:12:33: teacher.read has no input 'token'\n"
      "did you mean 'tokens'?\n"
      "inputs of teacher.read: tokens");
  EXPECT_EQ(failure_of(with_steps("{ call = \"corpus.next\", out = { words = \"tokens\" } },\n")),
            "recipe.toml:11:33: corpus.next has no output 'words'\n"
            "outputs of corpus.next: tokens spans targets mask document");
  EXPECT_EQ(failure_of(with_steps("{ call = \"teacher.head\", in = { tokens = \"tokens\" } },\n")),
            "recipe.toml:11:33: teacher.head has no input 'tokens'\nteacher.head has no inputs");
}

TEST_F(Wires, RefuseAnUnknownInstance) {
  EXPECT_EQ(failure_of(with_steps("\"corpsu.next\",\n")),
            "recipe.toml:11:1: no component is named 'corpsu'\n"
            "did you mean 'corpus'?\n"
            "the recipe has: corpus teacher gist loss measure optimizer");
}

TEST_F(Wires, RefuseAnOperationThatTheComponentLacks) {
  EXPECT_EQ(failure_of(with_steps("\"corpus.next\",\n\"teacher.reed\",\n")),
            "recipe.toml:12:1: teacher/llama does not offer the operation 'reed'\n"
            "did you mean 'read'?\n"
            "teacher/llama offers: embed read states original resume head");
  EXPECT_EQ(failure_of(with_steps("\"optimizer.step\",\n")),
            "recipe.toml:11:1: optimizer/adamw does not offer the operation 'step'\noptimizer/adamw has no "
            "operations");
}

class RunSettingsOfAPlan : public PlanTest {
 protected:
  static std::string with_run(const std::string& settings) {
    return "[run]\n" + settings + std::string(kComponents) + kTrainPipeline;
  }
};

TEST_F(RunSettingsOfAPlan, NameWhatTrains) {
  const Plan planned = plan(with_run("steps = 600\nitems = \"spans\"\n"));
  EXPECT_EQ(planned.trained, "train");
  EXPECT_EQ(planned.steps, 600);
  EXPECT_EQ(plan(with_run("steps = 0\n")).trained, "");
}

TEST_F(RunSettingsOfAPlan, RefuseAPipelineThatIsNotThere) {
  EXPECT_EQ(
      failure_of(with_run("steps = 1\npipeline = \"trian\"\n")),
      "recipe.toml:1:2: run.pipeline is 'trian', which the recipe does not have\ndid you mean 'train'?");
}

TEST_F(RunSettingsOfAPlan, RefuseToTrainByAPipelineThatMinimizesNothing) {
  EXPECT_EQ(failure_of(std::string(kComponents) +
                       "[run]\nsteps = 2\n[pipelines.train]\nsteps = [\"corpus.next\"]\n"),
            "recipe.toml:10:12: pipeline 'train' minimizes nothing, so 2 steps of it would train nothing\n"
            "give it minimize and train, or set run.steps to 0");
}

TEST_F(RunSettingsOfAPlan, RefuseAnOptimizerLoggerOrMonitorOfAnotherContract) {
  EXPECT_EQ(failure_of(with_run("steps = 1\noptimizer = \"gist\"\n")),
            "recipe.toml:1:2: run.optimizer names gist, which is gistnet/refine when it should fulfil the "
            "contract optimizer");
  EXPECT_THAT(failure_of(with_run("steps = 1\noptimizer = \"adamw\"\n")),
              StartsWith("recipe.toml:1:2: no component is named 'adamw'"));
  EXPECT_EQ(failure_of(with_run("loggers = [\"loss\"]\n")),
            "recipe.toml:2:12: run.loggers names loss, which is loss/delta-nll when it should fulfil the "
            "contract logger");
  EXPECT_EQ(failure_of(with_run("monitors = [\"loss\"]\n")),
            "recipe.toml:2:13: run.monitors names loss, which is loss/delta-nll when it should fulfil the "
            "contract monitor");
  EXPECT_THAT(failure_of(with_run("monitors = [\"losss\"]\n")),
              StartsWith("recipe.toml:2:13: no component is named 'losss'"));
}

TEST_F(RunSettingsOfAPlan, RefuseItemsThatAreNotASlot) {
  EXPECT_EQ(failure_of(with_run("steps = 1\nitems = \"span\"\n")),
            "recipe.toml:1:2: run.items is 'span', which is not a slot of pipeline 'train'");
}

}  // namespace
}  // namespace gistmill
