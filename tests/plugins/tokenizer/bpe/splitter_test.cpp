// The pre-tokenizers: the patterns' alternatives one by one. fixtures_test.cpp compares them with
// `tokenizers`.
#include "plugins/tokenizer/bpe/splitter.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/bpe/ascii_letters.hpp"

namespace gistmill::bpe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> split(PreTokenizer pre_tokenizer, std::string_view text) {
  std::vector<std::string> pieces;
  Splitter splitter(pre_tokenizer, text);
  for (auto piece = splitter.next(); !piece.empty(); piece = splitter.next()) pieces.emplace_back(piece);
  return pieces;
}
std::vector<std::string> gpt2(std::string_view text) { return split(PreTokenizer::kGpt2, text); }
std::vector<std::string> starcoder(std::string_view text) { return split(PreTokenizer::kStarcoder, text); }
std::vector<std::string> llama3(std::string_view text) { return split(PreTokenizer::kLlama3, text); }
std::vector<std::string> qwen2(std::string_view text) { return split(PreTokenizer::kQwen2, text); }

// Texts of every category of characters (make_splits.py).
TEST(Splitter, CutsByTheFinerPatternsAsTokenizersDoes) {
  std::ifstream file(GISTMILL_SOURCE_DIR "/tests/plugins/tokenizer/bpe/splits.json");
  const auto document = nlohmann::json::parse(file);
  for (const PreTokenizer kind : {PreTokenizer::kGptOss, PreTokenizer::kTekken, PreTokenizer::kDeepseekV3}) {
    SCOPED_TRACE(pre_tokenizer_name(kind));
    for (std::size_t i = 0; i < document.at("texts").size(); ++i) {
      const auto text = document["texts"][i].get<std::string>();
      std::vector<std::size_t> sizes;
      for (const std::string& piece : split(kind, text)) sizes.push_back(piece.size());
      EXPECT_EQ(nlohmann::json(sizes), document.at(pre_tokenizer_name(kind))[i]) << text;
    }
  }
}

TEST(Splitter, CutsWordsWhereTheCaseRisesForGptOss) {
  EXPECT_THAT(split(PreTokenizer::kGptOss, "camelCase HTTPServer'S a/\n/b"),
              ElementsAre("camel", "Case", " HTTPServer'S", " a", "/\n/", "b"));
}

TEST(Splitter, CutsContractionsAndNumbersFinerForTekken) {
  EXPECT_THAT(split(PreTokenizer::kTekken, "camelCase don't 12 a/\n/b"),
              ElementsAre("camel", "Case", " don", "'t", " ", "1", "2", " a", "/\n/", "b"));
}

TEST(Splitter, KeepsHanAndKanaApartForDeepseek) {
  EXPECT_THAT(split(PreTokenizer::kDeepseekV3, "x\u4e00\u3042y 1234 .foo(\x80"),
              ElementsAre("x", "\u4e00\u3042", "y", " ", "123", "4", " .", "foo", "(", "\x80"));
}

TEST(Splitter, GivesNoPiecesForEmptyText) { EXPECT_THAT(gpt2(""), IsEmpty()); }

TEST(Splitter, TakesOneSpaceAlongWithAWord) {
  EXPECT_THAT(gpt2("Hello world"), ElementsAre("Hello", " world"));
  EXPECT_THAT(gpt2("a  b"), ElementsAre("a", " ", " b"));
  EXPECT_THAT(gpt2("a \tb"), ElementsAre("a", " ", "\t", "b"));
}

TEST(Splitter, CutsContractionsInLowerCaseOnly) {
  EXPECT_THAT(gpt2("it's we're I'll"), ElementsAre("it", "'s", " we", "'re", " I", "'ll"));
  EXPECT_THAT(gpt2("IT'S"), ElementsAre("IT", "'", "S"));
  EXPECT_THAT(gpt2("don'tx"), ElementsAre("don", "'t", "x"));
  EXPECT_THAT(gpt2("'r 'l '"), ElementsAre("'", "r", " '", "l", " '"));
}

TEST(Splitter, SeesNoContractionWithinARunOfPunctuation) {
  EXPECT_THAT(gpt2("!'s"), ElementsAre("!'", "s"));
  EXPECT_THAT(gpt2(" 's"), ElementsAre(" '", "s"));
}

TEST(Splitter, KeepsLettersNumbersAndPunctuationApart) {
  EXPECT_THAT(gpt2("ab12?!c"), ElementsAre("ab", "12", "?!", "c"));
  EXPECT_THAT(gpt2(" 12"), ElementsAre(" 12"));
}

TEST(Splitter, KeepsDigitsApartForStarcoder) {
  EXPECT_THAT(starcoder("ab12 34"), ElementsAre("ab", "1", "2", " ", "3", "4"));
  EXPECT_THAT(starcoder("\xC2\xBD\xE2\x85\xA7"), ElementsAre("\xC2\xBD", "\xE2\x85\xA7"));  // 1/2, roman 8
}

TEST(Splitter, LeavesSpaceBeforeADigitInOnePieceForStarcoder) {
  EXPECT_THAT(starcoder("a  1"), ElementsAre("a", "  ", "1"));
  EXPECT_THAT(gpt2("a  1"), ElementsAre("a", " ", " 1"));
}

