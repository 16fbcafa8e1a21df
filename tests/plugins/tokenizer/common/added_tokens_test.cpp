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

}  // namespace
}  // namespace gistmill::tokenizer
