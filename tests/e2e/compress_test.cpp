// compress, and what reads a store: the shipped recipes on the real model, cut to seconds. Every token that
// is compressed costs its share of a pass, so histories are a few hundred tokens long.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/e2e/small_training.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class CompressTest : public TrainTest {
 protected:
  void SetUp() override {
    TrainTest::SetUp();
    if (IsSkipped()) return;
    history_ = read(folder_ / "text/0.txt").substr(0, 2000);
    history_ = history_.substr(0, history_.rfind(' '));  // a space is a part of the next word's token
  }
  void train(const std::string& folder, int seed) const {
    const Answer answer = gistmill(
        "run '" GISTMILL_SOURCE_DIR "/recipes/gistnet/contextual.toml'" + small() + " --folder " + folder +
        " --set run.steps=1 --set run.seed=" + std::to_string(seed) + " --set evaluations.heldout.steps=1");
    ASSERT_EQ(answer.code, 0) << answer.err;
  }
  nlohmann::json compress(const std::string& arguments) const {
    const Answer answer = gistmill("compress " + arguments + " --json");
    EXPECT_EQ(answer.code, 0) << answer.err;
    return answer.code == 0 ? nlohmann::json::parse(answer.out) : nlohmann::json();
  }
  void expect_refused(const std::string& arguments, int code, const std::string& message) const {
    const Answer answer = gistmill("compress " + arguments);
    EXPECT_EQ(answer.code, code) << answer.err;
    EXPECT_THAT(answer.err, HasSubstr(message));
  }

  std::string history_;
};

TEST_F(CompressTest, AppendsOnlyNewBlocksAndRefusesWhatIsNoGrowth) {
  train("run", 1);
  expect_refused("run text/0.txt", 2, "compress needs --out FILE");
  expect_refused("run --out s.h5", 2, "compress needs a text");
  expect_refused("text text/0.txt --out s.h5", 3, "text holds no run");
  expect_refused("run nothing.txt --out s.h5", 3, "nothing.txt: no such file");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "s.h5")) << "nothing is half made";
  write("s.h5", "no store");
  expect_refused("run text/0.txt --out s.h5", 3, "is not a readable gist store");
  EXPECT_EQ(read(folder_ / "s.h5"), "no store");

  const std::string half = history_.substr(0, history_.size() / 2);
  write("history.txt", half);
  const auto first = compress("run history.txt --out grown.h5");
  const auto blocks = first["documents"][0]["new_blocks"].get<std::int64_t>();
  EXPECT_GT(blocks, 4);
  write("history.txt", history_);
  const auto second = compress("run history.txt --out grown.h5");
  const auto more = second["documents"][0]["new_blocks"].get<std::int64_t>();
  EXPECT_GT(more, 4);
  const auto whole = compress("run history.txt --out whole.h5");
  EXPECT_EQ(whole["documents"][0]["new_blocks"], blocks + more);
  EXPECT_EQ(compress("run history.txt --out grown.h5")["documents"][0]["new_blocks"], 0);

  const std::string before = read(folder_ / "grown.h5");
  std::string changed = history_;
  changed.replace(half.size() / 2, 8, "CHANGED ");
  write("history.txt", changed);
  expect_refused("run history.txt --out grown.h5", 3, "history.txt' has changed in block ");
  write("history.txt", half.substr(0, half.size() / 2));
  expect_refused("run history.txt --out grown.h5", 3, "history.txt' has shrunk: it ends in block ");
  EXPECT_EQ(read(folder_ / "grown.h5"), before);

  train("other", 2);
  write("history.txt", history_);
  expect_refused("other history.txt --out grown.h5", 3, "was made with compressor");
  const auto refreshed = compress("other --out grown.h5 --refresh");
  EXPECT_EQ(refreshed["documents"][0]["new_blocks"], blocks + more);
  EXPECT_EQ(compress("other history.txt --out grown.h5")["documents"][0]["new_blocks"], 0);
  expect_refused("run history.txt --out grown.h5", 3, "was made with compressor");
}

