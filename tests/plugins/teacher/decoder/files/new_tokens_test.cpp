// New special tokens: their ids, the tokenizer's files, the rows of the tables.
#include "plugins/teacher/decoder/files/new_tokens.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <fstream>
#include <gistmill/formats/json.hpp>
#include <gistmill/plugin/values.hpp>
#include <nlohmann/json.hpp>

#include "tests/plugins/teacher/decoder/small_models.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::decoder {
namespace {

using gistmill::testing::ScratchFolder;
using nlohmann::json;
using ::testing::HasSubstr;

class FilesOfATokenizer : public ::testing::Test {
 protected:
  void put(const char* name, const json& value) const { std::ofstream(folder_ / name) << value; }
  json get(const char* name) const { return formats::read_json_file(folder_ / name); }
  std::vector<std::int64_t> ids(const std::vector<std::string>& texts, std::int64_t vocabulary = 50) const {
    std::vector<std::int64_t> found;
    for (const SpecialToken& token : number_tokens(texts, folder_ / "", given_, vocabulary))
      found.push_back(token.id);
    return found;
  }

  ScratchFolder folder_;
  TokenizerFiles given_;
};

TEST_F(FilesOfATokenizer, WithoutATokenizerNewTokensFollowTheTable) {
  EXPECT_EQ(ids({"<GIST_1>", "<GIST_2>"}), (std::vector<std::int64_t>{50, 51}));
}

TEST_F(FilesOfATokenizer, NewTokensFollowTheTokenizersLastAsThereTheyWouldBeAdded) {
  put("tokenizer.json",
      {{"model", {{"vocab", {{"a", 0}, {"b", 1}}}}}, {"added_tokens", {{{"id", 2}, {"content", "<end>"}}}}});
  EXPECT_EQ(ids({"<GIST>"}), (std::vector<std::int64_t>{3})) << "the table has rows that no token has";
  put("tokenizer.json",
      {{"model", {{"vocab", json::array({json::array({"a", -1.0}), json::array({"b", -2.0})})}}}});
  EXPECT_EQ(ids({"<GIST>"}), (std::vector<std::int64_t>{2})) << "a list of unigrams";
}

// The ids that `tokenizers` 0.23.3 and transformers 5.24 give where they read such a file: they count tokens,
// whatever ids lie above.
TEST_F(FilesOfATokenizer, NewTokensAreCountedWhereIdsHaveHoles) {
  const auto added = [](const std::vector<const char*>& texts) {
    json list = json::array();
    for (const char* text : texts) list.push_back({{"id", 90 + list.size()}, {"content", text}});
    return list;
  };
  put("tokenizer.json", {{"model", {{"vocab", {{"a", 0}, {"b", 1}, {"c", 5}}}}}});
  EXPECT_EQ(ids({"<g1>", "<g2>"}), (std::vector<std::int64_t>{3, 4}));
  put("tokenizer.json",
      {{"model", {{"vocab", {{"a", 0}, {"b", 1}, {"<e>", 5}}}}}, {"added_tokens", added({"<e>", "<x>"})}});
  EXPECT_EQ(ids({"<x>", "<g1>", "<e>"}), (std::vector<std::int64_t>{3, 4, 5}));
  put("tokenizer.json", {{"model", {{"vocab", {{"a", 0}, {"<e>", 5}, {"c", 1}, {"<f>", 6}}}}},
                         {"added_tokens", added({"<e>", "<f>", ""})}});
  EXPECT_EQ(ids({"<g1>"}), (std::vector<std::int64_t>{4}));
}

TEST_F(FilesOfATokenizer, ThatWouldGiveTwoTokensOneIdAreRefused) {
  put("tokenizer.json", {{"model", {{"vocab", {{"a", 0}, {"b", 1}, {"c", 4}}}}}});
  EXPECT_EQ(ids({"<g1>"}), (std::vector<std::int64_t>{3}));
  try {
    ids({"<g1>", "<g2>"});
    FAIL() << "nothing was refused";
  } catch (const formats::FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("token '<g2>' would be number 4, which is the id of token 'c'"));
  }
}

TEST_F(FilesOfATokenizer, ThatIsNotReadHereHasTheIdsOfItsAddedTokens) {
  std::ofstream(folder_ / "tokenizer.model") << "pieces";
  EXPECT_EQ(ids({"<g1>"}), (std::vector<std::int64_t>{50}));
  put("added_tokens.json", {{"<x>", 32}, {"<y>", 33}});
  EXPECT_EQ(ids({"<g1>", "<y>", "<g2>"}), (std::vector<std::int64_t>{34, 33, 35}));
}

