// The tokenizer on vocabularies of a few tokens: what it builds from them, and what it refuses.
#include "plugins/tokenizer/bpe/bpe.hpp"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::bpe {
namespace {

using test::Bytes;
using test::refusal;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kNormal = TokenType::kNormal;
constexpr auto kControl = TokenType::kControl;

// a, b, space, then "ab", "aba" and three special tokens.
Vocabulary tiny() {
  return {"x.gguf",
          "gpt-2",
          {"a", "b", "\xC4\xA0", "ab", "aba", "<s>", "<s>!",
           "\xC4\xA0"
           "a",
           "<|i m|>"},
          {kNormal, kNormal, kNormal, kNormal, kNormal, kControl, kControl, kNormal, TokenType::kUserDefined},
          {"a b", "ab a", "\xC4\xA0 a"}};
}

std::vector<std::int32_t> encode(std::string_view text, SpecialTokens special = SpecialTokens::kRecognize) {
  const Tokenizer tokenizer(tiny());
  return Encoder(tokenizer).encode(text, special);
}

TEST(BpeTokenizer, MergesWithinPieces) {
  EXPECT_THAT(encode(""), IsEmpty());
  EXPECT_THAT(encode("aba"), ElementsAre(4));
  EXPECT_THAT(encode("abab a"), ElementsAre(3, 3, 7));
}

TEST(BpeTokenizer, RecognizesTheLongestSpecialToken) {
  EXPECT_THAT(encode("a<s>!<s>b<|i m|>"), ElementsAre(0, 6, 5, 1, 8));
  EXPECT_THAT(encode("<s>"), ElementsAre(5));
}

TEST(BpeTokenizer, TakesSpecialTokensAsTextWhereAsked) {
  const Tokenizer tokenizer(tiny());
  Encoder encoder(tokenizer);
  EXPECT_THAT(encoder.encode("a<s>b", SpecialTokens::kAsText), ElementsAre(0, 1));
  EXPECT_EQ(encoder.dropped(), 3u);
}

TEST(BpeTokenizer, DropsAndCountsBytesWithoutAToken) {
  const Tokenizer tokenizer(tiny());
  Encoder encoder(tokenizer);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_THAT(encoder.encode("a\x01z", SpecialTokens::kRecognize), ElementsAre(0));
    EXPECT_EQ(encoder.dropped(), 2u * static_cast<unsigned>(i));
  }
}

TEST(BpeTokenizer, MergesAcrossDroppedBytes) { EXPECT_THAT(encode("azb"), ElementsAre(3)); }

TEST(BpeTokenizer, DecodesToBytes) {
  const Tokenizer tokenizer(tiny());
  const std::vector<std::int32_t> ids{4, 7, 6, 8};
  EXPECT_EQ(tokenizer.decode(ids.data(), ids.size()), "aba a<s>!<|i m|>");
  EXPECT_EQ(tokenizer.decode(nullptr, 0), "");
}

TEST(BpeTokenizer, RefusesIdsOutsideTheVocabulary) {
  const Tokenizer tokenizer(tiny());
  for (const std::int32_t id : {-1, 9}) {
    try {
      tokenizer.decode(&id, 1);
      FAIL() << id << " was taken";
    } catch (const std::out_of_range& error) {
      EXPECT_EQ(error.what(), "token id is " + std::to_string(id) + ", expected 0 to 8");
    }
  }
}

// ggml-org/llama.cpp #26511: a byte token with a number that is none.
TEST(BpeTokenizer, TakesAByteTokenAsItsText) {
  Vocabulary vocabulary = tiny();
  vocabulary.tokens[8] = "<0x-1>";
  vocabulary.types[8] = TokenType::kByte;
  EXPECT_EQ(Tokenizer(vocabulary).bytes_of(8), "<0x-1>");
}

// CVE-2025-49847: the length of a token, cast to a narrow integer.
TEST(BpeTokenizer, HasTokensOfAnyLength) {
  Vocabulary vocabulary = tiny();
  vocabulary.tokens[8] = std::string(100000, 'q');
  const Tokenizer tokenizer(vocabulary);
  EXPECT_EQ(tokenizer.bytes_of(8).size(), 100000u);
  EXPECT_THAT(Encoder(tokenizer).encode(vocabulary.tokens[8], SpecialTokens::kRecognize), ElementsAre(8));
}

struct Mistake {
  const char* name;
  std::function<void(Vocabulary&)> make;
  const char* message;
};

class BpeVocabulary : public testing::TestWithParam<Mistake> {};