TEST_F(CompressTest, MakesAStoreThatTheModelReads) {
  train("run", 1);
  write("history.txt", history_);
  compress("run history.txt --out s.h5");
  const Answer said = gistmill("inspect s.h5 --json");
  ASSERT_EQ(said.code, 0) << said.err;
  const auto store = nlohmann::json::parse(said.out)["store"];
  EXPECT_EQ(store["component"], "store/gists");
  EXPECT_TRUE(store["damaged"].empty());
  EXPECT_EQ(store["sample"].size(), 3u);
  const Answer text = gistmill("inspect s.h5 --set tokenizer.model='" + model() + "'");
  EXPECT_THAT(text.out, HasSubstr("history.txt, block 0: " + history_.substr(0, 20)));

  // All of it as tokens is the text itself: the same likelihood of what follows.
  const std::string next = " " + read(folder_ / "text/2.txt").substr(0, 200);
  write("next.txt", next);
  write("whole.txt", history_ + next);
  const std::string options = "score '" + model() + "' next.txt --store s.h5 --set teacher.dtype=f32 --json";
  const Answer raw = gistmill(options + " --recent 100000");
  ASSERT_EQ(raw.code, 0) << raw.err;
  const auto exact = nlohmann::json::parse(raw.out);
  const Answer whole = gistmill("score '" + model() + "' whole.txt --per-token --set teacher.dtype=f32");
  ASSERT_EQ(whole.code, 0) << whole.err;
  std::vector<double> nll;
  std::istringstream lines(whole.out);
  for (std::string line; std::getline(lines, line);) {
    const auto value = nlohmann::json::parse(line)["nll"];
    nll.push_back(value.is_null() ? 0 : value.get<double>());
  }
  const auto scored = exact["scored"].get<std::size_t>();
  ASSERT_GT(nll.size(), scored);
  double sum = 0;
  for (std::size_t i = nll.size() - scored; i < nll.size(); ++i) sum += nll[i];
  EXPECT_NEAR(exact["mean_nll"].get<double>(), sum / static_cast<double>(scored), 1e-4);

  const Answer gists = gistmill(options + " --recent 64");
  ASSERT_EQ(gists.code, 0) << gists.err;
  EXPECT_THAT(gists.err, HasSubstr("of them gists"));
  EXPECT_NE(nlohmann::json::parse(gists.out)["mean_nll"], exact["mean_nll"]);

  // Every number and name stays: rows beside those of the gists.
  expect_refused("run history.txt --out k.h5 --keep verbs", 2,
                 "--keep has 'verbs' when words are kept by kind");
  write("history.txt",
        history_.substr(0, 900) + " Then Mr. Darcy paid 1,250 pounds to Emma. " + history_.substr(900));
  compress("run history.txt --out k.h5 --keep numbers,names");
  const auto kept =
      nlohmann::json::parse(gistmill("inspect k.h5 --json").out)["store"]["kept"].get<std::string>();
  EXPECT_THAT(kept, HasSubstr("numbers, names: "));
  EXPECT_GE(std::stoi(kept.substr(kept.find(": ") + 2)), 5) << kept;
  expect_refused("run history.txt --out k.h5", 3,
                 "keeps words (numbers, names) as tokens when this would keep no words; say --keep "
                 "numbers,names, or --refresh");
  const Answer goes_on = gistmill("generate '" + model() + "' --store s.h5 --prompt '' --max-tokens 3");
  EXPECT_EQ(goes_on.code, 0) << goes_on.err;
  const Answer lost = gistmill("generate '" + model() + "' --store s.h5 --document b --prompt ''");
  EXPECT_EQ(lost.code, 3);
  EXPECT_THAT(lost.err, HasSubstr("holds no document 'b'"));
}

