// The files beside a vocabulary that add tokens to it: which of them count, and what is refused.
#include "plugins/tokenizer/common/added_files.hpp"

#include <fstream>
#include <string>

#include <gmock/gmock.h>

#include "plugins/tokenizer/common/vocabulary.hpp"
#include "tests/sdk/formats/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::tokenizer {
namespace {

using test::refusal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A vocabulary of the tokens a, b and <s>, and a folder with what a test puts there.
class FilesBeside : public ::testing::Test {
 protected:
  FilesBeside() {
    for (const char* token : {"a", "b", "<s>"}) vocabulary_.tokens.add(token);
    vocabulary_.model_tokens = 3;
    vocabulary_.source = "vocab.json";
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  // "id:text" of each token that is found in text now, with * behind special ones.
  std::vector<std::string> added() {
    const nlohmann::json config = effective_config(folder_.path());
    add_tokens_beside(tokens_beside(folder_.path(), config), &vocabulary_);
    std::vector<std::string> result;
    for (const AddedToken& token : vocabulary_.added) {
      EXPECT_EQ(vocabulary_.tokens[static_cast<std::size_t>(token.id)], token.content);
      result.push_back(std::to_string(token.id) + ":" + token.content + (token.special ? "*" : ""));
    }
    return result;
  }

  const gistmill::testing::ScratchFolder folder_;
  CommonVocabulary vocabulary_;
};

TEST_F(FilesBeside, AreNotNeeded) { EXPECT_THAT(added(), IsEmpty()); }

TEST_F(FilesBeside, MakeANamedTokenOfTheVocabularySpecial) {
  write("tokenizer_config.json", R"({"bos_token": "<s>", "pad_token": "<pad>"})");
  EXPECT_THAT(added(), ElementsAre("2:<s>*", "3:<pad>*"))
      << "<pad> is no token of the model, and becomes one";
}

TEST_F(FilesBeside, AddTokensByTheirIdsInAddedTokensJson) {
  write("added_tokens.json", R"({"<GIST>": 4, "<x>": 3})");
  write("special_tokens_map.json", R"({"additional_special_tokens": [{"content": "<GIST>"}]})");
  EXPECT_THAT(added(), ElementsAre("3:<x>", "4:<GIST>*"));
}

TEST_F(FilesBeside, CountByAddedTokensDecoderAloneWhereItIsThere) {
  write("added_tokens.json", R"({"<old>": 3})");
  write("special_tokens_map.json", R"({"bos_token": "a"})");
  write("tokenizer_config.json", R"({"added_tokens_decoder": {"3": {"content": "<new>", "lstrip": true}}})");
  EXPECT_THAT(added(), ElementsAre("3:<new>"));
  EXPECT_TRUE(vocabulary_.added.front().lstrip);
}

TEST_F(FilesBeside, GiveAnAdditionalSpecialTokenTheNextIdWhereNoFileGivesOne) {
  write("tokenizer_config.json", R"({"additional_special_tokens": ["<one>", "b", "<two>"]})");
  EXPECT_THAT(added(), ElementsAre("3:<one>*", "1:b*", "4:<two>*"));
}

TEST_F(FilesBeside, LeaveTheVocabularysOwnListAsItIs) {
  vocabulary_.added.push_back({2, "<s>", true, true, false, false});
  write("added_tokens.json", R"({"<s>": 2})");
  EXPECT_THAT(added(), ElementsAre("2:<s>*"));
  EXPECT_TRUE(vocabulary_.added.front().lstrip);
}

TEST_F(FilesBeside, AddTokensInTheOrderOfTheirIdsWhicheverTheseAre) {
  write("added_tokens.json", R"({"<w>": 9, "<x>": 5, "<y>": 1, "<z>": 3})");
  EXPECT_THAT(added(), ElementsAre("3:<y>", "4:<z>", "5:<x>", "6:<w>"));
  EXPECT_EQ(vocabulary_.renumbered.note(),
            "added token '<y>' has id 3, as in transformers, not 1 as its file says; and 2 more");
}

TEST_F(FilesBeside, SayNothingOfIdsThatStay) {
  write("added_tokens.json", R"({"<x>": 3, "b": 1})");
  EXPECT_THAT(added(), ElementsAre("1:b", "3:<x>"));
  EXPECT_EQ(vocabulary_.renumbered.count, 0u);
}

TEST_F(FilesBeside, AreRefusedWhereTheyAreOfAnotherForm) {
  for (const char* id : {"-1", "1.5", "\"3\"", "2147483648", "null"}) {
    write("added_tokens.json", std::string(R"({"<x>": )") + id + "}");
    EXPECT_THAT(refusal([&] { added(); }), HasSubstr("added_tokens.json: the id of '<x>' is no token id"))
        << id;
  }
  write("added_tokens.json", "[]");
  EXPECT_THAT(refusal([&] { added(); }), HasSubstr("added_tokens.json: is not an object"));
  write("tokenizer_config.json", R"({"added_tokens_decoder": {"x": {"content": "<x>"}}})");
  EXPECT_THAT(refusal([&] { added(); }),
              HasSubstr("added_tokens_decoder has entry 'x', expected a token under its id"));
}

TEST_F(FilesBeside, MayHoldManyTokens) {
  std::string text = R"({"added_tokens_decoder": {)";
  for (int id = 3; id < 30000; ++id)
    text +=
        (id > 3 ? "," : "") + ("\"" + std::to_string(id)) + R"(": {"content": "<)" + std::to_string(id) +
        R"(>", "special": true, "lstrip": false, "rstrip": false, "single_word": false, "normalized": false})";
  write("tokenizer_config.json", text + "}}");
  EXPECT_EQ(added().size(), 29997u);
}

}  // namespace
}  // namespace gistmill::tokenizer
