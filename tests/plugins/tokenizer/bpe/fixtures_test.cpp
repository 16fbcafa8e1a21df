// The small tokenizers of ../fixtures, of every family, against the ids that `tokenizers` gave their texts.
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/bpe/bpe.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::bpe {
namespace {

const std::filesystem::path kFixtures =
    std::filesystem::path(GISTMILL_SOURCE_DIR) / "tests/plugins/tokenizer/fixtures";

class BpeFixture : public testing::TestWithParam<const char*> {
 protected:
  void expect_ids(const Tokenizer& tokenizer, const char* list, SpecialTokens special) {
    const auto cases = nlohmann::json::parse(test::read_file(kFixtures / "cases.json"));
    const auto& expected = cases.at(list).at(GetParam());
    ASSERT_GE(expected.size(), 150u);
    Encoder encoder(tokenizer);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto text = cases.at("texts").at(i).get<std::string>();
      EXPECT_EQ(encoder.encode(text, special), expected.at(i).get<std::vector<std::int32_t>>()) << text;
    }
  }
};

TEST_P(BpeFixture, GivesTheReferencesIds) {
  const Tokenizer tokenizer(load_vocabulary(kFixtures / (std::string(GetParam()) + ".json")));
  expect_ids(tokenizer, "ids", SpecialTokens::kRecognize);
  expect_ids(tokenizer, "ids_as_text", SpecialTokens::kAsText);
}

INSTANTIATE_TEST_SUITE_P(Of, BpeFixture, testing::Values("gpt2", "smollm", "llama3", "qwen2"),
                         [](const auto& name) { return std::string(name.param); });

TEST(Gpt2FromTokenizerJson, IsTheVocabularyOfTheGguf) {
  const auto json = test::shared_data("tokenizers/gpt2/tokenizer.json");
  const auto gguf = test::shared_data("tokenizers/vectors/ggml-vocab-gpt-2.gguf");
  GISTMILL_SKIP_WITHOUT(json);
  GISTMILL_SKIP_WITHOUT(gguf);
  const Vocabulary vocabulary = load_vocabulary(json);
  EXPECT_EQ(vocabulary.named.eos, 50256);
  const Tokenizer ours(vocabulary), theirs(load_vocabulary(gguf));
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::int32_t id = 0; id < ours.size(); ++id) ASSERT_EQ(ours.bytes_of(id), theirs.bytes_of(id)) << id;
  const std::string text = "Hello, world! \xF0\x9F\x99\x82 12345 it's\n\n";
  EXPECT_EQ(Encoder(ours).encode(text, SpecialTokens::kRecognize),
            Encoder(theirs).encode(text, SpecialTokens::kRecognize));
}

}  // namespace
}  // namespace gistmill::bpe
