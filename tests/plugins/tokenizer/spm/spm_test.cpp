// The tokenizer on vocabularies of a few tokens beside those of the bytes: what it makes of text, what it
// refuses.
#include "plugins/tokenizer/spm/spm.hpp"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "tests/sdk/formats/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::spm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kSp(kSpace);

// 0 <unk>, 1 <s>, 2 </s>, 3 to 258 the bytes, then pieces with their scores from 259 on.
ModelFile model(const std::vector<std::pair<std::string, float>>& pieces) {
  ModelFile file;
  file.source = "x.model";
  file.model_type = ModelType::kBpe;
  file.byte_fallback = true;
  file.remove_extra_whitespaces = false;
  const auto add = [&](const std::string& text, float score, PieceType type) {
    file.pieces.add(text);
    file.scores.push_back(score);
    file.types.push_back(type);
  };
  add("<unk>", 0, PieceType::kUnknown);
  add("<s>", 0, PieceType::kControl);
  add("</s>", 0, PieceType::kControl);
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte));
    add(name, 0, PieceType::kByte);
  }
  for (const auto& [text, score] : pieces) add(text, score, PieceType::kNormal);
  return file;
}
constexpr std::int32_t kFirst = 259;
std::int32_t byte_id(char c) { return 3 + static_cast<unsigned char>(c); }

ModelFile words() {
  return model(
      {{kSp, -10}, {"a", -11}, {"b", -12}, {"ab", -1}, {kSp + "a", -2}, {"ba", -3}, {kSp + kSp, -4}});
}

std::vector<std::int32_t> encode(const ModelFile& file, std::string_view text) {
  const Tokenizer tokenizer(vocabulary_from(file, "/nowhere"));
  return Encoder(tokenizer).encode(text, SpecialTokens::kRecognize);
}
std::string decode(const ModelFile& file, const std::vector<std::int32_t>& ids) {
  return Tokenizer(vocabulary_from(file, "/nowhere")).decode(ids.data(), ids.size());
}

TEST(SpmTokenizer, MergesTheHighestScoreFirst) {
  EXPECT_THAT(encode(words(), "ab"), ElementsAre(kFirst, kFirst + 3));
  EXPECT_THAT(encode(words(), "ba"), ElementsAre(kFirst, kFirst + 5));
  EXPECT_THAT(encode(words(), "aba"), ElementsAre(kFirst, kFirst + 3, kFirst + 1));
  EXPECT_THAT(encode(words(), ""), IsEmpty());
}

// Padding that converters add up to the model's vocabulary: "[PAD266]".
TEST(SpmTokenizer, FindsUnusedPiecesInNoText) {
  ModelFile file = words();
  for (const char* piece : {"aab", "[PAD267]", kSp.c_str()}) {
    file.pieces.add(std::string(piece) + (piece == kSp ? "b" : ""));
    file.scores.push_back(0);
    file.types.push_back(PieceType::kUnused);
  }
  for (const char* text : {"aab", "[PAD267]", "b", "a b aab [PAD267] b"}) {
    EXPECT_EQ(encode(file, text), encode(words(), text)) << text;
  }
  EXPECT_EQ(decode(file, {kFirst + 7, kFirst + 8}), "aab[PAD267]");
}

TEST(SpmTokenizer, MergesTheLeftmostOfEqualScores) {
  const ModelFile file = model({{"a", -9}, {"aa", -1}});
  EXPECT_THAT(encode(file, "aaa"),
              ElementsAre(byte_id('\xE2'), byte_id('\x96'), byte_id('\x81'), kFirst + 1, kFirst));
}

TEST(SpmTokenizer, PutsASpaceBeforeTextAndTakesItAway) {
  EXPECT_THAT(encode(words(), "a a"), ElementsAre(kFirst + 4, kFirst + 4));
  EXPECT_EQ(decode(words(), {kFirst + 4, kFirst + 4}), "a a");
  EXPECT_EQ(decode(words(), {kFirst + 1, kFirst + 4}), "a a");
  for (const std::string text : {"a", " a", "  a b ", "", " ", "ab  "})
    EXPECT_EQ(decode(words(), encode(words(), text)), text);
  ModelFile bare = words();
  bare.add_dummy_prefix = false;
  EXPECT_THAT(encode(bare, "a a"), ElementsAre(kFirst + 1, kFirst + 4));
}

