// The focus cycle by the real program, cut to a step a phase: which module each phase changes, with what its
// labels were made, going on after a stop, and what is refused.
#include <gmock/gmock.h>

#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "gistmill/formats/safetensors.hpp"
#include "host/prepare/starting_parameters.hpp"
#include "plugins/store/focus-labels/reader.hpp"
#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class FocusCycle : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    if (model().empty()) GTEST_SKIP() << "no model: set GISTMILL_MODEL";
    for (int document = 0; document < 6; ++document) {
      std::string text;
      for (int i = 0; i < 400; ++i) text += "word " + std::to_string(i * (document + 7)) + ", ";
      write("text/" + std::to_string(document) + ".txt", text);
    }
  }
  static std::string set(const std::string& value) { return " --set '" + value + "'"; }
  // Two cycles of a step a phase, on sessions of eight blocks of which five fit.
  std::string tiny() const {
    std::string text;
    for (const char* value : {"tokens=256", "sessions=1", "held=1", "held_blocks=3", "budget=160", "every=4",
                              "candidates=2", "blocks=7", "cycles=2", "gist_steps=1", "lens_steps=1",
                              "b1_steps=1", "b2_steps=1", "b3_steps=1", "text=text"})
      text += set("variables." + std::string(value));
    text += set("variables.model=" + model());
    for (const char* value : {"group=file", "hold_out=[]", "validation=0.4"}) {
      text += set("components.documents." + std::string(value));
      text += set("stage.*.components.documents." + std::string(value));
    }
    for (const char* stage : {"warm-lens", "b2"}) {
      for (const char* value : {"split=all", "batch=1"})
        text += set("stage." + std::string(stage) + ".components.contexts." + value);
    }
    return text + set("stage.*.components.lensnet.width=16") + set("components.lensnet.width=16");
  }
  Answer cycle(const std::string& verb, const std::string& more = "") const {
    return gistmill(verb + " '" GISTMILL_SOURCE_DIR "/recipes/focus/cycle-short.toml'" + tiny() + more);
  }
  std::filesystem::path checkpoint(const std::string& stage) const {
    return folder_ / "run/checkpoints" / stage / "step-000001";
  }
  // The modules whose tensors a phase's checkpoint has.
  std::set<std::string> changed(const std::string& stage) const {
    std::set<std::string> modules;
    const formats::Safetensors file(checkpoint(stage) / "parameters.safetensors");
    for (const formats::SafetensorsTensor& tensor : file.tensors())
      modules.emplace(tensor.name.substr(0, tensor.name.find('.')));
    return modules;
  }
  std::string digest(const std::string& stage, const std::string& module) const {
    return digest_of(StartingParameters{checkpoint(stage), module, stage});
  }
  // With which parameters each label file was made.
  std::set<std::map<std::string, std::string>> made_with() const {
    std::set<std::map<std::string, std::string>> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "data/prepared")) {
      if (!entry.path().filename().string().starts_with("label-")) continue;
      const auto made = nlohmann::json::parse(labels::LabelReader(entry.path()).provenance());
      all.insert(made["parameters"].get<std::map<std::string, std::string>>());
    }
    return all;
  }
};

TEST_F(FocusCycle, EachPhaseChangesItsModuleAndLabelsAreMadeWithAllAsTheyThenAre) {
  const Answer plan = cycle("plan", " --no-measure");
  ASSERT_EQ(plan.code, 0) << plan.err;
  const Answer prepared = cycle("prepare");
  ASSERT_EQ(prepared.code, 0) << prepared.err;
  EXPECT_THAT(prepared.out,
              AllOf(HasSubstr("warm-lens, label  made when the run gets there: it reads gist, which "
                              "stage warm-gist trains"),
                    HasSubstr("b2.2, label  made when the run gets there")));
  const Answer answer = cycle("run", " --folder run");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const std::map<std::string, std::string> trains = {
      {"warm-gist", "gist"}, {"warm-lens", "lensnet"}, {"b1.1", "gist"},    {"b2.1", "lensnet"},
      {"b3.1", "teacher"},   {"b1.2", "gist"},         {"b2.2", "lensnet"}, {"b3.2", "teacher"}};
  for (const auto& [stage, module] : trains) EXPECT_THAT(changed(stage), ElementsAre(module)) << stage;
  EXPECT_NE(digest("b1.1", "gist"), digest("warm-gist", "gist"));
  EXPECT_NE(digest("b3.2", "teacher"), digest("b3.1", "teacher"));
  const std::set<std::map<std::string, std::string>> expected = {
      {{"gist", digest("warm-gist", "gist")}},
      {{"gist", digest("b1.1", "gist")}, {"lensnet", digest("warm-lens", "lensnet")}},
      {{"gist", digest("b1.2", "gist")},
       {"lensnet", digest("b2.1", "lensnet")},
       {"teacher", digest("b3.1", "teacher")}}};
  EXPECT_EQ(made_with(), expected);

  // As if it had been stopped before the last labels were learned.
  const std::string lensnet = digest("b2.2", "lensnet");
  std::filesystem::remove(folder_ / "run/summary.json");
  for (const char* stage : {"b2.2", "b3.2"}) std::filesystem::remove_all(folder_ / "run/checkpoints" / stage);
  const Answer other =
      cycle("run", " --folder run --resume" + set("stage.*.components.gist.use=gistnet/refine"));
  EXPECT_NE(other.code, 0);
  EXPECT_THAT(other.err, HasSubstr("holds an unfinished run of another recipe"));
  const Answer resumed = cycle("run", " --folder run --resume");
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(digest("b2.2", "lensnet"), lensnet);
  EXPECT_THAT(made_with(), SizeIs(3));
}

TEST_F(FocusCycle, APhaseThatTrainsAModuleThatIsNotThereIsRefused) {
  const Answer answer = cycle("validate", set("stage.b1.pipelines.train.train=[\"gistnet\"]"));
  EXPECT_EQ(answer.code, 3) << answer.out;
  EXPECT_THAT(answer.err, HasSubstr("gistnet"));
}

TEST_F(FocusCycle, AdaptersOnTheFirstAndTheLastLayersAtOnceAreRefused) {
  const Answer answer =
      cycle("plan", " --no-measure" + set("stage.b3.components.teacher.lora_layers=[0, 1, -2, -1]"));
  EXPECT_EQ(answer.code, 3) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("the first two, [0, 1], or the last two, [-2, -1], not both"));
}

}  // namespace
}  // namespace gistmill
