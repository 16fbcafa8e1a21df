#include <fmt/format.h>
#include <gmock/gmock.h>

#include "host/plan/plan.hpp"
#include "host/plan/types.hpp"
#include "tests/host/plan/plan_fixture.hpp"

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

std::int64_t model_sizes(const PlannedInstance& instance, const std::string& symbol) {
  if (instance.name != "teacher") return -1;
  return symbol == "D" ? 576 : symbol == "V" ? 49152 : -1;
}

class Symbols : public PlanTest {
 protected:
  static std::string pipeline(const std::string& steps) { return "[pipelines.p]\nsteps = [" + steps + "]\n"; }
  // Two plugins whose ports have the sizes under test: a/source writes x, b/sink reads it.
  void offer_pair(const std::string& written, const std::string& read, const std::string& sink_symbols = "",
                  const std::string& source_symbols = "symbols.D = { option = \"width\" }",
                  const std::string& take = "") {
    offer(R"([plugin]
name = "pair"
version = "0.1.0"
license = "MIT"
tier = "c"
[components."a/source"]
doc = "writes x"
options.width = { type = "integer", default = 64 }
)" + source_symbols +
          R"(
[components."a/source".operations.next]
effect = "stateful"
outputs.x = { type = ")" +
          written + R"(" }
[components."b/sink"]
doc = "reads x"
options.size = { type = "integer", default = 64 }
)" + sink_symbols +
          R"(
[components."b/sink".operations.take]
effect = "stateful"
)" + take +
          R"(
inputs.x = { type = ")" +
          read + R"(" }
[components."b/sink".operations.rest]
effect = "stateful"
)");
  }
  static constexpr const char* kPair =
      "[components]\na = { use = \"a/source\", width = 32 }\n"
      "b = { use = \"b/sink\" }\n[pipelines.p]\nsteps = [\"a.next\", \"b.take\"]\n";
};

TEST_F(Symbols, ThatOptionsFixAreKnownFromTheRecipe) {
  const Plan planned = plan(std::string(kComponents) + kTrainPipeline);
  const PlannedPipeline& train = planned.pipelines[0];
  EXPECT_THAT(train.known_symbols(), UnorderedElementsAre(Pair("T", 1024), Pair("K", 28), Pair("S", 32),
                                                          Pair("H", 8), Pair("N", 4), Pair("G", 1)));
  EXPECT_EQ(train.symbol("H")->source, "corpus.horizon");
  EXPECT_EQ(train.symbol("H")->origin.line, 2u);
  EXPECT_EQ(train.symbol("N")->source, "teacher.layers") << "a list fixes its length";
  EXPECT_FALSE(train.symbol("T")->origin.known()) << "a default";
  EXPECT_EQ(train.symbol("Q"), nullptr);
}

TEST_F(Symbols, ThatInstancesAnswerAreBoundLater) {
  Plan planned = plan(std::string(kComponents) + kTrainPipeline);
  EXPECT_FALSE(planned.pipelines[0].symbol("D")->value);
  bind_symbols(planned, model_sizes);
  EXPECT_EQ(planned.pipelines[0].symbol("D")->value, 576);
  EXPECT_EQ(planned.pipelines[0].symbol("D")->source, "teacher");
  EXPECT_THAT(planned.instance("gist")->symbols, UnorderedElementsAre(Pair("S", 32), Pair("D", 576)))
      << "the symbols of its manifest, and no others";
  EXPECT_THAT(planned.instance("optimizer")->symbols, ElementsAre()) << "no pipeline calls it";
}

TEST_F(Symbols, AreAskedOnceAnInstance) {
  Plan planned = plan(std::string(kComponents) + kTrainPipeline + pipeline("\"teacher.head\""));
  std::vector<std::string> asked;
  bind_symbols(planned, [&](const PlannedInstance& instance, const std::string& symbol) -> std::int64_t {
    asked.push_back(instance.name + " " + symbol);
    return model_sizes(instance, symbol);
  });
  EXPECT_THAT(asked, UnorderedElementsAre("teacher D", "teacher V", "gist S", "gist D"));
}

