// The recorded ids and texts of `tokenizers` for tokenizer.json, of SentencePiece for tokenizer.model
// (make_unigram.py).
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/unigram/unigram.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::unigram {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int32_t>;

const std::filesystem::path kFixtures =
    std::filesystem::path(GISTMILL_SOURCE_DIR) / "tests/plugins/tokenizer/unigram";

const json& cases() {
  static const json kCases = json::parse(test::read_file(kFixtures / "cases.json"));
  return kCases;
}

class UnigramFixture : public testing::TestWithParam<const char*> {};

TEST_P(UnigramFixture, GivesTheReferencesIds) {
  const Tokenizer tokenizer(load_vocabulary(kFixtures / GetParam()));
  Encoder encoder(tokenizer);
  for (const auto& [list, special] :
       {std::pair{"ids", SpecialTokens::kRecognize}, {"ids_as_text", SpecialTokens::kAsText}}) {
    if (!cases().at(list).contains(GetParam())) continue;  // SentencePiece knows no special tokens in text
    const json& expected = cases().at(list).at(GetParam());
    ASSERT_GE(expected.size(), 200u);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto text = cases().at("texts").at(i).get<std::string>();
      EXPECT_EQ(encoder.encode(text, special), expected.at(i).get<Ids>()) << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, UnigramFixture,
                         testing::Values("words.json", "words_behind.json", "split.json", "llama.json",
                                         "saved.json", "trained.json", "mapped.model", "bytes.model",
                                         "user.model", "bare.model"),
                         [](const auto& name) {
                           std::string word(name.param);
                           word[word.find('.')] = '_';
                           return word;
                         });

class DecodedUnigram : public testing::TestWithParam<const char*> {};

// What is left to the reference: it puts a space between bytes that are no UTF-8 and added tokens.
TEST_P(DecodedUnigram, IsTheReferencesText) {
  const Tokenizer tokenizer(load_vocabulary(kFixtures / GetParam()));
  const json& decoded = cases().at("decoded").at(GetParam());
  std::size_t compared = 0;
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    const auto text = decoded.at(i).get<std::string>();
    const Ids ids = cases().at("ids").at(GetParam()).at(i).get<Ids>();
    if (text.find('<') != std::string::npos || text.find("\xEF\xBF\xBD") != std::string::npos) continue;
    EXPECT_EQ(tokenizer.decode(ids.data(), ids.size()), text);
    ++compared;
  }
  EXPECT_GE(compared, 35u);
}

INSTANTIATE_TEST_SUITE_P(Of, DecodedUnigram,
                         testing::Values("words.json", "split.json", "llama.json", "saved.json",
                                         "trained.json"),
                         [](const auto& name) {
                           std::string word(name.param);
                           return word.substr(0, word.find('.'));
                         });

// A text that is taken in parts gives the same as one after the other, and remembers nothing wrong.
TEST(UnigramEncoder, GivesTheSameIdsAgain) {
  for (const char* file : {"words.json", "mapped.model"}) {
    const Tokenizer tokenizer(load_vocabulary(kFixtures / file));
    Encoder encoder(tokenizer);
    for (const json& text : cases().at("texts")) {
      const Ids first = encoder.encode(text.get<std::string>(), SpecialTokens::kRecognize);
      EXPECT_EQ(encoder.encode(text.get<std::string>(), SpecialTokens::kRecognize), first);
      EXPECT_EQ(Encoder(tokenizer).encode(text.get<std::string>(), SpecialTokens::kRecognize), first);
    }
  }
}

}  // namespace
}  // namespace gistmill::unigram
