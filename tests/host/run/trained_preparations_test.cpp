// Files that are prepared with what the run trains: made when the run gets there, named by the parameters,
// never stale; and files that were given, refused where they were made with others.
#include <gmock/gmock.h>

#include <sstream>

#include "gistmill/formats/safetensors.hpp"
#include "host/diagnostic/failure.hpp"
#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class TrainedPreparations : public RunTest {
 protected:
  static constexpr int kSteps = 4;

  void SetUp() override {
    RunTest::SetUp();
    write("a.toml", over({"plain/ramp.toml"}) + common());
    write("b.toml", over({"plain/ramp.toml"}) + common() + R"(
[components]
short   = { use = "test/ramp", calls = 3, growth = 1 }
shelf   = { use = "test/shelf" }
shelved = { use = "test/shelved", made = "shelve" }
other   = { use = "test/scale" }
[pipelines.shelve]
steps = ["short.next", "scale.apply", { call = "shelf.append", in = { x = "y" } }]
[pipelines.train]
steps = ["shelved.next", "other.apply", "loss.value"]
train = ["other"]
)");
  }
  std::string common() const {
    return "[run]\nsteps = 4\nprepared = \"" + (folder_ / "prepared").string() +
           "\"\n[learning_rate]\npeak = 0.1\n[checkpoints]\nevery = 1\nkeep = 99\n";
  }
  std::filesystem::path cycles(int count, const std::string& more = "") {
    return write("whole.toml", "[run]\nprepared = \"" + (folder_ / "prepared").string() +
                                   "\"\n[[stage]]\ncycles = " + std::to_string(count) +
                                   "\n[[stage.stage]]\nrecipe = \"a.toml\"\n[[stage.stage]]\nrecipe = "
                                   "\"b.toml\"\n" +
                                   more);
  }
  std::vector<std::filesystem::path> prepared() const {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder_ / "prepared", error), end; !error && entry != end;
         entry.increment(error)) {
      if (entry->path().extension() == ".h5") files.push_back(entry->path());
    }
    return files;
  }
  std::filesystem::path checkpoint(const std::string& stage, int step, const std::string& run = "run") const {
    return folder_ / run / "checkpoints" / stage / ("step-00000" + std::to_string(step));
  }
  std::vector<float> parameters(const std::filesystem::path& folder, const std::string& name) const {
    const formats::Safetensors file(folder / "parameters.safetensors");
    const formats::SafetensorsTensor& tensor = file.tensor(name);
    std::vector<float> values(tensor.row_length());
    file.read_rows(tensor, 0, 1, values.data());
    return values;
  }
  // The first row of a file, which is that of x = (i + 1) / N.
  std::vector<float> first_row(const std::filesystem::path& file) const {
    std::istringstream text(read(file));
    std::string line;
    std::getline(text, line);
    std::getline(text, line);
    std::istringstream row(line);
    return {std::istream_iterator<float>(row), std::istream_iterator<float>()};
  }
  static nlohmann::json provenance(const std::string& text) {
    return nlohmann::json::parse(text.substr(0, text.find('\n')));
  }
  std::string refused(const RunRequest& asked) {
    try {
      run(asked);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::recipe);
      return failure.what();
    }
    return "not refused";
  }
};

TEST_F(TrainedPreparations, AFileIsMadeWithWhatAnEarlierStageTrained) {
  run(request(cycles(1)));
  ASSERT_EQ(prepared().size(), 1u);
  const std::vector<float> a = parameters(checkpoint("a", kSteps), "scale.a");
  const std::vector<float> row = first_row(prepared()[0]);
  ASSERT_EQ(row.size(), a.size());
  EXPECT_LT(a[0], 1) << "it has learned something";
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_NEAR(row[i], a[i] * static_cast<float>(i + 1) / static_cast<float>(a.size()), 1e-5);
  EXPECT_TRUE(provenance(read(prepared()[0]))["parameters"].contains("scale"));
  EXPECT_THAT(talk_, HasSubstr("shelve: scale starts from stage a, step 4"));
}

TEST_F(TrainedPreparations, EveryPassPreparesAnewAndReadsItFromTheBeginning) {
  run(request(cycles(2)));
  ASSERT_EQ(prepared().size(), 2u);
  EXPECT_NE(provenance(read(prepared()[0]))["parameters"], provenance(read(prepared()[1]))["parameters"]);
  const std::string first = read(checkpoint("b.1", kSteps) / "shelved.state");
  const std::string second = read(checkpoint("b.2", kSteps) / "shelved.state");
  EXPECT_EQ(second.substr(0, 2), "4 ");
  EXPECT_NE(first, second);
}

