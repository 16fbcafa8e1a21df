// tokenizer.json: which parts are taken, and what is said of those that are not.
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/bpe/bpe.hpp"
#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::bpe {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json tiny() {
  return json::parse(R"({
    "version": "1.0",
    "added_tokens": [{"id": 3, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
                      "normalized": false, "special": true}],
    "normalizer": null,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
    "post_processor": null,
    "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
    "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
              "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false,
              "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}
  })");
}

Vocabulary read(const json& document) {
  return vocabulary_from(tokenizer::parse_tokenizer_json(document.dump(), "x.json"), "/nowhere");
}

TEST(TokenizerJson, IsTakenWithMergesAsTextOrAsPairs) {
  json document = tiny();
  const Vocabulary text = read(document);
  document["model"]["merges"] = json::parse(R"([["a", "b"]])");
  const Vocabulary pairs = read(document);
  EXPECT_EQ(text.digest(), pairs.digest());
  EXPECT_EQ(text.pre_tokenizer, PreTokenizer::kGpt2);
  EXPECT_EQ(text.tokens.size(), 4u);
  EXPECT_EQ(text.model_tokens, 3u);
  ASSERT_EQ(text.added.size(), 1u);
  EXPECT_TRUE(text.added[0].special);
}

TEST(TokenizerJson, IsTakenWithPartsWithinSequences) {
  json document = tiny();
  document["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", {document["pre_tokenizer"]}}};
  document["normalizer"] = json::parse(R"({"type": "Sequence", "normalizers": [{"type": "NFC"}]})");
  const Vocabulary vocabulary = read(document);
  EXPECT_EQ(vocabulary.pre_tokenizer, PreTokenizer::kGpt2);
  EXPECT_TRUE(vocabulary.normalizer.is_form_c());
}

TEST(TokenizerJson, NamesTheUnknownTokenAndWhatElseTheModelDoes) {
  json document = tiny();
  document["model"]["unk_token"] = "b";
  document["model"]["fuse_unk"] = true;
  document["model"]["ignore_merges"] = true;
  const Vocabulary vocabulary = read(document);
  EXPECT_EQ(vocabulary.unknown, 1);
  EXPECT_TRUE(vocabulary.fuse_unknown);
  EXPECT_TRUE(vocabulary.ignore_merges);
}

TEST(TokenizerJson, MayLackTheTypeOfItsModelAndNameNoUnknownToken) {
  json document = tiny();
  const std::string digest = read(document).digest();
  document["model"].erase("type");
  document["model"]["unk_token"] = "";
  EXPECT_EQ(read(document).digest(), digest);
}

TEST(TokenizerJson, MayRemoveWhatLiesBetweenPiecesInPlaceOfIsolatingThem) {
  const std::string split =
      R"({"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|)"
      R"([^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},)"
      R"("behavior": "Removed", "invert": true}, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})";
  json document = tiny();
  document["pre_tokenizer"] = json::parse(split);
  EXPECT_EQ(read(document).pre_tokenizer, PreTokenizer::kLlama3);
  document["pre_tokenizer"]["pretokenizers"][0]["invert"] = false;
  EXPECT_THAT(test::refusal([&] { read(document); }), HasSubstr("pre_tokenizer is"));
}

TEST(TokenizerJson, MaySplitByThePatternOfTekken) {
  const std::string split =
      R"({"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu})"
      R"(\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt})"
      R"(\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*)"
      R"(|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}, "behavior": "Isolated", "invert": false},)"
      R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})";
  json document = tiny();
  document["pre_tokenizer"] = json::parse(split);
  EXPECT_EQ(read(document).pre_tokenizer, PreTokenizer::kTekken);
}

TEST(TokenizerJson, MayPutASpaceBeforeTextThatStartsWithNone) {
  json document = tiny();
  document["model"]["vocab"] = {{"a", 0}, {"b", 1}, {"ab", 2}, {"\u0120", 4}, {"\u0120a", 5}};
  document["added_tokens"][0]["id"] = 3;
  document["model"]["vocab"]["<s>"] = 3;
  document["model"]["merges"] = {"a b", "\u0120 a"};
  document["pre_tokenizer"]["add_prefix_space"] = true;
  const Vocabulary vocabulary = read(document);
  const Tokenizer tokenizer(vocabulary);
  Encoder encoder(tokenizer);
  const auto ids = [&](std::string_view text) {
    return encoder.encode(text, tokenizer::SpecialTokens::kRecognize);
  };
  EXPECT_THAT(ids("b"), testing::ElementsAre(4, 1));
  EXPECT_THAT(ids(" b"), testing::ElementsAre(4, 1));
  EXPECT_THAT(ids("b<s>b"), testing::ElementsAre(4, 1, 3, 4, 1)) << "between added tokens too";
  document["pre_tokenizer"]["add_prefix_space"] = false;
  EXPECT_NE(read(document).digest(), vocabulary.digest());
}

