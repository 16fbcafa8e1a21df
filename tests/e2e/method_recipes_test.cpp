// The recipes of the GistNet documents on the real model, cut to seconds: that each trains and measures, not
// how well.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/e2e/small_training.hpp"

namespace gistmill {
namespace {

struct Method {
  const char* recipe;
  std::vector<const char*> trained;  // names of what trains, in order; empty: the recipe itself
  bool checked = false;              // looks at held-out text while training
  int horizon = 64;
  std::vector<const char*> figures = {};  // beside delta-NLL
};

void PrintTo(const Method& method, std::ostream* stream) { *stream << method.recipe; }

class MethodRecipe : public TrainTest, public ::testing::WithParamInterface<Method> {
 protected:
  static std::string set(const std::string& value) { return " --set '" + value + "'"; }
  static std::string short_training(const std::string& stage) {
    std::string text = set(stage + "run.steps=2") + set(stage + "learning_rate.warmup=1") +
                       set(stage + "components.corpus.document=320");
    if (!GetParam().checked) return text;
    return text + set(stage + "evaluations.check.steps=1") + set(stage + "evaluations.check.every=1");
  }
  std::string settings() const {
    std::string text = small() + set("evaluations.heldout.steps=1") + set("components.heldout.spans=3") +
                       set("components.heldout.horizon=" + std::to_string(GetParam().horizon));
    if (GetParam().trained.empty()) return text + short_training("");
    if (std::string(GetParam().recipe) == "phases")
      text += short_training("");  // its second phase is its own
    return text + set("stage.*.variables.model=" + model()) + set("stage.*.variables.text=text") +
           sizes("stage.*.") + short_training("stage.*.");
  }
  // Pages that are long enough, some of which are held out.
  std::string pages() {
    std::string text = "<html><body><h1>Pages</h1>";
    for (int number = 0; number < 200; ++number)
      text += "<p>Paragraph " + std::to_string(number) + " says what the one before it did not say.</p>";
    for (int page = 0; page < 20; ++page)
      write("pages/" + std::to_string(page) + ".html",
            text + "<p>Page " + std::to_string(page) + "</p></body></html>");
    return (folder_ / "pages").string();
  }
  // Code and documentation, where the recipe has them.
  std::string structured() {
    const std::string name = GetParam().recipe;
    if (!name.starts_with("stage2") && !name.starts_with("stage3") && name != "curriculum") return "";
    const std::string source = GISTMILL_SOURCE_DIR;
    std::string edges;
    if (!name.starts_with("stage2")) {
      for (const char* value :
           {"edges.words=300", "edges.group=file", "edges.hold_out=[]", "edges.validation=0.3",
            "edges.kinds=[\"twins\", \"noisy\"]", "pairs.document=256", "pairs.first=32"})
        edges += set("components." + std::string(value));
      edges += set("evaluations.twins.steps=1");
    }
    return edges + set("variables.code=[\"" + source + "/host/recipe\"]") +
           set("variables.pages=[\"" + pages() + "\"]");
  }
};

TEST_P(MethodRecipe, TrainsTwoStepsAndMeasuresADocument) {
  const Method& method = GetParam();
  const Answer answer =
      gistmill("run '" GISTMILL_SOURCE_DIR "/recipes/gistnet/" + std::string(method.recipe) + ".toml'" +
               settings() + structured() + " --folder run");
  ASSERT_EQ(answer.code, 0) << answer.err;
  for (const char* stage : method.trained)
    EXPECT_TRUE(std::filesystem::exists(folder_ / "run/checkpoints" / stage / "step-000002")) << stage;

  const auto summary = nlohmann::json::parse(read(folder_ / "run/summary.json"));
  std::set<std::string> figures;
  for (const auto& evaluation : summary["evaluations"])
    for (const auto& entry : evaluation["entries"]) {
      figures.insert(entry["figure"].get<std::string>());
      // The model itself recalls what a span says: pairs, spans and targets fit together.
      if (entry["figure"] == "told_apart" && entry["variant"] == "the span itself") {
        EXPECT_EQ(entry["mean"].get<double>(), 1.0);
      }
    }
  std::string all;
  for (const std::string& figure : figures) all += figure + " ";
  EXPECT_THAT(all, ::testing::HasSubstr("delta_nll." + std::to_string(std::min(method.horizon, 128))));
  for (const char* figure : method.figures) EXPECT_THAT(all, ::testing::HasSubstr(figure));
}

// What the documents want stands beside the figures, and a figure that a variant cannot have is not made up.
TEST_F(TrainTest, OfStage1SaysWhichTargetsAreMetAndOfWhichVariantsNothingWasMeasured) {
  const Answer answer =
      gistmill("run '" GISTMILL_SOURCE_DIR "/recipes/gistnet/stage1-narrative.toml'" + small() +
               " --set run.steps=1 --set learning_rate.warmup=1 --set evaluations.heldout.steps=1"
               " --set components.heldout.spans=3 --set components.corpus.document=320"
               " --set evaluations.check.every=0 --set evaluations.check.steps=1 --set run.monitors=[]"
               " --folder run");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto summary = nlohmann::json::parse(read(folder_ / "run/summary.json"));
  nlohmann::json table;  // targets stand beside the held-out figures, not beside the checks
  for (const auto& one : summary["evaluations"])
    if (!one["targets"].empty()) table = one;
  ASSERT_TRUE(table.contains("targets")) << "no evaluation has any";
  EXPECT_EQ(table["targets"].size(), 7u);
  const auto entry = [&](const std::string& variant, const std::string& figure) {
    for (const auto& one : table["entries"])
      if (one["variant"] == variant && one["figure"] == figure) return one;
    return nlohmann::json();
  };
  EXPECT_TRUE(entry("gist", "perplexity_ratio.32").contains("verdict"));
  EXPECT_TRUE(entry("gist", "attention_bits").contains("verdict"));
  EXPECT_GT(entry("gist", "attention_bits")["value"], 0);
  EXPECT_TRUE(entry("last 1 in place", "attention_bits")["value"].is_null());
  EXPECT_TRUE(entry("dropped", "distance")["value"].is_null());
  EXPECT_TRUE(entry("zero vector", "distance")["value"].is_null());
  EXPECT_THAT(answer.out, ::testing::HasSubstr("untrained that meet it"));
}

TEST_F(TrainTest, OfApartLogsEachPartOfTheLossAndTheSpreadOfSimilarities) {
  const Answer answer =
      gistmill("run '" GISTMILL_SOURCE_DIR "/recipes/gistnet/apart.toml'" + small() +
               " --set run.steps=1 --set learning_rate.warmup=1 --set evaluations.heldout.steps=1"
               " --set components.heldout.spans=3 --set components.corpus.document=320"
               " --folder run");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const std::string events = read(folder_ / "run/events.jsonl");
  const std::size_t losses = events.find("\"losses\":{");
  ASSERT_NE(losses, std::string::npos);
  const std::string parts = events.substr(losses, events.find('}', losses) - losses);
  for (const char* part : {"\"loss\"", "\"apart\"", "\"similarity_std\""})
    EXPECT_THAT(parts, ::testing::HasSubstr(part));
  EXPECT_THAT(read(folder_ / "run/report.html"), ::testing::HasSubstr("similarity_std"));
}

const std::vector<const char*> more = {"substitutability.32",       "perplexity_ratio.32",
                                       "delta_nll_by_distance.1-4", "delta_nll_by_surprise.3-",
                                       "adjacent_distance",         "attention_bits"};
const std::vector<const char*> more_of_twins = [] {
  std::vector<const char*> figures = more;
  figures.insert(figures.end(), {"told_apart", "twin_distance", "recall_cost"});
  return figures;
}();

// The decoder alone has another pipeline: it measures no delta-NLL.
TEST_F(TrainTest, OfReconstructTrainsADecoderOnFrozenGistsAndMeasuresTheTokensItGuesses) {
  const Answer answer = gistmill(
      "run '" GISTMILL_SOURCE_DIR "/recipes/gistnet/reconstruct.toml' --set variables.model='" + model() +
      "' --set variables.text=text --set components.corpus.document=128 --set components.corpus.spans=3"
      " --set components.heldout.document=192 --set components.heldout.spans=3 --set components.other.shift=1"
      " --set components.documents.group=file --set components.documents.hold_out=[]"
      " --set components.documents.validation=0.3 --set run.steps=2 --set learning_rate.warmup=1"
      " --set evaluations.heldout.steps=1 --set stage.gists.run.steps=1 --set "
      "stage.gists.learning_rate.warmup=1"
      " --set stage.gists.components.corpus.document=192 --set stage.gists.components.corpus.spans=2"
      " --set stage.gists.components.corpus.first=32 --folder run");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/checkpoints/gists/step-000001"));
  const auto table = nlohmann::json::parse(read(folder_ / "run/summary.json"))["evaluations"].back();
  ASSERT_EQ(table["entries"].size(), 3u);
  for (const auto& entry : table["entries"]) {
    EXPECT_TRUE(entry["trained"]) << entry["figure"];
    EXPECT_TRUE(entry["value"].is_number()) << entry["figure"];
    EXPECT_TRUE(entry.contains("binding_gap")) << entry["figure"];
  }
  EXPECT_EQ(table["entries"][0]["figure"], "tokens_right");
}

INSTANTIATE_TEST_SUITE_P(
    Of, MethodRecipe,
    ::testing::Values(Method{"stage1-narrative", {}, true, 64, more},
                      Method{"stage2-structured", {}, true, 64, more},
                      Method{"stage3-mixed", {}, true, 128, more_of_twins},
                      Method{"curriculum", {"narrative", "structured", "mixed"}, true, 128, more_of_twins},
                      Method{"pooled-mse", {}}, Method{"phases", {"pooled"}},
                      Method{"ladder",
                             {"vector", "mean-linear", "mean-mlp", "query", "refine", "contextual"},
                             false,
                             64,
                             more},
                      Method{"diversity", {}, false, 64, more}),
    [](const auto& test) {
      std::string name = test.param.recipe;
      for (char& letter : name)
        if (letter == '-') letter = '_';
      return name;
    });

}  // namespace
}  // namespace gistmill
