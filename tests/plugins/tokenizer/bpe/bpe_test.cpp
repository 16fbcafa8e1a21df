// The tokenizer on vocabularies of a few tokens: what it builds from them, and what it refuses.
#include "plugins/tokenizer/bpe/bpe.hpp"
#include "plugins/tokenizer/bpe/byte_alphabet.hpp"

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
using testing::IsEmpty;

// a, b, space, then "ab", "aba" and three special tokens, of which the last is none of the special ones.
struct Tiny {
  std::vector<std::string> tokens = {"a",
                                     "b",
                                     "\xC4\xA0",
                                     "ab",
                                     "aba",
                                     "<s>",
                                     "<s>!",
                                     "\xC4\xA0"
                                     "a",
                                     "<|i m|>"};
  std::vector<std::int32_t> special = {5, 6};
  std::vector<std::int32_t> added = {8};
  std::vector<std::string> merges = {"a", "b", "ab", "a", "\xC4\xA0", "a"};
  PreTokenizer pre_tokenizer = PreTokenizer::kGpt2;

  Vocabulary vocabulary() const {
    Vocabulary made;
    made.source = "x.gguf";
    made.pre_tokenizer = pre_tokenizer;
    for (const std::string& token : tokens) made.tokens.add(token);
    made.model_tokens = tokens.size();
    for (const std::int32_t id : special) made.added.push_back({id, tokens[id], true, false, false, false});
    for (const std::int32_t id : added) made.added.push_back({id, tokens[id], false, false, false, false});
    for (const std::string& part : merges) made.merges.add(part);
    return made;
  }
};
Vocabulary tiny() { return Tiny().vocabulary(); }

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

TEST(BpeTokenizer, RecognizesAddedTokensThatAreNotSpecialAlways) {
  const Tokenizer tokenizer(tiny());
  EXPECT_THAT(Encoder(tokenizer).encode("a<|i m|>b", SpecialTokens::kAsText), ElementsAre(0, 8, 1));
}

TEST(BpeTokenizer, TakesAWholePieceBeforeMergingWhereTheModelIgnoresMerges) {
  Vocabulary vocabulary = tiny();
  vocabulary.tokens.add("bab");  // no merge makes it
  ++vocabulary.model_tokens;
  const Tokenizer plain(vocabulary);
  EXPECT_THAT(Encoder(plain).encode("bab", SpecialTokens::kRecognize), ElementsAre(1, 3));
  vocabulary.ignore_merges = true;
  const Tokenizer tokenizer(vocabulary);
  EXPECT_THAT(Encoder(tokenizer).encode("bab baba", SpecialTokens::kRecognize), ElementsAre(9, 2, 1, 4));
}

TEST(BpeTokenizer, PutsTheUnknownTokenForBytesWithoutOne) {
  Vocabulary vocabulary = tiny();
  vocabulary.unknown = 5;
  const Tokenizer apart(vocabulary);
  EXPECT_THAT(Encoder(apart).encode("axyb", SpecialTokens::kRecognize), ElementsAre(0, 5, 5, 1));
  vocabulary.fuse_unknown = true;
  const Tokenizer fused(vocabulary);
  EXPECT_THAT(Encoder(fused).encode("axyb", SpecialTokens::kRecognize), ElementsAre(0, 5, 1));
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
  Tiny tiny;
  tiny.tokens[8] = "<0x-1>";
  tiny.added.clear();
  EXPECT_EQ(Tokenizer(tiny.vocabulary()).bytes_of(8), "<0x-1>");
}

// CVE-2025-49847: the length of a token, cast to a narrow integer.
TEST(BpeTokenizer, HasTokensOfAnyLength) {
  Tiny tiny;
  tiny.tokens[8] = std::string(100000, 'q');
  const Tokenizer tokenizer(tiny.vocabulary());
  EXPECT_EQ(tokenizer.bytes_of(8).size(), 100000u);
  EXPECT_THAT(Encoder(tokenizer).encode(tiny.tokens[8], SpecialTokens::kRecognize), ElementsAre(8));
}

struct Mistake {
  const char* name;
  std::function<void(Tiny&)> make;
  const char* message;
};

class BpeVocabulary : public testing::TestWithParam<Mistake> {};

