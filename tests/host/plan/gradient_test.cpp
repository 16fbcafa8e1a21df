#include "host/plan/gradient.hpp"

#include <gmock/gmock.h>

#include "tests/host/plan/plan_fixture.hpp"

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Need = std::vector<std::uint8_t>;

class Gradient : public PlanTest {
 protected:
  // Takes `gradient = true` off the lines of the manifest that start with `ports` in `operation`.
  void offer_without_gradient(const std::string& operation, const std::vector<std::string>& ports) {
    std::string manifest = kGistManifest;
    const std::string marked = ", gradient = true";
    for (const std::string& port : ports) {
      const auto at = manifest.find(port, manifest.find(operation));
      manifest.erase(manifest.find(marked, at), marked.size());
    }
    catalog.components.clear();
    offer(manifest);
  }
  static std::string train(const std::string& pipeline = kTrainPipeline) {
    return std::string(kComponents) + pipeline;
  }
};

TEST_F(Gradient, GoesFromWhatIsMinimizedToWhatTrains) {
  const Plan planned = plan(train());
  EXPECT_THAT(
      kinds_of(planned.pipelines[0]),
      ElementsAre("corpus.next forward", "teacher.embed forward", "teacher.read forward",
                  "teacher.states forward", "teacher.original forward", "teacher.head forward",
                  "gist.compress trains", "teacher.resume passes gradient", "loss.value passes gradient"));
  ASSERT_EQ(planned.pipelines[0].minimize.size(), 1u);
  EXPECT_THAT(planned.pipelines[0].minimize[0].sources, ElementsAre(SlotRef{8, 0}));
  EXPECT_THAT(planned.pipelines[0].train, ElementsAre(2u));
}

TEST_F(Gradient, IsAskedOnlyOfInputsOnItsWay) {
  const PlannedPipeline pipeline = plan(train()).pipelines[0];
  EXPECT_EQ(call_of(pipeline, "loss.value").need, (Need{1, 0, 0, 0, 0}));
  EXPECT_EQ(call_of(pipeline, "teacher.resume").need, (Need{0, 0, 1, 0, 0}));
  EXPECT_EQ(call_of(pipeline, "gist.compress").need, (Need{0, 0}))
      << "embeddings could, but nothing there trains";
  EXPECT_EQ(call_of(pipeline, "teacher.read").need, (Need{0}));
}

TEST_F(Gradient, SkipsPureCallsThatNothingNeeds) {
  // last-k does not read the recorded states, and it does not train: nothing passes a gradient.
  const std::string text = train();
  const std::string pipeline =
      std::string(kTrainPipeline).substr(0, std::string(kTrainPipeline).find("minimize"));
  const Plan planned =
      plan(std::string(kComponents) + "last = { use = \"gistnet/last-k\" }\n" + R"([pipelines.p]
steps = ["corpus.next", "teacher.embed", "teacher.read", "teacher.states", "teacher.original", "teacher.head",
  "last.compress", "teacher.resume", "loss.value", "measure.measure"]
)");
  EXPECT_THAT(kinds_of(planned.pipelines[0]),
              ElementsAre("corpus.next forward", "teacher.embed forward", "teacher.read forward",
                          "teacher.states skipped", "teacher.original forward", "teacher.head forward",
                          "last.compress forward", "teacher.resume forward", "loss.value forward",
                          "measure.measure forward"));
}

TEST_F(Gradient, SkipsCallsThatOnlyServeSkippedOnes) {
  const Plan planned = plan(std::string(kComponents) + R"([pipelines.p]
steps = ["corpus.next", "teacher.embed", "teacher.read", "teacher.states", "teacher.original", "teacher.head",
  "gist.compress", "teacher.resume", "loss.value"]
minimize = "loss"
train = ["gist"]
[pipelines.q]
steps = ["corpus.next", "teacher.embed", "teacher.read", "teacher.original", "teacher.head", "gist.compress",
  "teacher.resume", "loss.value",
  { call = "teacher.read", out = { context = "again" } },
  { call = "teacher.states", in = { context = "again" } }]
minimize = "loss"
train = ["gist"]
)");
  const auto kinds = kinds_of(planned.pipelines[1]);
  EXPECT_EQ(kinds[8], "teacher.read skipped");
  EXPECT_EQ(kinds[9], "teacher.states skipped");
}

