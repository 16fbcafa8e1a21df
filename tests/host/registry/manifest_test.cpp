// Specification of plugin.toml: what is read. What is refused: bad_manifest_test.cpp.
#include "host/registry/manifest.hpp"

#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

constexpr const char* kWhole = R"([plugin]
name = "contrastive"
version = "0.1.0"
license = "MIT"
tier = "libtorch"

[components."loss/contrastive"]
doc = "Keeps neighbors apart."
parameters = true
options.margin = { type = "float", default = 1, min = 0.0, max = 2.0, unit = "nats", doc = "distance" }
options.count = { type = "integer", min = 1 }
options.on = { type = "boolean", default = true }
options.name = { type = "string", default = "x" }
options.file = { type = "path" }
options.files = { type = "paths", default = [] }
options.mode = { type = "choice", choices = ["a", "b"], default = "b" }
options.data = { type = "prepared" }
options.mix = { type = "mixture", default = "prepare" }
options.horizons = { type = "integers", default = [8, 32], min = 1 }
options.betas = { type = "floats", default = [0.9, 1] }
options.tags = { type = "strings" }
symbols.M = { option = "horizons" }
symbols.D = { doc = "hidden size" }
symbols.S = { scope = "pipeline" }

[components."loss/contrastive".operations.value]
doc = "the loss"
effect = "random"
inputs.zeta = { type = "f32[K, D]", gradient = true, doc = "one row a span" }
inputs.alpha = { type = "object<decoder.context/1>", optional = true }
outputs.loss = { type = "f32[]", gradient = true }
outputs.delta = { type = "f32[K, M]", figure = "mean", labels = "horizons" }

[components."loss/contrastive".operations.another]
effect = "stateful"

[components."gistnet/none"]

[build]
sdk = "0.1.0"
abi = "2.0"
torch = "2.13.0"
cxx11_abi = true
cuda = "none"
)";

TEST(Manifest, ReadsPluginAndBuild) {
  const Manifest manifest = parse_manifest(kWhole, "plugin.toml");
  EXPECT_EQ(manifest.name, "contrastive");
  EXPECT_EQ(manifest.version, "0.1.0");
  EXPECT_EQ(manifest.license, "MIT");
  EXPECT_EQ(manifest.tier, "libtorch");
  EXPECT_EQ(manifest.sdk, "0.1.0");
  EXPECT_EQ(manifest.abi_major, 2u);
  EXPECT_EQ(manifest.abi_minor, 0u);
  EXPECT_EQ(manifest.torch, "2.13.0");
  EXPECT_TRUE(manifest.cxx11_abi);
  EXPECT_EQ(manifest.cuda, "none");
  EXPECT_EQ(manifest.text, kWhole);
  ASSERT_EQ(manifest.components.size(), 2u);
  EXPECT_EQ(manifest.components[1].name, "gistnet/none");
  EXPECT_EQ(manifest.components[1].role, "gistnet");
  EXPECT_EQ(manifest.component("absent/x"), nullptr);
}

TEST(Manifest, ReadsOptionsOfEveryType) {
  const Manifest manifest = parse_manifest(kWhole, "plugin.toml");
  const ComponentSpec& component = *manifest.component("loss/contrastive");
  EXPECT_EQ(component.doc, "Keeps neighbors apart.");
  EXPECT_TRUE(component.parameters);
  ASSERT_EQ(component.options.size(), 12u);
  const OptionSpec& margin = *component.option("margin");
  EXPECT_EQ(margin.type, OptionType::floating);
  EXPECT_EQ(margin.default_value, OptionValue(1.0)) << "an integer serves as a float";
  EXPECT_EQ(margin.min, 0.0);
  EXPECT_EQ(margin.max, 2.0);
  EXPECT_EQ(margin.unit, "nats");
  EXPECT_EQ(margin.doc, "distance");
  EXPECT_EQ(component.option("count")->default_value, std::nullopt);
  EXPECT_EQ(component.option("on")->default_value, OptionValue(true));
  EXPECT_EQ(component.option("name")->default_value, OptionValue(std::string("x")));
  EXPECT_EQ(component.option("file")->type, OptionType::path);
  EXPECT_EQ(component.option("files")->default_value, OptionValue(std::vector<std::string>{}));
  EXPECT_EQ(component.option("mode")->choices, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(component.option("data")->type, OptionType::prepared);
  EXPECT_EQ(component.option("mix")->default_value, OptionValue(Mixture{{"prepare"}, {1.0}}));
  EXPECT_EQ(component.option("horizons")->default_value, OptionValue(std::vector<std::int64_t>{8, 32}));
  EXPECT_EQ(component.option("betas")->default_value, OptionValue(std::vector<double>{0.9, 1.0}));
  EXPECT_EQ(component.option("tags")->type, OptionType::strings);
  EXPECT_EQ(component.option("absent"), nullptr);
}

TEST(Manifest, KeepsTheOrderOfTheFile) {
  const Manifest manifest = parse_manifest(kWhole, "plugin.toml");
  const ComponentSpec& component = manifest.components[0];
  EXPECT_EQ(component.options[0].key + " " + component.options[1].key, "margin count");
  EXPECT_EQ(component.symbols[0].name + " " + component.symbols[1].name, "M D");
  EXPECT_EQ(component.operations[0].name + " " + component.operations[1].name, "value another");
  EXPECT_EQ(component.operations[0].inputs[0].name + " " + component.operations[0].inputs[1].name,
            "zeta alpha");
  EXPECT_EQ(component.operations[0].outputs[0].name + " " + component.operations[0].outputs[1].name,
            "loss delta");
}

TEST(Manifest, ReadsWhatAFigureIsAndWhichPortClusters) {
  const Manifest manifest = parse_manifest(R"(
[plugin]
name = "measures"
version = "0.1.0"
license = "MIT"
tier = "c"
[components."metric/recall".operations.measure]
effect = "pure"
outputs.recall = { type = "f32[K]", figure = { aggregate = "sum", better = "higher", unit = "hits", title = "recall", column = "k", ideal = 1 } }
outputs.latency = { type = "f32[K]", figure = "p95" }
outputs.entropy = { type = "f32[K]", figure = { optional = true } }
outputs.speaker = { type = "i64[K]", cluster = true }
)",
                                           "plugin.toml");
  const OperationSpec& measure = *manifest.components[0].operation("measure");
  EXPECT_EQ(measure.output("recall")->figure,
            (FigureSpec{Aggregate::sum, Better::higher, "hits", "recall", "k", 1.0}));
  EXPECT_EQ(measure.output("latency")->figure,
            (FigureSpec{Aggregate::p95, Better::lower, "", "", "", std::nullopt}));
  EXPECT_FALSE(measure.output("latency")->figure->optional);
  EXPECT_TRUE(measure.output("entropy")->figure->optional);
  EXPECT_FALSE(measure.output("latency")->cluster);
  EXPECT_FALSE(measure.output("speaker")->figure.has_value());
  EXPECT_TRUE(measure.output("speaker")->cluster);
}

