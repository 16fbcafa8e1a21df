// Folders that are refused, or read from another file than the first: what is said.
#include <string>

#include <gmock/gmock.h>

#include "tests/plugins/tokenizer/folders/folder.hpp"

namespace gistmill::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::string_view kPointer =
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 9085657\n";

class RefusedFolder : public ::testing::Test {
 protected:
  std::string place(const char* name) const { return (folder_.path() / name).string(); }
  void write_config(const json& config) const { folder_.write("tokenizer_config.json", config); }

  const Folder folder_;
};

TEST_F(RefusedFolder, NamesAGitLfsPointerAndTheWayOn) {
  folder_.write("tokenizer.json", kPointer);
  const std::string message =
      ": is a Git LFS pointer in the place of the file of 9085657 bytes; fetch it with 'git lfs pull' in its "
      "folder";
  EXPECT_EQ(read_as_bpe(folder_.path()).refusal, place("tokenizer.json") + message);
  EXPECT_EQ(read_as_spm(folder_.path() / "tokenizer.json").refusal, place("tokenizer.json") + message);
}

TEST_F(RefusedFolder, NamesThePointerOfEveryFileOfATokenizer) {
  folder_.write_vocabulary("gpt2.json");
  for (const char* name : {"merges.txt", "vocab.json", "tokenizer_config.json"}) {
    folder_.write_vocabulary("gpt2.json");
    folder_.write(name, kPointer);
    EXPECT_THAT(read_as_bpe(folder_.path()).refusal, StartsWith(place(name) + ": is a Git LFS pointer"));
  }
  const Folder other;
  other.write("tokenizer.model", kPointer);
  EXPECT_THAT(read_as_spm(other.path()).refusal, HasSubstr("tokenizer.model: is a Git LFS pointer"));
}

TEST_F(RefusedFolder, NamesMetasVocabularyInTheFormOfTiktoken) {
  folder_.write("tokenizer.model", std::string_view("IQ== 0\nIg== 1\nIw== 2\n"));
  for (const auto& model : {folder_.path(), folder_.path() / "tokenizer.model"}) {
    EXPECT_EQ(read_as_bpe(model).refusal, read_as_spm(model).refusal);
    EXPECT_THAT(read_as_spm(model).refusal,
                AllOf(StartsWith(place("tokenizer.model") + ": is a vocabulary in the form of tiktoken"),
                      EndsWith("use the tokenizer.json of the model's Hugging Face folder")));
  }
}

TEST_F(RefusedFolder, NamesMistralsTekken) {
  folder_.write("tekken.json",
                std::string_view(R"({"config": {"pattern": "x", "num_vocab_tokens": 2}, "vocab": []})"));
  for (const auto& model : {folder_.path(), folder_.path() / "tekken.json"}) {
    EXPECT_EQ(read_as_bpe(model).refusal,
              place("tekken.json") +
                  ": is Mistral's tekken.json, which is not read; use the tokenizer.json of the "
                  "model's Hugging Face folder");
  }
}

TEST_F(RefusedFolder, NamesTheGgufFileThatItHoldsInstead) {
  folder_.write("llama.Q8_0.gguf", std::string_view("GGUF"));
  const std::string message =
      folder_.path().string() +
      ": has no tokenizer, but holds a GGUF file, which is a model of its own; name it: " +
      place("llama.Q8_0.gguf");
  EXPECT_EQ(read_as_bpe(folder_.path()).refusal, message);
  EXPECT_EQ(read_as_spm(folder_.path()).refusal, message);
}

TEST_F(RefusedFolder, SaysWhatWasTakenInThePlaceOfWhat) {
  folder_.write("tokenizer.json", kPointer);
  folder_.write_vocabulary("gpt2.json");
  const BpeReading reading = read_as_bpe(folder_.path());
  ASSERT_NE(reading.tokenizer, nullptr) << reading.refusal;
  EXPECT_EQ(reading.vocabulary->taken, place("vocab.json"));
  EXPECT_THAT(reading.vocabulary->left, StartsWith(place("tokenizer.json") + ": is a Git LFS pointer"));
  folder_.write("tokenizer.json", fixture("gpt2.json"));
  EXPECT_EQ(read_as_bpe(folder_.path()).vocabulary->taken, place("tokenizer.json"));
  EXPECT_THAT(read_as_bpe(folder_.path()).vocabulary->left, IsEmpty());
}

