// What of a Unigram file is refused, and with which words.
#include <filesystem>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/unigram/unigram.hpp"
#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::unigram {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::filesystem::path kFixtures =
    std::filesystem::path(GISTMILL_SOURCE_DIR) / "tests/plugins/tokenizer/unigram";

std::string complaint(const json& document) {
  return test::refusal([&] {
    Tokenizer{vocabulary_from(tokenizer::parse_tokenizer_json(document.dump(), "x.json"), "/nowhere")};
  });
}

struct Mistake {
  const char* name;
  std::function<void(json&)> make;
  const char* message;
};

class UnknownUnigramJson : public testing::TestWithParam<Mistake> {};

TEST_P(UnknownUnigramJson, IsRefused) {
  json document = json::parse(test::read_file(kFixtures / "words.json"));
  GetParam().make(document);
  EXPECT_THAT(complaint(document), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Where, UnknownUnigramJson,
    testing::Values(Mistake{"ItIsBpe", [](json& v) { v["model"]["type"] = "BPE"; },
                            "x.json: model is \"BPE\" when it should be Unigram"},
                    Mistake{"NothingStandsForTheUnknown", [](json& v) { v["model"]["unk_id"] = nullptr; },
                            "x.json: model.unk_id is null when it should be the place of a piece"},
                    Mistake{"TheUnknownIsNoPiece", [](json& v) { v["model"]["unk_id"] = 210; },
                            "x.json: model.unk_id is 210 when it should be the place of a piece"},
                    Mistake{"TheVocabularyIsEmpty", [](json& v) { v["model"]["vocab"] = json::array(); },
                            "x.json: model.vocab is empty or an object when it should be a list of pieces"},
                    Mistake{"ThePiecesHaveNoScores",
                            [](json& v) {
                              v["model"]["vocab"] = {{"a", 0}};
                            },
                            "x.json: model.vocab is empty or an object when it should be a list of pieces"},
                    Mistake{"APieceIsThereTwice",
                            [](json& v) { v["model"]["vocab"].push_back(v["model"]["vocab"][9]); },
                            "x.json: tokens 9 and 210 are both "},
                    Mistake{"APieceHasNoScore", [](json& v) { v["model"]["vocab"][4].erase(1); },
                            ": a piece of 1 parts, expected a text and a score"},
                    Mistake{"APieceIsNoPair", [](json& v) { v["model"]["vocab"][4] = "a"; },
                            ": a piece of the vocabulary is a string when it should be an array"},
                    Mistake{"AScoreIsNoNumber", [](json& v) { v["model"]["vocab"][4][1] = "1"; },
                            ": the score of a piece is a string when it should be a number"},
                    Mistake{"TheMapIsBroken",
                            [](json& v) { v["normalizer"]["precompiled_charsmap"] = "AAAA"; },
                            "x.json: normalizer and pre_tokenizer is [{"},
                    Mistake{"WordsAreNotCutAtSpaces",
                            [](json& v) {
                              v["pre_tokenizer"] = {{"type", "Whitespace"}};
                            },
                            "or Metaspace, also with WhitespaceSplit; before them NFC"},
                    Mistake{"WordsHaveNoMetaspace",
                            [](json& v) {
                              v["pre_tokenizer"] = {{"type", "WhitespaceSplit"}};
                            },
                            "or Metaspace, also with WhitespaceSplit; before them NFC"},
                    Mistake{"TheDecoderIsAnother",
                            [](json& v) {
                              v["decoder"] = {{"type", "WordPiece"}};
                            },
                            "x.json: decoder is {"}),
    [](const auto& mistake) { return std::string(mistake.param.name); });

TEST(UnigramJson, HasScoresThatAreNumbers) {
  std::string text = test::read_file(kFixtures / "words.json");
  const std::string first = "[\"<unk>\",0.0]";
  text.replace(text.find(first), first.size(), "[\"<unk>\",1e999]");
  EXPECT_THAT(test::refusal([&] { tokenizer::parse_tokenizer_json(text, "x.json"); }),
              HasSubstr("the score of a piece is beyond what a number may be"));
}

TEST(UnigramModel, IsRefusedWhereItIsOfAnotherTypeOrCannotTellTheUnknown) {
  auto file = sentencepiece::parse_model_file(test::read_file(kFixtures / "mapped.model"), "x.model");
  const auto said = [&] { return test::refusal([&] { Tokenizer{vocabulary_from(file, "/nowhere")}; }); };
  file.character_map.resize(file.character_map.size() / 8);
  EXPECT_THAT(said(), HasSubstr("x.model: the map of characters of normalizer 'user_defined' is broken"));
  file.character_map.clear();
  file.types[0] = PieceType::kNormal;
  EXPECT_EQ(said(), "x.model: has 0 pieces of type unknown, expected 1");
  file.model_type = sentencepiece::ModelType::kBpe;
  EXPECT_EQ(said(), "x.model: is no SentencePiece model of type unigram");
}

template <class Read>
void expect_refused_or_used_at_any_length(const char* name, const Read& read) {
  const std::string bytes = test::read_file(kFixtures / name);
  std::size_t used = 0;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    try {
      const Tokenizer tokenizer(read(std::string_view(bytes).substr(0, size)));
      const auto ids = Encoder(tokenizer).encode("The \uff21 mill\xff of caf\u00e9s", SpecialTokens::kAsText);
      tokenizer.decode(ids.data(), ids.size());
      ++used;
    } catch (const formats::FormatError&) {
    }
  }
  EXPECT_GE(used, 1u);
}

TEST(UnigramModel, OfAnyLengthIsRefusedOrUsed) {
  expect_refused_or_used_at_any_length("user.model", [](std::string_view bytes) {
    return vocabulary_from(sentencepiece::parse_model_file(bytes, "x.model"), "/nowhere");
  });
}

TEST(UnigramJson, OfAnyLengthIsRefusedOrUsed) {
  expect_refused_or_used_at_any_length("split.json", [](std::string_view bytes) {
    return vocabulary_from(tokenizer::parse_tokenizer_json(bytes, "x.json"), "/nowhere");
  });
}

TEST(UnigramGguf, IsRefusedByItsName) {
  const auto bytes_of = [](const char* model) {
    return test::Bytes().gguf_header(0, 1).string_entry("tokenizer.ggml.model", model).str();
  };
  const std::string unigram = bytes_of("t5"), other = bytes_of("llama");
  EXPECT_THAT(test::refusal([&] { vocabulary_from(formats::Gguf(unigram, "x.gguf")); }),
              HasSubstr("x.gguf: tokenizer.ggml.model is 't5', GGUF's word for Unigram"));
  EXPECT_THROW(vocabulary_from(formats::Gguf(other, "x.gguf")), tokenizer::OtherKind);
}

}  // namespace
}  // namespace gistmill::unigram
