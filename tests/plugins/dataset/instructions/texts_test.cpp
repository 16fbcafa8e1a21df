// The pieces of a sample: their texts, names and order, and going on from a saved position.
#include <gmock/gmock.h>

#include "tests/plugins/dataset/instructions/opened.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::testing::ScratchFolder;
using test::GivenPiece;
using ::testing::ElementsAre;

class InstructionTextsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    test::write(scratch_ / "a.json", R"([{"instruction": "Say hi.", "input": "", "output": "hi"},
                                         {"instruction": "Add {input}.", "input": "1 {output}", "output": "{x}"}])");
  }
  std::unique_ptr<InstructionTexts> open(const gistmill::test::PlainTable& changes = {}) const {
    return test::open_texts({(scratch_ / "a.json").string()}, changes);
  }
  std::vector<std::string> texts(const gistmill::test::PlainTable& changes = {}) const {
    std::vector<std::string> found;
    for (const GivenPiece& piece : test::all_pieces(*open(changes)))
      found.push_back(piece.name + "=" + piece.text);
    return found;
  }

  ScratchFolder scratch_;
};

TEST_F(InstructionTextsTest, AreThePromptOfThePaperAroundTheGistTokens) {
  EXPECT_THAT(texts(), ElementsAre("before/0=Instruction: Say hi.\n", "instruction/0=Say hi.",
                                   "after/0=\nOutput:", "completion/0= hi",
                                   "before/1=Instruction: Add {input}.\n", "instruction/1=Add {input}.",
                                   "after/1=\nInput: 1 {output}\nOutput:", "completion/1= {x}"));
}

TEST_F(InstructionTextsTest, TakeAnotherFormOfPrompt) {
  EXPECT_EQ(texts({{"before", std::string("<<{instruction}>>")},
                   {"input", std::string(" on {input}")},
                   {"after", std::string("?")},
                   {"completion", std::string("{output}")}})[6],
            "after/1= on 1 {output}?");
}

TEST_F(InstructionTextsTest, RefuseAFormWithoutItsPlaceholder) {
  for (const char* key : {"before", "input", "completion"}) {
    try {
      open({{key, std::string("x")}});
      FAIL() << key;
    } catch (const Error& error) {
      EXPECT_EQ(error.key, key);
    }
  }
}

TEST_F(InstructionTextsTest, GoOnFromAnySavedPosition) {
  const auto whole = open();
  for (int given = 0; given <= 8; ++given) {
    const auto resumed = open();
    resumed->load_state(whole->save_state());
    EXPECT_EQ(resumed->save_state(), whole->save_state());
    if (given == 8) {
      EXPECT_THROW(resumed->next(), EndOfData);
      break;
    }
    const GivenPiece expected = test::next(*whole);
    const GivenPiece piece = test::next(*resumed);
    EXPECT_EQ(piece.name + piece.text, expected.name + expected.text);
  }
  EXPECT_THROW(open()->load_state("dataset/instruction-texts 1 9"), Error) << "there are 8";
  EXPECT_THROW(open()->load_state("dataset/needle-phrases 1 0"), Error);
}

TEST_F(InstructionTextsTest, HaveADigestOfNamesAndContents) {
  const std::string before = open()->digest();
  EXPECT_EQ(open()->digest(), before);
  test::write(scratch_ / "a.json", R"([{"instruction": "Say hi.", "output": "ho"}])");
  EXPECT_NE(open()->digest(), before);
}

}  // namespace
}  // namespace gistmill::dataset
