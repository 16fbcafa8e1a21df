// Finding added tokens in text, by the rules of Hugging Face's `tokenizers`.
#include "plugins/tokenizer/common/added_tokens.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace gistmill::tokenizer {
namespace {

using testing::ElementsAre;

AddedToken token(std::int32_t id, const std::string& content, bool lstrip = false, bool rstrip = false) {
  return {id, content, true, lstrip, rstrip, false};
}

// Text in brackets, tokens as numbers.
std::vector<std::string> split(const std::vector<AddedToken>& tokens, std::string_view text,
                               SpecialTokens special = SpecialTokens::kRecognize) {
  std::vector<std::string> parts;
  AddedTokens(tokens).split(
      text, special,
      [&](std::size_t from, std::size_t to) {
        parts.push_back("[" + std::string(text.substr(from, to - from)) + "]");
      },
      [&](std::int32_t id) { parts.push_back(std::to_string(id)); });
  return parts;
}

TEST(AddedTokens, AreFoundLeftmostAndLongest) {
  const std::vector<AddedToken> tokens = {token(1, "<s>"), token(2, "<s>!"), token(3, "s"), token(4, "")};
  EXPECT_THAT(split(tokens, "a<s>!<s>b"), ElementsAre("[a]", "2", "1", "[b]"));
  EXPECT_THAT(split(tokens, "<<s>s"), ElementsAre("[<]", "1", "3"));
  EXPECT_THAT(split(tokens, "<s"), ElementsAre("[<]", "3"));
  EXPECT_THAT(split(tokens, ""), ElementsAre());
  EXPECT_THAT(split({}, "<s>"), ElementsAre("[<s>]"));
}

TEST(AddedTokens, WithOneFirstByteAreFoundAtTheEndsOfText) {
  EXPECT_THAT(split({token(1, "<a>"), token(2, "<b>")}, "<a>x<b>"), ElementsAre("1", "[x]", "2"));
  EXPECT_THAT(split({token(1, "<a>")}, "<<<a"), ElementsAre("[<<<a]"));
}

TEST(AddedTokens, TakeSpaceAlongWhereTheyAreToldTo) {
  EXPECT_THAT(split({token(1, "<m>", true)}, "a \t<m> b"), ElementsAre("[a]", "1", "[ b]"));
  EXPECT_THAT(split({token(1, "<m>", false, true)}, "a <m>\xC2\xA0\n b"), ElementsAre("[a ]", "1", "[b]"));
  EXPECT_THAT(split({token(1, "<m>", true, true)}, "  <m>  <m>  "), ElementsAre("1", "1"));
  EXPECT_THAT(split({token(1, "<m>", true, true)}, "\xFF <m>"), ElementsAre("[\xFF]", "1"));
}

TEST(AddedTokens, ThatAreSpecialMayBeTextWithAllThatTheyCover) {
  std::vector<AddedToken> tokens = {token(1, "<s>"), token(2, "s>x")};
  tokens[1].special = false;
  EXPECT_THAT(split(tokens, "<s>x", SpecialTokens::kAsText), ElementsAre("[<s>x]"));
  EXPECT_THAT(split(tokens, "s>x<s>", SpecialTokens::kAsText), ElementsAre("2", "[<s>]"));
}

// A word goes on by letters, marks, digits, connectors and joiners, in every script.
TEST(AddedTokens, OfASingleWordAreFoundWhereNoWordGoesOn) {
  std::vector<AddedToken> tokens = {token(1, "mill")};
  tokens[0].single_word = true;
  EXPECT_THAT(split(tokens, "mill mill, (mill)mill"), ElementsAre("1", "[ ]", "1", "[, (]", "1", "[)]", "1"));
  for (const char* before : {"a", "7", "_", "\xC3\xA9", "e\xCC\x81", "\xE2\x80\x8D", "\xE6\xB0\xB4",
                             "\xE2\x92\xB6", "\xF0\x9D\x9F\x98"}) {
    const std::string text = std::string(before) + "mill";
    EXPECT_THAT(split(tokens, text), ElementsAre("[" + text + "]")) << before;
  }
  for (const char* behind : {"s", "1", "\xCC\x81", "\xE2\x85\xA7"}) {
    const std::string text = std::string("mill") + behind;
    EXPECT_THAT(split(tokens, text), ElementsAre("[" + text + "]")) << behind;
  }
  for (const char* before : {" ", "-", "\xE2\x96\x81", "\xC2\xB2", "\xFF", "\xC3", "\xE6\xB0"}) {
    EXPECT_THAT(split(tokens, std::string(before) + "mill"),
                ElementsAre("[" + std::string(before) + "]", "1"))
        << before;
  }
}

// What was passed over is part of the text, also of a token that takes its white space along.
TEST(AddedTokens, OfASingleWordTakeSpaceAlongWhereTheyAreFound) {
  std::vector<AddedToken> tokens = {token(1, "<m>", true, true), token(2, "x")};
  tokens[0].single_word = true;
  EXPECT_THAT(split(tokens, "a<m> <m> b"), ElementsAre("[a<m>]", "1", "[b]"));
  EXPECT_THAT(split(tokens, " <m>x"), ElementsAre("[ <m>]", "2"));
}

}  // namespace
}  // namespace gistmill::tokenizer
