// The recipes of this repository against the manifests of its plugins: what `gistmill validate` would say,
// without a build of the plugins.
#include <gmock/gmock.h>

#include <fstream>
#include <map>

#include "tests/host/plan/plan_fixture.hpp"

namespace gistmill {
namespace {

class Recipes : public PlanTest {
 protected:
  Recipes() {
    std::vector<RefusedFile> refused;
    contracts = find_contracts({source() / "sdk"}, refused);
    catalog.components.clear();
    auto manifests = files_named("plugins", "plugin.toml");
    manifests.push_back(source() / "sdk" / "template" / "plugin.toml");  // built as loss-contrastive
    for (const auto& path : manifests) {
      std::ifstream stream(path);
      offer({std::istreambuf_iterator<char>(stream), {}});
    }
  }
  static std::filesystem::path source() { return GISTMILL_SOURCE_DIR; }
  // Files below `folder` with this name, or with this ending where it begins with a dot.
  static std::vector<std::filesystem::path> files_named(const std::string& below, const std::string& name) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source() / below)) {
      const auto& path = entry.path();
      if (path.filename() == name || path.extension() == name) files.push_back(path);
    }
    return files;
  }
};

TEST_F(Recipes, OfThisRepositoryCanAllBePlanned) {
  auto recipes = files_named("recipes", ".toml");
  // Parts are layers, not recipes.
  std::erase_if(recipes, [](const auto& path) { return path.parent_path().filename() == "parts"; });
  for (const auto& path : recipes) EXPECT_NO_THROW(make_plan(load_recipe(path, {}), catalog)) << path;
  EXPECT_GT(recipes.size(), 0u);
}

TEST_F(Recipes, OfGistTrainingMeasureEveryVariantOnOnePassOfTheTeacher) {
  const Plan planned = make_plan(load_recipe(source() / "recipes" / "gistnet" / "base.toml", {}), catalog);
  const PlannedEvaluation& evaluation = planned.evaluations.at(0);
  std::size_t shared = 0;
  for (const PlannedCall& call : planned.pipelines[evaluation.pipeline].calls) {
    if (call.name != "teacher.read" && call.name != "teacher.original" && call.name != "nll.reference")
      continue;
    const auto index = static_cast<std::size_t>(&call - planned.pipelines[evaluation.pipeline].calls.data());
    EXPECT_TRUE(evaluation.shared[index]) << call.name;
    ++shared;
  }
  EXPECT_EQ(shared, 3u);
}

TEST_F(Recipes, AddALossToThePipelineOfALayerBelow) {
  const Plan planned = make_plan(
      load_recipe(source() / "recipes" / "gistnet" / "apart.toml", {"pipelines.train.minimize.apart=0.5"}),
      catalog);
  const PlannedPipeline& train = *planned.pipeline("train");
  EXPECT_EQ(call_of(train, "apart.value").kind, CallClass::passes);
  std::map<std::string, double> weights;
  for (const PlannedLoss& part : train.minimize) weights[part.slot] = part.weight;
  EXPECT_EQ(weights, (std::map<std::string, double>{{"loss", 1.0}, {"apart", 0.5}, {"similarity_std", 0.0}}));
}

TEST_F(Recipes, OfGistTrainingTakeEitherLossOfASubstitution) {
  for (const std::string loss : {"loss/delta-nll", "loss/kl"}) {
    const Plan planned = make_plan(
        load_recipe(source() / "recipes" / "gistnet" / "base.toml", {"components.loss.use=" + loss}),
        catalog);
    const PlannedPipeline& train = *planned.pipeline("train");
    const PlannedCall& value = call_of(train, "loss.value");
    EXPECT_EQ(value.kind, CallClass::passes) << loss;
    std::size_t from_reference = 0;
    for (const PlannedInput& input : value.inputs) {
      if (input.source && train.calls[input.source->call].name == "loss.reference") ++from_reference;
    }
    EXPECT_GT(from_reference, 0u) << loss;
  }
}

}  // namespace
}  // namespace gistmill