TEST_P(BpeVocabulary, IsRefused) {
  Tiny tiny;
  GetParam().make(tiny);
  EXPECT_EQ(refusal([&] { Tokenizer{tiny.vocabulary()}; }), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Where, BpeVocabulary,
    testing::Values(Mistake{"ATokenIsThereTwice", [](auto& v) { v.tokens[8] = "ab"; },
                            "x.gguf: tokens 3 and 8 are both 'ab'"},
                    Mistake{"AMergeNeedsATokenThatIsNotThere", [](auto& v) { v.merges[3] = "q"; },
                            "x.gguf: merge 1, 'ab q', needs token 'abq', which the vocabulary lacks"},
                    Mistake{"AMergeIsThereTwice",
                            [](auto& v) {
                              v.merges = {"a", "b", "a", "b"};
                            },
                            "x.gguf: merge 1, 'a b', occurs twice"}),
    [](const auto& mistake) { return std::string(mistake.param.name); });

TEST(BpeVocabularyDigest, ChangesWithEveryPart) {
  const std::string digest = tiny().digest();
  Vocabulary moved = tiny();
  moved.source = "y.gguf";
  EXPECT_EQ(moved.digest(), digest);
  const std::vector<std::function<void(Tiny&)>> changes = {
      [](Tiny& v) { v.tokens[0] = "c"; }, [](Tiny& v) { v.special.push_back(0); },
      [](Tiny& v) { std::swap(v.merges[0], v.merges[1]); },
      [](Tiny& v) { v.pre_tokenizer = PreTokenizer::kStarcoder; }};
  for (const auto& change : changes) {
    Tiny other;
    change(other);
    EXPECT_NE(other.vocabulary().digest(), digest);
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
  EXPECT_EQ(vocabulary.pre_tokenizer, PreTokenizer::kStarcoder);
  EXPECT_EQ(vocabulary.tokens.size(), 3u);
  EXPECT_EQ(vocabulary.tokens[2], "ab");
  ASSERT_EQ(vocabulary.added.size(), 1u);
  EXPECT_FALSE(vocabulary.added[0].special);
  EXPECT_EQ(vocabulary.merges.size(), 2u);
  EXPECT_EQ(vocabulary.merges[1], "b");
}

std::string gguf_with(const std::string& pre, std::initializer_list<std::int32_t> types,
                      std::string_view merge) {
  return gguf("gpt2", 6)
      .string_entry("tokenizer.ggml.pre", pre)
      .entry<std::uint32_t>("tokenizer.ggml.bos_token_id", 4, 1)
      .strings_entry("tokenizer.ggml.tokens", {"a", "b", "ab"})
      .numbers_entry<std::int32_t>("tokenizer.ggml.token_type", 5, types)
      .strings_entry("tokenizer.ggml.merges", {std::string(merge)})
      .str();
}

// GHSA-7rxv, CVE-2025-52566: counts that do not match.
TEST(BpeVocabularyFile, MustHaveATypeForEachToken) {
  const std::string bytes = gguf_with("gpt-2", {1, 1}, "a b");
  EXPECT_EQ(refusal([&] { vocabulary_from(formats::Gguf(bytes, "x.gguf")); }),
            "x.gguf: has 2 token types for 3 tokens");
}

TEST(BpeVocabularyFile, MustHaveMergesOfTwoTokens) {
  for (const std::string_view merge : {"ab", "a b c"}) {
    const std::string bytes = gguf_with("gpt-2", {1, 1, 1}, merge);
    EXPECT_EQ(refusal([&] { vocabulary_from(formats::Gguf(bytes, "x.gguf")); }),
              "x.gguf: merge 0, '" + std::string(merge) + "', is not two tokens with a space between");
  }
}

TEST(BpeVocabularyFile, KnowsPreTokenizersByTheirName) {
  const auto read = [](const char* name) {
    const std::string bytes = gguf_with(name, {1, 1, 1}, "a b");
    return vocabulary_from(formats::Gguf(bytes, "x.gguf"));
  };
  EXPECT_EQ(read("gpt-2").pre_tokenizer, PreTokenizer::kGpt2);
  EXPECT_EQ(read("smollm").pre_tokenizer, PreTokenizer::kStarcoder);
  EXPECT_EQ(read("llama-bpe").pre_tokenizer, PreTokenizer::kLlama3);
  EXPECT_TRUE(read("llama-bpe").ignore_merges);
  EXPECT_EQ(read("qwen2").pre_tokenizer, PreTokenizer::kQwen2);
  EXPECT_FALSE(read("qwen2").ignore_merges);
  EXPECT_EQ(read("falcon3").pre_tokenizer, PreTokenizer::kLlama3);
  EXPECT_TRUE(read("falcon3").ignore_merges);
  EXPECT_THAT(read("falcon3").begin, testing::ElementsAre(1));
  EXPECT_THAT(read("qwen2").begin, testing::IsEmpty());
  EXPECT_EQ(read("refact").pre_tokenizer, PreTokenizer::kStarcoder);
  EXPECT_FALSE(read("dbrx").ignore_merges);
  EXPECT_EQ(read("olmo").pre_tokenizer, PreTokenizer::kGpt2);
  EXPECT_EQ(read("kormo").pre_tokenizer, PreTokenizer::kQwen2);
  EXPECT_EQ(read("stablelm2").pre_tokenizer, PreTokenizer::kQwen2);
  EXPECT_TRUE(read("jina-v5-nano").ignore_merges);
  for (const char* name : {"deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"})
    EXPECT_EQ(read(name).pre_tokenizer, PreTokenizer::kDeepseekV3) << name;
  for (const char* name : {"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"})
    EXPECT_EQ(read(name).pre_tokenizer, PreTokenizer::kGptOss) << name;
  EXPECT_FALSE(read("gpt-4o").ignore_merges);
  EXPECT_THAT(read("gpt-4o").begin, testing::IsEmpty());
  EXPECT_EQ(read("tekken").pre_tokenizer, PreTokenizer::kTekken);
  EXPECT_TRUE(read("tekken").ignore_merges);
  EXPECT_THAT(read("tekken").begin, testing::ElementsAre(1));
  EXPECT_EQ(read("glm4").pre_tokenizer, PreTokenizer::kLlama3);
  EXPECT_FALSE(read("glm4").ignore_merges);
  EXPECT_EQ(read("bailingmoe2").pre_tokenizer, PreTokenizer::kQwen2);
  EXPECT_EQ(read("mellum2").pre_tokenizer, PreTokenizer::kStarcoder);
  EXPECT_EQ(read("roberta-bpe").pre_tokenizer, PreTokenizer::kGpt2);
  EXPECT_THAT(refusal([&] { read("falcon"); }),
              testing::HasSubstr(
                  "tokenizer.ggml.pre is unknown pre-tokenizer 'falcon', expected one of gpt-2, phi-2, "));
}

TEST(BpeVocabularyFile, MustBeOfAByteLevelTokenizer) {
  const std::string bytes = gguf("llama", 1).str();
  EXPECT_EQ(refusal([&] { vocabulary_from(formats::Gguf(bytes, "x.gguf")); }),
            "x.gguf: tokenizer.ggml.model is 'llama' when it should be 'gpt2' (byte-level BPE)");
}

TEST(BpeVocabularyFile, MustNameItsPreTokenizerUnlessTheUserDoes) {
  const std::string silent = gguf("gpt2", 4)
                                 .entry<std::uint32_t>("tokenizer.ggml.bos_token_id", 4, 1)
                                 .strings_entry("tokenizer.ggml.tokens", {"a", "b", "ab"})
                                 .strings_entry("tokenizer.ggml.merges", {"a b"})
                                 .str();
  const std::string way_on =
      ", as in files of 2023, so how the text is split is not known; say which model's way it is by the "
      "tokenizer's option pre_tokenizer: gpt-2, smollm, llama-bpe, qwen2 or another of llama.cpp's names";
  const auto read = [](const std::string& bytes, const std::string& pre) {
    return vocabulary_from(formats::Gguf(bytes, "x.gguf"), pre);
  };
  EXPECT_EQ(refusal([&] { read(silent, ""); }), "x.gguf: has no tokenizer.ggml.pre" + way_on);
  EXPECT_EQ(read(silent, "llama-bpe").pre_tokenizer, PreTokenizer::kLlama3);
  EXPECT_THAT(read(silent, "llama-bpe").begin, testing::ElementsAre(1));
  EXPECT_EQ(read(silent, "qwen2").pre_tokenizer, PreTokenizer::kQwen2);
  EXPECT_THAT(refusal([&] { read(silent, "llama"); }), testing::HasSubstr("unknown pre-tokenizer 'llama'"));
  const std::string unknown = gguf_with("default", {1, 1, 1}, "a b");
  EXPECT_EQ(refusal([&] { read(unknown, ""); }), "x.gguf: tokenizer.ggml.pre is 'default'" + way_on);
  EXPECT_EQ(read(unknown, "gpt-2").pre_tokenizer, PreTokenizer::kGpt2);
  const std::string stated = gguf_with("qwen2", {1, 1, 1}, "a b");
  EXPECT_EQ(read(stated, "qwen2").pre_tokenizer, PreTokenizer::kQwen2);
  EXPECT_EQ(
      refusal([&] { read(stated, "gpt-2"); }),
      "x.gguf: tokenizer.ggml.pre is 'qwen2' when the option pre_tokenizer is 'gpt-2'; leave the option "
      "out");
}

TEST(BpeVocabularyFile, MayHaveUnusedTokens) {
  const std::string bytes = gguf_with("gpt-2", {1, 1, 5}, "a b");
  EXPECT_EQ(vocabulary_from(formats::Gguf(bytes, "x.gguf")).tokens.size(), 3u);
}

TEST(ByteAlphabet, GoesBothWays) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  std::string back;
  EXPECT_TRUE(from_byte_alphabet(to_byte_alphabet(bytes), &back));
  EXPECT_EQ(back, bytes);
  EXPECT_EQ(to_byte_alphabet(" \n!"), "\xC4\xA0\xC4\x8A!");
}

TEST(ByteAlphabet, RefusesOtherCharacters) {
  std::string bytes;
  for (const char* text : {" ", "\n", "\xC2\xAD", "\xE2\x82\xAC", "\xC4", "\xC5\x85", "\xFF", "\xC4!"}) {
    EXPECT_FALSE(from_byte_alphabet(text, &bytes)) << text;
  }
}

}  // namespace
}  // namespace gistmill::bpe
