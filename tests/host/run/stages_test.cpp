// Runs of several stages: what was trained goes on from stage to stage, what nothing trains is started once,
// and no file is read after the beginning.
#include <gmock/gmock.h>

#include <cstring>

#include "gistmill/formats/safetensors.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/run/step/instance_pool.hpp"
#include "host/run/step/session.hpp"
#include "tests/host/run/pages_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

constexpr const char* kReader = "use = \"test/reader\", factor = 2.0";

class StagesTest : public PagesTest {
 protected:
  void SetUp() override {
    PagesTest::SetUp();
    write_stage("a.toml", "scale");
    write_stage("b.toml", "other");
  }

  // A recipe that trains `trained`, a test/scale, behind a reader that nothing trains.
  std::filesystem::path write_stage(const std::string& file, const std::string& trained,
                                    const std::string& factor = "2.0", const std::string& more = "") {
    return write(file, over({kPages}) + training(trained) + "[components.reader]\nfactor = " + factor +
                           "\n[run]\nsteps = 3\n" + more);
  }
  // Stages NAME=FILE, then an evaluation with the instances `reader` and `scale` as they are given.
  std::filesystem::path stages(const std::vector<std::pair<std::string, std::string>>& list,
                               const std::string& reader = kReader, const std::string& file = "whole.toml") {
    std::string text;
    for (const auto& [name, recipe] : list)
      text += "[[stage]]\nname = \"" + name + "\"\nrecipe = \"" + recipe + "\"\n";
    return write(file, over({kMeasure}) + text + "[components]\nreader = { " + reader + " }\n");
  }
  std::filesystem::path a_b_a() {
    return stages({{"first", "a.toml"}, {"between", "b.toml"}, {"second", "a.toml"}});
  }

  // The numbers a that a stage ended with.
  std::vector<double> trained(const std::string& stage, const std::string& name) const {
    const formats::Safetensors file(checkpoint(stage, 3) / "parameters.safetensors");
    std::vector<float> values(4);
    std::memcpy(values.data(), file.tensor(name + ".a").data.data(), 4 * sizeof(float));
    return {values.begin(), values.end()};
  }
  // What the reader makes of the first page.
  static double x(std::size_t i) { return 0.1 * static_cast<double>(i + 1); }
  std::vector<double> losses_of(const std::string& stage, const std::string& run = "run") const {
    std::vector<double> list;
    for (const auto& step : events("step", run)) {
      if (step["stage"] == stage) list.push_back(step["loss"]);
    }
    return list;
  }
  double measured(const std::string& run = "run") const {
    return nlohmann::json::parse(read(folder_ / run / "summary.json"))["evaluations"]
        .back()["entries"][0]["mean"];
  }
  int said(const std::string& text, const std::string& run = "run") const {
    int count = 0;
    for (const auto& event : events("message", run)) count += event["text"] == text;
    return count;
  }
  std::string refusal_of_resume(const std::filesystem::path& path) {
    try {
      resume(path);
    } catch (const Failure& failure) {
      return failure.what();
    }
    return "";
  }
};

TEST_F(StagesTest, AStageGoesOnFromTheSameInstanceOfAnEarlierOneWhateverWasTrainedBetween) {
  run(request(a_b_a()));
  const std::vector<double> a = trained("first", "scale");
  double loss = 0;  // of the first page
  for (std::size_t i = 0; i < a.size(); ++i) loss += a[i] * a[i] * x(i) * x(i) / 2;
  EXPECT_LT(loss, losses_of("first").at(0) * 0.9);
  EXPECT_NEAR(losses_of("second").at(0), loss, 1e-6);
  EXPECT_DOUBLE_EQ(losses_of("between").at(0), losses_of("first").at(0)) << "another instance starts afresh";
  EXPECT_EQ(said("scale starts from stage first, step 3"), 1);
  EXPECT_EQ(said("scale starts from stage second, step 3"), 1) << "the evaluation at the end";
}

TEST_F(StagesTest, TheEvaluationAtTheEndMeasuresTheLatestValues) {
  run(request(stages({{"first", "a.toml"}, {"between", "b.toml"}})));
  const double after_first = measured();
  const std::vector<double> a = trained("first", "scale");
  double mean = 0;
  for (std::size_t i = 0; i < a.size(); ++i) mean += a[i] * x(i) / 4;
  EXPECT_NEAR(after_first, mean, 1e-6);

  RunRequest evaluate = request(folder_ / "whole.toml");
  evaluate.verb = RunVerb::evaluate;
  EXPECT_EQ(nlohmann::json::parse(run(evaluate).json)["evaluations"][0]["entries"][0]["mean"], after_first);
}

TEST_F(StagesTest, TheEvaluationAtTheEndKnowsWhatAStageTrained) {
  const auto trained = [&](const std::filesystem::path& path, const std::string& name) -> bool {
    return nlohmann::json::parse(run(request(path, name)).json)["evaluations"][0]["entries"][0]["trained"];
  };
  EXPECT_TRUE(trained(stages({{"first", "a.toml"}}), "of-scale"));
  EXPECT_FALSE(trained(stages({{"first", "b.toml"}}, kReader, "other.toml"), "of-another"));
}

