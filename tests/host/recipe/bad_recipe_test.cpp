// What does not belong in a recipe, and the message that says so. One row a rule.
#include "recipe_files.hpp"

namespace gistmill {
namespace {

struct BadRecipe {
  const char* text;
  const char* expected;  // place and message; notes and excerpt are checked elsewhere
};

void PrintTo(const BadRecipe& bad, std::ostream* out) { *out << bad.text; }

class BadRecipes : public RecipeFiles, public ::testing::WithParamInterface<BadRecipe> {};

TEST_P(BadRecipes, AreRefusedAtTheirPlace) {
  write("r.toml", GetParam().text);
  const std::string text = failure("r.toml");
  EXPECT_EQ(text.substr(0, text.find('\n')), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, BadRecipes,
    ::testing::Values(
        BadRecipe{"[run\n", "r.toml:1:5: error while parsing table header: expected ']', saw '\\n'"},
        BadRecipe{"a = 1\na = 2\n",
                  "r.toml:2:5: error while parsing key-value pair: cannot redefine existing integer 'a'"},
        BadRecipe{"[run]\nsteps = 2024-01-01\n",
                  "r.toml:2:9: found a date, which recipes and manifests do not use"},
        BadRecipe{"a = \"\xff\"\n", "r.toml:1:5: encountered invalid utf-8 sequence"}));

INSTANTIATE_TEST_SUITE_P(
    Keys, BadRecipes,
    ::testing::Values(
        BadRecipe{"[componets]\n", "r.toml:1:2: unknown key 'componets' in the recipe"},
        BadRecipe{"[run]\nstepz = 3\n", "r.toml:2:1: unknown key 'stepz' in [run]"},
        BadRecipe{"[learning_rate]\nwarm_up = 3\n", "r.toml:2:1: unknown key 'warm_up' in [learning_rate]"},
        BadRecipe{"[checkpoints]\nevry = 3\n", "r.toml:2:1: unknown key 'evry' in [checkpoints]"},
        BadRecipe{"[pipelines.train]\nsteps = ['a.b']\nminimise = 'x'\n",
                  "r.toml:3:1: unknown key 'minimise' in [pipelines.train]"},
        BadRecipe{"[pipelines.train]\nsteps = [{ call = 'a.b', inn = {} }]\n",
                  "r.toml:2:26: unknown key 'inn' in a call of pipelines.train.steps"},
        BadRecipe{"[evaluations.e]\npipeline = 'p'\nvariant = []\n",
                  "r.toml:3:1: unknown key 'variant' in [evaluations.e]"},
        BadRecipe{"[evaluations.e]\npipeline = 'p'\n[[evaluations.e.variants]]\nnam = 'x'\n",
                  "r.toml:4:1: unknown key 'nam' in [[evaluations.e.variants]]"},
        BadRecipe{"[[stage]]\nrecip = 'x'\n", "r.toml:2:1: unknown key 'recip' in [[stage]]"}));

INSTANTIATE_TEST_SUITE_P(
    Types, BadRecipes,
    ::testing::Values(
        BadRecipe{"doc = 3\n", "r.toml:1:7: doc is an integer when it should be a string"},
        BadRecipe{"run = 3\n", "r.toml:1:7: run is an integer when it should be a table"},
        BadRecipe{"components = []\n", "r.toml:1:14: components is a list when it should be a table"},
        BadRecipe{"stage = {}\n", "r.toml:1:9: stage is a table when it should be a list"},
        BadRecipe{"stage = [3]\n", "r.toml:1:10: stage is an integer when it should be a table"},
        BadRecipe{"lock = 3\n", "r.toml:1:8: lock is an integer when it should be a table"},
        BadRecipe{"[run]\nsteps = '3'\n", "r.toml:2:9: run.steps is a string when it should be an integer"},
        BadRecipe{"[run]\nsteps = 3.0\n", "r.toml:2:9: run.steps is a float when it should be an integer"},
        BadRecipe{"[run]\nclip = 'x'\n", "r.toml:2:8: run.clip is a string when it should be a float"},
        BadRecipe{"[run]\nloggers = 'x'\n", "r.toml:2:11: run.loggers is a string when it should be a list"},
        BadRecipe{"[run]\nloggers = ['x', 1]\n",
                  "r.toml:2:17: run.loggers holds an integer when it should hold strings only"},
        BadRecipe{"[components]\ngist = 'gistnet/mean'\n",
                  "r.toml:2:8: components.gist is a string when it should be a table"},
        BadRecipe{"[components]\ngist = { use = 3 }\n",
                  "r.toml:2:16: components.gist.use is an integer when it should be a string"},
        BadRecipe{"[pipelines.p]\nsteps = 'a.b'\n",
                  "r.toml:2:9: pipelines.p.steps is a string when it should be a list"},
        BadRecipe{"[pipelines.p]\nsteps = ['a.b', 3]\n",
                  "r.toml:2:17: pipelines.p.steps holds an integer when it should hold calls: "
                  "\"instance.operation\" or { call = \"instance.operation\", in = {}, out = {} }"},
        BadRecipe{"[pipelines.p]\nsteps = [{ call = 'a.b', in = { x = 3 } }]\n",
                  "r.toml:2:37: pipelines.p.steps.in.x is an integer when it should be the name of a slot"},
        BadRecipe{"[evaluations.e]\npipeline = 'p'\nvariants = [{ name = 'v', use = { g = 1 } }]\n",
                  "r.toml:3:39: evaluations.e.variants.use.g is an integer when it should be the name of an "
                  "instance"}));

INSTANTIATE_TEST_SUITE_P(
    Ranges, BadRecipes,
    ::testing::Values(
        BadRecipe{"[run]\nsteps = -1\n", "r.toml:2:9: run.steps is -1 when it should be at least 0"},
        BadRecipe{"[run]\nmicro_steps = 0\n",
                  "r.toml:2:15: run.micro_steps is 0 when it should be at least 1"},
        BadRecipe{"[run]\nthreads = -2\n", "r.toml:2:11: run.threads is -2 when it should be at least 0"},
        BadRecipe{"[run]\nclip = -0.5\n", "r.toml:2:8: run.clip is -0.5 when it should be at least 0"},
        BadRecipe{"[run]\nprepared = ''\n", "r.toml:2:12: run.prepared is \"\" when it should be a folder"},
        BadRecipe{"[run]\nclip = nan\n", "r.toml:2:8: run.clip is nan when it should be a finite number"},
        BadRecipe{"[learning_rate]\npeak = 0\n",
                  "r.toml:2:8: learning_rate.peak is 0 when it should be above 0"},
        BadRecipe{"[learning_rate]\nfloor = -1e-6\n",
                  "r.toml:2:9: learning_rate.floor is -1e-06 when it should be at least 0"},
        BadRecipe{
            "[learning_rate]\npeak = 0.001\nfloor = 0.01\n",
            "r.toml:3:9: learning_rate.floor is 0.01 when it should be at most learning_rate.peak, 0.001"},
        BadRecipe{"[learning_rate]\nwarmup = -1\n",
                  "r.toml:2:10: learning_rate.warmup is -1 when it should be at least 0"},
        BadRecipe{"[checkpoints]\nevery = -1\n",
                  "r.toml:2:9: checkpoints.every is -1 when it should be at least 0"},
        BadRecipe{"[checkpoints]\nkeep = 0\n",
                  "r.toml:2:8: checkpoints.keep is 0 when it should be at least 1"},
        BadRecipe{"[evaluations.e]\npipeline = 'p'\nsteps = -1\n",
                  "r.toml:3:9: evaluations.e.steps is -1 when it should be at least 0"},
        BadRecipe{"[evaluations.e]\npipeline = 'p'\nevery = -1\n",
                  "r.toml:3:9: evaluations.e.every is -1 when it should be at least 0"}));

INSTANTIATE_TEST_SUITE_P(
    Components, BadRecipes,
    ::testing::Values(
        BadRecipe{"[components]\n'a.b' = { use = 'a/b' }\n",
                  "r.toml:2:1: 'a.b' cannot be a name in [components]: use letters, digits, '_' and '-'"},
        BadRecipe{"[components]\ngist = { width = 3 }\n",
                  "r.toml:2:1: components.gist has neither of 'use' and 'from' when it should have one"},
        BadRecipe{"[components]\ngist = { use = 'a/b', from = 'a.b' }\n",
                  "r.toml:2:1: components.gist has both of 'use' and 'from' when it should have one"},
        BadRecipe{"[components]\ngist = { use = 'refine' }\n",
                  "r.toml:2:16: components.gist.use is \"refine\" when it should be role/name, as in "
                  "\"gistnet/refine\""},
        BadRecipe{
            "[components]\ngist = { from = 'refine/gist' }\n",
            "r.toml:2:17: components.gist.from is \"refine/gist\" when it should be stage.instance, as in "
            "\"refine.gist\""},
        BadRecipe{"[components]\ngist = { from = 'a.b', width = 3 }\n",
                  "r.toml:2:24: components.gist.width cannot be set together with 'from'"}));

INSTANTIATE_TEST_SUITE_P(
    Pipelines, BadRecipes,
    ::testing::Values(
        BadRecipe{"[pipelines.'a b']\nsteps = ['a.b']\n",
                  "r.toml:1:12: 'a b' cannot be a name in [pipelines]: use letters, digits, '_' and '-'"},
        BadRecipe{"[pipelines.p]\n", "r.toml:1:12: [pipelines.p] lacks the key 'steps'"},
        BadRecipe{"[pipelines.p]\nsteps = []\n",
                  "r.toml:2:9: pipelines.p.steps is [] when it should be a list of one call or more"},
        BadRecipe{"[pipelines.p]\nsteps = ['teacher']\n",
                  "r.toml:2:10: 'teacher' is not a call: write instance.operation, as in \"teacher.read\""},
        BadRecipe{"[pipelines.p]\nsteps = ['a.b.c']\n",
                  "r.toml:2:10: 'a.b.c' is not a call: write instance.operation, as in \"teacher.read\""},
        BadRecipe{"[pipelines.p]\nsteps = ['a.b c']\n",
                  "r.toml:2:10: 'a.b c' is not a call: write instance.operation, as in \"teacher.read\""},
        BadRecipe{"[pipelines.p]\nsteps = [{ in = {} }]\n",
                  "r.toml:2:10: a call of pipelines.p.steps lacks the key 'call'"},
        BadRecipe{"[pipelines.p]\nsteps = [{ call = 'a.b', out = { x = '' } }]\n",
                  "r.toml:2:38: pipelines.p.steps.out.x is \"\" when it should be the name of a slot"}));

INSTANTIATE_TEST_SUITE_P(
    Evaluations, BadRecipes,
    ::testing::Values(
        BadRecipe{"[evaluations.e]\n", "r.toml:1:14: [evaluations.e] lacks the key 'pipeline'"},
        BadRecipe{"[evaluations.e]\npipeline = 'p'\n[[evaluations.e.variants]]\nbinding = 'x'\n",
                  "r.toml:3:1: [[evaluations.e.variants]] lacks the key 'name'"},
        BadRecipe{"[evaluations.e]\npipeline = 'p'\nvariants = [{ name = 'a' }, { name = 'a' }]\n",
                  "r.toml:3:38: two variants of [evaluations.e.variants] have the name \"a\""},
        BadRecipe{
            "[evaluations.e]\npipeline = 'p'\nreference = 'droped'\nvariants = [{ name = 'dropped' }]\n",
            "r.toml:3:13: evaluations.e.reference names the unknown variant 'droped'"},
        BadRecipe{"[evaluations.e]\npipeline = 'p'\npaired = 'x'\n",
                  "r.toml:3:10: evaluations.e.paired names the unknown variant 'x'"},
        BadRecipe{"[evaluations.e]\npipeline = 'p'\nvariants = [{ name = 'a', binding = 'b' }]\n",
                  "r.toml:3:37: evaluations.e.variants.binding names the unknown variant 'b'"}));

INSTANTIATE_TEST_SUITE_P(
    Stages, BadRecipes,
    ::testing::Values(
        BadRecipe{"[[stage]]\nrecipe = 'r.toml'\nset = [1]\n",
                  "r.toml:3:8: stage.set holds an integer when it should hold strings only"},
        BadRecipe{"[[stage]]\nname = 'x'\n", "r.toml:1:1: [[stage]] lacks the key 'recipe'"},
        BadRecipe{"[[stage]]\nrecipe = 'absent.toml'\n",
                  "r.toml:2:10: the stage's recipe 'absent.toml' does not exist"},
        BadRecipe{"[[stage]]\nrecipe = 'r.toml'\nname = 'a b'\n",
                  "r.toml:3:8: 'a b' cannot be a name in [[stage]]: use letters, digits, '_' and '-'"},
        BadRecipe{"[[stage]]\nrecipe = 'r.toml'\n[[stage]]\nrecipe = 'r.toml'\n",
                  "r.toml:3:1: two stages have the name 'r'"}));

TEST_F(RecipeFiles, ShowAnUnknownKeyWithTheNearestAndAllAllowedKeys) {
  write("r.toml", "[run]\nstepz = 3\n");
  EXPECT_EQ(failure("r.toml"),
            "r.toml:2:1: unknown key 'stepz' in [run]\n"
            "    2 | stepz = 3\n"
            "      | ^~~~~\n"
            "  did you mean 'steps'? [run] takes: call_seconds clip device items loggers micro_steps minutes "
            "monitors optimizer pipeline "
            "prepared seed steps threads");
}

TEST_F(RecipeFiles, ShowTheVariantThatIsMeant) {
  write("r.toml",
        "[evaluations.e]\npipeline = 'p'\nreference = 'droped'\nvariants = [{ name = 'dropped' }]\n");
  EXPECT_EQ(failure("r.toml"),
            "r.toml:3:13: evaluations.e.reference names the unknown variant 'droped'\n"
            "    3 | reference = 'droped'\n"
            "      |             ^~~~~~~~\n"
            "  did you mean 'dropped'?\n"
            "  the variants are: 'dropped'");
}

}  // namespace
}  // namespace gistmill