// Trained for one step, the network predicts about 0.7 nats of every block.
TEST_F(CompressTest, KeepsBlocksAsTokensWhoseGistsArePredictedToCostTooMuch) {
  const Answer trained = gistmill(
      "run '" GISTMILL_SOURCE_DIR "/recipes/gistnet/confidence.toml' --set variables.model='" + model() +
      "' --set variables.text=text --set components.documents.group=file --set "
      "components.documents.hold_out=[]"
      " --set components.documents.validation=0.3 --set components.corpus.document=192 --set "
      "components.corpus.spans=3"
      " --set components.corpus.first=32 --set components.heldout.document=192 --set "
      "components.heldout.spans=3"
      " --set components.heldout.first=32 --set run.steps=1 --set learning_rate.warmup=1"
      " --set evaluations.heldout.steps=1 --set stage.gists.run.steps=1 --set "
      "stage.gists.learning_rate.warmup=1"
      " --set stage.gists.components.corpus.document=192 --set stage.gists.components.corpus.spans=2"
      " --set stage.gists.components.corpus.first=32 --folder run");
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.out + trained.err, HasSubstr("oracle, which knows the cost"));

  write("history.txt", history_);
  expect_refused("run history.txt --out s.h5 --keep-above much", 2,
                 "--keep-above is 'much' when it should be a number from 0 to 100");
  const auto none = compress("run history.txt --out none.h5 --keep-above 5")["documents"][0];
  EXPECT_GT(none["new_blocks"], 4);
  EXPECT_EQ(none["kept_blocks"], 0);
  const auto all = compress("run history.txt --out all.h5 --keep-above 0.1")["documents"][0];
  EXPECT_EQ(all["kept_blocks"], all["new_blocks"]);
  EXPECT_EQ(all["new_blocks"], none["new_blocks"]);
  expect_refused("run history.txt --out all.h5 --keep-above 5", 3, "keeps blocks (above 0.1 nats by ");

  // A store of which all blocks are kept is the text itself.
  write("next.txt", " " + read(folder_ / "text/2.txt").substr(0, 200));
  const auto nll = [&](const std::string& store) {
    const Answer answer =
        gistmill("score '" + model() + "' next.txt --set teacher.dtype=f32 --json --store " + store);
    EXPECT_EQ(answer.code, 0) << answer.err;
    return nlohmann::json::parse(answer.out)["mean_nll"].get<double>();
  };
  EXPECT_NEAR(nll("all.h5 --recent 64"), nll("none.h5 --recent 100000"), 1e-4);
  EXPECT_GT(std::abs(nll("none.h5 --recent 64") - nll("all.h5 --recent 64")), 1e-4);

  train("plain", 1);
  expect_refused("plain history.txt --out p.h5 --keep-above 0.5", 3,
                 "trained nothing that predicts what a gist costs");
}

TEST_F(CompressTest, PlansForWhichLengthsCompressingPays) {
  train("run", 1);
  const auto refused = [&](const std::string& arguments, int code, const std::string& message) {
    const Answer answer = gistmill("plan " + arguments);
    EXPECT_EQ(answer.code, code) << answer.err;
    EXPECT_THAT(answer.err, HasSubstr(message));
  };
  refused("--compress run", 2, "plan --compress needs --length");
  refused("--compress run --length 5,,6", 2, "--length has '' when it should be a number of tokens");
  refused("--compress run --length 5 --recent 0", 2, "--recent has '0' when");
  refused("--compress run --length 5 --kept 20", 2, "--kept is '20' when it should be a number from 0 to 1");
  refused("--compress run --length 5 --memory 1G", 2, "--memory cannot be used with --compress");
  refused("run/recipe.lock.toml --length 5", 2, "--length needs --compress");
  refused("--compress text --length 5", 3, "text holds no run");

  const std::string options = "plan run --compress --length 64,300,100000 --max-tokens 4 --recent 64";
  const Answer answer = gistmill(options + " --json");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto plan = nlohmann::json::parse(answer.out);
  EXPECT_EQ(plan["block"], 32);
  EXPECT_EQ(plan["window"], 192) << "as in training";
  const auto seconds = [](const nlohmann::json& cost) { return cost["seconds"].get<double>(); };
  // All of the first text is recent: its store has nothing but its tokens.
  const auto& shortest = plan["lengths"][0];
  EXPECT_EQ(shortest["store_rows"], 64);
  EXPECT_EQ(seconds(shortest["whole"]), seconds(shortest["from_store"]));
  EXPECT_TRUE(shortest["pays_from_readings"].is_null());
  const auto& middle = plan["lengths"][1];
  EXPECT_EQ(middle["store_rows"], 300 - 7 * 32 + 7);
  EXPECT_GT(seconds(middle["compress"]), 0);
  const double saved = seconds(middle["whole"]) - seconds(middle["from_store"]);
  ASSERT_GT(saved, 0);
  EXPECT_EQ(middle["pays_from_readings"].get<double>(), std::ceil(seconds(middle["compress"]) / saved));
  EXPECT_GT(middle["whole"]["peak_bytes"].get<double>(), 50e6);
  // The model does not know so many positions.
  const auto& longest = plan["lengths"][2];
  EXPECT_TRUE(longest["whole"].is_null());
  EXPECT_TRUE(longest["pays_from_readings"].is_null());
  EXPECT_GT(longest["left_out"], 100000 - plan["positions"].get<int>());
  EXPECT_GT(seconds(longest["compress"]), 100 * seconds(middle["compress"]));
  for (const auto& run : plan["measured"]["runs"]) EXPECT_GT(run["seconds"], 0) << run;

  const Answer said = gistmill(options + " --kept 0.5");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr(std::to_string(300 - 7 * 32 + 7 + 7 * 16) + " rows"));
  for (const char* words : {"pays from", "never", "the store alone can be read", "measured: ", "computed: "})
    EXPECT_THAT(said.out, HasSubstr(words));
}