TEST_F(StagesTest, AResumedRunCarriesWhatTheStraightOneCarries) {
  const auto path = a_b_a();
  run(request(path));
  run(request(path, "cut"));
  for (const int left : {2, 0}) {  // checkpoints of the second A, as if the process had ended there
    for (int step = left + 1; step <= 3; ++step)
      std::filesystem::remove_all(checkpoint("second", step, "cut"));
    resume(path, "cut");
    EXPECT_EQ(read(checkpoint("second", 3, "cut") / "parameters.safetensors"),
              read(checkpoint("second", 3) / "parameters.safetensors"))
        << "a cut after step " << left;
    EXPECT_EQ(measured("cut"), measured());
  }
}

TEST_F(StagesTest, EditingTheRecipeOfAStageDuringTheRunChangesNothing) {
  const std::string taken = "from = \"first.reader\"";
  run(request(stages({{"first", "a.toml"}}, taken)));
  RunRequest asked = request(folder_ / "whole.toml", "edited");
  asked.talk = [&](std::string_view) { write_stage("a.toml", "scale", "3.0"); };
  run(asked);
  EXPECT_EQ(measured("edited"), measured());

  write_stage("a.toml", "scale");
  asked = request(folder_ / "whole.toml", "deleted");
  asked.talk = [&](std::string_view) { std::filesystem::remove(folder_ / "a.toml"); };
  run(asked);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.toml"));
  EXPECT_EQ(measured("deleted"), measured());
}

TEST_F(StagesTest, AnInstanceThatNothingTrainsIsStartedOnceForAllParts) {
  run(request(a_b_a()));
  EXPECT_EQ(said("start runs"), 1);
  EXPECT_EQ(said("digest runs"), 1);
}

TEST_F(StagesTest, AnInstanceWithOtherOptionsIsStartedForItself) {
  write_stage("b.toml", "other", "3.0");
  run(request(a_b_a()));
  EXPECT_EQ(said("start runs"), 2);
}

TEST_F(StagesTest, AnInstanceWithAnotherSeedIsStartedForItself) {
  write_stage("b.toml", "other", "2.0", "seed = 7\n");
  run(request(a_b_a()));
  EXPECT_EQ(said("start runs"), 2);
}

TEST_F(StagesTest, SourcesStartAfreshInEachStage) {
  run(request(a_b_a()));
  for (const char* stage : {"first", "between", "second"})
    EXPECT_EQ(read(checkpoint(stage, 3) / "pages.state"), "3") << stage;
}

TEST_F(StagesTest, AnInstanceThatNoLaterPartAsksForIsReleased) {
  const Recipe whole =
      load_recipe(write("pool.toml", "[[stage]]\nrecipe = \"a.toml\"\n[[stage]]\nrecipe = \"b.toml\"\n"), {});
  Registry registry(request({}).plugin_folders);
  Events events(nullptr);
  const std::vector<Part> parts =
      parts_of(whole, [&](const Recipe& part) { return make_plan(part, registry); });
  InstancePool pool(parts);
  const auto start = [&](std::size_t part) {
    pool.begin(part);
    Session(parts[part].recipe, parts[part].plan, registry, events, SessionUse::train, nullptr, &pool);
  };
  constexpr std::size_t second = 1;  // component of both: the reader
  start(0);
  pool.begin(1);
  const std::weak_ptr<TensorInstance> reader = pool.find(second);
  ASSERT_FALSE(reader.expired());
  start(1);
  pool.begin(2);
  EXPECT_TRUE(reader.expired());
  set_plugin_events(nullptr);
}

TEST_F(StagesTest, AnOptionThatOnlyTheLastPartHasIsRefusedBeforeTheFirstTrains) {
  const auto path = stages({{"first", "a.toml"}}, "use = \"test/reader\", factor = 0.0");
  for (const RunVerb verb : {RunVerb::run, RunVerb::plan}) {
    RunRequest asked = request(path);
    asked.verb = verb;
    try {
      run(asked);
      FAIL() << "was taken";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::recipe);
      EXPECT_THAT(failure.what(), HasSubstr("reader (test/reader): factor is 0"));
      EXPECT_THAT(failure.what(), HasSubstr("whole.toml:"));
    }
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

TEST_F(StagesTest, AStageWhoseCheckpointsCannotBeReadIsNamed) {
  const auto path = a_b_a();
  run(request(path));
  for (int step = 1; step <= 3; ++step)
    std::ofstream(checkpoint("between", step) / "parameters.safetensors") << "damaged";
  const std::string refusal = refusal_of_resume(path);
  EXPECT_THAT(refusal, HasSubstr("checkpoints/between can be read"));
  EXPECT_THAT(refusal, HasSubstr("--fresh"));
}

TEST_F(StagesTest, ACheckpointThatStartedFromOtherParametersIsRefused) {
  const auto path = a_b_a();
  run(request(path));
  const auto file = checkpoint("second", 3) / "checkpoint.json";
  auto json = nlohmann::json::parse(read(file));
  EXPECT_EQ(json["starts"]["scale"], "stage first, step 3");
  json["starts"]["scale"] = "stage first, step 2";
  std::ofstream(file) << json;
  EXPECT_THAT(refusal_of_resume(path), HasSubstr("step-000003 started scale from stage first, step 2 when"));
  json.erase("starts");  // as versions wrote it that carried nothing over a stage between
  std::ofstream(file) << json;
  std::filesystem::remove(folder_ / "run/checkpoints/second/finished.json");  // they wrote none
  const std::string refusal = refusal_of_resume(path);
  EXPECT_THAT(refusal,
              HasSubstr("step-000003 started nothing from an earlier stage when this run starts scale"));
  EXPECT_THAT(refusal, HasSubstr("--fresh"));
}

}  // namespace
}  // namespace gistmill
