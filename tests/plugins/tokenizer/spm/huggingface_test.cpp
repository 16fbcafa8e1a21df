// tokenizer.json as Llama 2 has it: the recorded ids of `tokenizers`, and what is refused.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/spm/spm.hpp"
#include "tests/sdk/formats/refusal.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::spm {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::filesystem::path kFixtures =
    std::filesystem::path(GISTMILL_SOURCE_DIR) / "tests/plugins/tokenizer/fixtures";

class SpmFixture : public testing::TestWithParam<const char*> {};

TEST_P(SpmFixture, GivesTheReferencesIds) {
  const Tokenizer tokenizer(load_vocabulary(kFixtures / (std::string(GetParam()) + ".json")));
  const auto cases = json::parse(test::read_file(kFixtures / "cases.json"));
  Encoder encoder(tokenizer);
  for (const auto& [list, special] :
       {std::pair{"ids", SpecialTokens::kRecognize}, {"ids_as_text", SpecialTokens::kAsText}}) {
    const auto& expected = cases.at(list).at(GetParam());
    ASSERT_GE(expected.size(), 150u);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto text = cases.at("texts").at(i).get<std::string>();
      EXPECT_EQ(encoder.encode(text, special), expected.at(i).get<std::vector<std::int32_t>>()) << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, SpmFixture, testing::Values("llama2", "llama2_metaspace"),
                         [](const auto& name) { return std::string(name.param); });

// Gemma and Yi add runs of U+2581, which text of spaces does not become, but decoding makes spaces of them.
TEST(SpmJson, DecodesSpacesOfAddedTokensAsSpaces) {
  json document = json::parse(test::read_file(kFixtures / "llama2.json"));
  const std::string run = std::string(kSpace) + std::string(kSpace);
  const auto id = static_cast<std::int32_t>(document["model"]["vocab"].size());
  document["normalizer"] = document["normalizer"]["normalizers"][1];
  document["decoder"]["decoders"].erase(3);
  document["added_tokens"].push_back(
      {{"id", id}, {"content", run}, {"special", false}, {"normalized", false}});
  const Tokenizer tokenizer(
      vocabulary_from(tokenizer::parse_tokenizer_json(document.dump(), "x.json"), "/nowhere"));
  Encoder encoder(tokenizer);
  const std::vector<std::int32_t> ids = encoder.encode("a" + run + "b", SpecialTokens::kRecognize);
  EXPECT_THAT(ids, testing::Contains(id));
  EXPECT_EQ(tokenizer.decode(ids.data(), ids.size()), "a  b");
  EXPECT_THAT(encoder.encode("a  b", SpecialTokens::kRecognize), testing::Not(testing::Contains(id)));
}

struct Mistake {
  const char* name;
  const char* fixture;
  std::function<void(json&)> make;
  const char* message;
};

class UnknownSpmJson : public testing::TestWithParam<Mistake> {};

TEST_P(UnknownSpmJson, IsRefused) {
  json document = json::parse(test::read_file(kFixtures / (std::string(GetParam().fixture) + ".json")));
  GetParam().make(document);
  EXPECT_THAT(
      test::refusal([&] {
        Tokenizer{vocabulary_from(tokenizer::parse_tokenizer_json(document.dump(), "x.json"), "/nowhere")};
      }),
      HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Where, UnknownSpmJson,
    testing::Values(
        Mistake{"ItIsByteLevel", "gpt2", [](json&) {},
                "x.json: the decoder is ByteLevel when it should be of SentencePiece BPE"},
        Mistake{"TheNormalizersMapIsBroken", "llama2",
                [](json& v) {
                  v["normalizer"]["normalizers"][0] = {{"type", "Precompiled"}};
                },
                "x.json: normalizer and pre_tokenizer is [{"},
        Mistake{"SpacesComeBackBehindTheirMarks", "llama2",
                [](json& v) {
                  v["normalizer"]["normalizers"].push_back({{"type", "NFKC"}});
                },
                "x.json: normalizer and pre_tokenizer is [{"},
        Mistake{"SpacesAreAnotherCharacter", "llama2_metaspace",
                [](json& v) { v["pre_tokenizer"]["replacement"] = "_"; },
                "when it should be those of Llama 2 or Gemma: Prepend and Replace, Replace, or Metaspace"},
        Mistake{"BothPutASpaceBeforeText", "llama2",
                [](json& v) {
                  v["pre_tokenizer"] = {{"type", "Metaspace"}, {"replacement", std::string(kSpace)}};
                },
                "x.json: normalizer and pre_tokenizer is [{"},
        Mistake{"EveryTokenLosesItsSpace", "llama2", [](json& v) { v["decoder"]["decoders"].erase(2); },
                "x.json: decoder is {"},
        Mistake{"TheDecoderIsAnother", "llama2", [](json& v) { v["decoder"]["decoders"][3]["start"] = 2; },
                "x.json: decoder is {"},
        Mistake{
            "TheUnknownTokenIsNone", "llama2",
            [](json& v) {
              v["model"]["byte_fallback"] = false;
              v["model"]["unk_token"] = "<nothing>";
            },
            "x.json: model.unk_token is \"<nothing>\" when it should be null or a token of the vocabulary"}),
    [](const auto& mistake) { return std::string(mistake.param.name); });

}  // namespace
}  // namespace gistmill::spm
