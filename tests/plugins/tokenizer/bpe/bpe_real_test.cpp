// The tokenizer on real vocabularies: the reference's ids, text that comes back, time that stays linear.
#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/bpe/bpe.hpp"
#include "tests/plugins/tokenizer/bpe/htok.hpp"
#include "tests/plugins/tokenizer/llama_cpp_vectors.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::bpe {
namespace {

using test::read_file;
using test::shared_data;

const std::filesystem::path kHtok = shared_data("tokenizers/smollm2/smollm2_tokenizer.htok.bin");
const std::filesystem::path kCases = shared_data("tokenizers/smollm2/smollm2_tokenizer_cases.json");

// Of this process: other processes do not count.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::vector<std::int32_t> encode(const Tokenizer& tokenizer, std::string_view text) {
  return Encoder(tokenizer).encode(text, SpecialTokens::kRecognize);
}

struct Case {
  std::string text;
  std::vector<std::int32_t> ids;
};

// Generated with Hugging Face's tokenizer.
std::vector<Case> smollm2_cases() {
  std::vector<Case> cases;
  const auto file = nlohmann::json::parse(read_file(kCases));
  for (const auto& one : file.at("cases")) cases.push_back({one.at("text"), one.at("ids")});
  return cases;
}

void expect_smollm2_cases(const Tokenizer& tokenizer) {
  const auto cases = smollm2_cases();
  EXPECT_EQ(cases.size(), 230u);
  for (const Case& one : cases) EXPECT_EQ(encode(tokenizer, one.text), one.ids) << one.text;
}

TEST(SmolLm2FromGguf, GivesTheReferencesIds) {
  const auto model = test::model_file();
  GISTMILL_SKIP_WITHOUT(model);
  GISTMILL_SKIP_WITHOUT(kCases);
  expect_smollm2_cases(Tokenizer(vocabulary_from(formats::Gguf(model))));
}

TEST(SmolLm2FromHtok, GivesTheReferencesIds) {
  GISTMILL_SKIP_WITHOUT(kHtok);
  GISTMILL_SKIP_WITHOUT(kCases);
  expect_smollm2_cases(Tokenizer(test::vocabulary_from_htok(kHtok)));
}

TEST(SmolLm2FromHtok, IsTheSameVocabularyAsFromGguf) {
  const auto model = test::model_file();
  GISTMILL_SKIP_WITHOUT(model);
  GISTMILL_SKIP_WITHOUT(kHtok);
  EXPECT_EQ(test::vocabulary_from_htok(kHtok).digest(), vocabulary_from(formats::Gguf(model)).digest());
}

class BpeVectors : public testing::TestWithParam<const char*> {};

TEST_P(BpeVectors, GiveTheReferencesIds) {
  const auto file = shared_data(std::string("tokenizers/vectors/ggml-vocab-") + GetParam() + ".gguf");
  GISTMILL_SKIP_WITHOUT(file);
  const Tokenizer tokenizer(vocabulary_from(formats::Gguf(file)));
  const auto cases = test::llama_cpp_vectors(file);
  EXPECT_EQ(cases.size(), 46u);
  for (const auto& [text, ids] : cases) EXPECT_EQ(encode(tokenizer, text), ids) << text;
}

INSTANTIATE_TEST_SUITE_P(Of, BpeVectors, testing::Values("gpt-2", "starcoder"), [](const auto& vectors) {
  return vectors.param == std::string("gpt-2") ? "Gpt2" : "Starcoder";
});

class SmolLm2 : public testing::Test {
 protected:
  void SetUp() override {
    GISTMILL_SKIP_WITHOUT(kHtok);
    tokenizer_ = std::make_unique<Tokenizer>(test::vocabulary_from_htok(kHtok));
    encoder_ = std::make_unique<Encoder>(*tokenizer_);
  }

  std::string without_token_less_bytes(std::string text) const {
    std::erase_if(text, [&](char c) { return tokenizer_->token_of(static_cast<unsigned char>(c)) < 0; });
    return text;
  }
  // Encodes and decodes; the text comes back but for bytes that have no token, and those are counted.
  void expect_to_come_back(const std::string& text, const std::string& name) {
    const std::uint64_t before = encoder_->dropped();
    const auto ids = encoder_->encode(text, SpecialTokens::kRecognize);
    const std::string expected = without_token_less_bytes(text);
    EXPECT_TRUE(tokenizer_->decode(ids.data(), ids.size()) == expected) << name;
    EXPECT_EQ(encoder_->dropped() - before, text.size() - expected.size()) << name;
  }

  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<Encoder> encoder_;
};

TEST_F(SmolLm2, HasNoTokenFor21Bytes) {
  int token_less = 0;
  for (int byte = 0; byte < 256; ++byte)
    token_less += tokenizer_->token_of(static_cast<unsigned char>(byte)) < 0;
  EXPECT_EQ(token_less, 21);
}

TEST_F(SmolLm2, BringsAllSharedTextBack) {
  std::uint64_t files = 0, bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(shared_data())) {
    if (!entry.is_regular_file()) continue;
    const std::string text = read_file(entry.path());
    // Archives and weights are no text: random bytes have a test of their own.
    if (text.find('\0') != std::string::npos) continue;
    expect_to_come_back(text, entry.path().string());
    ++files;
    bytes += text.size();
  }
  EXPECT_GT(files, 100u);
  std::cout << files << " files, " << bytes << " bytes, of which " << encoder_->dropped()
            << " without a token\n";
}

TEST_F(SmolLm2, BringsRandomBytesBack) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::string bytes(random() % 5000, '\0');
    // Every second time close to UTF-8: lead and continuation bytes in disorder.
    for (char& c : bytes) c = static_cast<char>(round % 2 == 0 ? random() : 0x80 | random() % 0x80);
    expect_to_come_back(bytes, "round " + std::to_string(round));
  }
}

TEST_F(SmolLm2, GivesTheSameIdsWithAFullCache) {
  GISTMILL_SKIP_WITHOUT(kCases);
  for (int round = 0; round < 2; ++round) {
    for (const Case& one : smollm2_cases()) {
      EXPECT_EQ(encoder_->encode(one.text, SpecialTokens::kRecognize), one.ids) << one.text;
    }
  }
}

TEST_F(SmolLm2, TakesAMillionTimesTheSameLetterInLinearTime) {
  const auto seconds = [&](const std::string& text) {
    const double start = cpu_seconds();
    const auto ids = encoder_->encode(text, SpecialTokens::kRecognize);
    const double took = cpu_seconds() - start;
    EXPECT_EQ(tokenizer_->decode(ids.data(), ids.size()), text);
    return took;
  };
  for (const char letter : {'a', ' ', '-', '7', '\n'}) {
    const double took = seconds(std::string(1'000'000, letter));
    std::cout << "a million times '" << letter << "': " << took << " s\n";
    // Generous, for sanitizers. A quadratic merge would take minutes.
    EXPECT_LT(took, 10.0) << letter;
  }
}

TEST_F(SmolLm2, ReportsItsSpeed) {
  const auto book = shared_data("corpora/narrative/tinystories_cased.txt");
  GISTMILL_SKIP_WITHOUT(book);
  const std::string text = read_file(book);
  const double start = cpu_seconds();
  const auto ids = encoder_->encode(text, SpecialTokens::kRecognize);
  const double took = cpu_seconds() - start;
  EXPECT_GT(ids.size(), 0u);
  std::cout << static_cast<double>(text.size()) / (1 << 20) / took << " MiB/s\n";
}

}  // namespace
}  // namespace gistmill::bpe
