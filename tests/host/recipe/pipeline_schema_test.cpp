// Specification of [pipelines.NAME] beyond a list of calls: weighted sums, repeated parts, insertions.
#include "host/recipe/lock.hpp"

#include "recipe_files.hpp"

namespace gistmill {
namespace {

class PipelineSchema : public RecipeFiles {
 protected:
  // "loss 1, apart 0.1"
  static std::string parts(const PipelineRecipe& pipeline) {
    std::string text;
    for (const MinimizedPart& part : pipeline.minimize) {
      if (!text.empty()) text += ", ";
      std::string weight = std::to_string(part.weight);
      weight.erase(weight.find_last_not_of('0') + 1);
      text += part.slot + " " + weight;
    }
    return text;
  }
  static std::string calls(const PipelineRecipe& pipeline) {
    std::string text;
    for (const CallStep& step : pipeline.steps) {
      if (!text.empty()) text += " ";
      text += step.instance + "." + step.operation;
    }
    return text;
  }
  std::string minimized(const std::string& name, const std::vector<std::string>& overrides = {}) {
    return parts(load(name, overrides).pipelines.at(0));
  }
  // The first line of the failure of a recipe with this text.
  std::string refusal(const std::string& text) {
    write("r.toml", text);
    const std::string whole = failure("r.toml");
    return whole.substr(0, whole.find('\n'));
  }
};

// ---- minimize ----

TEST_F(PipelineSchema, ReadsAWeightedSumInItsOrder) {
  write("r.toml", "[pipelines.p]\nsteps = ['a.b']\nminimize = { loss = 1, apart = 0.1, far = -2.5 }\n");
  const PipelineRecipe pipeline = load("r.toml").pipelines.at(0);
  EXPECT_EQ(parts(pipeline), "loss 1., apart 0.1, far -2.5");
  EXPECT_EQ(without_folder(pipeline.minimize[1].origin.text()), "r.toml:3:24");
  EXPECT_EQ(without_folder(pipeline.minimize_origin.text()), "r.toml:3:12");
}

TEST_F(PipelineSchema, ALayerAboveAddsAPartToTheOneSlotOfALayerBelow) {
  write("a.toml", "[pipelines.p]\nsteps = ['a.b']\nminimize = 'loss'\n");
  write("b.toml", "extends = 'a.toml'\n[pipelines.p.minimize]\napart = 0.1\n");
  EXPECT_EQ(minimized("b.toml"), "loss 1., apart 0.1");
  EXPECT_EQ(minimized("a.toml", {"pipelines.p.minimize.apart=0.5"}), "loss 1., apart 0.5");
}

TEST_F(PipelineSchema, ALayerAboveSetsTheWeightOfAPart) {
  write("a.toml", "[pipelines.p]\nsteps = ['a.b']\nminimize = { loss = 1.0, apart = 0.1 }\n");
  EXPECT_EQ(minimized("a.toml", {"pipelines.p.minimize.apart=0.5"}), "loss 1., apart 0.5");
  EXPECT_EQ(minimized("a.toml", {"pipelines.p.minimize.apart=0"}), "loss 1., apart 0.");
  EXPECT_EQ(minimized("a.toml", {"pipelines.p.minimize=loss"}), "loss 1.")
      << "a single slot replaces them all";
}

TEST_F(PipelineSchema, ASingleSlotAndAPartOfTheCommandLineGoTogetherInEitherOrder) {
  write("a.toml", "[pipelines.p]\nsteps = ['a.b']\nminimize = { loss = 1.0, apart = 0.1 }\n");
  const std::string slot = "pipelines.p.minimize=far", part = "pipelines.p.minimize.near=0.5";
  EXPECT_EQ(minimized("a.toml", {slot, part}), "far 1., near 0.5");
  EXPECT_EQ(minimized("a.toml", {part, slot}), "far 1., near 0.5");
  EXPECT_EQ(minimized("a.toml", {"pipelines.p.minimize.far=2", slot}), "far 2.") << "its own weight";
  EXPECT_EQ(minimized("a.toml", {slot, "pipelines.p.minimize=last"}), "last 1.") << "of two the later";
}

TEST_F(PipelineSchema, WeightsAreFiniteNumbersOfWhichOneCounts) {
  const std::string start = "[pipelines.p]\nsteps = ['a.b']\nminimize = ";
  EXPECT_EQ(refusal(start + "{ loss = nan }\n"),
            "r.toml:3:21: pipelines.p.minimize.loss is nan when it should be a finite number");
  EXPECT_EQ(refusal(start + "{ loss = inf }\n"),
            "r.toml:3:21: pipelines.p.minimize.loss is inf when it should be a finite number");
  EXPECT_EQ(refusal(start + "{ loss = 'x' }\n"),
            "r.toml:3:21: pipelines.p.minimize.loss is a string when it should be a float");
  EXPECT_EQ(
      refusal(start + "{ loss = 0, apart = 0.0 }\n"),
      "r.toml:3:12: pipelines.p.minimize is { loss = 0, apart = 0.0 } when it should be slots with weights "
      "of which one or more is not 0");
  EXPECT_EQ(
      refusal(start + "{}\n"),
      "r.toml:3:12: pipelines.p.minimize is {} when it should be slots with weights of which one or more "
      "is not 0");
  EXPECT_EQ(refusal(start + "['loss']\n"),
            "r.toml:3:12: pipelines.p.minimize is a list when it should be the name of a slot, or slots with "
            "weights: { loss = 1.0 }");
}

// ---- repeat ----

TEST_F(PipelineSchema, ReadsARepeatedPart) {
  write("r.toml",
        "[variables]\nn = 4\n[pipelines.p]\nsteps = ['a.b', { repeat = '${n}', steps = ['c.d', "
        "{ call = 'e.f' }] }, 'g.h']\n");
  const PipelineRecipe pipeline = load("r.toml").pipelines.at(0);
  EXPECT_EQ(calls(pipeline), "a.b c.d e.f g.h");
  ASSERT_EQ(pipeline.repeats.size(), 1u);
  EXPECT_EQ(pipeline.repeats[0].first, 1u);
  EXPECT_EQ(pipeline.repeats[0].count, 2u);
  EXPECT_EQ(pipeline.repeats[0].times, 4);
}

TEST_F(PipelineSchema, RefusesAMalformedRepeatedPart) {
  const std::string start = "[pipelines.p]\nsteps = [{ repeat = ";
  EXPECT_EQ(refusal(start + "0, steps = ['a.b'] }]\n"),
            "r.toml:2:21: pipelines.p.steps.repeat is 0 when it should be at least 1");
  EXPECT_EQ(refusal(start + "100000, steps = ['a.b'] }]\n"),
            "r.toml:2:21: pipelines.p.steps.repeat is 100000 when it should be at most 1000");
  EXPECT_EQ(refusal(start + "2.5, steps = ['a.b'] }]\n"),
            "r.toml:2:21: pipelines.p.steps.repeat is a float when it should be an integer");
  EXPECT_EQ(refusal(start + "2 }]\n"),
            "r.toml:2:10: a repeated part of pipelines.p.steps lacks the key 'steps'");
  EXPECT_EQ(refusal(start + "2, steps = [] }]\n"),
            "r.toml:2:32: pipelines.p.steps.steps is [] when it should be a list of one call or more");
  EXPECT_EQ(refusal(start + "2, steps = ['a.b'], call = 'a.b' }]\n"),
            "r.toml:2:41: unknown key 'call' in a repeated part of pipelines.p.steps");
  EXPECT_EQ(refusal(start + "2, steps = [{ repeat = 3, steps = ['a.b'] }] }]\n"),
            "r.toml:2:35: a repeated part cannot be inside another: write out the calls of one of them");
}

// ---- insert ----

constexpr const char* kBase =
    "[pipelines.p]\nsteps = ['a.b', { call = 'c.d', in = { x = 'y' } }, { repeat = 2, steps = ['e.f', 'g.h'] "
    "}]\n";

TEST_F(PipelineSchema, ALayerAboveInsertsCallsBesideThoseOfALayerBelow) {
  write("base.toml", kBase);
  write("r.toml",
        "extends = 'base.toml'\n[pipelines.p.insert]\nafter.'a.b' = ['k.l', { call = 'm.n' }]\n"
        "before.'c.d' = ['o.p']\nafter.'e.f' = ['q.r']\n");
  const PipelineRecipe pipeline = load("r.toml").pipelines.at(0);
  EXPECT_EQ(calls(pipeline), "a.b k.l m.n o.p c.d e.f q.r g.h");
  EXPECT_EQ(without_folder(pipeline.steps[1].origin.text()), "r.toml:3:16");
  EXPECT_EQ(pipeline.repeats.at(0).first, 5u);
  EXPECT_EQ(pipeline.repeats.at(0).count, 3u) << "inserted calls are repeated with the part";
}

TEST_F(PipelineSchema, InsertionsOfSeveralLayersAddUp) {
  write("base.toml", kBase);
  write("one.toml", "extends = 'base.toml'\n[pipelines.p.insert]\nafter.'a.b' = ['k.l']\n");
  write("two.toml", "extends = 'one.toml'\n[pipelines.p.insert]\nbefore.'a.b' = ['m.n']\n");
  EXPECT_EQ(calls(load("two.toml").pipelines.at(0)), "m.n a.b k.l c.d e.f g.h");
  EXPECT_EQ(calls(load("one.toml", {"pipelines.p.insert.after.'g.h'=['s.t']"}).pipelines.at(0)),
            "a.b k.l c.d e.f g.h s.t");
}

TEST_F(PipelineSchema, AnInsertedPartMayRepeatButNotWithinAnother) {
  write("base.toml", kBase);
  write("r.toml",
        "extends = 'base.toml'\n[pipelines.p.insert]\nafter.'a.b' = [{ repeat = 3, steps = ['k.l'] }]\n");
  EXPECT_EQ(load("r.toml").pipelines.at(0).repeats.size(), 2u);
  EXPECT_EQ(refusal(std::string(kBase) + "insert.after.'e.f' = [{ repeat = 3, steps = ['k.l'] }]\n"),
            "r.toml:3:25: a repeated part cannot be inside another: write out the calls of one of them");
}

TEST_F(PipelineSchema, RefusesAnUnknownPlaceWithTheNearest) {
  write("r.toml", std::string(kBase) + "insert.after.'c.e' = ['k.l']\n");
  EXPECT_EQ(failure("r.toml"),
            "r.toml:3:14: pipelines.p.insert.after.\"c.e\" names no place: steps has no call 'c.e'\n"
            "    3 | insert.after.'c.e' = ['k.l']\n"
            "      |              ^~~~~\n"
            "  did you mean 'c.d'? insert takes: a.b c.d e.f g.h");
  EXPECT_EQ(refusal("[pipelines.p]\nsteps = ['a.b', 'a.b']\ninsert.after.'a.b' = ['k.l']\n"),
            "r.toml:3:14: pipelines.p.insert.after.\"a.b\" names no single place: steps has the call 'a.b' 2 "
            "times");
}

TEST_F(PipelineSchema, RefusesInsertionsOfAnotherForm) {
  write("r.toml", std::string(kBase) + "insert.after.a.b = ['k.l']\n");
  EXPECT_EQ(failure("r.toml"),
            "r.toml:3:14: pipelines.p.insert.after.a is a table when it should be a list of calls\n"
            "    3 | insert.after.a.b = ['k.l']\n"
            "      |              ^\n"
            "  the place is a call in quotes: after.\"gist.compress\" = [\"apart.value\"]");
  EXPECT_EQ(refusal(std::string(kBase) + "insert.behind.'a.b' = ['k.l']\n"),
            "r.toml:3:8: unknown key 'behind' in [pipelines.p.insert]");
  EXPECT_EQ(refusal(std::string(kBase) + "insert.after.'a.b' = ['k']\n"),
            "r.toml:3:23: 'k' is not a call: write instance.operation, as in \"teacher.read\"");
}

TEST_F(PipelineSchema, ALockReadsBackToTheSamePipelines) {
  write("base.toml", std::string(kBase) + "minimize = 'loss'\n[learning_rate.a]\npeak = 0.5\n");
  write("r.toml",
        "extends = 'base.toml'\n[pipelines.p]\nminimize.apart = 0.1\ninsert.after.'a.b' = ['k.l']\n");
  const Recipe recipe = load("r.toml");
  write("lock.toml", lock_text(recipe, {}, "0.1.0"));
  const Recipe again = load("lock.toml");
  EXPECT_EQ(calls(again.pipelines.at(0)), calls(recipe.pipelines.at(0)));
  EXPECT_EQ(parts(again.pipelines.at(0)), "loss 1., apart 0.1");
  EXPECT_EQ(again.pipelines.at(0).repeats.at(0).first, 3u);
  EXPECT_EQ(again.instance_rates.at(0).rate.peak, 0.5);
}

// ---- [learning_rate.NAME] ----

TEST_F(PipelineSchema, ReadsRatesOfInstancesOverTheGeneralOne) {
  write("r.toml",
        "[learning_rate]\npeak = 1e-3\nwarmup = 7\n[learning_rate.lens]\npeak = 1e-7\n[learning_rate.gist]\n"
        "floor = 1e-5\nwarmup = 0\n");
  const Recipe recipe = load("r.toml");
  ASSERT_EQ(recipe.instance_rates.size(), 2u);
  EXPECT_EQ(recipe.instance_rates[0].instance, "lens");
  EXPECT_EQ(recipe.instance_rates[0].rate.peak, 1e-7);
  EXPECT_EQ(recipe.instance_rates[0].rate.floor, 1e-7) << "the general floor is above this peak";
  EXPECT_EQ(recipe.instance_rates[0].rate.warmup, 7);
  EXPECT_EQ(recipe.instance_rates[1].rate.peak, 1e-3);
  EXPECT_EQ(recipe.instance_rates[1].rate.floor, 1e-5);
  EXPECT_EQ(recipe.instance_rates[1].rate.warmup, 0);
}

TEST_F(PipelineSchema, RefusesRatesOfInstancesAsThoseOfAll) {
  EXPECT_EQ(refusal("[learning_rate.lens]\npeek = 1\n"),
            "r.toml:2:1: unknown key 'peek' in [learning_rate.lens]");
  EXPECT_EQ(refusal("[learning_rate.lens]\npeak = 0\n"),
            "r.toml:2:8: learning_rate.lens.peak is 0 when it should be above 0");
  EXPECT_EQ(
      refusal("[learning_rate.lens]\npeak = 0.1\nfloor = 0.2\n"),
      "r.toml:3:9: learning_rate.lens.floor is 0.2 when it should be at most learning_rate.lens.peak, 0.1");
  EXPECT_EQ(refusal("[learning_rate]\nlens = 0.1\n"), "r.toml:2:1: unknown key 'lens' in [learning_rate]");
}

}  // namespace
}  // namespace gistmill
