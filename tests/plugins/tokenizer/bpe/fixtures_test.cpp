// The small tokenizers of ../fixtures, of every family, against the ids that `tokenizers` gave their texts.
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
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

// Piece by piece, the best pair first, without a cache and without batches.
std::vector<std::int32_t> plainly(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<std::int32_t> all;
  Splitter splitter(tokenizer.pre_tokenizer(), text);
  for (std::string_view piece = splitter.next(); !piece.empty(); piece = splitter.next()) {
    std::vector<std::int32_t> ids;
    if (const std::int32_t whole = tokenizer.whole(piece); whole >= 0) {
      ids.push_back(whole);
    } else {
      for (const char c : piece) ids.push_back(tokenizer.token_of(static_cast<unsigned char>(c)));
    }
    std::erase(ids, -1);
    for (;;) {
      tokenizer::Merge best;
      std::size_t at = 0;
      for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
        const tokenizer::Merge merge = tokenizer.merges().find(ids[i], ids[i + 1]);
        if (merge.rank < best.rank) std::tie(best, at) = std::pair(merge, i);
      }
      if (best.id < 0) break;
      ids[at] = best.id;
      ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    all.insert(all.end(), ids.begin(), ids.end());
  }
  return all;
}

// Words of a few letters, so that some come again soon and others drive them out of the cache.
TEST_P(BpeFixture, GivesTheIdsOfThePlainWayForRandomText) {
  const Vocabulary vocabulary = load_vocabulary(kFixtures / (std::string(GetParam()) + ".json"));
  const Tokenizer tokenizer(vocabulary);
  Encoder encoder(tokenizer);
  std::mt19937 random(17);
  const std::vector<std::string> parts{"a",
                                       "e",
                                       "th",
                                       "ing",
                                       " ",
                                       "  ",
                                       "\n",
                                       "1",
                                       "23",
                                       ".",
                                       "--",
                                       "'s",
                                       "\xC3\xA9",
                                       "\xD0\xB8",
                                       "\xD0\xB2",
                                       "\xE0\xB8\x81",
                                       "\xE4\xB8\xAD",
                                       "\xF0\x9F\x99\x82",
                                       "\xFF"};
  for (int round = 0; round < 40; ++round) {
    std::string text;
    for (std::size_t left = random() % 4000; left > 0; --left) {
      text += parts[random() % parts.size()];
      if (random() % 200 == 0) text.append(random() % 90, 'x');
    }
    ASSERT_EQ(encoder.encode(text, SpecialTokens::kAsText), plainly(tokenizer, text)) << "round " << round;
  }
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
