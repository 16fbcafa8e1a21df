// A student without attention, from text to a folder that the verbs on models read.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

class StudentTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write("bpe/tokenizer.json", read(GISTMILL_SOURCE_DIR "/tests/plugins/tokenizer/fixtures/smollm.json"));
    for (const char* name : {"a", "b", "c", "d"}) {
      std::string text;
      for (int i = 0; i < 60; ++i) text += "the river " + std::string(name) + " turns under the bridge. ";
      write("text/" + std::string(name) + ".txt", text);
    }
    write("pack.toml", R"([components]
documents = { use = "dataset/text", files = ["text"], group = "file", hold_out = ["text/d.txt"] }
tokenizer = { use = "tokenizer/bpe", model = "bpe" }
packing = { use = "store/packed", folder = "packed", max_seq_length = 32, separator = [0], tail = "join" }
sequences = { use = "dataset/packed", corpus = "pack" }

[pipelines.pack]
steps = ["documents.next", "tokenizer.encode", "packing.append"]
)");
    write("recipe.toml", R"([components]
sequences = { use = "dataset/packed", folder = "packed", batch = 4 }
heldout = { use = "dataset/packed", folder = "packed", split = "validation", order = "sequential" }
student = { use = "student/retnet", vocabulary = 600, layers = 2, width = 32, heads = 4, chunk = 8, max_tokens = 6, tokenizer = "bpe" }
loss = { use = "loss/cross-entropy" }
optimizer = { use = "optimizer/adamw" }

[pipelines.train]
steps = ["sequences.next", "student.forward", "loss.value"]
minimize = "loss"
train = ["student"]

[pipelines.measure]
steps = ["heldout.next", "student.forward", "loss.value"]

[run]
steps = 30
seed = 1
device = "cpu"

[learning_rate]
peak = 1e-2

[checkpoints]
every = 30

[evaluations.heldout]
pipeline = "measure"
steps = 2
)");
  }
};

TEST_F(StudentTest, IsTrainedExportedAndReadByEveryVerb) {
  const Answer packed = gistmill("prepare pack.toml");
  ASSERT_EQ(packed.code, 0) << packed.err;
  const Answer run = gistmill("run recipe.toml --folder run");
  ASSERT_EQ(run.code, 0) << run.err;
  const auto summary = nlohmann::json::parse(read(folder_ / "run/summary.json"));
  const double measured = summary["evaluations"][0]["entries"][0]["mean"];
  EXPECT_LT(measured, 4.0) << "of log 600 = 6.4 nats at the start";

  const Answer exported = gistmill("export run student");
  ASSERT_EQ(exported.code, 0) << exported.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "student/tokenizer.json"));
  const Answer inspected = gistmill("inspect student --json");
  EXPECT_EQ(nlohmann::json::parse(inspected.out)["student"]["component"], "student/retnet") << inspected.err;

  const Answer scored = gistmill("score student text/d.txt --json");
  ASSERT_EQ(scored.code, 0) << scored.err;
  EXPECT_NEAR(nlohmann::json::parse(scored.out)["mean_nll"].get<double>(), measured, 0.5);
  const Answer generated = gistmill("generate student --prompt 'the riv'");
  ASSERT_EQ(generated.code, 0) << generated.err;
  EXPECT_FALSE(generated.out.empty());
}

}  // namespace
}  // namespace gistmill