TEST(Splitter, LeavesTheLastSpaceOfARunToWhatFollows) {
  EXPECT_THAT(gpt2("a\n\n\nb"), ElementsAre("a", "\n\n", "\n", "b"));
  EXPECT_THAT(gpt2("a\n\n b"), ElementsAre("a", "\n\n", " b"));
  EXPECT_THAT(gpt2("a   "), ElementsAre("a", "   "));
}

TEST(Splitter, KnowsUnicodeClasses) {
  EXPECT_THAT(gpt2("h\xC3\xA9llo"), ElementsAre("h\xC3\xA9llo"));  // e with acute
  EXPECT_THAT(gpt2("e\xCC\x81"), ElementsAre("e", "\xCC\x81"));    // a mark is no letter
  EXPECT_THAT(gpt2("a\xC2\xA0\xE3\x80\x80"
                   "b"),
              ElementsAre("a", "\xC2\xA0", "\xE3\x80\x80", "b"));            // spaces
  EXPECT_THAT(gpt2("\xE2\x80\x8B"), ElementsAre("\xE2\x80\x8B"));            // zero width: no space
  EXPECT_THAT(gpt2("\xF0\x9F\x98\x80!"), ElementsAre("\xF0\x9F\x98\x80!"));  // emoji with punctuation
}

TEST(Splitter, TakesBytesThatAreNotUtf8AsPunctuation) {
  EXPECT_THAT(gpt2("a\xFF\xC3"), ElementsAre("a", "\xFF\xC3"));
  EXPECT_THAT(gpt2("\xED\xA0\x80z"), ElementsAre("\xED\xA0\x80", "z"));  // a surrogate
}

TEST(Splitter, TakesNumbersOfANewerUnicodeAloneForStarcoderOnly) {
  const char* const kNew = "\xF0\x91\xB7\xA0\xF0\x91\xB7\xA1";  // U+11DE0, U+11DE1
  EXPECT_THAT(starcoder(kNew), ElementsAre("\xF0\x91\xB7\xA0", "\xF0\x91\xB7\xA1"));
  EXPECT_THAT(gpt2(kNew), ElementsAre(kNew));
}

TEST(LlamaSplitter, TakesOneCharacterAlongWithAWord) {
  EXPECT_THAT(llama3("a (b\tc"), ElementsAre("a", " (", "b", "\tc"));
  EXPECT_THAT(llama3("(a ((b"), ElementsAre("(a", " ((", "b"));
  EXPECT_THAT(llama3("\na\r\nb"), ElementsAre("\n", "a", "\r\n", "b"));
}

TEST(LlamaSplitter, CutsContractionsInAnyCase) {
  EXPECT_THAT(llama3("IT'S it's"), ElementsAre("IT", "'S", " it", "'s"));
  EXPECT_THAT(llama3("We'Re I'LL'"), ElementsAre("We", "'Re", " I", "'LL", "'"));
  EXPECT_THAT(llama3("'\xC5\xBFo"), ElementsAre("'\xC5\xBF", "o"));  // the long s
  EXPECT_THAT(llama3("'able 'r"), ElementsAre("'able", " '", "r"));
  EXPECT_THAT(llama3("'\xC5"), ElementsAre("'\xC5"));
}

TEST(LlamaSplitter, CountsNumbersByThreeOrOne) {
  EXPECT_THAT(llama3("12345 6"), ElementsAre("123", "45", " ", "6"));
  EXPECT_THAT(qwen2("12 3a"), ElementsAre("1", "2", " ", "3", "a"));
}

TEST(LlamaSplitter, TakesNewlinesAlongWithPunctuation) {
  EXPECT_THAT(llama3("a.\n\nb"), ElementsAre("a", ".\n\n", "b"));
  EXPECT_THAT(llama3(" !\r\n c"), ElementsAre(" !\r\n", " c"));
}

TEST(LlamaSplitter, EndsARunOfSpaceAtItsLastNewline) {
  EXPECT_THAT(llama3("a \n \n  b"), ElementsAre("a", " \n \n", " ", " b"));
  EXPECT_THAT(llama3("a   b"), ElementsAre("a", "  ", " b"));
  EXPECT_THAT(llama3("a   "), ElementsAre("a", "   "));
  EXPECT_THAT(llama3("a\t1"), ElementsAre("a", "\t", "1"));
}

TEST(LlamaSplitter, TakesBytesThatAreNotUtf8AsPunctuation) {
  EXPECT_THAT(llama3("\xFFz \xC3"), ElementsAre("\xFFz", " \xC3"));
}

TEST(AsciiLetters, AreCountedAsOneByOne) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t before = 0; before < 40; ++before) {
      for (const std::size_t behind : {0, 1, 20}) {
        const std::string text = std::string(before, before % 2 == 0 ? 'z' : 'A') + static_cast<char>(byte) +
                                 std::string(behind, 'q');
        ASSERT_EQ(ascii_letters(text), ascii_letters_one_by_one(text))
            << byte << ' ' << before << ' ' << behind;
      }
    }
  }
}

}  // namespace
}  // namespace gistmill::bpe
