// Samples from JSON arrays and JSON lines: order, places in messages, what is broken.
#include <gmock/gmock.h>

#include "tests/plugins/dataset/instructions/opened.hpp"
#include "tests/plugins/support/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using test::GivenPiece;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kTwo = R"([
  {"instruction": "Name a color.", "input": "", "output": "Red"},
  {"instruction": "Add.", "input": "1 2", "output": "3"}
])";

class InstructionFilesTest : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) const {
    test::write(scratch_ / name, text);
    return (scratch_ / name).string();
  }
  std::vector<std::string> outputs(const std::string& file, const PlainTable& changes = {}) const {
    std::vector<std::string> found;
    for (const GivenPiece& piece : test::all_pieces(*test::open_texts({file}, changes))) {
      if (piece.name.starts_with("completion/")) found.push_back(piece.text);
    }
    return found;
  }
  std::string refusal(const std::string& file, const PlainTable& changes = {}) const {
    return gistmill::test::refusal_of([&] { outputs(file, changes); });
  }

  ScratchFolder scratch_;
};

TEST_F(InstructionFilesTest, ReadsAnArrayAndLinesAlike) {
  EXPECT_THAT(outputs(file("a.json", kTwo)), ElementsAre(" Red", " 3"));
  const std::string lines = R"({"instruction": "Name a color.", "output": "Red"})"
                            "\r\n\n"
                            R"({"instruction": "Add.", "input": "1 2", "output": "3"})";
  EXPECT_THAT(outputs(file("a.jsonl", lines)), ElementsAre(" Red", " 3"));
  EXPECT_THAT(outputs(file("b.json", lines)), ElementsAre(" Red", " 3")) << "whatever the file's name";
}

TEST_F(InstructionFilesTest, ReadsAnArrayBehindAByteOrderMark) {
  EXPECT_THAT(outputs(file("a.json", std::string("\xEF\xBB\xBF \n") + kTwo)), ElementsAre(" Red", " 3"));
}

TEST_F(InstructionFilesTest, NamesLineAndColumnOfASampleWithoutOutput) {
  const std::string path =
      file("a.json", "[\n  {\"instruction\": \"a\", \"output\": \"b\"},\n  {\"instruction\": \"Add.\"}\n]");
  EXPECT_EQ(
      refusal(path),
      "files: " + path + ":3:3: the sample has no field 'output'; broken = \"skip\" leaves such samples out");
}

TEST_F(InstructionFilesTest, NamesTheLineOfABrokenOne) {
  const std::string path =
      file("a.jsonl", "{\"instruction\": \"a\", \"output\": \"b\"}\n{\"instruction\": \"\"}\n");
  EXPECT_THAT(refusal(path), StartsWith("files: " + path + ":2"));
  EXPECT_THAT(refusal(path), HasSubstr("the sample's instruction is empty"));
}

TEST_F(InstructionFilesTest, RefusesAnArrayThatIsCutShortBeforeAnySampleIsGiven) {
  const std::string path = file("a.json", std::string(kTwo).substr(0, 80));
  const auto texts = test::open_texts({path}, {{"broken", std::string("skip")}});
  try {
    texts->next();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("a.json:3:"));
    EXPECT_THAT(error.what(), HasSubstr("is not JSON: the end"));
  }
}

TEST_F(InstructionFilesTest, RefusesWhatIsNoObjectAndWhatFollowsTheArray) {
  EXPECT_THAT(refusal(file("a.json", "[\"text\"]")), HasSubstr("a.json:1:2: a sample is a string"));
  EXPECT_THAT(refusal(file("b.json", "[] []")), HasSubstr("b.json:1:4: "));
  EXPECT_THAT(refusal(file("c.jsonl", "3\n")), HasSubstr("a sample is a number when it should be an object"));
  EXPECT_THAT(refusal(file("d.jsonl", "{\"instruction\": \"a\", \"output\": \"b\"} x\n")),
              HasSubstr("d.jsonl:1"));
}

TEST_F(InstructionFilesTest, SaysWhenThereIsNoSample) {
  EXPECT_THAT(refusal(file("a.json", "[]")), EndsWith("no text in 1 files: each is empty"));
  EXPECT_THAT(refusal(file("b.json", "[{}]"), {{"broken", std::string("skip")}}),
              HasSubstr("1 of 1 samples are broken, the first: " + (scratch_ / "b.json").string() + ":1:2"));
}

TEST_F(InstructionFilesTest, LeavesBrokenSamplesOutWhereThatIsAskedFor) {
  const std::string mixed = R"([{"instruction": "a"}, {"instruction": "b", "output": "yes"}, 7,
                                {"instruction": "c", "output": ""}])";
  EXPECT_THAT(outputs(file("a.json", mixed), {{"broken", std::string("skip")}}), ElementsAre(" yes"));
}

TEST_F(InstructionFilesTest, ReplacesBytesThatAreNotUtf8OrRefusesThem) {
  const std::string path = file("a.json", "[{\"instruction\": \"a\xFF\", \"output\": \"b\"}]");
  const auto texts = test::open_texts({path});
  EXPECT_EQ(test::next(*texts).text, "Instruction: a\xEF\xBF\xBD\n");
  EXPECT_THAT(refusal(path, {{"invalid", std::string("fail")}}), HasSubstr("0xff, is not UTF-8"));
}

TEST_F(InstructionFilesTest, HoldsOutASampleWithAllItsPieces) {
  std::string lines;
  for (int i = 0; i < 40; ++i) lines += "{\"instruction\": \"a\", \"output\": \"b\"}\n";
  const auto pieces = test::all_pieces(*test::open_texts({file("a.jsonl", lines)}, {{"validation", 0.3}}));
  ASSERT_EQ(pieces.size(), 160u);
  int held_out = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    EXPECT_EQ(pieces[i].split, pieces[i - i % 4].split);
    held_out += pieces[i].split;
  }
  EXPECT_GT(held_out, 4 * 4);
  EXPECT_LT(held_out, 4 * 24);
}

}  // namespace
}  // namespace gistmill::dataset