TEST(SpmTokenizer, PutsASpaceAfterSpecialTokensToo) {
  EXPECT_THAT(encode(words(), "<s>a</s>b"), ElementsAre(1, kFirst + 4, 2, kFirst, kFirst + 2));
  EXPECT_EQ(decode(words(), {1, kFirst + 4, 2, kFirst, kFirst + 2}), "<s>a</s>b");
}

TEST(SpmTokenizer, RemovesExtraSpacesWhereTheModelDoes) {
  ModelFile file = words();
  file.remove_extra_whitespaces = true;
  EXPECT_THAT(encode(file, "  a   a "), ElementsAre(kFirst + 4, kFirst + 4));
  EXPECT_THAT(encode(file, "a" + kSp), ElementsAre(kFirst + 4));
  EXPECT_THAT(encode(file, "   "), IsEmpty());
}

TEST(SpmTokenizer, SpellsUnknownCharactersAndOtherBytes) {
  EXPECT_THAT(encode(words(), "\xC3\xA9"), ElementsAre(kFirst, byte_id('\xC3'), byte_id('\xA9')));
  EXPECT_THAT(encode(words(), "\xFF\xC3"), ElementsAre(kFirst, byte_id('\xFF'), byte_id('\xC3')));
  const std::string all = "\xC3\xA9\xFF a\xE2\x96z\x80\n";
  EXPECT_EQ(decode(words(), encode(words(), all)), all);
}

// A character that is no piece merges where the pieces are, and is spelled where it is left.
TEST(SpmTokenizer, MergesCharactersThatAreNoPieces) {
  const ModelFile file = model({{"xy", -1}, {"xyz", -2}});
  const std::vector<std::int32_t> space = {byte_id('\xE2'), byte_id('\x96'), byte_id('\x81')};
  EXPECT_THAT(encode(file, "xyzx"), ElementsAre(space[0], space[1], space[2], kFirst + 1, byte_id('x')));
}

// A piece that reaches over a space: words cannot be taken apart there.
TEST(SpmTokenizer, MergesOverSpacesWhereAPieceDoes) {
  const ModelFile file = model({{kSp, -10}, {"a", -11}, {"a" + kSp, -1}, {"a" + kSp + "a", -2}});
  EXPECT_THAT(encode(file, "a a"), ElementsAre(kFirst, kFirst + 3));
}

