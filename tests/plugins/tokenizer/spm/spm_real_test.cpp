// The tokenizer on real vocabularies: the reference's ids, and text that comes back.
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "plugins/tokenizer/spm/spm.hpp"
#include "tests/plugins/tokenizer/llama_cpp_vectors.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::spm {
namespace {

using test::shared_data;

TEST(LlamaSpmVectors, GiveTheReferencesIds) {
  const auto file = shared_data("tokenizers/vectors/ggml-vocab-llama-spm.gguf");
  GISTMILL_SKIP_WITHOUT(file);
  const Tokenizer tokenizer(load_vocabulary(file));
  Encoder encoder(tokenizer);
  const auto cases = test::llama_cpp_vectors(file);
  EXPECT_EQ(cases.size(), 46u);
  for (const auto& [text, ids] : cases)
    EXPECT_EQ(encoder.encode(text, SpecialTokens::kRecognize), ids) << text;
}

class RealSpm : public testing::TestWithParam<const char*> {};

TEST_P(RealSpm, BringsTextAndBytesBack) {
  const auto file = shared_data(GetParam());
  GISTMILL_SKIP_WITHOUT(file);
  Vocabulary vocabulary = load_vocabulary(file);
  vocabulary.remove_extra_whitespaces = false;  // which would lose spaces by design
  const Tokenizer tokenizer(vocabulary);
  Encoder encoder(tokenizer);
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    std::string text(random() % 2000, '\0');
    for (char& c : text) c = static_cast<char>(round % 2 == 0 ? random() : ' ' + random() % 95);
    for (std::size_t at; (at = text.find(kSpace)) != std::string::npos;) text[at] = ' ';  // a space by design
    const auto ids = encoder.encode(text, SpecialTokens::kAsText);
    ASSERT_EQ(tokenizer.decode(ids.data(), ids.size()), text) << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, RealSpm,
                         testing::Values("tokenizers/vectors/ggml-vocab-llama-spm.gguf",
                                         "models/stories260K/tok512.model"),
                         [](const auto& file) {
                           return std::string(file.index == 0 ? "Llama2" : "Stories260K");
                         });

// By sentencepiece 0.2.3.
TEST(Stories260K, GivesTheIdsOfSentencePiece) {
  const auto file = shared_data("models/stories260K/tok512.model");
  GISTMILL_SKIP_WITHOUT(file);
  const Tokenizer tokenizer(load_vocabulary(file));
  Encoder encoder(tokenizer);
  const std::vector<std::int32_t> expected = {403, 407, 261, 378, 432, 383, 286, 261, 280, 412, 431, 485, 13};
  EXPECT_EQ(encoder.encode("Once upon a time,  there was a caf\xC3\xA9\n", SpecialTokens::kRecognize),
            expected);
}

}  // namespace
}  // namespace gistmill::spm
