// The plugin as the host drives it, through the C ABI. What it shares with tokenizer/bpe is tested there.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/plugins/tokenizer/tokenizer_driver.hpp"
#include "tests/sdk/formats/test_data.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::test {
namespace {

class SpmPlugin : public ::testing::Test {
 protected:
  static TokenizerDriver open(const std::string& model) {
    return {TOKENIZER_SPM_PLUGIN, "tokenizer/spm", model, true};
  }
  const std::string model_ =
      std::string(GISTMILL_SOURCE_DIR) + "/tests/plugins/tokenizer/fixtures/llama2.json";
};

TEST_F(SpmPlugin, EncodesAndDecodes) {
  TokenizerDriver spm = open(model_);
  const std::string text = "The miller's \xF0\x9F\x99\x82\n";
  const auto ids = spm.encode(text);
  EXPECT_GE(ids.size(), 4u);
  EXPECT_EQ(spm.decode(ids), text);
  EXPECT_EQ(spm.digest().size(), 64u);
}

TEST_F(SpmPlugin, DecodesEachRowAsATextOfItsOwn) {
  TokenizerDriver spm = open(model_);
  std::vector<std::int32_t> ids = spm.encode("mill");
  const auto length = static_cast<std::int32_t>(ids.size());
  ids.insert(ids.end(), ids.begin(), ids.begin() + length);
  EXPECT_THAT(spm.decode_rows(ids, {length, length}), ::testing::ElementsAre("mill", "mill"));
}

TEST_F(SpmPlugin, DescribesItsFile) {
  const auto described = open(model_).describe();
  EXPECT_EQ(described.at("kind"), "spm");
  EXPECT_TRUE(described.at("pre_tokenizer").is_null());
  EXPECT_GT(described.at("vocabulary"), 259);
  EXPECT_TRUE(described.at("chat_template").is_null());
}

TEST_F(SpmPlugin, WarnsWhereItReadsAnotherFileThanTheFirst) {
  const gistmill::testing::ScratchFolder folder;
  std::ofstream(folder / "tokenizer.json") << "version https://git-lfs.github.com/spec/v1\n";
  std::filesystem::copy(std::string(GISTMILL_SOURCE_DIR) + "/tests/plugins/tokenizer/folders/plain.model",
                        folder / "tokenizer.model");
  logged().clear();
  const auto described = open(folder.path()).describe();
  const std::string model = (folder / "tokenizer.model").string();
  EXPECT_THAT(logged(), ::testing::ElementsAre(::testing::StartsWith(
                            model + " is taken as the tokenizer; refused: " + folder.path().string() +
                            "/tokenizer.json: is a Git LFS pointer")));
  EXPECT_EQ(described.at("files"), nlohmann::json({"tokenizer.model"}));
  EXPECT_THAT(described.at("passed_over").at("tokenizer.json").get<std::string>(),
              ::testing::HasSubstr("is a Git LFS pointer"));
  EXPECT_EQ(described.at("begin_tokens"), nlohmann::json({1}));
}

TEST_F(SpmPlugin, PointsAtNoOptionWhereTheFileIsForAnotherComponent) {
  try {
    open(std::string(GISTMILL_SOURCE_DIR) + "/tests/plugins/tokenizer/fixtures/gpt2.json");
    FAIL() << "nothing was refused";
  } catch (const Refused& refusal) {
    EXPECT_EQ(refusal.status, GM_ERROR_USER);
    EXPECT_EQ(refusal.key, "");
    EXPECT_THAT(refusal.what(),
                ::testing::HasSubstr("gpt2.json: the decoder is ByteLevel when it should be"));
  }
}

}  // namespace
}  // namespace gistmill::test