TEST(SpmTokenizer, TakesAMillionCharactersInLinearTime) {
  const std::string text(1'000'000, 'b');
  EXPECT_EQ(encode(model({{"b", -1}, {"bb", -2}, {"bbbb", -3}}), text).size(), 3u + 250'000u);
}

TEST(SpmTokenizer, FollowsItsConfigurationInAddedTokensAndInTheSpaceBeforeText) {
  const gistmill::testing::ScratchFolder folder;
  const auto ids = [&](const std::string& config, std::string_view text) {
    std::ofstream(folder / "tokenizer_config.json") << config;
    const Tokenizer tokenizer(vocabulary_from(words(), folder.path()));
    return Encoder(tokenizer).encode(text, SpecialTokens::kRecognize);
  };
  const std::int32_t a = kFirst + 1, space_a = kFirst + 4;
  EXPECT_THAT(ids("{}", "a<s>a"), ElementsAre(space_a, 1, space_a));
  EXPECT_THAT(ids(R"({"legacy": false})", "a<s>a"), ElementsAre(space_a, 1, a));
  EXPECT_THAT(ids(R"({"add_prefix_space": false})", "a<s>a"), ElementsAre(a, 1, a));
  const std::string gist =
      R"({"add_prefix_space": false, "added_tokens_decoder": {"266": {"content": "<GIST>"}}})";
  EXPECT_THAT(ids(gist, "a<GIST>a"), ElementsAre(a, 266, a));
}

struct Mistake {
  const char* name;
  std::function<void(ModelFile&)> make;
  const char* message;
};

class UnknownSentencePiece : public ::testing::TestWithParam<Mistake> {};

TEST_P(UnknownSentencePiece, IsRefused) {
  ModelFile file = words();
  GetParam().make(file);
  EXPECT_THAT(test::refusal([&] { Tokenizer{vocabulary_from(file, "/nowhere")}; }),
              HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Where, UnknownSentencePiece,
    ::testing::Values(Mistake{"ItIsAUnigramModel", [](auto& f) { f.model_type = ModelType::kUnigram; },
                              "x.model: is a SentencePiece unigram model when it should be a BPE model"},
                      Mistake{"ThereIsNoByteFallback", [](auto& f) { f.byte_fallback = false; },
                              "x.model: has no byte_fallback"},
                      Mistake{"TheMapOfCharactersIsBroken",
                              [](auto& f) {
                                f.normalizer = "nmt_nfkc";
                                f.character_map = "map";
                              },
                              "x.model: the map of characters of normalizer 'nmt_nfkc' is broken"},
                      Mistake{"SpacesAreSuffixes", [](auto& f) { f.whitespace_as_suffix = true; },
                              "has treat_whitespace_as_suffix"},
                      Mistake{"SpacesStaySpaces", [](auto& f) { f.escape_whitespaces = false; },
                              "has no escape_whitespaces"},
                      Mistake{"APieceIsUnused", [](auto& f) { f.types[260] = PieceType::kUnused; },
                              "piece 260, 'a', is of type unused"},
                      Mistake{"AByteHasNoToken", [](auto& f) { f.types[3] = PieceType::kNormal; },
                              "x.model: has no token for byte 0, expected one for every byte"},
                      Mistake{"AByteHasAnotherName", [](auto& f) { f.types[260] = PieceType::kByte; },
                              "x.model: token 260 is a byte token, but its text is 'a'"},
                      Mistake{"AScoreIsNoNumber", [](auto& f) { f.scores[260] = std::nanf(""); },
                              "x.model: token 260 has a score that is not a number"},
                      Mistake{"APieceIsThereTwice",
                              [](auto& f) {
                                f.pieces.add("ab");
                                f.scores.push_back(0);
                                f.types.push_back(PieceType::kNormal);
                              },
                              "x.model: tokens 262 and 266 are both 'ab'"},
                      Mistake{"APieceIsNotUtf8",
                              [](auto& f) {
                                f.pieces.add("a\xFF");
                                f.scores.push_back(0);
                                f.types.push_back(PieceType::kNormal);
                              },
                              "x.model: token 266, 'a\\xff', is not UTF-8"},
                      Mistake{"APieceIsLong",
                              [](auto& f) {
                                f.pieces.add(std::string(2000, 'a'));
                                f.scores.push_back(0);
                                f.types.push_back(PieceType::kNormal);
                              },
                              "has 2000 bytes, expected at most 1024"}),
    [](const auto& mistake) { return std::string(mistake.param.name); });

TEST(SpmTokenizer, RefusesIdsOutsideTheVocabulary) {
  EXPECT_THROW(decode(words(), {-1}), std::out_of_range);
  EXPECT_THROW(decode(words(), {266}), std::out_of_range);
}

TEST(SpmVocabularyDigest, ChangesWithEveryPart) {
  const auto digest = [](const ModelFile& file) { return vocabulary_from(file, "/nowhere").digest(); };
  const std::vector<std::function<void(ModelFile&)>> changes = {
      [](ModelFile& f) { f.scores[260] = 1; }, [](ModelFile& f) { f.types[2] = PieceType::kNormal; },
      [](ModelFile& f) { f.add_dummy_prefix = false; },
      [](ModelFile& f) { f.remove_extra_whitespaces = true; }};
  for (const auto& change : changes) {
    ModelFile other = words();
    change(other);
    EXPECT_NE(digest(other), digest(words()));
  }
}

}  // namespace
}  // namespace gistmill::spm