// Groups of 8 blocks of 8 tokens.
TEST_F(CompressTest, WritesGistsOfGistsAndReadsAMixOfLevels) {
  std::string options = " --folder run --set variables.model='" + model() + "' --set variables.text=text" +
                        sizes("") + sizes("stage.level1.") +
                        " --set stage.level1.components.heldout.horizon=64";
  for (const char* set :
       {"components.corpus.document=256", "components.corpus.span=64", "components.heldout.span=64",
        "components.teacher.span=64", "components.blocks.block=8", "components.blocks.blocks=8",
        "components.tokens.blocks=64", "components.all-gists.k=8", "stage.level1.components.corpus.span=8",
        "stage.level1.components.heldout.span=8", "stage.level1.components.teacher.span=8", "run.steps=1",
        "stage.level1.run.steps=1", "evaluations.heldout.steps=1",
        "stage.level1.evaluations.heldout.steps=1"})
    options += std::string(" --set ") + set;
  const Answer trained = gistmill("run '" GISTMILL_SOURCE_DIR "/recipes/gistnet/level2.toml'" + options);
  ASSERT_EQ(trained.code, 0) << trained.err;

  write("history.txt", history_.substr(0, history_.rfind(' ', 700)));
  const auto begin = compress("run history.txt --out s.h5")["documents"][0];
  EXPECT_GE(begin["new_groups"], 1);
  write("history.txt", history_);
  const auto grown = compress("run history.txt --out s.h5")["documents"][0];
  EXPECT_GE(grown["new_groups"], 2);
  EXPECT_EQ(compress("run history.txt --out s.h5")["documents"][0]["new_groups"], 0);
  const auto groups = begin["new_groups"].get<int>() + grown["new_groups"].get<int>();
  const auto store = nlohmann::json::parse(gistmill("inspect s.h5 --json").out)["store"];
  EXPECT_EQ(store["level_2_groups"], groups);
  EXPECT_EQ(store["level_1_blocks"].get<int>() / 8, groups);
  EXPECT_THAT(store["level_2"].get<std::string>(), HasSubstr("gistnet/contextual "));
  EXPECT_TRUE(store["damaged"].empty());

  write("next.txt", " and the river turned");
  const std::string options_of_score = "score '" + model() + "' next.txt --store s.h5 --recent 16";
  const Answer one = gistmill(options_of_score);
  const Answer two = gistmill(options_of_score + " --level1 100");
  ASSERT_EQ(one.code, 0) << one.err;
  ASSERT_EQ(two.code, 0) << two.err;
  // A group's gist takes the place of eight: of all groups but those that reach into the last 100 tokens.
  const auto rows = [](const Answer& answer) {
    return std::stoi(answer.err.substr(answer.err.find(" tokens as ") + 11));
  };
  const int tokens = grown["tokens"].get<int>();
  EXPECT_EQ(rows(one) - rows(two), 7 * ((tokens - 100) / 64));
  const Answer refused = gistmill("score '" + model() + "' next.txt --level1 100");
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--level1 needs --store"));
}

}  // namespace
}  // namespace gistmill
