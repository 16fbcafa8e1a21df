#include <gmock/gmock.h>

#include "host/plan/plan.hpp"
#include "tests/host/plan/plan_fixture.hpp"

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Evaluations : public PlanTest {
 protected:
  static std::string with(const std::string& evaluation) {
    return std::string(kComponents) + R"(last1 = { use = "gistnet/last-k" }
drop = { use = "gistnet/last-k", k = 0 }
spare = { use = "gistnet/refine" }
[pipelines.measure]
steps = [)" +
           train_calls() + R"(  "measure.measure",
]
)" + evaluation;
  }
  static std::string heldout(const std::string& variants) {
    return with("[evaluations.heldout]\npipeline = \"measure\"\nvariants = [\n" + variants + "]\n");
  }
};

TEST_F(Evaluations, ShareTheCallsThatNoVariantChanges) {
  const Plan planned = plan(heldout(R"({ name = "refine" },
{ name = "last 1", use = { gist = "last1" } },
{ name = "dropped", use = { gist = "drop" } },
)"));
  const PlannedEvaluation& evaluation = planned.evaluations[0];
  EXPECT_EQ(evaluation.pipeline, 0u);
  std::vector<std::string> shared;
  for (std::size_t i = 0; i < evaluation.shared.size(); ++i) {
    if (evaluation.shared[i]) shared.push_back(planned.pipelines[0].calls[i].name);
  }
  EXPECT_THAT(shared, ElementsAre("corpus.next", "teacher.embed", "teacher.read", "teacher.states",
                                  "teacher.original", "teacher.head"));
}

TEST_F(Evaluations, PlanEveryVariantAsAPipelineOfItsOwn) {
  const Plan planned = plan(heldout(R"({ name = "refine" }, { name = "dropped", use = { gist = "drop" } },
)"));
  const PlannedPipeline& refine = planned.evaluations[0].variants[0].pipeline;
  const PlannedPipeline& dropped = planned.evaluations[0].variants[1].pipeline;
  EXPECT_EQ(refine.calls[6].name, "gist.compress");
  EXPECT_EQ(dropped.calls[6].name, "drop.compress");
  EXPECT_EQ(refine.calls[3].kind, CallClass::forward);
  EXPECT_EQ(dropped.calls[3].kind, CallClass::skipped) << "it reads no states";
  EXPECT_EQ(refine.symbol("G")->value, 1);
  EXPECT_EQ(dropped.symbol("G")->value, 0);
}

TEST_F(Evaluations, TellVariantsSizesToTheirInstances) {
  Plan planned = plan(heldout(R"({ name = "refine" }, { name = "dropped", use = { gist = "drop" } },
)"));
  bind_symbols(planned, [](const PlannedInstance& instance, const std::string& symbol) -> std::int64_t {
    return instance.name == "teacher" && symbol == "D" ? 576 : -1;
  });
  EXPECT_EQ(planned.instance("drop")->symbols.at("D"), 576);
  EXPECT_EQ(planned.instance("drop")->symbols.at("G"), 0);
  EXPECT_EQ(planned.instance("teacher")->symbols.count("G"), 0u) << "1 in one variant, 0 in another";
}

TEST_F(Evaluations, WithoutVariantsHaveThePipelineAsItIs) {
  const Plan planned = plan(with("[evaluations.heldout]\npipeline = \"measure\"\n"));
  ASSERT_EQ(planned.evaluations[0].variants.size(), 1u);
  EXPECT_EQ(planned.evaluations[0].variants[0].name, "");
  EXPECT_THAT(planned.evaluations[0].shared, testing::Each(1));
}

class Examples : public Evaluations {
 protected:
  Examples() {
    offer(R"([plugin]
name = "words"
version = "0.1.0"
license = "MIT"
tier = "c"
[components."tokenizer/words"]
doc = "text and back"
[components."tokenizer/words".operations.decode]
effect = "pure"
inputs.tokens = { type = "i32[N]" }
outputs.text = { type = "u8[B]" }
)");
  }
  static std::string examples(const std::string& keys) {
    return "[components.words]\nuse = \"tokenizer/words\"\n" +
           with("[evaluations.heldout]\npipeline = \"measure\"\nexamples = { " + keys + " }\n");
  }
};

TEST_F(Examples, NameSlotsAndADecoder) {
  EXPECT_EQ(failure_of(examples(R"(tokens = "targets", values = "nll_replaced", less = "nll_original", )"
                                R"(mask = "mask", decoder = "words")")),
            "");
}

TEST_F(Examples, AreRefusedWithASlotThatNothingWrites) {
  EXPECT_THAT(
      failure_of(examples(R"(tokens = "target", values = "nll_replaced", decoder = "words")")),
      HasSubstr("evaluations.heldout.examples.tokens is 'target', which no call of pipeline 'measure' "
                "writes\ndid you mean 'targets'?"));
}

TEST_F(Examples, AreRefusedWithASlotOfAnotherType) {
  EXPECT_THAT(failure_of(examples(R"(tokens = "spans", values = "nll_replaced", decoder = "words")")),
              HasSubstr("examples.tokens is 'spans', which is i32[K] when it should be i32[K, ...]"));
}

TEST_F(Examples, AreRefusedWithLengthsThatAreNotOneANumberAnItem) {
  const std::string keys = R"(tokens = "targets", values = "nll_replaced", decoder = "words", lengths = )";
  EXPECT_EQ(failure_of(examples(keys + R"("spans")")), "");
  EXPECT_THAT(failure_of(examples(keys + R"("targets")")), HasSubstr("when it should be i32[K]"));
}
TEST_F(Examples, AreRefusedWithoutADecoder) {
  EXPECT_THAT(failure_of(examples(R"(tokens = "targets", values = "nll_replaced", decoder = "word")")),
              HasSubstr("examples.decoder is 'word', which is no component\ndid you mean 'words'?"));
  EXPECT_THAT(failure_of(examples(R"(tokens = "targets", values = "nll_replaced", decoder = "teacher")")),
              HasSubstr("examples.decoder is 'teacher', and teacher/llama makes no text of tokens"));
}

TEST_F(Evaluations, DoNotTrain) {
  const Plan planned = plan(with(R"(minimize = "loss"
train = ["gist"]
[evaluations.heldout]
pipeline = "measure"
)"));
  EXPECT_EQ(planned.pipelines[0].calls[6].kind, CallClass::trains);
  EXPECT_EQ(planned.evaluations[0].variants[0].pipeline.calls[6].kind, CallClass::forward);
  EXPECT_TRUE(planned.evaluations[0].variants[0].pipeline.minimize.empty());
}

TEST_F(Evaluations, LetAVariantPassOverPortsThatOnlyTheReplacedOneHas) {
  std::string text = heldout("{ name = \"last 1\", use = { gist = \"last1\" } },\n");
  const std::string call = "\"gist.compress\"";
  text.replace(text.find(call), call.size(), "{ call = \"gist.compress\", in = { states = \"states\" } }");
  EXPECT_EQ(plan(text).evaluations[0].variants[0].pipeline.calls[6].inputs.size(), 1u);
}

TEST_F(Evaluations, RefuseAVariantThatLacksTheOperation) {
  EXPECT_EQ(failure_of(heldout("{ name = \"odd\", use = { gist = \"loss\" } },\n")),
            "recipe.toml:27:1: loss (loss/delta-nll) cannot replace gist: it does not offer the operation "
            "'compress'\ncalled at recipe.toml:19:3");
}

TEST_F(Evaluations, RefuseAVariantWhoseTypesDoNotFit) {
  offer(R"([plugin]
name = "flat"
version = "0.1.0"
license = "MIT"
tier = "c"
[components."gistnet/flat"]
doc = "one vector a span, without G"
[components."gistnet/flat".operations.compress]
effect = "pure"
outputs.gist = { type = "f32[K, D]" }
outputs.offsets = { type = "i32[K, 1]" }
)");
  EXPECT_EQ(
      failure_of("[components.flat]\nuse = \"gistnet/flat\"\n" +
                 heldout("{ name = \"flat\", use = { gist = \"flat\" } },\n")),
      "recipe.toml:22:3: teacher.resume reads gist as f32[K, G, D] when flat.compress writes f32[K, D]\n"
      "flat.compress is called at recipe.toml:21:3\n"
      "in variant 'flat' (recipe.toml:29:1): flat in place of gist");
}

TEST_F(Evaluations, RefuseAVariantThatReplacesWhatIsNotCalled) {
  EXPECT_EQ(failure_of(heldout("{ name = \"odd\", use = { spare = \"drop\" } },\n")),
            "recipe.toml:27:1: variant 'odd' replaces spare, which pipeline 'measure' does not call");
}

TEST_F(Evaluations, RefuseUnknownInstancesOfAVariant) {
  EXPECT_THAT(failure_of(heldout("{ name = \"odd\", use = { gist = \"last\" } },\n")),
              HasSubstr("recipe.toml:27:1: no component is named 'last'\ndid you mean 'last1'?"));
}

TEST_F(Evaluations, RefuseAPipelineThatIsNotThere) {
  EXPECT_EQ(
      failure_of(with("[evaluations.heldout]\npipeline = \"measrue\"\n")),
      "recipe.toml:24:14: evaluation 'heldout' uses pipeline 'measrue', which the recipe does not have\n"
      "did you mean 'measure'?");
}

TEST_F(Evaluations, RefuseAPipelineWithoutAFigure) {
  EXPECT_EQ(
      failure_of(std::string(kComponents) + R"([pipelines.plain]
steps = ["corpus.next"]
[evaluations.heldout]
pipeline = "plain"
)"),
      "recipe.toml:10:14: evaluation 'heldout' measures nothing: no call of pipeline 'plain' has a figure\n"
      "add a metric's call to its steps");
}

TEST_F(Evaluations, NameTheirFiguresBySlotAndColumn) {
  const Plan planned = plan(with("[evaluations.heldout]\npipeline = \"measure\"\nbest = \"delta_nll.32\"\n"));
  EXPECT_THAT(planned.evaluations[0].figures, ElementsAre(testing::Field(&Figure::name, "delta_nll.32"),
                                                          testing::Field(&Figure::name, "delta_nll.64")));
}

TEST_F(Evaluations, DrawAFigureOverTheSlotOfTheOtherWhateverItIsCalled) {
  const Plan planned = plan(std::string(kComponents) + R"(trade-off = { use = "metric/trade-off" }
[pipelines.measure]
steps = [)" + train_calls() +
                            R"(  { call = "trade-off.measure", out = { kept = "stays", cost = "lost" } },
]
[evaluations.heldout]
pipeline = "measure"
)");
  std::vector<std::string> over;
  for (const Figure& figure : planned.evaluations[0].figures)
    over.push_back(figure.name + ":" + figure.spec.over);
  EXPECT_THAT(over, ElementsAre("stays.0.1:", "stays.0.3:", "lost.0.1:stays", "lost.0.3:stays"));
}

TEST_F(Evaluations, RefuseABestThatIsNotAFigure) {
  EXPECT_EQ(failure_of(with("[evaluations.heldout]\npipeline = \"measure\"\nbest = \"loss\"\n")),
            "recipe.toml:24:14: best of evaluation 'heldout' is 'loss', which is not one of its figures: "
            "delta_nll.32, delta_nll.64");
}

TEST_F(Evaluations, RefuseATargetOfWhatIsNotAFigure) {
  EXPECT_EQ(
      failure_of(with("[evaluations.heldout]\npipeline = \"measure\"\ntargets.\"delta_nll.8\" = { below = 1 "
                      "}\n")),
      "recipe.toml:26:9: a target of evaluation 'heldout' is 'delta_nll.8', which is not one of its figures: "
      "delta_nll.32, delta_nll.64");
}

TEST_F(Evaluations, RefuseWhatIsPublishedOfWhatIsNotAFigure) {
  EXPECT_THAT(
      failure_of(with("[evaluations.heldout]\npipeline = \"measure\"\n"
                      "variants.own.published.\"delta_nll.8\" = 1\n")),
      testing::HasSubstr("what is published of evaluation 'heldout' is 'delta_nll.8', which is not one "
                         "of its figures: delta_nll.32, delta_nll.64"));
}

TEST_F(Evaluations, RefuseVariantsThatMeasureOtherFigures) {
  EXPECT_EQ(
      failure_of("[components.short]\nuse = \"metric/delta-nll\"\nhorizons = [8]\n" +
                 heldout("{ name = \"as it is\" },\n{ name = \"short\", use = { measure = \"short\" } },\n")),
      "recipe.toml:31:1: variant 'short' measures delta_nll.8 when variant 'as it is' measures delta_nll.32, "
      "delta_nll.64");
}

TEST_F(Evaluations, FindWhatDependsOnAnInstanceThroughSlots) {
  const Plan planned = plan(heldout("{ name = \"refine\" },\n"));
  EXPECT_THAT(depends_on(planned.pipelines[0], {2}), ElementsAre(0, 0, 0, 0, 0, 0, 1, 1, 1, 1));
  EXPECT_THAT(depends_on(planned.pipelines[0], {}), testing::Each(0));
}

// Monitors that look at an evaluation.
class HeardEvaluations : public Evaluations {
 protected:
  HeardEvaluations() {
    offer(R"([plugin]
name = "look"
version = "0.1.0"
license = "MIT"
tier = "c"
[components."monitor/look"]
doc = "Looks at an evaluation"
options.evaluation = { type = "evaluation", default = "" }
)");
  }
  // What is said of a recipe whose monitor names `evaluation`; line 1 has run.monitors.
  std::string said_of(const std::string& evaluation, const std::string& monitors, const std::string& every) {
    std::string text =
        with("[evaluations.check]\npipeline = \"measure\"\nsteps = 1\n" + every + kTrainPipeline);
    text.insert(text.find("last1"),
                "look = { use = \"monitor/look\", evaluation = \"" + evaluation + "\" }\n");
    return failure_of("run = { steps = 1, monitors = [" + monitors + "] }\n" + text);
  }
};

TEST_F(HeardEvaluations, MustRunWhileTraining) {
  EXPECT_EQ(said_of("check", "\"look\"", "every = 1\n"), "");
  EXPECT_EQ(said_of("", "\"look\"", ""), "");
  EXPECT_EQ(said_of("check", "\"look\"", ""),
            "recipe.toml:9:45: evaluation of look is 'check', which runs only when training has ended\n"
            "give it a number of steps: evaluations.check.every");
}

TEST_F(HeardEvaluations, MustBeThere) {
  EXPECT_EQ(said_of("chekc", "\"look\"", "every = 1\n"),
            "recipe.toml:9:45: evaluation of look is 'chekc', which is no evaluation of the recipe\n"
            "did you mean 'check'?\nit has: check");
}

TEST_F(HeardEvaluations, AreHeardOnceByEachMonitor) {
  EXPECT_EQ(said_of("", "\"look\", \"look\"", "every = 1\n"),
            "recipe.toml:1:40: run.monitors names look twice\nonce is enough: it hears every event");
}

}  // namespace
}  // namespace gistmill
