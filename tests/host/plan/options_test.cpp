#include "host/plan/options.hpp"

#include <gmock/gmock.h>

#include "tests/host/plan/plan_fixture.hpp"

namespace gistmill {
namespace {

using testing::HasSubstr;

class Options : public PlanTest {
 protected:
  // A recipe whose component `gist` has these options, one a line from line 3 on.
  static std::string gist(const std::string& options) {
    return "[components.gist]\nuse = \"gistnet/refine\"\n" + options;
  }
  OptionValue value(const std::string& options, const std::string& key) const {
    return plan(gist(options)).instance("gist")->option(key)->value;
  }
};

TEST_F(Options, KeepTheManifestsOrderWithDefaultsFilledIn) {
  const Plan planned = plan(gist("heads = 4\n"));
  const PlannedInstance& instance = *planned.instance("gist");
  std::string text;
  for (const PlannedOption& option : instance.options)
    text += option.key + " = " + option_text(option.value) + "\n";
  EXPECT_EQ(text,
            "width = 512\nheads = 4\ndropout = 0.0\nposition = \"end\"\ncausal = false\nscales = [1.0]\n");
  EXPECT_EQ(instance.option("heads")->origin.line, 3u);
  EXPECT_FALSE(instance.option("width")->origin.known()) << "a default has no place in the recipe";
  EXPECT_EQ(instance.option("hats"), nullptr);
}

TEST_F(Options, TakeAnIntegerWhereANumberIsExpected) {
  EXPECT_EQ(value("dropout = 0\n", "dropout"), OptionValue(0.0));
  EXPECT_EQ(value("scales = [1, 0.5]\n", "scales"), OptionValue(std::vector<double>{1.0, 0.5}));
}

TEST_F(Options, RefuseAnUnknownKeyAtTheKey) {
  EXPECT_EQ(failure_of(gist("heads = 8\ncausal = true\ndropout = 0.1\nposition = \"end\"\nwidht = 256\n")),
            "recipe.toml:7:1: unknown option 'widht' of gistnet/refine\n"
            "did you mean 'width'? gistnet/refine takes: causal dropout heads position scales width");
}

TEST_F(Options, RefuseAnUnknownKeyThatResemblesNone) {
  EXPECT_EQ(failure_of(gist("temperature = 1\n")),
            "recipe.toml:3:1: unknown option 'temperature' of gistnet/refine\n"
            "gistnet/refine takes: causal dropout heads position scales width");
}

TEST_F(Options, RefuseAnyKeyOfAComponentWithoutOptions) {
  EXPECT_EQ(failure_of("[components]\nloss = { use = \"loss/delta-nll\", margin = 1 }\n"),
            "recipe.toml:2:34: unknown option 'margin' of loss/delta-nll\nloss/delta-nll takes none");
}

TEST_F(Options, RefuseAnotherTypeWithTheValueFound) {
  EXPECT_EQ(failure_of(gist("width = \"wide\"\n")),
            "recipe.toml:3:9: width is \"wide\" when it should be an integer\nwidth: width inside");
  EXPECT_EQ(failure_of(gist("width = 2.5\n")),
            "recipe.toml:3:9: width is 2.5 when it should be an integer\nwidth: width inside");
  EXPECT_EQ(failure_of(gist("causal = 1\n")),
            "recipe.toml:3:10: causal is 1 when it should be true or false");
  EXPECT_EQ(failure_of(gist("dropout = true\n")),
            "recipe.toml:3:11: dropout is true when it should be a number");
  EXPECT_EQ(failure_of(gist("scales = 1.0\n")),
            "recipe.toml:3:10: scales is 1.0 when it should be a list of numbers");
  EXPECT_EQ(failure_of(gist("position = 3\n")),
            "recipe.toml:3:12: position is 3 when it should be one of start, center, end");
}

TEST_F(Options, RefuseAnElementOfAListAtItsOwnPlace) {
  EXPECT_EQ(
      failure_of("[components]\nteacher = { use = \"teacher/llama\", model = \"m\", layers = [4, -1] }\n"),
      "recipe.toml:2:62: layers is -1 when it should be at least 0");
}

TEST_F(Options, RefuseAValueOutOfRangeWithTheBound) {
  EXPECT_EQ(failure_of(gist("width = 100000\n")),
            "recipe.toml:3:9: width is 100000 when it should be at most 65536\nwidth: width inside");
  EXPECT_EQ(failure_of(gist("dropout = 0.95\n")),
            "recipe.toml:3:11: dropout is 0.95 when it should be at most 0.9");
  EXPECT_EQ(failure_of(gist("dropout = nan\n")),
            "recipe.toml:3:11: dropout is nan when it should be a number");
  EXPECT_EQ(
      failure_of("[components]\ncorpus = { use = \"dataset/spans\", horizon = 0 }\n"),
      "recipe.toml:2:45: horizon is 0 when it should be at least 1 tokens\nhorizon: targets after each span");
}

TEST_F(Options, RefuseAValueThatIsNotAChoice) {
  EXPECT_EQ(failure_of(gist("position = \"centre\"\n")),
            "recipe.toml:3:12: position is \"centre\" when it should be one of start, center, end\n"
            "did you mean 'center'?");
}

TEST_F(Options, RefuseAComponentThatLacksARequiredOne) {
  EXPECT_EQ(failure_of("[components]\nteacher = { use = \"teacher/llama\" }\n"),
            "recipe.toml:2:1: components.teacher lacks option 'model', which teacher/llama requires\nmodel: "
            "GGUF file");
}

TEST_F(Options, OfAnInstanceThatNoCallUsesAreCheckedToo) {
  EXPECT_EQ(plan(gist("") + "[components.other]\nuse = \"gistnet/refine\"\n").instances.size(), 2u);
}

// A dataset that reads prepared corpora, and three pipelines that prepare one each.
class Mixtures : public PlanTest {
 protected:
  Mixtures() {
    offer(R"(
[plugin]
name = "corpora"
version = "0.1.0"
license = "MIT"
tier = "c"
[components."dataset/mixed"]
doc = "Windows"
options.corpus = { type = "mixture", doc = "where tokens come from" }
[components."dataset/mixed".operations.next]
effect = "stateful"
[components."dataset/source"]
doc = "Text"
[components."dataset/source".operations.next]
effect = "stateful"
)");
  }
  // Its option `corpus` stands from 2:44 on.
  static std::string mixed(const std::string& corpus) {
    std::string text = "[components]\ncorpus = { use = \"dataset/mixed\", corpus = " + corpus + " }\n";
    text += "source = { use = \"dataset/source\" }\n";
    for (const std::string name : {"novels", "code", "notes"})
      text += "[pipelines." + name + "]\nsteps = [\"source.next\"]\n";
    return text;
  }
  std::string value(const std::string& corpus) const {
    return option_text(plan(mixed(corpus)).instance("corpus")->option("corpus")->value);
  }
};

TEST_F(Mixtures, NameOnePipelineOrSeveralWithWeights) {
  EXPECT_EQ(value("\"novels\""), "\"novels\"");
  EXPECT_EQ(value("{ novels = 60, code = 0.5 }"), "{ code = 0.5, novels = 60.0 }") << "ascending by name";
  EXPECT_EQ(value("{ notes = 3 }"), "\"notes\"") << "one is all, whatever it weighs";
  EXPECT_EQ(value("{ novels = 60, code = false }"), "\"novels\"");
  OptionSpec spec;
  spec.type = OptionType::mixture;
  EXPECT_EQ(prepared_names(spec, Mixture{{"code", "novels"}, {0.5, 60}}),
            (std::vector<std::string>{"code", "novels"}));
  spec.type = OptionType::prepared;
  EXPECT_EQ(prepared_names(spec, std::string("novels")), std::vector<std::string>{"novels"});
  EXPECT_TRUE(prepared_names(spec, std::string()).empty()) << "an option that names none";
}

TEST_F(Mixtures, RefuseAWeightThatIsNotAboveZeroAtItsPlace) {
  for (const std::string weight : {"0", "-1.5", "inf", "nan", "\"much\"", "true"}) {
    const std::string message = failure_of(mixed("{ novels = 1, code = " + weight + " }"));
    EXPECT_THAT(message, HasSubstr("recipe.toml:2:65: corpus.code is " + weight +
                                   " when it should be a weight above 0\n"));
    EXPECT_THAT(message, HasSubstr("corpus.code = false"));
  }
  EXPECT_THAT(failure_of(mixed("{ novels = false }")), HasSubstr("of one corpus at least"));
  EXPECT_THAT(failure_of(mixed("[\"novels\"]")),
              HasSubstr("when it should be the name of prepared data, or names with weights"));
}

TEST_F(Mixtures, RefuseACorpusThatIsMadeFromItself) {
  const std::string around = R"(
[components]
corpus = { use = "dataset/mixed", corpus = "b" }
other  = { use = "dataset/mixed", corpus = "a" }
[pipelines]
a = { steps = ["corpus.next"] }
b = { steps = ["other.next"] }
)";
  EXPECT_THAT(failure_of(around), HasSubstr("pipeline 'a' prepares from what itself makes: a -> b -> a"));
}

TEST_F(Mixtures, RefuseACorpusThatNoPipelinePreparesWithTheNearest) {
  EXPECT_EQ(failure_of(mixed("{ novels = 1, coed = 1 }")),
            "recipe.toml:2:58: corpus of corpus names 'coed', which is no pipeline of the recipe\n"
            "did you mean 'code'?\nit has: novels code notes");
  EXPECT_EQ(failure_of(mixed("\"novel\"")),
            "recipe.toml:2:44: corpus of corpus names 'novel', which is no pipeline of the recipe\n"
            "did you mean 'novels'?\nit has: novels code notes");
}

class Components : public PlanTest {};

TEST_F(Components, ThatNoPluginOffersAreRefusedWithTheNearestName) {
  catalog.searched = {"recipes/plugins", "lib/gistmill/plugins"};
  EXPECT_EQ(failure_of("[components]\ngist = { use = \"gistnet/refin\" }\n"),
            "recipe.toml:2:16: no plugin offers 'gistnet/refin'\n"
            "did you mean 'gistnet/refine'?\n"
            "searched recipes/plugins\n"
            "searched lib/gistmill/plugins\n"
            "--plugins DIR searches another folder first");
}

TEST_F(Components, ThatARefusedFileMayOfferShowItsReason) {
  catalog.refused = {{"lib/contrastive.so", "built for ABI 2"}, {"lib/other.so", "truncated"}};
  EXPECT_EQ(
      failure_of("[components]\nloss = { use = \"loss/contrastive\" }\n"),
      "recipe.toml:2:16: no plugin offers 'loss/contrastive'\nrefused lib/contrastive.so: built for ABI 2");
}

}  // namespace
}  // namespace gistmill