// Both figures have the labels `horizons`.
std::string with_figure_over(const std::string& over, const std::string& labels) {
  return R"([plugin]
name = "p"
version = "1"
license = "MIT"
tier = "c"
[components."a/b"]
options.horizons = { type = "integers", default = [1, 2] }
options.others = { type = "integers", default = [1, 2] }
symbols.M = { option = "horizons" }
[components."a/b".operations.o]
effect = "pure"
outputs.kept = { type = "f32[K, M]", figure = "mean", labels = ")" +
         labels + R"(" }
outputs.cost = { type = "f32[K, M]", figure = { over = ")" +
         over + R"(" }, labels = "horizons" }
outputs.plain = { type = "f32[K, M]" }
)";
}

TEST(Manifest, DrawsAFigureOverAnotherWithTheSameLabels) {
  const Manifest manifest = parse_manifest(with_figure_over("kept", "horizons"), "plugin.toml");
  EXPECT_EQ(manifest.components[0].operation("o")->output("cost")->figure->over, "kept");
  for (const auto& [over, labels] :
       {std::pair("kept", "others"), {"plain", "horizons"}, {"cost", "horizons"}, {"none", "horizons"}}) {
    try {
      parse_manifest(with_figure_over(over, labels), "plugin.toml");
      FAIL() << over << " was taken";
    } catch (const Failure& failure) {
      EXPECT_THAT(failure.message(), testing::HasSubstr("outputs.cost.figure.over is '" + std::string(over) +
                                                        "', which is no other figure with the same labels"));
    }
  }
}

TEST(Manifest, NamesTheNearestAggregate) {
  try {
    parse_manifest(
        "[plugin]\nname = 'p'\nversion = '1'\nlicense = 'MIT'\ntier = 'c'\n[components.'a/b'.operations.o]\n"
        "effect = 'pure'\noutputs.a = { type = 'f32[K]', figure = 'maen' }\n",
        "plugin.toml");
    FAIL() << "'maen' was taken for an aggregate";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.notes(), testing::ElementsAre("did you mean 'mean'?"));
  }
}

TEST(Manifest, ReadsOperationsPortsAndSymbols) {
  const Manifest manifest = parse_manifest(kWhole, "plugin.toml");
  const ComponentSpec& component = manifest.components[0];
  EXPECT_EQ(component.symbols[0].option, "horizons");
  EXPECT_EQ(component.symbols[1].option, "");
  EXPECT_EQ(component.symbols[1].doc, "hidden size");
  EXPECT_EQ(component.symbols[1].scope, SymbolScope::instance);
  EXPECT_EQ(component.symbol("S")->scope, SymbolScope::pipeline);
  const OperationSpec& value = *component.operation("value");
  EXPECT_EQ(value.effect, Effect::random);
  EXPECT_EQ(component.operation("another")->effect, Effect::stateful);
  EXPECT_TRUE(value.input("zeta")->gradient);
  EXPECT_EQ(value.input("zeta")->doc, "one row a span");
  EXPECT_TRUE(value.input("alpha")->optional);
  EXPECT_FALSE(value.input("alpha")->gradient);
  EXPECT_EQ(value.output("delta")->figure, FigureSpec{});
  EXPECT_EQ(value.output("delta")->labels, "horizons");
  EXPECT_EQ(value.input("delta"), nullptr);
  EXPECT_EQ(value.output("zeta"), nullptr);
  EXPECT_EQ(component.operation("absent"), nullptr);
}

constexpr const char* kAlike = R"([plugin]
name = "p"
version = "1"
license = "MIT"
tier = "c"
[components."loss/a"]
doc = "the first"
parameters = true
options.margin = { type = "float", default = 1.0 }
[components."loss/a".operations.value]
effect = "pure"
outputs.loss = { type = "f32[]" }
[components."loss/b"]
doc = "the second"
like = "loss/a"
)";

TEST(Manifest, LetsAComponentHaveThePortsAndOptionsOfAnother) {
  const Manifest manifest = parse_manifest(kAlike, "plugin.toml");
  const ComponentSpec& second = *manifest.component("loss/b");
  EXPECT_EQ(second.name, "loss/b");
  EXPECT_EQ(second.doc, "the second");
  EXPECT_TRUE(second.parameters);
  EXPECT_NE(second.option("margin"), nullptr);
  EXPECT_NE(second.operation("value"), nullptr);
}

}  // namespace
}  // namespace gistmill