struct Mistake {
  const char* name;
  std::function<void(json&)> make;
  const char* message;
};

class UnknownTokenizerJson : public testing::TestWithParam<Mistake> {};

TEST_P(UnknownTokenizerJson, IsRefused) {
  json document = tiny();
  GetParam().make(document);
  EXPECT_THAT(test::refusal([&] { Tokenizer{read(document)}; }), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Where, UnknownTokenizerJson,
    testing::Values(
        Mistake{"TheModelIsAnother",
                [](json& v) { v["model"] = json::parse(R"({"type":"Unigram","vocab":[["a",0.5]]})"); },
                "x.json: model is \"Unigram\" when it should be BPE"},
        Mistake{"ThereIsNoModel", [](json& v) { v.erase("model"); }, "x.json: has no 'model'"},
        Mistake{"TheNormalizerIsAnother",
                [](json& v) {
                  v["normalizer"] = {{"type", "Precompiled"}};
                },
                "x.json: normalizer is {\"type\":\"Precompiled\"} when it should be null or of NFC, NFD"},
        Mistake{"ThePreTokenizerIsAnother",
                [](json& v) {
                  v["pre_tokenizer"] = {{"type", "Whitespace"}};
                },
                "x.json: pre_tokenizer is {\"type\":\"Whitespace\"} when it should be that of GPT-2"},
        Mistake{"ThereIsNoPreTokenizer", [](json& v) { v["pre_tokenizer"] = nullptr; },
                "x.json: pre_tokenizer is null"},
        Mistake{
            "ThePatternDiffersByOneCharacter",
            [](json& v) {
              v["pre_tokenizer"] = json::parse(
                  R"({"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{N}{1,2}"},)"
                  R"("behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]})");
            },
            "x.json: pre_tokenizer is {"},
        Mistake{"DigitsStayTogether",
                [](json& v) {
                  v["pre_tokenizer"] = {
                      {"type", "Sequence"},
                      {"pretokenizers",
                       {{{"type", "Digits"}, {"individual_digits", false}}, v["pre_tokenizer"]}}};
                },
                "\"individual_digits\":false"},
        Mistake{"TheDecoderIsAnother",
                [](json& v) {
                  v["decoder"] = {{"type", "WordPiece"}};
                },
                "x.json: decoder is {\"type\":\"WordPiece\"} when it should be ByteLevel"},
        Mistake{"WordsHaveASuffix", [](json& v) { v["model"]["end_of_word_suffix"] = "</w>"; },
                "x.json: model.end_of_word_suffix is \"</w>\" when it should be null or empty"},
        Mistake{"MergesAreDroppedAtRandom", [](json& v) { v["model"]["dropout"] = 0.1; },
                "x.json: model.dropout is 0.1"},
        Mistake{"CharactersBecomeBytes", [](json& v) { v["model"]["byte_fallback"] = true; },
                "x.json: model.byte_fallback is true"},
        Mistake{"TheUnknownTokenIsNone", [](json& v) { v["model"]["unk_token"] = "<unk>"; },
                "x.json: model.unk_token is \"<unk>\" when it should be null or a token of the vocabulary"},
        Mistake{
            "AnIdIsFarFromTheOthers", [](json& v) { v["model"]["vocab"]["ab"] = 1027; },
            "x.json: token 'ab' has id 1027 of 3 tokens, expected less than 1027: at most 1024 ids without a "
            "token are taken"},
        Mistake{
            "AnAddedTokenGetsAnIdThatATokenHas",
            [](json& v) {
              v["model"]["vocab"]["ab"] = 3;
              v["added_tokens"][0]["content"] = "<one>";
            },
            "x.json: added token '<one>' would be number 3, which is the id of token 'ab', for the ids have "
            "holes; expected it in the model's vocabulary, with an id of its own"},
        Mistake{"AnIdIsThereTwice", [](json& v) { v["model"]["vocab"]["ab"] = 1; },
                "x.json: token 'b' has id 1, as another has"},
        Mistake{"AMergeNeedsATokenThatIsNotThere", [](json& v) { v["model"]["merges"][0] = "b a"; },
                "x.json: merge 0, 'b a', needs token 'ba', which the vocabulary lacks"},
        Mistake{"AMergeMakesAnAddedToken",
                [](json& v) {
                  v["added_tokens"][0]["content"] = "ba";
                  v["model"]["merges"][0] = "b a";
                },
                "x.json: merge 0, 'b a', needs token 'ba', which the vocabulary lacks"}),
    [](const auto& mistake) { return std::string(mistake.param.name); });

}  // namespace
}  // namespace gistmill::bpe