TEST_F(Symbols, ThatTwoOptionsFixDifferentlyAreRefusedWithBoth) {
  offer_pair("f32[K, D]", "f32[K, D]", "symbols.D = { option = \"size\" }");
  EXPECT_EQ(failure_of(kPair),
            "recipe.toml:2:33: a.D is 64 according to b.size but 32 according to a.width\n"
            "a: width = 32 (recipe.toml:2:33)\n"
            "b: size = 64 (default of b/sink)\n"
            "b.take reads x as f32[K, D] when a.next writes f32[K, D] (recipe.toml:5:20)");
}

TEST_F(Symbols, OfOtherNamesAreOneWhereAWireJoinsThem) {
  offer_pair("f32[K, D]", "f32[K, E]", "symbols.E = { option = \"size\" }");
  EXPECT_EQ(failure_of(kPair),
            "recipe.toml:2:33: a.D is 64 according to b.size but 32 according to a.width\n"
            "a: width = 32 (recipe.toml:2:33)\n"
            "b: size = 64 (default of b/sink)\n"
            "b.take reads x as f32[K, E] when a.next writes f32[K, D] (recipe.toml:5:20)");
}

TEST_F(Symbols, AreToldToEachInstanceUnderItsOwnNames) {
  offer_pair("f32[K, D]", "f32[K, E]", "symbols.E = { doc = \"width\" }");
  Plan planned = plan(kPair);
  bind_symbols(planned, model_sizes);
  EXPECT_THAT(planned.instance("a")->symbols, ElementsAre(Pair("D", 32)));
  EXPECT_THAT(planned.instance("b")->symbols, ElementsAre(Pair("E", 32)));
}

// b/sink takes no more rows than its C, and its own S may not exceed it either.
TEST_F(Symbols, BeyondWhatAnOperationTakesAreRefusedWhereTheRecipeFixesThem) {
  offer_pair("f32[D]", "f32[T]",
             "symbols.C = { doc = \"context length\" }\nsymbols.S = { option = \"size\" }",
             "symbols.D = { option = \"width\" }", "most = { T = \"C\", S = \"C\" }");
  const auto bound = [&](const std::string& recipe, std::int64_t most) -> std::string {
    Plan planned = plan(recipe);
    try {
      bind_symbols(planned, [&](const PlannedInstance&, const std::string& symbol) -> std::int64_t {
        return symbol == "C" ? most : -1;
      });
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::recipe);
      return fmt::format("{}:{}: {}\n{}", failure.origin().line, failure.origin().column, failure.message(),
                         failure.notes().at(0));
    }
    return "";
  };
  EXPECT_EQ(bound(kPair, 64), "");
  EXPECT_EQ(bound(kPair, -1), "") << "a size that nobody tells bounds nothing";
  EXPECT_EQ(bound(kPair, 31),
            "2:33: a.width is 32 when b.take takes at most 31\nb: C is 31 (context length)");
  EXPECT_EQ(bound(kPair, 32), "3:1: b.size is 64 when b.take takes at most 32\nb: C is 32 (context length)")
      << "a default: at the component";
  std::string without = kPair;
  without.replace(without.find("b.take"), 6, "b.rest");
  EXPECT_EQ(bound(without, 1), "") << "an operation that is not called bounds nothing";
}

TEST_F(Symbols, OfAFixedDimensionAreHeldToIt) {
  offer_pair("f32[K, 48]", "f32[K, E]", "symbols.E = { option = \"size\" }");
  EXPECT_EQ(failure_of(kPair),
            "recipe.toml:5:20: b.E is 48 according to port x of a.next but 64 according to b.size\n"
            "b: size = 64 (default of b/sink)\n"
            "a.next: x is f32[K, 48]\n"
            "b.take reads x as f32[K, E] when a.next writes f32[K, 48] (recipe.toml:5:20)");
}

TEST_F(Symbols, TypesThatDoNotFitAreRefusedWithBothPlaces) {
  offer_pair("f32[K, D]", "i32[K]");
  EXPECT_EQ(failure_of(kPair),
            "recipe.toml:5:20: b.take reads x as i32[K] when a.next writes f32[K, D]\n"
            "a.next is called at recipe.toml:5:10");
}

TEST_F(Symbols, ThatNobodyDeclaresBelongToOneCall) {
  offer_pair("f32[K, D]", "f32[K, D]");
  const Plan planned = plan(R"([components]
a = { use = "a/source" }
b = { use = "b/sink" }
[pipelines.p]
steps = [
  { call = "a.next", out = { x = "first" } },
  { call = "a.next", out = { x = "second" } },
  { call = "b.take", in = { x = "second" } },
]
)");
  const PlannedPipeline& p = planned.pipelines[0];
  EXPECT_EQ(type_text(p.calls[0].outputs[0].type), "f32[K, D]");
  EXPECT_EQ(type_text(p.calls[1].outputs[0].type), "f32[K2, D]") << "another K, the same D";
  EXPECT_EQ(type_text(p.calls[2].inputs[0].type), "f32[K2, D]");
}

