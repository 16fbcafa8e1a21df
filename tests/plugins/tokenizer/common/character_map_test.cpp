// Maps of characters: how they are followed (the rules are those of make_unigram.py), and what is refused.
#include "plugins/tokenizer/common/character_map.hpp"

#include <random>
#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::tokenizer {
namespace {

std::string map_bytes() {
  const auto file = test::read_file(std::filesystem::path(GISTMILL_SOURCE_DIR) /
                                    "tests/plugins/tokenizer/unigram/words.json");
  const auto json = nlohmann::json::parse(file);
  return from_base64(json.at("normalizer").at("precompiled_charsmap").get<std::string>()).value();
}

const CharacterMap& map() {
  static const CharacterMap kMap = CharacterMap::parse(map_bytes()).value();
  return kMap;
}

TEST(CharacterMap, TakesTheLongestTextAsSentencePieceDoes) {
  EXPECT_EQ(map().replace_longest("cafe\u0301\r\n\u2167a\r\u200bb", {}), "caf\u00e9 VIIIa b");
  EXPECT_EQ(map().replace_longest("\uff21\u0301", {}), "A\u0301");
  EXPECT_EQ(map().replace_longest("\xff\uff21\xe2\x85", {}),
            "\xff"
            "A\xe2\x85");
  const Trie kept({{"\uff21\u200b", 0}, {"\uff21", 0}});
  EXPECT_EQ(map().replace_longest("\uff21\u200b\uff21\uff22\u200b", kept), "\uff21\u200b\uff21B");
}

TEST(CharacterMap, TakesTheShortestTextOfAShortClusterAsTokenizersDoes) {
  EXPECT_EQ(map().replace_graphemes("cafe\u0301 a\r\nb"), "caf\u00e9 a b");
  EXPECT_EQ(map().replace_graphemes("\uff21\u0301x"), "Ax") << "5 bytes: the mark is gone";
  EXPECT_EQ(map().replace_graphemes("\uff21\u20dd"), "A\u20dd") << "6 bytes: character by character";
  EXPECT_EQ(map().replace_graphemes("\u1100\u1161"), "\u1100\u1161") << "6 bytes";
  EXPECT_EQ(map().replace_graphemes("plain\n"), "plain ");
  EXPECT_EQ(map().replace_graphemes(""), "");
}

// U+00AA becomes `a`, and the rest of its cluster is gone; it has no more than 5 bytes. What `tokenizers`
// 0.23.3 makes of the same texts with the map of nmt_nfkc.
TEST(CharacterMap, GoesByTheClustersOfTokenizers) {
  for (const char* mark : {"\u0300", "\u0897", "\u1acf", "\u1add", "\u1ae0", "\u1aeb", "\u200d"})
    EXPECT_EQ(map().replace_graphemes(std::string("\u00aa") + mark), "a") << mark;
  for (const char* other : {"b", "\u1ade", "\u1aec"})
    EXPECT_EQ(map().replace_graphemes(std::string("\u00aa") + other), std::string("a") + other);
  EXPECT_EQ(map().replace_graphemes("\U000113d1\u00aa\u0300"),
            "\U000113d1"
            "a\u0300");
  EXPECT_EQ(map().replace_graphemes("\U00011a3a\u00aa\u0300"),
            "\U00011a3a"
            "a");
}

// The reference of the fast way over ASCII: each character in a text of its own.
TEST(CharacterMap, LeavesOtherCharactersAlone) {
  for (char c = 1; c < 127; ++c) {
    const std::string one(1, c);
    const bool mapped = c == '\t' || c == '\n' || c == '\r' || c == 1;
    EXPECT_EQ(map().replace_graphemes(one + "x"), (mapped ? (c == 1 ? "" : " ") : one) + "x");
  }
}

void use(const CharacterMap& map, std::string_view text) {
  const std::string longest = map.replace_longest(text, {}), graphemes = map.replace_graphemes(text);
  EXPECT_LE(static_cast<double>(longest.size()), map.growth() * static_cast<double>(text.size()));
}

TEST(CharacterMap, OfAnyLengthIsRefusedOrFollowed) {
  const std::string bytes = map_bytes();
  std::string text;
  for (int code = 0; code < 0x3100; code += 7)
    text += nlohmann::json(code).dump() + "e\u0301\r\n\uff21\u2167";
  std::size_t taken = 0;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto map = CharacterMap::parse(std::string_view(bytes).substr(0, size));
    if (!map) continue;
    ++taken;
    use(*map, std::string_view(text).substr(0, 200));
  }
  EXPECT_GE(taken, 1u);
  EXPECT_LT(taken, bytes.size() / 2);
}

TEST(CharacterMap, WithAnyBitsIsRefusedOrFollowed) {
  std::mt19937 random(1);
  const std::string whole = map_bytes(),
                    text = "cafe\u0301 \uff21\u0301\r\n\u2167\ufdfa\U0001d7d8 plain\u200b";
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = whole;
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
      bytes[random() % bytes.size()] ^= static_cast<char>(1u << random() % 8);
    if (const auto map = CharacterMap::parse(bytes)) use(*map, text);
  }
}

TEST(Base64, IsReadWhole) {
  EXPECT_EQ(from_base64("AAEC/w=="), std::string("\0\1\2\xff", 4));
  EXPECT_EQ(from_base64("YWI="), "ab");
  EXPECT_EQ(from_base64(""), "");
  for (const char* text : {"YWI", "Y===", "YW*=", "YWJ=", "=YWI"}) EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace gistmill::tokenizer
