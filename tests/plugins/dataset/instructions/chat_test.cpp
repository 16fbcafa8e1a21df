// Form chat: messages with a mark, and the two sides of what a chat template makes of them.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/plugins/dataset/instructions/opened.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::testing::ScratchFolder;
using test::GivenPiece;
using ::testing::HasSubstr;

Tensor bytes(const std::string& text) {
  return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                    {static_cast<std::int64_t>(text.size())});
}

// A chat template as ChatML has it.
std::string rendered(const std::string& messages) {
  std::string text;
  for (const auto& message : nlohmann::json::parse(messages)) {
    text +=
        "<|" + message["role"].get<std::string>() + "|>" + message["content"].get<std::string>() + "<|end|>";
  }
  return text + "<|assistant|>";
}

class InstructionChat : public ::testing::Test {
 protected:
  std::vector<std::string> parts(const std::string& samples) const {
    test::write(scratch_ / "a.json", samples);
    const auto texts =
        test::open_texts({(scratch_ / "a.json").string()}, {{"form", std::string("chat")},
                                                            {"before", std::string("{instruction}\n")},
                                                            {"completion", std::string("{output}")}});
    std::vector<std::string> found;
    for (const GivenPiece& piece : test::all_pieces(*texts)) {
      found.push_back(
          test::text_of(texts->part(bytes(rendered(piece.messages)), bytes(piece.text), bytes(piece.name))));
    }
    return found;
  }

  ScratchFolder scratch_;
};

TEST_F(InstructionChat, PutsTheGistBehindTheInstructionInTheUsersMessage) {
  EXPECT_THAT(parts(R"([{"instruction": "Add.", "input": "1 2", "output": "3"}])"),
              ::testing::ElementsAre("<|user|>Add.\n", "Add.", "\nInput: 1 2<|end|><|assistant|>", "3"));
}

TEST_F(InstructionChat, PutsTheGistBehindTheSystemMessageOfAConversation) {
  EXPECT_THAT(parts(R"([{"messages": [{"role": "system", "content": "Be brief."},
                                      {"role": "user", "content": "2+2?"},
                                      {"role": "assistant", "content": "4"}]}])"),
              ::testing::ElementsAre("<|system|>Be brief.\n", "Be brief.",
                                     "<|end|><|user|>2+2?<|end|><|assistant|>", "4"));
}

TEST_F(InstructionChat, RefusesATemplateThatChangesTheText) {
  const auto texts = [&] {
    test::write(scratch_ / "a.json", R"([{"instruction": "Add.", "output": "3"}])");
    return test::open_texts({(scratch_ / "a.json").string()}, {{"form", std::string("chat")}});
  }();
  const GivenPiece piece = test::next(*texts);
  try {
    texts->part(bytes("<|user|>Add."), bytes(piece.text), bytes(piece.name));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.key, "form");
  }
}

TEST_F(InstructionChat, RefusesASampleThatHoldsTheMark) {
  try {
    parts("[{\"instruction\": \"a\\uE100\\uE101b\", \"output\": \"3\"}]");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("U+E100 U+E101"));
  }
}

TEST_F(InstructionChat, PlainFormHasNoMessages) {
  test::write(scratch_ / "a.json", R"([{"instruction": "Add.", "output": "3"}])");
  EXPECT_EQ(test::next(*test::open_texts({(scratch_ / "a.json").string()})).messages, "");
}

}  // namespace
}  // namespace gistmill::dataset
