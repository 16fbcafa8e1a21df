// What goes into a chat template and which one: requests, special tokens, dates; real templates against what
// transformers renders (renderings.json).
#include "plugins/tokenizer/common/chat.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/sdk/formats/refusal.hpp"
#include "tests/sdk/formats/test_data.hpp"
#include "tests/support/message_of.hpp"

namespace gistmill::tokenizer {
namespace {

using gistmill::test::message_of;
using nlohmann::ordered_json;
using test::read_file;
using test::shared_data;
using testing::HasSubstr;

const ordered_json& renderings() {
  static const auto kFile = ordered_json::parse(
      read_file(std::filesystem::path(GISTMILL_SOURCE_DIR) / "tests/plugins/tokenizer/chat/renderings.json"));
  return kFile;
}

// One template, or some by name, with a place of its own each.
Chat chat_of(const std::string& text, const std::string& date = "") {
  return Chat({{"default", "m.jinja", text}}, {{"bos_token", "<s>"}, {"eos_token", "</s>"}}, date);
}
std::string rendered(const std::string& text, const std::string& request) {
  return chat_of(text).render(parse_request(request));
}

class RealTemplate : public testing::TestWithParam<const char*> {};

TEST_P(RealTemplate, RendersWhatTransformersRenders) {
  const auto file = shared_data(std::string("tokenizers/chat-templates/") + GetParam() + ".jinja");
  GISTMILL_SKIP_WITHOUT(file);
  const Chat chat({{"default", "file", read_file(file)}},
                  {{"bos_token", renderings().at("bos")}, {"eos_token", renderings().at("eos")}},
                  renderings().at("date"));
  const auto& texts = renderings().at("renderings").at(GetParam()).at("texts");
  const auto& conversations = renderings().at("conversations");
  ASSERT_GE(conversations.size(), 15u);
  for (std::size_t i = 0; i < conversations.size(); ++i) {
    const ChatRequest request = parse_request(conversations[i].dump());
    if (texts.at(i).is_null()) {  // the template raises an exception
      EXPECT_NE(message_of<std::invalid_argument>([&] { chat.render(request); }), "") << i;
    } else {
      EXPECT_EQ(chat.render(request), texts.at(i).get<std::string>()) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, RealTemplate,
                         testing::Values("HuggingFaceTB-SmolLM3-3B", "Qwen-Qwen2.5-7B-Instruct",
                                         "Qwen-Qwen3-0.6B", "meta-llama-Llama-3.2-3B-Instruct"),
                         [](const auto& name) {
                           std::string text = name.param;
                           std::erase_if(text, [](char c) { return c == '-' || c == '.'; });
                           return text;
                         });

TEST(ChatRequest, IsAListOfMessagesOrAnObjectWithMore) {
  const ChatRequest list = parse_request(R"([{"role":"user","content":"a"}])");
  EXPECT_EQ(list.variables["messages"][0]["content"], "a");
  EXPECT_EQ(list.variables["add_generation_prompt"], true);
  EXPECT_TRUE(list.variables["tools"].is_null());
  const ChatRequest object = parse_request(
      R"({"messages":[{"role":"tool"}],"tools":[{"name":"f"}],"add_generation_prompt":false,"enable_thinking":true})");
  EXPECT_EQ(object.variables["add_generation_prompt"], false);
  EXPECT_EQ(object.variables["tools"][0]["name"], "f");
  EXPECT_EQ(object.variables["enable_thinking"], true);
}

TEST(ChatRequest, IsRefusedWhereItIsAnythingElse) {
  const auto of = [](const char* json) {
    return message_of<std::invalid_argument>([&] { parse_request(json); });
  };
  EXPECT_EQ(of("1"), "messages are not a JSON array");
  EXPECT_EQ(of("{}"), "messages are not a JSON array");
  EXPECT_EQ(of("[]"), "there are no messages");
  EXPECT_EQ(of("[1]"), "message 0 is not an object");
  EXPECT_EQ(of(R"([{"role":"user"},{"content":"a"}])"), "message 1 has no role");
  EXPECT_EQ(of(R"([{"role":1}])"), "message 0: role is not a string");
  EXPECT_EQ(of(R"({"messages":[{"role":"a"}],"add_generation_prompt":1})"),
            "add_generation_prompt is not true or false");
  EXPECT_EQ(of(R"({"messages":[{"role":"a"}],"add_generation_prompt":true,"continue_final_message":true})"),
            "continue_final_message and add_generation_prompt exclude each other");
  EXPECT_THAT(test::refusal([] { parse_request("[{]"); }), HasSubstr("messages:1:3: "));
}

TEST(Chat, GivesTheTemplateSpecialTokensAndEveryVariable) {
  EXPECT_EQ(
      rendered("{{ bos_token }}{% for m in messages %}{{ m.role }}:{{ m.content }}{{ eos_token }}{% endfor %}"
               "{{ '>' if add_generation_prompt }}{{ tools is none }}{{ pad_token is defined }}{{ more }}",
               R"({"messages":[{"role":"user","content":"a"}],"more":[1]})"),
      "<s>user:a</s>>TrueFalse[1]");
}

TEST(Chat, KeepsTheOrderOfKeys) {
  EXPECT_EQ(
      rendered("{{ tools|tojson }}", R"({"messages":[{"role":"u"}],"tools":[{"z":1,"a":{"c":2,"b":3}}]})"),
      R"([{"z": 1, "a": {"c": 2, "b": 3}}])");
}

TEST(Chat, TakesTheTemplateForToolsWhereThereIsOne) {
  const Chat chat({{"default", "p", "plain"}, {"tool_use", "q", "with tools"}, {"rag", "r", "rag"}}, {}, "");
  EXPECT_EQ(chat.names(), "default, tool_use, rag");
  EXPECT_EQ(chat.render(parse_request(R"([{"role":"u"}])")), "plain");
  EXPECT_EQ(chat.render(parse_request(R"({"messages":[{"role":"u"}],"tools":[]})")), "with tools");
  EXPECT_EQ(chat.render(parse_request(R"({"messages":[{"role":"u"}],"chat_template":"rag"})")), "rag");
  EXPECT_EQ(message_of<std::invalid_argument>(
                [&] { chat.render(parse_request(R"({"messages":[{"role":"u"}],"chat_template":"x"})")); }),
            "there is no chat template 'x', expected one of default, tool_use, rag");
}

TEST(Chat, ContinuesTheLastMessage) {
  const std::string text =
      "{% for m in messages %}[{{ m.content|trim }}]{% endfor %}{{ '>' if add_generation_prompt }}";
  const auto request = [](const std::string& content) {
    return R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":)" + content +
           R"(}],"continue_final_message":true})";
  };
  EXPECT_EQ(rendered(text, request(R"("b  ")")), "[a][b");
  EXPECT_EQ(rendered("{{ messages[1].content }}!", request(R"("b  ")")), "b  ");
  EXPECT_EQ(rendered("{{ messages[1].content[0].text }}!", request(R"([{"type":"text","text":"c"}])")), "c");
  EXPECT_EQ(
      message_of<std::invalid_argument>([&] { rendered("{{ messages[0].content }}", request(R"("b")")); }),
      "the template leaves out the last message, so that it cannot be continued");
  EXPECT_EQ(message_of<std::invalid_argument>([&] { rendered(text, request("null")); }),
            "the last message has no text to continue");
}

TEST(Chat, TellsTheDateThatItIsGiven) {
  const std::string text =
      "{{ strftime_now('%d %b %Y') }} {{ strftime_now('%A') }} {{ date_string is defined }}";
  const ChatRequest request = parse_request(R"([{"role":"u"}])");
  EXPECT_EQ(chat_of(text, "26 Jul 2024").render(request), "26 Jul 2024 Friday True");
  EXPECT_THAT(chat_of(text).render(request),
              testing::MatchesRegex("[0-9][0-9] [A-Z][a-z][a-z] [0-9]+ [A-Z][a-z]+ False"));
  for (const char* wrong : {"31 Jun 2024", "2024-07-26", "today", "1 Jul 2024"}) {
    EXPECT_THAT(message_of<std::invalid_argument>([&] { chat_of(text, wrong); }),
                HasSubstr("is no day, expected one as '26 Jul 2024'"));
  }
}

TEST(Chat, HasAnotherDigestTomorrowWhereItTellsTheDay) {
  EXPECT_NE(chat_of("{{ strftime_now('%d') }}", "26 Jul 2024").digest(),
            chat_of("{{ strftime_now('%d') }}", "27 Jul 2024").digest());
  EXPECT_EQ(chat_of("a").digest(), chat_of("a").digest());
  EXPECT_NE(chat_of("a").digest(), chat_of("b").digest());
  EXPECT_EQ(Chat().digest(), "");
}

TEST(Chat, SaysWhereItsTemplateIsWrong) {
  const Chat chat = chat_of("a\n{{ b|nonsense }}");
  EXPECT_EQ(chat.complaint(), "m.jinja:2:6: there is no filter named 'nonsense'");
  EXPECT_THROW(chat.render(parse_request(R"([{"role":"u"}])")), UnreadableTemplate);
  EXPECT_EQ(message_of<std::invalid_argument>(
                [] { rendered("{{ raise_exception('only users') }}", R"([{"role":"u"}])"); }),
            "m.jinja:1:19: the template refuses these messages: only users");
}

}  // namespace
}  // namespace gistmill::tokenizer