TEST_P(BpeVocabulary, IsRefused) {
  Vocabulary vocabulary = tiny();
  GetParam().make(vocabulary);
  EXPECT_EQ(refusal([&] { Tokenizer{vocabulary}; }), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(Where, BpeVocabulary,
                         testing::Values(
                             // GHSA-7rxv, CVE-2025-52566: counts that do not match.
                             Mistake{"TypesAreMissing", [](auto& v) { v.types.pop_back(); },
                                     "x.gguf: has 8 token types for 9 tokens"},
                             Mistake{"ATokenIsThereTwice", [](auto& v) { v.tokens[8] = "ab"; },
                                     "x.gguf: tokens 3 and 8 are both 'ab'"},
                             Mistake{"AMergeHasNoSpace", [](auto& v) { v.merges[0] = "ab"; },
                                     "x.gguf: merge 0, 'ab', is not two tokens with a space between"},
                             Mistake{"AMergeHasTwoSpaces", [](auto& v) { v.merges[0] = "a b c"; },
                                     "x.gguf: merge 0, 'a b c', is not two tokens with a space between"},
                             Mistake{
                                 "AMergeNeedsATokenThatIsNotThere", [](auto& v) { v.merges[1] = "ab q"; },
                                 "x.gguf: merge 1, 'ab q', needs token 'abq', which the vocabulary lacks"},
                             Mistake{"AMergeIsThereTwice", [](auto& v) { v.merges[1] = v.merges[0]; },
                                     "x.gguf: merge 1, 'a b', occurs twice"},
                             Mistake{"ThePreTokenizerIsUnknown", [](auto& v) { v.pre_tokenizer = "qwen2"; },
                                     "x.gguf: tokenizer.ggml.pre: unknown pre-tokenizer 'qwen2', expected "
                                     "gpt-2, starcoder or smollm"}),
                         [](const auto& mistake) { return std::string(mistake.param.name); });

TEST(BpeVocabularyDigest, ChangesWithEveryPart) {
  const std::string digest = tiny().digest();
  Vocabulary moved = tiny();
  moved.source = "y.gguf";
  EXPECT_EQ(moved.digest(), digest);
  const std::vector<std::function<void(Vocabulary&)>> changes = {
      [](Vocabulary& v) { v.tokens[0] = "c"; }, [](Vocabulary& v) { v.types[0] = kControl; },
      [](Vocabulary& v) { std::swap(v.merges[0], v.merges[1]); },
      [](Vocabulary& v) { v.pre_tokenizer = "smollm"; }};
  for (const auto& change : changes) {
    Vocabulary other = tiny();
    change(other);
    EXPECT_NE(other.digest(), digest);
  }
}

Bytes gguf(std::string_view model, std::uint64_t entries) {
  return Bytes().gguf_header(0, entries).string_entry("tokenizer.ggml.model", model);
}

TEST(BpeVocabularyFile, IsReadFromItsMetadata) {
  const std::string bytes = gguf("gpt2", 5)
                                .string_entry("tokenizer.ggml.pre", "smollm")
                                .strings_entry("tokenizer.ggml.tokens", {"a", "b", "ab"})
                                .numbers_entry<std::int32_t>("tokenizer.ggml.token_type", 5, {1, 1, 4})
                                .strings_entry("tokenizer.ggml.merges", {"a b"})
                                .str();
  const Vocabulary vocabulary = vocabulary_from(formats::Gguf(bytes, "x.gguf"));
  EXPECT_EQ(vocabulary.source, "x.gguf");
  EXPECT_EQ(vocabulary.pre_tokenizer, "smollm");
  EXPECT_THAT(vocabulary.tokens, ElementsAre("a", "b", "ab"));
  EXPECT_EQ(vocabulary.types[2], TokenType::kUserDefined);
  EXPECT_THAT(vocabulary.merges, ElementsAre("a b"));
}

TEST(BpeVocabularyFile, MustBeOfAByteLevelTokenizer) {
  const std::string bytes = gguf("llama", 1).str();
  EXPECT_EQ(refusal([&] { vocabulary_from(formats::Gguf(bytes, "x.gguf")); }),
            "x.gguf: tokenizer.ggml.model is 'llama' when it should be 'gpt2' (byte-level BPE)");
}

TEST(BpeVocabularyFile, MustNameItsPreTokenizer) {
  const std::string bytes = gguf("gpt2", 1).str();
  EXPECT_EQ(refusal([&] { vocabulary_from(formats::Gguf(bytes, "x.gguf")); }),
            "x.gguf: has no metadata 'tokenizer.ggml.pre'");
}

TEST(ByteAlphabet, GoesBothWays) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  std::string back;
  EXPECT_TRUE(from_byte_alphabet(to_byte_alphabet(bytes), &back));
  EXPECT_EQ(back, bytes);
  EXPECT_EQ(to_byte_alphabet(" \n!"), "\xC4\xA0\xC4\x8A!");
}

TEST(ByteAlphabet, HoldsNothingElse) {
  std::string bytes;
  for (const char* text : {" ", "\n", "\xC2\xAD", "\xE2\x82\xAC", "\xC4", "\xC5\x85", "\xFF", "\xC4!"}) {
    EXPECT_FALSE(from_byte_alphabet(text, &bytes)) << text;
  }
}

}  // namespace
}  // namespace gistmill::bpe
