// Chat templates against what transformers renders (renderings.json), and what is refused.
#include "plugins/tokenizer/common/chat.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/sdk/formats/refusal.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::tokenizer {
namespace {

using test::read_file;
using test::shared_data;

const nlohmann::json& renderings() {
  static const auto kFile = nlohmann::json::parse(
      read_file(std::filesystem::path(GISTMILL_SOURCE_DIR) / "tests/plugins/tokenizer/chat/renderings.json"));
  return kFile;
}

template <class Body>
std::string complaint(Body&& body) {
  try {
    body();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

class ChatRenderings : public testing::TestWithParam<const char*> {};

TEST_P(ChatRenderings, AreThoseOfTheTemplate) {
  const auto& recorded = renderings().at("renderings").at(GetParam());
  const ChatTemplate* const chat = ChatTemplate::with_sha256(recorded.at("sha256").get<std::string>());
  ASSERT_NE(chat, nullptr);
  const ChatContext context{renderings().at("bos"), renderings().at("eos"), renderings().at("date")};
  const auto& conversations = renderings().at("conversations");
  ASSERT_GE(conversations.size(), 15u);
  for (std::size_t i = 0; i < conversations.size(); ++i) {
    const auto messages = parse_messages(conversations[i].dump());
    const auto& expected = recorded.at("texts").at(i);
    if (expected.is_null()) {  // the template raises an exception
      EXPECT_NE(complaint([&] { chat->render(messages, context); }), "") << i;
    } else {
      EXPECT_EQ(chat->render(messages, context), expected.get<std::string>()) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, ChatRenderings,
                         testing::Values("HuggingFaceTB-SmolLM2-135M-Instruct", "HuggingFaceTB-SmolLM3-3B",
                                         "Qwen-Qwen2.5-7B-Instruct", "Qwen-Qwen3-0.6B",
                                         "meta-llama-Llama-2-7b-chat-hf", "meta-llama-Llama-3.1-8B-Instruct",
                                         "meta-llama-Llama-3.2-3B-Instruct"),
                         [](const auto& name) {
                           std::string text = name.param;
                           std::erase_if(text, [](char c) { return c == '-' || c == '.'; });
                           return text;
                         });

class ChatTemplateFile : public testing::TestWithParam<const char*> {};

TEST_P(ChatTemplateFile, IsKnownByItsHash) {
  const auto file = shared_data(std::string("tokenizers/chat-templates/") + GetParam() + ".jinja");
  GISTMILL_SKIP_WITHOUT(file);
  const std::string text = read_file(file);
  EXPECT_EQ(ChatTemplate::sha256(text), renderings().at("renderings").at(GetParam()).at("sha256"));
  EXPECT_NE(ChatTemplate::find(text), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Of, ChatTemplateFile,
                         testing::Values("HuggingFaceTB-SmolLM3-3B", "Qwen-Qwen2.5-7B-Instruct",
                                         "Qwen-Qwen3-0.6B", "meta-llama-Llama-3.2-3B-Instruct"),
                         [](const auto& name) {
                           std::string text = name.param;
                           std::erase_if(text, [](char c) { return c == '-' || c == '.'; });
                           return text;
                         });

TEST(ChatTemplate, IsComparedWithoutANewlineAtTheEnd) {
  EXPECT_EQ(ChatTemplate::sha256("a\n"), ChatTemplate::sha256("a"));
  EXPECT_NE(ChatTemplate::sha256("a\n\n"), ChatTemplate::sha256("a"));
}

TEST(ChatTemplate, IsUnknownWhereOneCharacterDiffers) {
  EXPECT_EQ(ChatTemplate::find("{{ messages }}"), nullptr);
}

TEST(ChatTemplate, RefusesAnEmptyListOfMessages) {
  const auto* const chat =
      ChatTemplate::with_sha256("87a2728cb8dc9fe424d624542f6060ec05a1d285ebbec578bb078900e33396b5");
  ASSERT_NE(chat, nullptr);
  EXPECT_EQ(complaint([&] { chat->render({}, {}); }), "there are no messages");
  EXPECT_EQ(chat->default_date(), "");
}

TEST(ChatTemplate, KnowsADateWhereNobodyGivesOne) {
  const auto* const fixed =
      ChatTemplate::with_sha256("93c0e9aa3629bbd77e68dbc0f5621f6e6b23aa8d74b932595cdb8d64684526d7");
  const auto* const today =
      ChatTemplate::with_sha256("d82792f95932f1c9cef5c4bd992f171225e3bf8c7b609b4557c9e1ec96be819f");
  ASSERT_TRUE(fixed != nullptr && today != nullptr);
  EXPECT_EQ(fixed->default_date(), "26 Jul 2024");
  EXPECT_THAT(today->default_date(),
              testing::MatchesRegex("[0-9][0-9] [A-Z][a-z][a-z] [0-9][0-9][0-9][0-9]"));
}

TEST(ChatMessages, AreObjectsWithARoleAndAContent) {
  const auto messages =
      parse_messages(R"([{"role":"user","content":"a\nb"},{"content":"","role":"assistant"}])");
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].content, "a\nb");
  EXPECT_EQ(messages[1].role, "assistant");
}

TEST(ChatMessages, AreRefusedWhereTheyAreAnythingElse) {
  const auto of = [](const char* json) { return complaint([&] { parse_messages(json); }); };
  EXPECT_EQ(of("{}"), "messages are not a JSON array");
  EXPECT_EQ(of("[1]"), "message 0 is not an object");
  EXPECT_EQ(of(R"([{"role":"user"}])"), "message 0 has no role or no content");
  EXPECT_EQ(of(R"([{"role":"user","content":["a"]}])"), "message 0: content is not a string");
  EXPECT_EQ(of(R"([{"role":"tool","content":"a"}])"),
            "message 0 has role 'tool', expected system, user or assistant");
  EXPECT_EQ(of(R"([{"role":"user","content":"a","tool_calls":[]}])"),
            "message 0 has 'tool_calls', expected role and content only");
  EXPECT_THAT(test::refusal([] { parse_messages("[{]"); }), testing::HasSubstr("messages:1:3: "));
}

}  // namespace
}  // namespace gistmill::tokenizer