TEST_F(RefusedFolder, TellsBothReasonsWhereTheOtherFileIsRefusedToo) {
  folder_.write("tokenizer.json", kPointer);
  folder_.write("tokenizer.model", std::string_view("nothing"));
  EXPECT_THAT(read_as_spm(folder_.path()).refusal,
              AllOf(StartsWith(place("tokenizer.json") + ": is a Git LFS pointer"),
                    HasSubstr("; beside it, " + place("tokenizer.model") + ": ")));
}

// vocab.json tells no pre-tokenizer: GPT-2's would be a guess.
TEST_F(RefusedFolder, TakesVocabJsonForAnUnknownPreTokenizerOnlyWhereAClassIsNamed) {
  json document = fixture("gpt2.json");
  document["pre_tokenizer"] = {{"type", "Whitespace"}};
  folder_.write("tokenizer.json", document);
  folder_.write_vocabulary("gpt2.json");
  EXPECT_THAT(read_as_bpe(folder_.path()).refusal, HasSubstr("tokenizer.json: pre_tokenizer is {"));
  // The tokens that tokenizer.json adds are not in vocab.json.
  write_config({{"tokenizer_class", "GPT2Tokenizer"}});
  EXPECT_THAT(read_as_bpe(folder_.path()).refusal,
              HasSubstr("vocab.json: has 701 tokens when tokenizer.json has 709"));
  document["added_tokens"] = json::array();
  folder_.write("tokenizer.json", document);
  const BpeReading reading = read_as_bpe(folder_.path());
  ASSERT_NE(reading.tokenizer, nullptr) << reading.refusal;
  EXPECT_EQ(reading.vocabulary->taken, place("vocab.json"));
}

TEST_F(RefusedFolder, IsReadFromTokenizerModelWhereTheClassIsOfSentencePiece) {
  folder_.write_vocabulary("gpt2.json");
  folder_.write("tokenizer.model", std::string_view(read_file(tokenizer_tests() / "folders/plain.model")));
  EXPECT_NE(read_as_bpe(folder_.path()).tokenizer, nullptr);
  EXPECT_EQ(read_as_spm(folder_.path()).tokenizer, nullptr);
  write_config({{"tokenizer_class", "LlamaTokenizer"}});
  EXPECT_THAT(read_as_bpe(folder_.path()).refusal, HasSubstr("tokenizer_class is 'LlamaTokenizer'"));
  const SpmReading reading = read_as_spm(folder_.path());
  ASSERT_NE(reading.tokenizer, nullptr) << reading.refusal;
  EXPECT_EQ(reading.vocabulary->taken, place("tokenizer.model"));
  EXPECT_THAT(reading.vocabulary->left, StartsWith(place("vocab.json") + ": is of byte-level BPE"));
}

TEST_F(RefusedFolder, IsLeftToTheOtherKindOfTokenizerWhereTokenizerJsonIsWhole) {
  folder_.write("tokenizer.json", fixture("llama2.json"));
  folder_.write_vocabulary("gpt2.json");
  write_config({{"tokenizer_class", "GPT2Tokenizer"}});
  EXPECT_THAT(read_as_bpe(folder_.path()).refusal,
              HasSubstr("model.byte_fallback is true when it should be false"));
  EXPECT_NE(read_as_spm(folder_.path()).tokenizer, nullptr);
}