TEST_F(Gradient, KeepsEveryCallWherePipelinesNeitherMinimizeNorMeasure) {
  const Plan planned =
      plan(std::string(kComponents) + "[pipelines.p]\nsteps = [\"corpus.next\", \"teacher.read\"]\n");
  EXPECT_THAT(kinds_of(planned.pipelines[0]), ElementsAre("corpus.next forward", "teacher.read forward"));
}

TEST_F(Gradient, MarksCallsThatMakeResultsOrChangeSomething) {
  const auto unasked = [](const PlannedPipeline& pipeline) {
    std::vector<std::string> names;
    for (const PlannedCall& call : pipeline.calls) {
      if (call.result) names.push_back(call.name);
    }
    return names;
  };
  EXPECT_THAT(unasked(plan(train()).pipelines[0]), ElementsAre("corpus.next", "loss.value"));
  EXPECT_THAT(
      unasked(plan(std::string(kComponents) + "[pipelines.p]\nsteps = [\"corpus.next\", \"teacher.read\"]\n")
                  .pipelines[0]),
      ElementsAre("corpus.next", "teacher.read"))
      << "nothing says what the pipeline is for";
}

TEST_F(Gradient, NeverSkipsAStatefulCall) {
  const Plan planned =
      plan(std::string(kComponents) + "other = { use = \"dataset/spans\", horizon = 8, spans = 28 }\n" +
           R"([pipelines.p]
steps = ["corpus.next",
  { call = "other.next", out = { tokens = "t", spans = "s", targets = "g", mask = "m", document = "d" } },
  "teacher.embed", "teacher.read", "teacher.original", "teacher.head", "gist.compress", "teacher.resume",
  "loss.value"]
minimize = "loss"
train = ["gist"]
)");
  EXPECT_EQ(planned.pipelines[0].calls[1].kind, CallClass::forward);
}

TEST_F(Gradient, IsAskedOfBothReadersOfASlot) {
  const Plan planned = plan(std::string(kComponents) + R"([pipelines.p]
steps = ["corpus.next", "teacher.embed", "teacher.read", "teacher.head", "gist.compress",
  { call = "teacher.resume", out = { hidden_replaced = "first" } },
  { call = "teacher.resume", out = { hidden_replaced = "second" } },
  { call = "loss.value", in = { hidden_replaced = "first", hidden_original = "second" } }]
minimize = "loss"
train = ["gist"]
)");
  const PlannedPipeline& p = planned.pipelines[0];
  EXPECT_EQ(p.calls[5].kind, CallClass::passes);
  EXPECT_EQ(p.calls[6].kind, CallClass::forward) << "hidden_original takes no gradient back";
  EXPECT_EQ(p.calls[7].need, (Need{1, 0, 0, 0, 0}));
}

TEST_F(Gradient, RefusesALossThatGivesNoGradientWithThePlace) {
  offer_without_gradient("\"loss/delta-nll\".operations.value", {"inputs.hidden_replaced"});
  EXPECT_EQ(failure_of(train()),
            "recipe.toml:21:10: no gradient of 'loss' reaches gist: loss.value does not give a gradient to "
            "its input "
            "'hidden_replaced'");
}

TEST_F(Gradient, RefusesAnOutputThatTakesNoGradientWithThePlace) {
  offer_without_gradient("\"gistnet/refine\".operations.compress", {"inputs.embeddings", "outputs.gist"});
  EXPECT_EQ(
      failure_of(train()),
      "recipe.toml:21:10: no gradient of 'loss' reaches gist: gist.compress does not take a gradient at its "
      "output 'gist'");
}

TEST_F(Gradient, RefusesToMinimizeAnOutputThatTakesNoGradient) {
  offer_without_gradient("\"loss/delta-nll\".operations.value", {"inputs.hidden_replaced", "outputs.loss"});
  EXPECT_EQ(
      failure_of(train()),
      "recipe.toml:20:12: loss.value does not take a gradient at its output 'loss', which is minimized");
}

