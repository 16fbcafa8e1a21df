// tokenizer.json, vocab.json and merges.txt as text: what is read, what is refused, and what it costs.
#include "plugins/tokenizer/common/tokenizer_json.hpp"

#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/sdk/formats/allocation_watch.hpp"
#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::tokenizer {
namespace {

using test::refusal;
using testing::HasSubstr;

std::string complaint(const std::string& text) {
  return refusal([&] { parse_tokenizer_json(text, "x.json"); });
}

TEST(TokenizerJsonText, IsReadInAnyOrder) {
  const TokenizerJson file = parse_tokenizer_json(
      R"({"model":{"merges":["a b",["\u0061","b\""]],"type":"BPE","vocab":{"a":1,"\ud83d\ude42":0}},"decoder":{"x":[1]},
          "added_tokens":[{"content":"<s>","id":2,"rstrip":true}],"padding":{"deep":[[[[]]]]}})",
      "x.json");
  EXPECT_EQ(file.source, "x.json");
  ASSERT_EQ(file.vocabulary.tokens.size(), 2u);
  EXPECT_EQ(file.vocabulary.tokens[1], "\xF0\x9F\x99\x82");
  EXPECT_EQ(file.vocabulary.ids[0], 1);
  ASSERT_EQ(file.merges.size(), 4u);
  EXPECT_EQ(file.merges[0], "a");
  EXPECT_EQ(file.merges[3], "b\"");
  EXPECT_EQ(file.model.at("type"), "BPE");
  EXPECT_EQ(file.decoder.at("x").at(0), 1);
  EXPECT_TRUE(file.normalizer.is_null());
  ASSERT_EQ(file.added.size(), 1u);
  EXPECT_TRUE(file.added[0].rstrip);
  EXPECT_TRUE(file.added[0].normalized);
  EXPECT_EQ(file.added_contents[0], "<s>");
}

TEST(TokenizerJsonText, IsRefusedWithItsPlace) {
  EXPECT_THAT(complaint(""), HasSubstr("x.json:1:1: is not JSON"));
  EXPECT_THAT(complaint("[]"), HasSubstr("the file is an array when it should be an object"));
  EXPECT_THAT(complaint("{}"), HasSubstr("x.json: has no 'model'"));
  EXPECT_THAT(complaint(R"({"model":{},"model":{}})"), HasSubstr("key 'model' occurs twice"));
  EXPECT_THAT(complaint("{\n\"model\":{\"vocab\":{\"a\":-1}}}"),
              HasSubstr("x.json:2:23: the id of a token is '-1' when it should be 0 to 2^31 - 1"));
  EXPECT_THAT(complaint(R"({"model":{"vocab":{"a":2147483648}}})"), HasSubstr("should be 0 to 2^31 - 1"));
  EXPECT_THAT(complaint(R"({"model":{"vocab":{"a":"b"}}})"),
              HasSubstr("the id of a token is a string when it should be a number"));
  EXPECT_THAT(complaint(R"({"model":{"merges":["ab"]}})"),
              HasSubstr("merge 'ab' is not two tokens with a space between"));
  EXPECT_THAT(complaint(R"({"model":{"merges":["a b c"]}})"), HasSubstr("is not two tokens"));
  EXPECT_THAT(complaint(R"({"model":{"merges":[["a"]]}})"), HasSubstr("a merge of 1 parts, expected 2"));
  EXPECT_THAT(complaint(R"({"model":{"merges":[["a","b","c"]]}})"),
              HasSubstr("a merge of 3 parts, expected 2"));
  EXPECT_THAT(complaint(R"({"added_tokens":[{"id":1}]})"),
              HasSubstr("an added token has no id or no content"));
  EXPECT_THAT(complaint(R"({"added_tokens":[{"id":1,"content":"a","content":"b"}]})"),
              HasSubstr("two contents"));
  EXPECT_THAT(complaint(R"({"added_tokens":[{"id":1,"content":"a","x":1}]})"),
              HasSubstr("an added token has unknown field 'x'"));
  EXPECT_THAT(complaint(R"({"added_tokens":[{"id":1,"content":"a","special":1}]})"),
              HasSubstr("special of an added token is a number"));
  EXPECT_THAT(complaint("{\"model\":{\"vocab\":{\"\xFF\":1}}}"), HasSubstr("UTF-8"));
  EXPECT_THAT(complaint(R"({"model":{"vocab":{"\ud800":1}}})"), HasSubstr("half a surrogate pair"));
  EXPECT_THAT(complaint(R"({"model":{}} x)"), HasSubstr("should be the end"));
}

TEST(TokenizerJsonText, MayNotBeDeepOrWideWhereItIsSmall) {
  EXPECT_THAT(complaint("{\"padding\":" + std::string(100'000, '[')), HasSubstr("deep"));
  std::string wide = "{\"decoder\":[0";
  for (int i = 0; i < 100'000; ++i) wide += ",0";
  EXPECT_THAT(complaint(wide + "]}"), HasSubstr("has more than 4096 values"));
}

// Hostile text: many tokens, merges or added tokens of a few bytes each.
TEST(TokenizerJsonText, CostsAboutTwiceItsSize) {
  const auto repeated = [](const std::string& head, const std::string& one, const std::string& tail) {
    std::string text = head + one;
    for (int i = 0; i < 200'000; ++i) text += "," + one;
    return text + tail;
  };
  for (const std::string& text :
       {repeated("{\"model\":{\"vocab\":{", "\"\":0", "}}}"),
        repeated("{\"model\":{\"merges\":[", "\"a b\"", "]}}"),
        repeated("{\"added_tokens\":[", "{\"id\":0,\"content\":\"\"}", "],\"model\":{}}"),
        "{\"model\":{\"vocab\":{\"" + std::string(1 << 20, 'a') + "\":0}}}"}) {
    test::reset_allocations();
    parse_tokenizer_json(text, "x.json");
    EXPECT_LT(test::most_allocated(), text.size() * 3 + 100'000) << text.substr(0, 40);
  }
}

TEST(MergesText, HasAMergeALine) {
  const StringTable merges = parse_merges_txt("#version: 0.2 - x\na b\r\nc d", "m.txt");
  ASSERT_EQ(merges.size(), 4u);
  EXPECT_EQ(merges[1], "b");
  EXPECT_EQ(merges[3], "d");
  EXPECT_EQ(refusal([] { parse_merges_txt("a b\n\n", "m.txt"); }),
            "m.txt:2: '' is not two tokens with a space between");
}

TEST(VocabularyText, IsAnObjectOfIds) {
  const TokenIds ids = parse_vocab_json(R"({"a":1,"b":0})", "v.json");
  EXPECT_EQ(ids.ids[0], 1);
  EXPECT_THAT(refusal([] { parse_vocab_json("[]", "v.json"); }),
              HasSubstr("v.json:1:1: the vocabulary is an array when it should be an object"));
}

}  // namespace
}  // namespace gistmill::tokenizer