// transformers 5.24 makes BPE of it where the class is LlamaTokenizer; the model was trained with Unigram.
TEST_F(RefusedFolder, OfUnigramIsLeftToItsTokenizerWhateverTheClass) {
  const std::string file = read_file(tokenizer_tests() / "unigram/llama.json");
  folder_.write("tokenizer.json", std::string_view(file));
  const std::string message = place("tokenizer.json") + ": model is \"Unigram\" when it should be BPE";
  EXPECT_EQ(read_as_bpe(folder_.path()).refusal, message);
  EXPECT_EQ(read_as_spm(folder_.path()).refusal, message);
  const UnigramReading alone = read_as_unigram(folder_.path());
  ASSERT_NE(alone.tokenizer, nullptr) << alone.refusal;
  for (const char* name : {"LlamaTokenizer", "T5TokenizerFast", "GPT2Tokenizer"}) {
    write_config({{"tokenizer_class", name}});
    const UnigramReading reading = read_as_unigram(folder_.path());
    ASSERT_NE(reading.tokenizer, nullptr) << reading.refusal;
    EXPECT_EQ(reading.encode("The mill of <s> 1024"), alone.encode("The mill of <s> 1024"));
  }
}

TEST_F(RefusedFolder, OfUnigramIsReadFromTokenizerModelWhereTheOtherFileIsRefused) {
  json document = json::parse(read_file(tokenizer_tests() / "unigram/words.json"));
  document["decoder"] = {{"type", "WordPiece"}};
  folder_.write("tokenizer.json", document);
  EXPECT_THAT(read_as_unigram(folder_.path()).refusal,
              StartsWith(place("tokenizer.json") + ": decoder is {\"type\":\"WordPiece\"}"));
  folder_.write("tokenizer.model", std::string_view(read_file(tokenizer_tests() / "unigram/mapped.model")));
  const UnigramReading reading = read_as_unigram(folder_.path());
  ASSERT_NE(reading.tokenizer, nullptr) << reading.refusal;
  EXPECT_EQ(reading.vocabulary->taken, place("tokenizer.model"));
}

TEST_F(RefusedFolder, NamesASwitchThatNobodyFollows) {
  folder_.write("tokenizer.json", fixture("qwen2.json"));
  write_config({{"fix_mistral_regex", true}});
  EXPECT_THAT(read_as_bpe(folder_.path()).refusal,
              StartsWith(place("tokenizer_config.json") + ": fix_mistral_regex is true"));
  write_config({{"sp_model_kwargs", {{"enable_sampling", true}}}});
  EXPECT_THAT(read_as_bpe(folder_.path()).refusal,
              StartsWith(place("tokenizer_config.json") + ": sp_model_kwargs.enable_sampling is true"));
  write_config({{"tokenizer_class", "Qwen2Tokenizer"}, {"add_prefix_space", true}});
  EXPECT_THAT(read_as_bpe(folder_.path()).refusal,
              StartsWith(place("tokenizer_config.json") + ": add_prefix_space is true"));
  write_config(
      {{"fix_mistral_regex", false}, {"sp_model_kwargs", json::object()}, {"add_prefix_space", nullptr}});
  EXPECT_THAT(read_as_bpe(folder_.path()).refusal, IsEmpty());
}

TEST_F(RefusedFolder, NamesATokenizerOfTheModelsOwnWhereItsVocabularyStandsAlone) {
  const auto file = tokenizer_tests() / "folders/plain.model";
  folder_.write("tokenizer.model", std::string_view(read_file(file)));
  const json own = {{"AutoTokenizer", {"tokenization_x.XTokenizer", nullptr}}};
  write_config({{"tokenizer_class", "XTokenizer"}, {"auto_map", own}});
  EXPECT_THAT(read_as_spm(folder_.path()).refusal,
              StartsWith(place("tokenizer_config.json") +
                         ": auto_map names a tokenizer of the model's own, 'XTokenizer'"));
  write_config({{"tokenizer_class", "LlamaTokenizer"}, {"auto_map", own}});
  EXPECT_THAT(read_as_spm(folder_.path()).refusal, IsEmpty());
}

}  // namespace
}  // namespace gistmill::test