TEST_F(Symbols, ThatDifferBetweenPipelinesAreNotToldAtTheStart) {
  offer_pair("f32[K, D]", "f32[K, E]", "symbols.E = { doc = \"width\" }");
  Plan planned = plan(R"([components]
a = { use = "a/source", width = 32 }
c = { use = "a/source", width = 48 }
b = { use = "b/sink" }
[pipelines]
p.steps = ["a.next", "b.take"]
q.steps = ["c.next", "b.take"]
)");
  bind_symbols(planned, model_sizes);
  EXPECT_THAT(planned.instance("b")->symbols, ElementsAre()) << "32 in one, 48 in the other";
  EXPECT_THAT(planned.instance("a")->symbols, ElementsAre(Pair("D", 32)));
}

TEST_F(Symbols, OfAPipelineWhoseInstanceWasNotMadeAreToldAsAnotherOneKnowsThem) {
  offer_pair("f32[K, D]", "f32[K, E]", "symbols.E = { doc = \"width\" }",
             "symbols.D = { doc = \"from a file\" }");
  Plan planned = plan(R"([components]
a = { use = "a/source" }
c = { use = "a/source" }
b = { use = "b/sink" }
[pipelines]
p.steps = ["a.next", "b.take"]
q.steps = ["c.next", "b.take"]
)");
  bind_symbols(planned, [](const PlannedInstance& instance, const std::string&) -> std::int64_t {
    return instance.name == "a" ? 48 : instance.name == "c" ? kNotMade : -1;
  });
  EXPECT_THAT(planned.instance("b")->symbols, ElementsAre(Pair("E", 48)));
}

TEST_F(Symbols, ThatVaryInOnePipelineAreNotToldAtTheStart) {
  offer_pair("f32[D, K]", "f32[E, F]", "symbols.E = { doc = \"width\" }\nsymbols.F = { doc = \"rows\" }");
  Plan planned = plan(kPair);
  bind_symbols(planned, model_sizes);
  EXPECT_THAT(planned.instance("b")->symbols, ElementsAre(Pair("E", 32)));
}

TEST_F(Symbols, ThatAPipelineDoesNotUseAreToldAsAnotherOneKnowsThem) {
  offer_pair("f32[K, D]", "f32[K, E]", "symbols.E = { doc = \"width\" }");
  Plan planned = plan(std::string(kPair) + "[pipelines.q]\nsteps = [\"b.rest\"]\n");
  bind_symbols(planned, model_sizes);
  EXPECT_THAT(planned.instance("b")->symbols, ElementsAre(Pair("E", 32)));
}

TEST_F(Symbols, ThatAnAnswerContradictsAreRefusedWithBothSources) {
  offer_pair("f32[K, D]", "f32[K, D]", "symbols.D = { doc = \"from a file\" }");
  Plan planned = plan(kPair);
  try {
    bind_symbols(planned, [](const PlannedInstance&, const std::string&) { return 48; });
    FAIL() << "expected a failure";
  } catch (const Failure& failure) {
    EXPECT_EQ(text_of(failure, folder),
              "recipe.toml:2:33: a.D is 48 according to b but 32 according to a.width\n"
              "a.width (recipe.toml:2:33): 32\n"
              "b, which is b/sink, answers 48 for its D\n"
              "b.take reads x as f32[K, D] when a.next writes f32[K, D] (recipe.toml:5:20)");
    EXPECT_EQ(failure.code(), ExitCode::recipe);
  }
}

TEST_F(Symbols, AreCarriedByPortTypesThroughAPipeline) {
  const Plan planned = plan(std::string(kComponents) + kTrainPipeline);
  const PlannedPipeline& train = planned.pipelines[0];
  EXPECT_EQ(type_text(call_of(train, "teacher.resume").inputs[2].type), "f32[K, G, D]");
  EXPECT_EQ(call_of(train, "gist.compress").outputs[0].type.text, "f32[K, 1, D]");
}

}  // namespace
}  // namespace gistmill
