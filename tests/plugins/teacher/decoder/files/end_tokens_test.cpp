// Which tokens end a text, from the files that people have: what a key names, and what llama.cpp knows by
// name.
#include "plugins/teacher/decoder/files/end_tokens.hpp"

#include <gmock/gmock.h>

#include "plugins/teacher/decoder/files/folder_model.hpp"
#include "plugins/teacher/decoder/files/gguf_model.hpp"
#include "tests/plugins/teacher/decoder/files/families.hpp"
#include "tests/plugins/teacher/decoder/files/folder_copy.hpp"
#include "tests/plugins/teacher/decoder/files/gguf_files.hpp"

namespace gistmill::decoder::test {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

std::vector<std::int64_t> by_name(const std::vector<NamedToken>& tokens) {
  EndTokens ends;
  add_by_name(tokens, &ends);
  return ends.ids();
}

TEST(EndTokensByName, AreThoseThatLlamaCppKnows) {
  EXPECT_THAT(by_name({{"<|eot_id|>", 1, true},
                       {"<|im_end|>", 2, true},
                       {"<end_of_turn>", 3, true},
                       {"<|endoftext|>", 4, true},
                       {"<|end|>", 5, true},
                       {"<|im_start|>", 6, true}}),
              UnorderedElementsAre(1, 2, 3, 4, 5));
}

TEST(EndTokensByName, CountWhateverTheirTypeUnlessTextIsCalledSo) {
  EXPECT_THAT(by_name({{"<|im_end|>", 7, false}}), ElementsAre(7));
  EXPECT_THAT(by_name({{"</s>", 7, false}}), ElementsAre());
  EXPECT_THAT(by_name({{"</s>", 7, true}}), ElementsAre(7));
  EXPECT_THAT(by_name({{"<PAD>", 7, false}}), ElementsAre());
}

TEST(EndTokensByName, LeaveOutTheEndOfAPartOfAReply) {
  EXPECT_THAT(by_name({{"<|end|>", 1, true}, {"<|return|>", 2, true}, {"<|call|>", 3, true}}),
              UnorderedElementsAre(2, 3));
  EXPECT_THAT(by_name({{"<|end|>", 1, true}, {"<|flush|>", 2, true}, {"<|calls|>", 3, true}}),
              UnorderedElementsAre(2, 3));
  EXPECT_THAT(by_name({{"</s>", 1, true}, {"<|tool_response>", 2, true}}), ElementsAre(2));
}

TEST(EndTokensByName, TakeOneOfThoseBetweenFilesOfCode) {
  EXPECT_THAT(by_name({{"<reponame>", 4, true}, {"<|repo_name|>", 9, true}, {"<|file_sep|>", 5, true}}),
              UnorderedElementsAre(9, 5));
}

// fixtures/make_gguf_years.py: eos 2, eot 11, eom 7, and names.
TEST(EndTokensOfAGgufFile, AreThoseOfItsKeysAndThoseKnownByName) {
  const GgufModel model(GISTMILL_SOURCE_DIR "/tests/plugins/teacher/decoder/fixtures/gguf_years/lists.gguf");
  EXPECT_THAT(model.config().end_tokens, ElementsAre(2, 11, 7, 5, 8));
  EXPECT_THAT(model.plan().end_token_sources,
              ElementsAre("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                          "tokenizer.ggml.eom_token_id", "'<|eot_id|>'", "'<reponame>'"));
}

TEST(EndTokensOfAGgufFile, AreNoneWhereItNamesNone) {
  GgufContent content = content_of_family("llama2");
  content.metadata.erase("tokenizer.ggml.eos_token_id");
  const std::string bytes = to_bytes(content);
  EXPECT_THAT(GgufModel(bytes, "tiny.gguf").config().end_tokens, ElementsAre());
}

class EndTokensOfAFolder : public ::testing::Test {
 protected:
  std::vector<std::int64_t> ids() const { return FolderModel(copy_.path()).config().end_tokens; }
  std::vector<std::string> sources() const { return FolderModel(copy_.path()).plan().end_token_sources; }
  FolderCopy copy_{"llama31"};
};

TEST_F(EndTokensOfAFolder, AreThoseOfBothConfigurations) {
  copy_.write("generation_config.json", R"({"eos_token_id": [7, 8]})");
  EXPECT_THAT(ids(), ElementsAre(7, 8, 2));
  EXPECT_THAT(sources(), ElementsAre("generation_config.json", "generation_config.json", "config.json"));
  copy_.write("generation_config.json", R"({"eos_token_id": 9})");
  EXPECT_THAT(ids(), ElementsAre(9, 2));
}

TEST_F(EndTokensOfAFolder, AreAddedTokensKnownByName) {
  copy_.write("generation_config.json", "{}");
  copy_.write("tokenizer.json", R"({"version": "1.0", "added_tokens": [
    {"id": 30, "content": "<|eot_id|>", "special": true}, {"id": 31, "content": "<|start|>", "special": true},
    {"id": 32, "content": "</s>", "special": false}, {"id": 33, "content": "<|im\u005fend|>", "special": false}],
    "model": {"type": "BPE", "vocab": {"<|endoftext|>": 3}}})");
  EXPECT_THAT(ids(), ElementsAre(2, 30, 33));
  EXPECT_THAT(sources(), ElementsAre("config.json", "'<|eot_id|>'", "'<|im_end|>'"));
}

// The key may be a word of the vocabulary too, and the list may come last.
TEST_F(EndTokensOfAFolder, AreFoundWhereverTheListStands) {
  copy_.write("generation_config.json", "{}");
  copy_.write("tokenizer.json", R"({"model": {"vocab": {"\"added_tokens\"": 3, "added_tokens": 4}},
    "added_tokens" : [ {"id": 30, "content": "<|im_end|>", "special": true} ]})");
  EXPECT_THAT(ids(), ElementsAre(2, 30));
}

TEST_F(EndTokensOfAFolder, AreTakenFromTheConfigurationOfATokenizerInAnotherFile) {
  copy_.write("generation_config.json", "{}");
  copy_.write("tokenizer_config.json", R"({"added_tokens_decoder": {
    "30": {"content": "<|im_end|>", "special": true}, "x": {"content": "<|end|>"}, "31": "<|end|>"}})");
  EXPECT_THAT(ids(), ElementsAre(2, 30));
}

TEST_F(EndTokensOfAFolder, DoNotFailByATokenizerThatCannotBeRead) {
  copy_.write("tokenizer.json", "{\"added_tokens\": [");
  EXPECT_THAT(ids(), ElementsAre(2));
}

}  // namespace
}  // namespace gistmill::decoder::test
