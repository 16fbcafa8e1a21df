// What is written as tokenizer.json gives the ids that the vocabulary gives, whatever files it came from.
// That `tokenizers` reads it so too: tests/plugins/tokenizer/vocabularies.
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <gistmill/files/new_file.hpp>

#include "plugins/tokenizer/spm/spm.hpp"
#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"
#include "tests/sdk/formats/test_data.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::spm {
namespace {

using test::refusal;
using ::testing::HasSubstr;

const std::string kSp(kSpace);

Vocabulary written_and_read(const Vocabulary& vocabulary) {
  const gistmill::testing::ScratchFolder folder;
  const tokenizer::HuggingFaceFiles files = huggingface_files(vocabulary);
  files::write_file(folder / "tokenizer.json", files.tokenizer);
  files::write_file(folder / "tokenizer_config.json", files.configuration);
  return load_vocabulary(folder.path());
}

// A GGUF file's vocabulary, as llama.cpp writes it: <unk>, <s>, </s>, the bytes, pieces by scores, and a
// token of the user's.
Vocabulary of_gguf(bool prefix) {
  std::vector<std::string> tokens{"<unk>", "<s>", "</s>"};
  std::vector<std::int32_t> types{2, 3, 3};
  std::vector<float> scores{0, 0, 0};
  for (int byte = 0; byte < 256; ++byte) {
    tokens.push_back(name_of_byte(static_cast<unsigned char>(byte)));
    types.push_back(6);
    scores.push_back(0);
  }
  float score = 0;
  for (const std::string& piece :
       {kSp + "a", std::string("ab"), std::string("é!"), kSp + kSp, kSp + "ab", std::string("abab"), kSp,
        std::string("a"), std::string("b"), std::string("é"), std::string("!")}) {
    tokens.push_back(piece);
    types.push_back(1);
    scores.push_back(score -= 1);
  }
  tokens.emplace_back("<tool>");
  types.push_back(4);
  scores.push_back(0);
  const gistmill::testing::ScratchFolder folder;
  test::Bytes bytes;
  bytes.gguf_header(0, prefix ? 7 : 8)
      .string_entry("tokenizer.ggml.model", "llama")
      .string_entry("tokenizer.chat_template", "{{ messages }}")
      .strings_entry("tokenizer.ggml.tokens", tokens)
      .numbers_entry<std::int32_t>("tokenizer.ggml.token_type", 5, types)
      .numbers_entry<float>("tokenizer.ggml.scores", 6, scores)
      .entry<std::uint32_t>("tokenizer.ggml.bos_token_id", 4, 1)
      .entry<std::uint32_t>("tokenizer.ggml.eos_token_id", 4, 2);
  if (!prefix) bytes.entry<std::uint8_t>("tokenizer.ggml.add_space_prefix", 7, 0);
  files::write_file(folder / "model.gguf", bytes.str());
  return load_vocabulary(folder / "model.gguf");
}

void expect_same_ids(const Vocabulary& vocabulary) {
  const Vocabulary again = written_and_read(vocabulary);
  EXPECT_EQ(again.begin, vocabulary.begin);
  EXPECT_EQ(again.chat_templates.size(), vocabulary.chat_templates.size());
  const Tokenizer expected(vocabulary), found(again);
  Encoder expected_encoder(expected), found_encoder(found);
  const std::vector<std::string> parts{"a",  "b",   " ",    "  ",     "é", "!", "\xE6\xB1\x89",
                                       "\n", "<s>", "</s>", "<tool>", kSp, "x", "\xFF"};
  std::mt19937 random(5);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (std::size_t k = random() % 12; k > 0; --k) text += parts[random() % parts.size()];
    for (const SpecialTokens special : {SpecialTokens::kRecognize, SpecialTokens::kAsText}) {
      const std::vector<std::int32_t> ids = expected_encoder.encode(text, special);
      ASSERT_EQ(found_encoder.encode(text, special), ids) << text;
      ASSERT_EQ(found.decode(ids.data(), ids.size()), expected.decode(ids.data(), ids.size())) << text;
    }
  }
}

class WrittenSpmFixture : public ::testing::TestWithParam<const char*> {};

TEST_P(WrittenSpmFixture, IsReadBackAsTheSameVocabulary) {
  const Vocabulary vocabulary =
      load_vocabulary(std::filesystem::path(GISTMILL_SOURCE_DIR) / "tests/plugins/tokenizer/fixtures" /
                      (std::string(GetParam()) + ".json"));
  EXPECT_EQ(written_and_read(vocabulary).digest(), vocabulary.digest());
}

