// Hugging Face folders: which file is the tokenizer, and what the files beside it say.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "plugins/tokenizer/bpe/bpe.hpp"
#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::bpe {
namespace {

using test::refusal;
using testing::ElementsAre;
using testing::HasSubstr;

class ModelFolder : public testing::Test {
 protected:
  ModelFolder()
      : folder_(std::filesystem::temp_directory_path() / ("gistmill_folder_" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(folder_);
  }
  ~ModelFolder() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  void write_vocabulary() {
    write("vocab.json", R"({"a": 0, "b": 1, "ab": 2, "<|end|>": 3, "1": 4, "2": 5, "12": 6})");
    write("merges.txt", "#version: 0.2\na b\n1 2\n");
  }
  Vocabulary load() { return load_vocabulary(folder_); }

  std::filesystem::path folder_;
};

// Metadata are in the first part of a model in several GGUF files, whichever of them is named.
TEST_F(ModelFolder, MayHoldTheTokenizerOfAModelInParts) {
  write("m-00001-of-00002.gguf", test::Bytes()
                                     .gguf_header(0, 4)
                                     .string_entry("tokenizer.ggml.model", "gpt2")
                                     .string_entry("tokenizer.ggml.pre", "gpt-2")
                                     .strings_entry("tokenizer.ggml.tokens", {"a", "b", "ab"})
                                     .strings_entry("tokenizer.ggml.merges", {"a b"})
                                     .str());
  write("m-00002-of-00002.gguf", test::Bytes().gguf_header(0, 0).str());
  for (const char* part : {"m-00001-of-00002.gguf", "m-00002-of-00002.gguf"})
    EXPECT_EQ(load_vocabulary(folder_ / part).tokens.size(), 3u) << part;
}

TEST_F(ModelFolder, NeedsATokenizer) {
  EXPECT_EQ(
      refusal([&] { load(); }),
      folder_.string() +
          ": has no tokenizer, expected tokenizer.json, vocab.json with merges.txt, or tokenizer.model");
}

TEST_F(ModelFolder, MayHaveAVocabularyAndMerges) {
  write_vocabulary();
  const Vocabulary vocabulary = load();
  EXPECT_EQ(vocabulary.pre_tokenizer, PreTokenizer::kGpt2);
  const Tokenizer tokenizer(vocabulary);
  EXPECT_THAT(Encoder(tokenizer).encode("abab12", SpecialTokens::kRecognize), ElementsAre(2, 2, 6));
}

TEST_F(ModelFolder, NamesSpecialTokensInItsConfiguration) {
  write_vocabulary();
  write("tokenizer_config.json", R"({"eos_token": {"content": "<|end|>"}, "bos_token": null})");
  const Vocabulary vocabulary = load();
  EXPECT_EQ(vocabulary.named.eos, 3);
  EXPECT_EQ(vocabulary.named.bos, -1);
  const Tokenizer tokenizer(vocabulary);
  EXPECT_THAT(Encoder(tokenizer).encode("a<|end|>b", SpecialTokens::kRecognize), ElementsAre(0, 3, 1));
}

TEST_F(ModelFolder, NamesTheClassThatKnowsThePreTokenizer) {
  write_vocabulary();
  write("tokenizer_config.json", R"({"tokenizer_class": "Qwen2TokenizerFast",
        "added_tokens_decoder": {"3": {"content": "<|end|>", "special": true}, "7": {"content": "<|new|>"}}})");
  const Vocabulary vocabulary = load();
  EXPECT_EQ(vocabulary.pre_tokenizer, PreTokenizer::kQwen2);
  EXPECT_TRUE(vocabulary.normalizer.is_form_c());
  const Tokenizer tokenizer(vocabulary);
  EXPECT_THAT(Encoder(tokenizer).encode("12<|new|><|end|>", SpecialTokens::kRecognize),
              ElementsAre(4, 5, 7, 3));
  write("tokenizer_config.json", R"({"tokenizer_class": "CodeGenTokenizer"})");
  EXPECT_THAT(refusal([&] { load(); }),
              HasSubstr("tokenizer_config.json: tokenizer_class is 'CodeGenTokenizer', whose "
                        "vocab.json and merges.txt cannot be read without knowing its pre-tokenizer"));
}

TEST_F(ModelFolder, AddsTokensFromAddedTokensJson) {
  write_vocabulary();
  write("added_tokens.json", R"({"<GIST>": 7})");
  write("tokenizer_config.json", R"({"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": true})");
  const Vocabulary vocabulary = load();
  EXPECT_TRUE(vocabulary.prefix_space);
  const Tokenizer tokenizer(vocabulary);
  EXPECT_THAT(Encoder(tokenizer).encode("<GIST>", SpecialTokens::kRecognize), ElementsAre(7));
}

TEST_F(ModelFolder, SaysWhichLineOfItsMergesIsWrong) {
  write_vocabulary();
  write("merges.txt", "#version: 0.2\na b\n12\n");
  EXPECT_EQ(refusal([&] { load(); }),
            (folder_ / "merges.txt").string() + ":3: '12' is not two tokens with a space between");
}

// "name place text" of each, the places without the folder.
std::vector<std::string> shown(const Vocabulary& vocabulary, const std::filesystem::path& folder) {
  std::vector<std::string> all;
  for (const auto& one : vocabulary.chat_templates) {
    all.push_back(one.name + " " + one.place.substr(folder.string().size() + 1) + " " + one.text);
  }
  return all;
}

TEST_F(ModelFolder, HasItsTemplatesInItsConfigurationOrInFilesThatCountInstead) {
  write_vocabulary();
  EXPECT_THAT(load().chat_templates, testing::IsEmpty());
  write("tokenizer_config.json", R"({"chat_template": "one"})");
  EXPECT_THAT(shown(load(), folder_), ElementsAre("default tokenizer_config.json: chat_template one"));
  write(
      "tokenizer_config.json",
      R"({"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "two"}, 1]})");
  EXPECT_THAT(shown(load(), folder_),
              ElementsAre("tool_use tokenizer_config.json: chat_template 'tool_use' t",
                          "default tokenizer_config.json: chat_template two"));
  write("tokenizer_config.json", R"({"chat_template": {"default": "x", "rag": "y"}})");
  EXPECT_THAT(shown(load(), folder_), ElementsAre("default tokenizer_config.json: chat_template x",
                                                  "rag tokenizer_config.json: chat_template 'rag' y"));
  write("chat_template.jinja", "three");
  std::filesystem::create_directory(folder_ / "additional_chat_templates");
  write("additional_chat_templates/tool_use.jinja", "four");
  write("additional_chat_templates/notes.txt", "no");
  EXPECT_THAT(shown(load(), folder_), ElementsAre("default chat_template.jinja three",
                                                  "tool_use additional_chat_templates/tool_use.jinja four"));
}

