// What is written as tokenizer.json and tokenizer_config.json is read back as the same vocabulary, whatever
// files it came from. That transformers reads it so too: tests/e2e/gist_export.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <gistmill/files/new_file.hpp>

#include "plugins/tokenizer/bpe/bpe.hpp"
#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"
#include "tests/sdk/formats/test_data.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::bpe {
namespace {

using test::refusal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kFixtures =
    std::filesystem::path(GISTMILL_SOURCE_DIR) / "tests/plugins/tokenizer/fixtures";

Vocabulary written_and_read(const Vocabulary& vocabulary) {
  const gistmill::testing::ScratchFolder folder;
  const tokenizer::HuggingFaceFiles files = huggingface_files(vocabulary);
  files::write_file(folder / "tokenizer.json", files.tokenizer);
  files::write_file(folder / "tokenizer_config.json", files.configuration);
  return load_vocabulary(folder.path());
}

void expect_same(const Vocabulary& vocabulary) {
  const Vocabulary again = written_and_read(vocabulary);
  EXPECT_EQ(again.digest(), vocabulary.digest());
  EXPECT_EQ(again.begin, vocabulary.begin);
  ASSERT_EQ(again.chat_templates.size(), vocabulary.chat_templates.size());
  for (std::size_t i = 0; i < again.chat_templates.size(); ++i) {
    EXPECT_EQ(again.chat_templates[i].name, vocabulary.chat_templates[i].name);
    EXPECT_EQ(again.chat_templates[i].text, vocabulary.chat_templates[i].text);
  }
}

// Of a few tokens, of which <s> begins a text.
Vocabulary small() {
  Vocabulary vocabulary;
  vocabulary.source = "here";
  vocabulary.tokens = {"a", "b", "ab", "?", "<s>", "<x>"};
  vocabulary.model_tokens = 5;
  vocabulary.merges = {"a", "b"};
  vocabulary.added = {{4, "<s>", true, false, false, false}, {5, "<x>", false, true, true, true}};
  vocabulary.begin = {4};
  vocabulary.named.bos = 4;
  return vocabulary;
}

class WrittenFixture : public ::testing::TestWithParam<const char*> {};

TEST_P(WrittenFixture, IsReadBackAsTheSameVocabulary) {
  expect_same(load_vocabulary(kFixtures / (std::string(GetParam()) + ".json")));
}

INSTANTIATE_TEST_SUITE_P(Of, WrittenFixture, ::testing::Values("gpt2", "smollm", "llama3", "qwen2"),
                         [](const auto& name) { return std::string(name.param); });

// Ids that no token has are left out, and an added token may have one of them.
TEST(WrittenVocabulary, OfIdsWithHolesIsTheSame) {
  auto document = nlohmann::json::parse(test::read_file(kFixtures / "gpt2.json"));
  document["model"]["vocab"]["he"] = 720;
  document["model"]["vocab"]["ill"] = 715;
  const gistmill::testing::ScratchFolder folder;
  files::write_file(folder / "tokenizer.json", document.dump());
  const Vocabulary vocabulary = load_vocabulary(folder.path());
  EXPECT_EQ(vocabulary.tokens[715], "ill");
  EXPECT_EQ(vocabulary.tokens[263], "");
  expect_same(vocabulary);
  const auto written = nlohmann::json::parse(huggingface_files(vocabulary).tokenizer);
  EXPECT_EQ(written["model"]["vocab"], document["model"]["vocab"]);
}

TEST(WrittenVocabulary, OfAGgufFileIsTheSame) {
  const gistmill::testing::ScratchFolder folder;
  for (const char* pre : {"gpt-2", "smollm", "llama-bpe", "qwen2", "gpt-4o", "tekken", "deepseek-v3"}) {
    const std::filesystem::path model = folder / (std::string(pre) + ".gguf");
    files::write_file(model, test::Bytes()
                                 .gguf_header(0, 8)
                                 .string_entry("tokenizer.chat_template", "{{ messages }}")
                                 .string_entry("tokenizer.chat_template.tool_use", "{{ tools }}")
                                 .numbers_entry<std::uint32_t>("ignored", 4, {3})
                                 .string_entry("tokenizer.ggml.model", "gpt2")
                                 .string_entry("tokenizer.ggml.pre", pre)
                                 .strings_entry("tokenizer.ggml.tokens", {"a", "b", "ab", "<s>", "<u>"})
                                 .numbers_entry<std::int32_t>("tokenizer.ggml.token_type", 5, {1, 1, 1, 3, 4})
                                 .strings_entry("tokenizer.ggml.merges", {"a b"})
                                 .str());
    expect_same(load_vocabulary(model));
  }
}

TEST(WrittenVocabulary, OfTheRealGgufFilesIsTheSame) {
  for (const char* name : {"ggml-vocab-gpt-2.gguf", "ggml-vocab-starcoder.gguf"}) {
    const auto model = test::shared_data("tokenizers/vectors") / name;
    GISTMILL_SKIP_WITHOUT(model);
    expect_same(load_vocabulary(model));
  }
}

TEST(WrittenVocabulary, KeepsEveryWayToSplitAndEverySwitch) {
  for (const PreTokenizer kind :
       {PreTokenizer::kGpt2, PreTokenizer::kStarcoder, PreTokenizer::kLlama3, PreTokenizer::kQwen2,
        PreTokenizer::kGptOss, PreTokenizer::kTekken, PreTokenizer::kDeepseekV3}) {
    for (int switches = 0; switches < 16; ++switches) {
      Vocabulary vocabulary = small();
      vocabulary.pre_tokenizer = kind;
      if ((switches & 1) != 0) vocabulary.normalizer = tokenizer::Normalizer::form_c();
      vocabulary.ignore_merges = (switches & 2) != 0;
      vocabulary.unknown = (switches & 4) != 0 ? 3 : -1;
      vocabulary.fuse_unknown = (switches & 8) != 0;
      vocabulary.prefix_space = (switches & 8) != 0 && kind == PreTokenizer::kGpt2;
      vocabulary.split_special_tokens = (switches & 1) != 0;
      SCOPED_TRACE(std::string(pre_tokenizer_name(kind)) + " " + std::to_string(switches));
      expect_same(vocabulary);
    }
  }
}

TEST(WrittenVocabulary, NamesItsRolesWhereTheirTokensAreAddedOnes) {
  Vocabulary vocabulary = small();
  vocabulary.named.eos = 0;  // transformers would find it in every text
  const Vocabulary again = written_and_read(vocabulary);
  EXPECT_EQ(again.named.bos, 4);
  EXPECT_EQ(again.named.eos, -1);
  EXPECT_EQ(again.added.size(), 2u);
}

TEST(WrittenVocabulary, PutsWhatBeginsATextBeforeBothOfAPair) {
  const auto written = nlohmann::json::parse(huggingface_files(small()).tokenizer);
  std::vector<std::string> parts;
  for (const auto& part : written["post_processor"]["pair"]) {
    for (const auto& [kind, place] : part.items()) parts.push_back(place["id"].get<std::string>());
  }
  EXPECT_THAT(parts, ElementsAre("<s>", "A", "<s>", "B"));
}

TEST(WrittenVocabulary, IsRefusedWhereTheFilesCannotSayIt) {
  Vocabulary bytes = small();
  bytes.tokens = {"a", "b", "ab", "\xFF", "<s>", "<x>"};
  EXPECT_THAT(refusal([&] { huggingface_files(bytes); }),
              HasSubstr("token 3, '\\xff', is not UTF-8, which tokenizer.json cannot say"));
  Vocabulary empty = small();
  empty.added[0].content = "";
  EXPECT_THAT(refusal([&] { huggingface_files(empty); }), HasSubstr("added token 4 has no text"));
  Vocabulary prefix = small();
  prefix.prefix_space = true;
  prefix.pre_tokenizer = PreTokenizer::kQwen2;
  EXPECT_THAT(refusal([&] { huggingface_files(prefix); }),
              HasSubstr("puts a space before text that is split as qwen"));
}

}  // namespace
}  // namespace gistmill::bpe