INSTANTIATE_TEST_SUITE_P(Of, WrittenSpmFixture, ::testing::Values("llama2", "llama2_metaspace"),
                         [](const auto& name) { return std::string(name.param); });

TEST(WrittenSpm, OfAGgufFileGivesTheSameIds) {
  expect_same_ids(of_gguf(/*prefix=*/true));
  expect_same_ids(of_gguf(/*prefix=*/false));
}

TEST(WrittenSpm, SaysWhatMergesByTheirScores) {
  const auto written = nlohmann::json::parse(huggingface_files(of_gguf(true)).tokenizer);
  const auto& merges = written["model"]["merges"];
  ASSERT_EQ(merges.size(), 7u);
  EXPECT_EQ(merges[0], nlohmann::json({kSp, "a"}));
  EXPECT_EQ(merges[1], nlohmann::json({"a", "b"}));
  EXPECT_EQ(merges[4], nlohmann::json({kSp + "a", "b"}))
      << "of two ways to one piece, the part with the lower id";
  EXPECT_EQ(merges[5], nlohmann::json({kSp, "ab"}));
  EXPECT_EQ(written["model"]["byte_fallback"], true);
}

TEST(WrittenSpm, IsRefusedWhereTheFileCannotSayIt) {
  const auto refused = [](const std::function<void(Vocabulary&)>& change) {
    Vocabulary vocabulary = of_gguf(true);
    change(vocabulary);
    return refusal([&] { huggingface_files(vocabulary); });
  };
  const auto id_of = [](const Vocabulary& vocabulary, const std::string& piece) {
    return static_cast<std::size_t>(index_of(vocabulary).find(piece));
  };
  EXPECT_THAT(refused([](Vocabulary& vocabulary) { vocabulary.remove_extra_whitespaces = true; }),
              HasSubstr("removes extra spaces, which tokenizer.json cannot say"));
  EXPECT_THAT(refused([&](Vocabulary& vocabulary) { vocabulary.scores[id_of(vocabulary, "ab")] = -1; }),
              HasSubstr("have the same score: the first in a text counts, which tokenizer.json cannot say"));
  EXPECT_THAT(
      refused([&](Vocabulary& vocabulary) { vocabulary.types[id_of(vocabulary, "!")] = PieceType::kUnused; }),
      HasSubstr("'!', is a character of type unused"));
  EXPECT_THAT(refused([&](Vocabulary& vocabulary) {
                vocabulary.types[id_of(vocabulary, "!")] = PieceType::kControl;
              }),
              HasSubstr("has a character that is no token itself"));
  EXPECT_THAT(refused([](Vocabulary& vocabulary) { vocabulary.added.front().normalized = true; }),
              HasSubstr("in text whose spaces are marked, which tokenizer.json cannot say"));
}

// As in Llama 2: runs merge last. Whether ranks make the same of them depends on the order of the pieces.
TEST(WrittenSpm, MayHaveRunsOfSpacesOfEqualScore) {
  const auto with_runs = [](const std::vector<std::size_t>& lengths) {
    Vocabulary vocabulary = of_gguf(true);
    vocabulary.scores[static_cast<std::size_t>(index_of(vocabulary).find(kSp + kSp))] = -1e9F;
    for (const std::size_t length : lengths) {
      vocabulary.tokens.add(with_escaped_spaces(std::string(length, ' ')));
      vocabulary.types.push_back(PieceType::kNormal);
      vocabulary.scores.push_back(-1e9F);
    }
    vocabulary.model_tokens = vocabulary.tokens.size();
    return vocabulary;
  };
  expect_same_ids(with_runs({4, 3}));
  EXPECT_THAT(refusal([&] {
                huggingface_files(with_runs({3, 4}));
              }),
              HasSubstr("cuts a run of 4 spaces by equal scores in a way that tokenizer.json cannot say"));
}

TEST(WrittenSpm, OfARealGgufFileGivesTheSameIds) {
  const auto model = test::shared_data("tokenizers/vectors") / "ggml-vocab-llama-spm.gguf";
  GISTMILL_SKIP_WITHOUT(model);
  expect_same_ids(load_vocabulary(model));
}

}  // namespace
}  // namespace gistmill::spm