TEST_F(Gradient, RefusesToMinimizeWhatIsNotAScalar) {
  const std::string start =
      std::string(kTrainPipeline).substr(0, std::string(kTrainPipeline).find("minimize"));
  const auto minimizing = [&](const std::string& rest) { return train(start + rest); };
  EXPECT_EQ(failure_of(minimizing("minimize = \"nll_replaced\"\ntrain = [\"gist\"]\n")),
            "recipe.toml:20:12: minimize 'nll_replaced' is f32[K, H] when it should be one number: f32[]");
  EXPECT_EQ(failure_of(minimizing("minimize = \"document\"\ntrain = [\"gist\"]\n")),
            "recipe.toml:20:12: minimize 'document' is i32[] when it should be one number: f32[]");
  EXPECT_EQ(failure_of(minimizing("minimize = \"context\"\ntrain = [\"gist\"]\n")),
            "recipe.toml:20:12: minimize 'context' is object<decoder.context/1> when it should be one "
            "number: f32[]");
  EXPECT_EQ(failure_of(minimizing("minimize = \"lss\"\ntrain = [\"gist\"]\n")),
            "recipe.toml:20:12: pipeline 'train' minimizes 'lss' but nothing wrote it\ndid you mean 'loss'?");
}

TEST_F(Gradient, RefusesMinimizeAndTrainOneWithoutTheOther) {
  const std::string start =
      std::string(kTrainPipeline).substr(0, std::string(kTrainPipeline).find("minimize"));
  EXPECT_EQ(failure_of(train(start + "minimize = \"loss\"\n")),
            "recipe.toml:20:12: pipeline 'train' minimizes 'loss' but trains nothing\n"
            "name the components whose parameters change: train = [\"gist\"]");
  EXPECT_EQ(failure_of(train(start + "train = [\"gist\"]\n")),
            "recipe.toml:20:10: pipeline 'train' trains gist but minimizes nothing\n"
            "name the slot to minimize: minimize = \"loss\"");
}

TEST_F(Gradient, RefusesToTrainWhatHasNoParametersOrIsNotCalled) {
  const std::string start =
      std::string(kTrainPipeline).substr(0, std::string(kTrainPipeline).find("train ="));
  EXPECT_EQ(failure_of(train(start + "train = [\"gist\", \"loss\"]\n")),
            "recipe.toml:21:18: loss is loss/delta-nll, which has no parameters to train");
  EXPECT_THAT(failure_of(train(start + "train = [\"gits\"]\n")),
              HasSubstr("recipe.toml:21:10: no component is named 'gits'\ndid you mean 'gist'?"));
  EXPECT_EQ(
      failure_of("[components.spare]\nuse = \"gistnet/refine\"\n" + train(start + "train = [\"spare\"]\n")),
      "recipe.toml:23:10: pipeline 'train' trains spare but never calls it");
}

TEST_F(Gradient, RefusesToTrainWhatDoesNotGoIntoTheLoss) {
  EXPECT_EQ(
      failure_of(std::string(kComponents) + R"(spare = { use = "gistnet/refine" }
[pipelines.p]
steps = ["corpus.next", "teacher.embed", "teacher.read", "teacher.original", "teacher.head", "gist.compress",
  { call = "spare.compress", out = { gist = "g", offsets = "o" } }, "teacher.resume", "loss.value"]
minimize = "loss"
train = ["gist", "spare"]
)"),
      "recipe.toml:13:18: no gradient of 'loss' reaches spare: nothing that spare.compress writes goes into "
      "'loss'");
}

TEST_F(Gradient, ReachesTheTeacherWhereItIsTrainedToo) {
  const std::string start =
      std::string(kTrainPipeline).substr(0, std::string(kTrainPipeline).find("train ="));
  const Plan planned = plan(train(start + "train = [\"gist\", \"teacher\"]\n"));
  EXPECT_EQ(call_of(planned.pipelines[0], "teacher.resume").kind, CallClass::trains);
  EXPECT_EQ(call_of(planned.pipelines[0], "teacher.read").kind, CallClass::forward)
      << "its context takes no gradient";
}

}  // namespace
}  // namespace gistmill
