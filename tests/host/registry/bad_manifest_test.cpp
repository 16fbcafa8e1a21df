// Every rule of plugin.toml that can be broken, with its message.
#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {
namespace {

std::string refusal(const std::string& text) {
  try {
    parse_manifest(text, "plugin.toml");
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::plugin);
    return failure.origin().text() + ": " + failure.message();
  }
  return "no refusal";
}

constexpr const char* kAlike = R"([plugin]
name = "p"
version = "1"
license = "MIT"
tier = "c"
[components."loss/a"]
[components."loss/b"]
like = "loss/a"
)";

TEST(LikeOfAManifest, IsRefusedWhereItNamesNothingOrStandsBesidePortsOfItsOwn) {
  std::string text = kAlike;
  text.replace(text.rfind("loss/a"), 6, "loss/c");
  EXPECT_THAT(refusal(text), testing::HasSubstr("when it should be a component further up in this manifest"));
  EXPECT_THAT(refusal(std::string(kAlike) + "parameters = false\n"),
              testing::HasSubstr("has both 'like' and its own parameters"));
}

struct Bad {
  const char* text;  // follows [plugin] on lines 1 to 5
  const char* expected;
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.text; }

class BadManifest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadManifest, IsRefusedAtItsPlace) {
  EXPECT_EQ(refusal(std::string("[plugin]\nname = 'p'\nversion = '1'\nlicense = 'MIT'\ntier = 'c'\n") +
                    GetParam().text),
            GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Components, BadManifest,
    ::testing::Values(
        Bad{"", "plugin.toml: the manifest names no components"},
        Bad{"[component.'a/b']\n", "plugin.toml:6:2: unknown key 'component' in the manifest"},
        Bad{"[components.b]\n",
            "plugin.toml:6:13: 'b' cannot name a component: write role/name, as in \"gistnet/mean\""},
        Bad{"[components.'a/b/c']\n",
            "plugin.toml:6:13: 'a/b/c' cannot name a component: write role/name, as in \"gistnet/mean\""},
        Bad{"[components]\n'a/b' = 3\n",
            "plugin.toml:7:9: components.\"a/b\" is an integer when it should be a table"},
        Bad{"[components.'a/b']\nparameter = true\n",
            "plugin.toml:7:1: unknown key 'parameter' in [components.\"a/b\"]"},
        Bad{"[components.'a/b']\nparameters = 1\n",
            "plugin.toml:7:14: components.\"a/b\".parameters is an integer when it should be a boolean"},
        Bad{"[components.'a/b']\ndoc = ''\ndoc = ''\n",
            "plugin.toml:8:7: error while parsing key-value pair: cannot redefine existing string 'doc'"}));

// Each text is options.x = { <text> }.
class BadOption : public ::testing::TestWithParam<Bad> {};

TEST_P(BadOption, IsRefused) {
  const std::string text = refusal(
      std::string(
          "[plugin]\nname = 'p'\nversion = '1'\nlicense = 'MIT'\ntier = 'c'\n[components.'a/b']\noptions.x "
          "= { ") +
      GetParam().text + " }\n");
  EXPECT_EQ(text.substr(text.find(": ") + 2), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadOption,
    ::testing::Values(
        Bad{"default = 1", "components.\"a/b\".options.x lacks the key 'type'"},
        Bad{"type = 'int'", "unknown type 'int' of an option"},
        Bad{"type = 'integer', defualt = 1", "unknown key 'defualt' in components.\"a/b\".options.x"},
        Bad{"type = 'integer', default = 1.5",
            "components.\"a/b\".options.x.default is 1.5 when it should be of type integer"},
        Bad{"type = 'float', default = 'a'",
            "components.\"a/b\".options.x.default is \"a\" when it should be of type float"},
        Bad{"type = 'integers', default = [1, 'a']",
            "components.\"a/b\".options.x.default is [1, \"a\"] when it should be of type integers"},
        Bad{"type = 'strings', default = 'a'",
            "components.\"a/b\".options.x.default is \"a\" when it should be of type strings"},
        Bad{"type = 'integer', min = 2, default = 1",
            "components.\"a/b\".options.x.default is 1 when it should be at least min, 2"},
        Bad{"type = 'floats', max = 1, default = [0.5, 1.5]",
            "components.\"a/b\".options.x.default is [0.5, 1.5] when it should be at most max, 1"},
        Bad{"type = 'float', min = 2, max = 1",
            "components.\"a/b\".options.x.max is 1 when it should be at least min, 2"},
        Bad{"type = 'float', min = inf",
            "components.\"a/b\".options.x.min is inf when it should be a finite number"},
        Bad{"type = 'string', min = 2", "only options of numbers can have 'min'"},
        Bad{"type = 'string', choices = ['a']", "only options of type choice can have 'choices'"},
        Bad{"type = 'choice'", "components.\"a/b\".options.x lacks the key 'choices'"},
        Bad{"type = 'choice', choices = []",
            "components.\"a/b\".options.x.choices is [] when it should be a list of one name or more"},
        Bad{"type = 'choice', choices = ['a', 'a']", "the choice 'a' is there twice"},
        Bad{"type = 'choice', choices = ['a'], default = 'b'",
            "components.\"a/b\".options.x.default is \"b\" when it should be one of the choices"}));

INSTANTIATE_TEST_SUITE_P(
    Names, BadManifest,
    ::testing::Values(
        Bad{"[components.'a/b']\noptions.use = { type = 'integer' }\n",
            "plugin.toml:7:9: an option cannot have the name 'use'"},
        Bad{"[components.'a/b']\noptions.'a b' = { type = 'integer' }\n",
            "plugin.toml:7:9: 'a b' cannot name an option: use letters, digits and '_'"},
        Bad{"[components.'a/b']\noperations.'a b' = {}\n",
            "plugin.toml:7:12: 'a b' cannot name an operation: use letters, digits and '_'"},
        Bad{"[components.'a/b']\nsymbols.'K.1' = {}\n",
            "plugin.toml:7:9: 'K.1' cannot name a symbol: use letters, digits and '_'"},
        Bad{"[components.'a/b'.operations.c]\neffect = 'pure'\nmost = { T = 'C' }\n",
            "plugin.toml:8:10: components.\"a/b\".operations.c.most.T bounds no dimension of an input of c, "
            "and no "
            "symbol that the component declares"},
        Bad{"[components.'a/b'.operations.c]\neffect = 'pure'\ninputs.x = { type = 'f32[T]' }\nmost = { T = "
            "'C' }\n",
            "plugin.toml:9:14: components.\"a/b\".operations.c.most.T is \"C\" when it should be a symbol "
            "that the "
            "component declares"},
        Bad{"[components.'a/b']\nsymbols.K = { scope = 'recipe' }\n",
            "plugin.toml:7:23: components.\"a/b\".symbols.K.scope is \"recipe\" when it should be "
            "\"instance\" or "
            "\"pipeline\""},
        Bad{"[components.'a/b']\nsymbols.K = { option = 'k' }\n",
            "plugin.toml:7:24: components.\"a/b\".symbols.K.option is \"k\" when it should be an option that "
            "is an "
            "integer or a list"},
        Bad{"[components.'a/b']\noptions.k = { type = 'float' }\nsymbols.K = { option = 'k' }\n",
            "plugin.toml:8:24: components.\"a/b\".symbols.K.option is \"k\" when it should be an option that "
            "is an "
            "integer or a list"}));

// Each text stands in operation o of component a/b, from line 7 on.
class BadOperation : public ::testing::TestWithParam<Bad> {};

TEST_P(BadOperation, IsRefused) {
  std::string text = refusal(std::string("[plugin]\nname = 'p'\nversion = '1'\nlicense = 'MIT'\ntier = "
                                         "'c'\n[components.'a/b'.operations.o]\n") +
                             GetParam().text);
  // The path is long and always the same: O stands for it below.
  const std::string path = "components.\"a/b\".operations.o";
  for (std::size_t at = text.find(path); at != std::string::npos; at = text.find(path)) {
    text = text.substr(0, at) + 'O' + text.substr(at + path.size());
  }
  EXPECT_EQ(text, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadOperation,
    ::testing::Values(
        Bad{"", "plugin.toml:6:30: O lacks the key 'effect'"},
        Bad{"effect = 'impure'\n",
            "plugin.toml:7:10: O.effect is \"impure\" when it should be \"pure\", \"random\" or "
            "\"stateful\""},
        Bad{"effect = 'pure'\ninput.a = {}\n", "plugin.toml:8:1: unknown key 'input' in O"},
        Bad{"effect = 'pure'\ninputs.a = { doc = '' }\n", "plugin.toml:8:8: O.inputs.a lacks the key 'type'"},
        Bad{"effect = 'pure'\ninputs.a = 'f32[]'\n",
            "plugin.toml:8:12: O.inputs.a is a string when it should be a table"},
        Bad{"effect = 'pure'\ninputs.a-b = { type = 'f32[]' }\n",
            "plugin.toml:8:8: 'a-b' cannot name a port: use letters, digits and '_'"},
        Bad{"effect = 'pure'\ninputs.a = { type = 'f33[K]' }\n",
            "plugin.toml:8:21: 'f33[K]' is not a port type: unknown element type 'f33'"},
        Bad{"effect = 'pure'\ninputs.a = { type = 'i32[K]', gradient = true }\n",
            "plugin.toml:8:42: i32[K] has no gradient: only floats have one"},
        Bad{"effect = 'pure'\ninputs.a = { type = 'f32[K]', figure = 'mean' }\n",
            "plugin.toml:8:31: unknown key 'figure' in O.inputs.a"},
        Bad{"effect = 'pure'\noutputs.a = { type = 'f32[K]', optional = true }\n",
            "plugin.toml:8:32: unknown key 'optional' in O.outputs.a"},
        Bad{"effect = 'pure'\noutputs.a = { type = 'f32[K]', figure = 'maen' }\n",
            "plugin.toml:8:41: O.outputs.a.figure is \"maen\" when it should be one of mean, sum, p95, max, "
            "count, geometric-mean"},
        Bad{"effect = 'pure'\noutputs.a = { type = 'f32[K]', figure = { aggregate = 'p59' } }\n",
            "plugin.toml:8:55: O.outputs.a.figure.aggregate is \"p59\" when it should be one of mean, sum, "
            "p95, "
            "max, count, geometric-mean"},
        Bad{"effect = 'pure'\noutputs.a = { type = 'f32[K]', figure = { better = 'heigher' } }\n",
            "plugin.toml:8:52: O.outputs.a.figure.better is \"heigher\" when it should be one of lower, "
            "higher"},
        Bad{"effect = 'pure'\noutputs.a = { type = 'f32[K]', figure = { best = 'higher' } }\n",
            "plugin.toml:8:43: unknown key 'best' in O.outputs.a.figure"},
        Bad{"effect = 'pure'\noutputs.a = { type = 'f32[K]', figure = 3 }\n",
            "plugin.toml:8:41: O.outputs.a.figure is an integer when it should be a string or a table"},
        Bad{"effect = 'pure'\noutputs.a = { type = 'f32[K]', cluster = true }\n",
            "plugin.toml:8:42: a cluster is one whole number per item, or one for all items: f32[K] is "
            "neither"},
        Bad{"effect = 'pure'\noutputs.a = { type = 'i32[K, M]', cluster = true }\n",
            "plugin.toml:8:45: a cluster is one whole number per item, or one for all items: i32[K, M] is "
            "neither"},
        Bad{"effect = 'pure'\ninputs.a = { type = 'i32[K]', cluster = true }\n",
            "plugin.toml:8:31: unknown key 'cluster' in O.inputs.a"},
        Bad{"effect = 'pure'\noutputs.a = { type = 'f32[]', figure = 'mean' }\n",
            "plugin.toml:8:40: a figure has a row for each item: f32[] has none"},
        Bad{"effect = 'pure'\noutputs.a = { type = 'f32[K, M]', labels = 'h' }\n",
            "plugin.toml:8:35: only a figure can have 'labels'"},
        Bad{"effect = 'pure'\noutputs.a = { type = 'f32[K, M]', figure = 'mean', labels = 'h' }\n",
            "plugin.toml:8:61: O.outputs.a.labels is \"h\" when it should be an option that is a list"},
        Bad{"effect = 'pure'\ninputs.a = { type = 'f32[K]', gradient = true }\noutputs.b = { type = 'f32[]' "
            "}\n",
            "plugin.toml:6:30: O gives gradients of inputs but takes no gradient of an output"}));

struct BadHead {
  const char* text;
  const char* expected;
};

class BadManifestHead : public ::testing::TestWithParam<BadHead> {};

TEST_P(BadManifestHead, IsRefused) { EXPECT_EQ(refusal(GetParam().text), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Table, BadManifestHead,
    ::testing::Values(
        BadHead{"", "plugin.toml: the manifest lacks the key 'plugin'"},
        BadHead{"[plugin]\nname = \n",
                "plugin.toml:2:8: error while parsing key-value pair: expected value, saw '\\n'"},
        BadHead{"[plugin]\nname = 'p'\nversion = '1'\nlicense = 'MIT'\n",
                "plugin.toml:1:2: [plugin] lacks the key 'tier'"},
        BadHead{"[plugin]\nname = 'p'\nversion = '1'\nlicense = 'MIT'\ntier = 'native'\n",
                "plugin.toml:5:8: plugin.tier is \"native\" when it should be \"c\" or \"libtorch\""},
        BadHead{"[plugin]\nauthor = 'x'\n", "plugin.toml:2:1: unknown key 'author' in [plugin]"},
        // Another ABI is said before anything that this program cannot know.
        BadHead{"strange = 1\n[build]\nabi = '1.1'\n",
                "plugin.toml:3:7: the plugin is built for ABI 1.1 when this program has ABI 2.0"},
        BadHead{"[build]\nabi = 1\n",
                "plugin.toml:2:7: build.abi is 1 when it should be major.minor, as in \"2.0\""},
        BadHead{"[build]\nabi = '1'\n",
                "plugin.toml:2:7: build.abi is \"1\" when it should be major.minor, as in \"2.0\""},
        BadHead{"[build]\nabi = '2.0beta'\n",
                "plugin.toml:2:7: build.abi is \"2.0beta\" when it should be major.minor, as in \"2.0\""}));

}  // namespace
}  // namespace gistmill