TEST_F(FilesOfATokenizer, ThatAreGivenCountWhereTheModelHasNone) {
  given_ = {R"({"model": {"vocab": {"a": 0, "b": 1}}})", "{}"};
  EXPECT_EQ(ids({"<GIST>"}), (std::vector<std::int64_t>{2}));
  EXPECT_FALSE(write_tokenizer({}, folder_ / ""));
  EXPECT_TRUE(write_tokenizer(given_, folder_ / ""));
  EXPECT_EQ(get("tokenizer.json")["model"]["vocab"]["b"], 1);
  EXPECT_EQ(get("tokenizer_config.json"), json::object());
}

TEST_F(FilesOfATokenizer, ThatAreGivenDoNotCountBesideTheModelsOwn) {
  put("tokenizer.json", {{"model", {{"vocab", {{"a", 0}, {"z", 1}}}}}});
  given_ = {R"({"model": {"vocab": {"a": 0}}})", "{}"};
  EXPECT_EQ(ids({"<GIST>"}), (std::vector<std::int64_t>{2}));
  EXPECT_TRUE(write_tokenizer(given_, folder_ / ""));
  EXPECT_EQ(get("tokenizer.json")["model"]["vocab"].size(), 2u);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "tokenizer_config.json"));
}

TEST_F(FilesOfATokenizer, ATextThatIsThereKeepsItsId) {
  put("tokenizer.json", {{"model", {{"vocab", {{"a", 0}, {"<GIST>", 1}, {"z", 2}}}}}});
  EXPECT_EQ(ids({"<GIST>", "<NEW>"}), (std::vector<std::int64_t>{1, 3}));
}

TEST_F(FilesOfATokenizer, AllThatAreThereGetTheTokens) {
  put("tokenizer.json", {{"model", {{"vocab", {{"a", 0}}}}}, {"added_tokens", nullptr}});
  put("tokenizer_config.json", {{"eos_token", "a"}, {"additional_special_tokens", {"a"}}});
  put("special_tokens_map.json", {{"eos_token", "a"}});
  put("added_tokens.json", {{"a", 0}});
  write_special_tokens({{"<GIST>", 1}}, folder_ / "");
  EXPECT_EQ(get("tokenizer.json")["added_tokens"][0]["id"], 1);
  EXPECT_EQ(get("tokenizer.json")["added_tokens"][0]["special"], true);
  EXPECT_EQ(get("tokenizer_config.json")["additional_special_tokens"], json({"a", "<GIST>"}));
  EXPECT_EQ(get("special_tokens_map.json")["additional_special_tokens"], json::array({"<GIST>"}));
  EXPECT_EQ(get("added_tokens.json")["<GIST>"], 1);
  EXPECT_EQ(get("trained_tokens.json")["tokens"][0]["text"], "<GIST>");
}

// transformers 5 takes the added tokens from added_tokens_decoder alone where it is there.
TEST_F(FilesOfATokenizer, TheListOfAddedTokensIsContinuedAndNeverMade) {
  put("tokenizer.json", {{"model", {{"vocab", {{"a", 0}}}}}, {"added_tokens", nullptr}});
  put("tokenizer_config.json", {{"eos_token", "a"}});
  write_special_tokens({{"<GIST>", 1}}, folder_ / "");
  EXPECT_FALSE(get("tokenizer_config.json").contains("added_tokens_decoder"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "added_tokens.json"));
  put("tokenizer_config.json", {{"added_tokens_decoder", {{"0", {{"content", "a"}}}}}});
  write_special_tokens({{"<GIST>", 1}}, folder_ / "");
  EXPECT_EQ(get("tokenizer_config.json")["added_tokens_decoder"]["0"]["content"], "a");
  EXPECT_EQ(get("tokenizer_config.json")["added_tokens_decoder"]["1"]["content"], "<GIST>");
}

TEST_F(FilesOfATokenizer, AVocabularyWithoutTokenizerJsonGetsAddedTokensJson) {
  put("vocab.json", {{"a", 0}});
  put("tokenizer_config.json", {{"tokenizer_class", "GPT2Tokenizer"}});
  write_special_tokens({{"<GIST>", 1}}, folder_ / "");
  EXPECT_EQ(get("added_tokens.json"), (json{{"<GIST>", 1}}));
  EXPECT_EQ(get("tokenizer_config.json")["additional_special_tokens"], json::array({"<GIST>"}));
}