TEST_F(ModelFolder, TellsItsTemplatesWhatItCallsSpecialTokens) {
  write_vocabulary();
  write("tokenizer_config.json",
        R"({"bos_token": null, "eos_token": {"content": "<|end|>"}, "mask_token": "<m>",
    "audio_token": {"content": "2"}, "additional_special_tokens": ["1", {"content": "2"}],
    "extra_special_tokens": {"image_token": "12"}})");
  EXPECT_EQ(
      load().special_texts.dump(),
      R"({"eos_token":"<|end|>","unk_token":"<|endoftext|>","mask_token":"<m>","audio_token":"2","image_token":"12"})");
}

TEST_F(ModelFolder, WithSentencePieceIsNotByteLevel) {
  write("tokenizer.model", "\x0A\x01\x0A");
  EXPECT_EQ(refusal([&] { load(); }), (folder_ / "tokenizer.model").string() +
                                          ": is a SentencePiece model when it should be byte-level BPE");
}

TEST_F(ModelFolder, MayBeAFileThatIsKnownByItsFirstBytes) {
  write("x", "hello");
  EXPECT_THAT(refusal([&] { load_vocabulary(folder_ / "x"); }),
              HasSubstr("x: is not a tokenizer, expected a GGUF file, "));
}

}  // namespace
}  // namespace gistmill::bpe
