// OpenAI's chat completions: what is taken, what is refused in which form, and what is answered.
#include "host/chat/openai_api.hpp"

#include <gmock/gmock.h>

namespace gistmill::openai {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json body(const json& changes = {}) {
  json body = {{"model", "small"}, {"messages", {{{"role", "user"}, {"content", "a?"}}}}};
  if (!changes.is_null()) body.update(changes);
  return body;
}

Request parsed(const json& body) { return parse_request(body.dump(), "small", {}); }

Refusal refused(const std::string& text) {
  try {
    parse_request(text, "small", {});
  } catch (const Refusal& refusal) {
    return refusal;
  }
  return {200, "nothing was refused"};
}

TEST(OpenAiRequest, TakesMessagesAsTextOrAsParts) {
  const Request request = parsed(
      body({{"messages",
             {{{"role", "developer"}, {"content", "be brief"}},
              {{"role", "user"}, {"content", "a?"}},
              {{"role", "assistant"}, {"content", "yes"}},
              {{"role", "user"},
               {"content", {{{"type", "text"}, {"text", "b"}}, {{"type", "text"}, {"text", "?"}}}}}}}}));
  EXPECT_THAT(request.messages, ElementsAre(Message{"system", "be brief"}, Message{"user", "a?"},
                                            Message{"assistant", "yes"}, Message{"user", "b?"}));
}

TEST(OpenAiRequest, SaysHowToSampleOrLeavesItAsUsual) {
  const Request usual = parse_request(body().dump(), "small", {0.5, 0.9, 7, 33});
  EXPECT_EQ(usual.sampling.temperature, 0.5);
  EXPECT_EQ(usual.sampling.top_p, 0.9);
  EXPECT_EQ(usual.sampling.seed, 7u);
  EXPECT_EQ(usual.sampling.most, 33);
  EXPECT_FALSE(usual.stream);
  const Request request = parsed(body({{"temperature", 1},
                                       {"top_p", 0.25},
                                       {"seed", 3},
                                       {"max_completion_tokens", 5},
                                       {"stream", true},
                                       {"stream_options", {{"include_usage", true}}},
                                       {"user", "anyone"},
                                       {"tools", json::array()}}));
  EXPECT_EQ(request.sampling.temperature, 1);
  EXPECT_EQ(request.sampling.top_p, 0.25);
  EXPECT_EQ(request.sampling.seed, 3u);
  EXPECT_EQ(request.sampling.most, 5);
  EXPECT_TRUE(request.stream);
  EXPECT_TRUE(request.usage);
}

TEST(OpenAiRequest, IsRefusedWithTheFieldThatIsWrong) {
  const std::vector<std::pair<json, std::string>> wrong = {
      {{{"model", 3}}, "model"},
      {{{"messages", "a?"}}, "messages"},
      {{{"messages", json::array()}}, "messages"},
      {{{"messages", {1}}}, "messages[0]"},
      {{{"messages", {{{"role", "robot"}, {"content", "a"}}}}}, "messages[0].role"},
      {{{"messages", {{{"role", "user"}}}}}, "messages[0].content"},
      {{{"messages", {{{"role", "user"}, {"content", {{{"type", "image_url"}}}}}}}}, "messages[0].content"},
      {{{"messages", {{{"role", "assistant"}, {"content", "a"}}}}}, "messages"},
      {{{"temperature", 3}}, "temperature"},
      {{{"temperature", "hot"}}, "temperature"},
      {{{"top_p", 0}}, "top_p"},
      {{{"max_tokens", 0}}, "max_tokens"},
      {{{"max_tokens", 1.5}}, "max_tokens"},
      {{{"seed", -1}}, "seed"},
      {{{"stream", "yes"}}, "stream"},
      {{{"stream_options", 1}}, "stream_options"},
      {{{"n", 2}}, "n"},
      {{{"stop", ""}}, "stop"},
      {{{"stop", 1}}, "stop"},
      {{{"stop", {"a", 1}}}, "stop"},
      {{{"stop", {"a", "b", "c", "d", "e"}}}, "stop"},
      {{{"stop", std::string(257, 'a')}}, "stop"},
      {{{"tools", {{{"type", "function"}}}}}, "tools"},
      {{{"logprobs", true}}, "logprobs"},
      {{{"presence_penalty", 1}}, "presence_penalty"},
      {{{"response_format", {{"type", "json_object"}}}}, "response_format"}};
  for (const auto& [change, param] : wrong) {
    const Refusal refusal = refused(body(change).dump());
    EXPECT_EQ(refusal.status, 400) << change;
    EXPECT_EQ(refusal.param, param) << change << refusal.message;
  }
}

TEST(OpenAiRequest, NamesTheTextsThatEndItsAnswer) {
  const auto stops = [](const json& change) {
    return parse_request(body(change).dump(), "small", {}).sampling.stop;
  };
  EXPECT_THAT(stops({{"stop", "."}}), ElementsAre("."));
  EXPECT_THAT(stops({{"stop", {"\n", "User:"}}}), ElementsAre("\n", "User:"));
  EXPECT_THAT(stops({{"stop", nullptr}}), IsEmpty());
  EXPECT_THAT(stops({{"stop", json::array()}}), IsEmpty());
}

TEST(OpenAiRequest, OfAnotherModelIsNotFound) {
  const Refusal refusal = refused(body({{"model", "gpt"}}).dump());
  EXPECT_EQ(refusal.status, 404);
  EXPECT_EQ(refusal.code, "model_not_found");
  EXPECT_EQ(refusal.message, "the model 'gpt' does not exist; this is 'small'");
}

TEST(OpenAiRequest, ThatIsNoJsonIsRefusedWithItsPlace) {
  EXPECT_THAT(refused("{\"model\": }").message, HasSubstr("body:1:11"));
  EXPECT_THAT(refused("").message, HasSubstr("not JSON"));
  EXPECT_THAT(refused("[1]").message, HasSubstr("a JSON object"));
  EXPECT_THAT(refused("{\"a\": \"\xFF\"}").message, HasSubstr("not JSON"));
  EXPECT_THAT(refused(std::string(100000, '[')).message, HasSubstr("not JSON"));
}

TEST(OpenAiError, HasTheFormOfTheApi) {
  EXPECT_EQ(
      to_json(Refusal{404, "no such model", "model", "model_not_found"}),
      R"({"error":{"message":"no such model","type":"invalid_request_error","param":"model","code":"model_not_found"}})");
  EXPECT_THAT(to_json(Refusal{500, "it failed"}), HasSubstr(R"("param":null,"code":null)"));
}

TEST(OpenAiAnswer, IsACompletionWithItsUsage) {
  Answer answer;
  answer.text = "yes";
  answer.end = Answer::End::length;
  answer.history = 40;
  answer.tokens = 2;
  const json found = json::parse(completion({"chatcmpl-1", "small", 1700000000}, answer));
  EXPECT_EQ(found["object"], "chat.completion");
  EXPECT_EQ(found["choices"][0]["message"], json({{"role", "assistant"}, {"content", "yes"}}));
  EXPECT_EQ(found["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(found["usage"], json({{"prompt_tokens", 40}, {"completion_tokens", 2}, {"total_tokens", 42}}));
}

TEST(OpenAiAnswer, InPartsBeginsWithTheRoleAndEndsWithDone) {
  const Head head{"chatcmpl-1", "small", 1700000000};
  EXPECT_THAT(first_part(head), HasSubstr(R"("delta":{"role":"assistant","content":""})"));
  const json text = json::parse(text_part(head, "a\n\"").substr(6));
  EXPECT_EQ(text["object"], "chat.completion.chunk");
  EXPECT_EQ(text["choices"][0]["delta"]["content"], "a\n\"");
  EXPECT_EQ(text["choices"][0]["finish_reason"], nullptr);
  const std::string last = last_parts(head, Answer{}, true);
  EXPECT_THAT(last, HasSubstr(R"("delta":{},"finish_reason":"stop")"));
  EXPECT_THAT(last, HasSubstr(R"("choices":[],"usage":)"));
  EXPECT_TRUE(last.ends_with("\n\ndata: [DONE]\n\n"));
  EXPECT_EQ(last_parts(head, Answer{}, false).find("usage"), std::string::npos);
}

}  // namespace
}  // namespace gistmill::openai