TEST_F(FilesOfATokenizer, TheListOfSpecialTokensIsTheOneThatIsRead) {
  put("tokenizer.json", {{"model", {{"vocab", {{"a", 0}}}}}, {"added_tokens", nullptr}});
  put("tokenizer_config.json", {{"extra_special_tokens", {"a"}}});
  write_special_tokens({{"<GIST>", 1}}, folder_ / "");
  EXPECT_EQ(get("tokenizer_config.json"), (json{{"extra_special_tokens", {"a", "<GIST>"}}}));
  put("tokenizer_config.json", {{"eos_token", "a"}});
  put("special_tokens_map.json", {{"additional_special_tokens", {"a"}}});
  write_special_tokens({{"<GIST>", 1}}, folder_ / "");
  EXPECT_EQ(get("tokenizer_config.json"), (json{{"eos_token", "a"}}));
  EXPECT_EQ(get("special_tokens_map.json")["additional_special_tokens"], json({"a", "<GIST>"}));
}

TEST_F(FilesOfATokenizer, ThatAreNotThereAreNotMade) {
  write_special_tokens({{"<GIST>", 1}}, folder_ / "");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "tokenizer.json"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "trained_tokens.json"));
}

TEST_F(FilesOfATokenizer, ThatAreBrokenAreRefused) {
  std::ofstream(folder_ / "tokenizer.json") << "{";
  try {
    new_tokens("[\"<GIST>\"]", at::zeros({1, 4}), (folder_ / "").string(), {}, 50);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.key, "model");
  }
}

TEST_F(FilesOfATokenizer, TextsAreAListOfAsManyAsThereAreVectors) {
  for (const char* texts : {"[\"a\"]", "[\"a\", \"a\"]", "[\"a\", 1]", "[\"a\", \"\"]", "3"}) {
    try {
      new_tokens(texts, at::zeros({2, 4}), (folder_ / "").string(), {}, 50);
      FAIL() << texts;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("when it should be a list of 2 texts, each another"));
    }
  }
}

class NewRows : public ::testing::Test {
 protected:
  void make(const Config& config, bool own_head) {
    plan_.config = config;
    plan_.layout.own_head = own_head;
    weights_ = load_weights(
        config, std::make_shared<test::MemorySource>(test::random_source(config, 1, own_head)), at::kFloat);
    table_ = weights_.embedding.clone();
    head_ = weights_.head.weight.clone();
  }
  void add(const std::vector<SpecialToken>& tokens) { add_rows({tokens, vectors_}, plan_, weights_); }

  ModelPlan plan_;
  Weights weights_;
  at::Tensor table_, head_;
  at::Tensor vectors_ = at::arange(2 * test::tiny_config().width, at::kFloat).view({2, -1});
};

TEST_F(NewRows, StandBehindATableThatTheHeadShares) {
  make(test::tiny_config(), false);
  const std::int64_t rows = table_.size(0);
  add({{"<1>", rows}, {"<2>", rows + 1}});
  EXPECT_EQ(plan_.config.vocabulary, rows + 2);
  EXPECT_TRUE(at::equal(weights_.embedding.slice(0, 0, rows), table_));
  EXPECT_TRUE(at::allclose(weights_.embedding.slice(0, rows), vectors_));
  EXPECT_TRUE(weights_.head.weight.is_same(weights_.embedding));
}

TEST_F(NewRows, TakeRowsThatNoTokenHasAndLeaveAHeadOfItsOwnAsItIs) {
  make(test::tiny_config(), true);
  const std::int64_t rows = table_.size(0);
  add({{"<1>", rows - 1}, {"<2>", rows}});
  EXPECT_EQ(plan_.config.vocabulary, rows + 1);
  EXPECT_TRUE(at::allclose(weights_.embedding.slice(0, rows - 1), vectors_));
  EXPECT_TRUE(at::equal(weights_.head.weight.slice(0, 0, rows), head_));
  EXPECT_TRUE(at::allclose(weights_.head.weight[rows], head_.mean(0)));
}

TEST_F(NewRows, AreDividedByWhatTheModelMultipliesEmbeddingsWith) {
  make(test::tiny_gemma_config(), false);
  ASSERT_NE(plan_.config.embedding_scale, 1.0);
  vectors_ = at::arange(2 * plan_.config.width, at::kFloat).view({2, -1});
  add({{"<1>", table_.size(0)}, {"<2>", table_.size(0) + 1}});
  EXPECT_TRUE(at::allclose(weights_.embedding.slice(0, table_.size(0)) * plan_.config.embedding_scale,
                           vectors_, 1e-5, 1e-5));
}

}  // namespace
}  // namespace gistmill::decoder
