// The plugin as the host drives it, through the C ABI. What it shares with tokenizer/bpe is tested there.
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/plugins/tokenizer/tokenizer_driver.hpp"

namespace gistmill::test {
namespace {

TokenizerDriver open(const std::string& file) {
  return {TOKENIZER_UNIGRAM_PLUGIN, "tokenizer/unigram",
          std::string(GISTMILL_SOURCE_DIR) + "/tests/plugins/tokenizer/" + file, true};
}

TEST(UnigramPlugin, EncodesAndDecodes) {
  TokenizerDriver unigram = open("unigram/llama.json");
  const std::string text = "The miller's \xF0\x9F\x99\x82\n";
  const auto ids = unigram.encode(text);
  EXPECT_GE(ids.size(), 4u);
  EXPECT_EQ(unigram.decode(ids), text);
  EXPECT_EQ(unigram.digest().size(), 64u);
  EXPECT_NE(unigram.digest(), open("unigram/words.json").digest());
}

TEST(UnigramPlugin, DescribesItsFile) {
  const auto json = open("unigram/words.json").describe();
  EXPECT_EQ(json.at("kind"), "unigram");
  EXPECT_EQ(json.at("pre_tokenizer"), "words");
  EXPECT_EQ(json.at("normalizer"), "Precompiled");
  EXPECT_EQ(json.at("scores"), "as tokenizers adds them");
  EXPECT_EQ(open("unigram/mapped.model").describe().at("scores"), "as SentencePiece adds them");
}

TEST(UnigramPlugin, PointsAtNoOptionWhereTheFileIsForAnotherComponent) {
  try {
    open("fixtures/llama2.json");
    FAIL() << "nothing was refused";
  } catch (const Refused& refusal) {
    EXPECT_EQ(refusal.status, GM_ERROR_USER);
    EXPECT_EQ(refusal.key, "");
    EXPECT_THAT(refusal.what(),
                ::testing::HasSubstr("llama2.json: model is \"BPE\" when it should be Unigram"));
  }
}

}  // namespace
}  // namespace gistmill::test