TEST_F(TrainedPreparations, ACutRunFindsTheSameFilesAndEndsBitForBitTheSame) {
  const auto path = cycles(2);
  run(request(path));
  const std::vector<std::string> order = {"a.1", "b.1", "a.2", "b.2"};
  run(request(path, "cut"));
  EXPECT_EQ(prepared().size(), 2u) << "another run with the same parameters";
  for (std::size_t stage = order.size(); stage-- > 0;) {
    for (int step = kSteps - 1; step >= 0; --step) {
      for (std::size_t later = stage + 1; later < order.size(); ++later)
        std::filesystem::remove_all(folder_ / "cut/checkpoints" / order[later]);
      std::filesystem::remove(folder_ / "cut/checkpoints" / order[stage] / "finished.json");
      for (int gone = step + 1; gone <= kSteps; ++gone)
        std::filesystem::remove_all(checkpoint(order[stage], gone, "cut"));
      resume(path, "cut");
      for (const std::string& name : order) {
        ASSERT_EQ(read(checkpoint(name, kSteps, "cut") / "parameters.safetensors"),
                  read(checkpoint(name, kSteps) / "parameters.safetensors"))
            << name << " after a cut at step " << step << " of " << order[stage];
      }
      ASSERT_EQ(prepared().size(), 2u);
    }
  }
}

TEST_F(TrainedPreparations, WhatNothingTrainsIsMadeAtOnceAndNamedAsEver) {
  const auto files = prepare_files(request(folder_ / "b.toml"));
  ASSERT_EQ(files.size(), 1u);
  EXPECT_FALSE(provenance(read(prepared()[0])).contains("parameters"));
}

TEST_F(TrainedPreparations, PrepareSaysWhatWaitsForTheRun) {
  PrepareRequest asked;
  asked.recipe = cycles(2);
  asked.plugin_folders = request(asked.recipe).plugin_folders;
  const PreparedAnswer answer = prepare_recipe(asked);
  EXPECT_TRUE(prepared().empty());
  EXPECT_THAT(answer.text, AllOf(HasSubstr("b.1, shelve  made when the run gets there: it reads scale, which "
                                           "stage a.1 trains\n"),
                                 HasSubstr("b.2, shelve  made when the run gets there: it reads scale, which "
                                           "stage a.2 trains\n")));
}

TEST_F(TrainedPreparations, PlanSaysThatTheFileWaitsAndMeasuresTheRest) {
  RunRequest asked = request(cycles(1));
  asked.verb = RunVerb::plan;
  asked.measure = true;
  const RunOutcome outcome = run(asked);
  EXPECT_THAT(outcome.text, AllOf(HasSubstr("not measured: shelve is made when the run gets there: it reads "
                                            "scale, which stage a trains"),
                                  HasSubstr("time     about")));
  EXPECT_TRUE(prepared().empty());
}

TEST_F(TrainedPreparations, ACheckpointThatTheRecipeNamesMakesAFileOfItsOwn) {
  run(request(folder_ / "a.toml", "first"));
  const auto with = [&](int step) {
    write("named.toml", "extends = \"b.toml\"\n[components]\nscale = { parameters = \"" +
                            checkpoint("", step, "first").string() + "\" }\n");
    return prepare_files(request(folder_ / "named.toml"))[0]["path"].get<std::string>();
  };
  const std::string second = with(2), fourth = with(4);
  EXPECT_NE(second, fourth);
  EXPECT_NE(first_row(second), first_row(fourth));
  EXPECT_EQ(with(2), second) << "it is there already";
}

TEST_F(TrainedPreparations, AFileThatWasMadeWithOtherParametersIsRefusedBeforeTheRun) {
  run(request(folder_ / "a.toml", "first"));
  prepare_files(request(folder_ / "b.toml"));
  const std::string untrained = prepared()[0].string();
  const std::string given = "[components]\nscale = { parameters = \"" + checkpoint("", 4, "first").string() +
                            "\" }\nshelved = { made = \"\", file = \"" + untrained + "\" }\n";
  const auto path = write("given.toml", "extends = \"b.toml\"\n" + given);
  EXPECT_THAT(
      refused(request(path)),
      AllOf(HasSubstr("given.toml:"), HasSubstr("was made with another scale than this run has"),
            HasSubstr("test/scale {} without training, not test/scale trained to "),
            HasSubstr("name the pipeline that makes it in `made`"), HasSubstr("any = true takes it")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/checkpoints"));
  RunRequest plan = request(path);
  plan.verb = RunVerb::plan;
  EXPECT_THAT(refused(plan), HasSubstr("was made with another scale"));
  write("taken.toml", "extends = \"given.toml\"\n[components]\nshelved = { any = true }\n");
  EXPECT_EQ(run(request(folder_ / "taken.toml")).code, ExitCode::ok);
}

TEST_F(TrainedPreparations, AFileOfAnUntrainedOneIsRefusedWhereAStageTrainsIt) {
  prepare_files(request(folder_ / "b.toml"));
  write("given.toml", "extends = \"b.toml\"\n[components]\nshelved = { made = \"\", file = \"" +
                          prepared()[0].string() + "\" }\n");
  const auto path =
      write("late.toml", "[[stage]]\nrecipe = \"a.toml\"\n[[stage]]\nrecipe = \"given.toml\"\n");
  EXPECT_THAT(refused(request(path)), HasSubstr("which stage a trains"));
  EXPECT_THAT(talk_, Not(HasSubstr("starts from")));
}

}  // namespace
}  // namespace gistmill
