// teacher/llama through the C ABI: options, sizes, ports and the gradient, on a tiny model in a real file.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"
#include "tests/plugins/teacher/llama/gguf_files.hpp"

namespace gistmill::llama::test {
namespace {

using gistmill::test::OptionTable;
using gistmill::test::PluginDriver;
using gistmill::test::random_normal;
using gistmill::test::Refused;
using ::testing::HasSubstr;

// As in the manifest.
enum Operation : std::uint32_t {
  kEmbed,
  kScale,
  kRead,
  kStates,
  kOriginal,
  kResume,
  kHead,
  kForward,
  kGenerate
};

class LlamaPlugin : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ =
        std::filesystem::path(testing::TempDir()) /
        (std::string("gistmill_") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".gguf");
    std::ofstream(path_, std::ios::binary)
        << to_bytes(content_of(tiny_config(), random_source(tiny_config(), 11)));
  }
  void TearDown() override { std::filesystem::remove(path_); }

  OptionTable options(const OptionTable& changes = {}) const {
    OptionTable table = {{"model", path_.string()},
                         {"dtype", std::string("f32")},
                         {"layers", std::vector<std::int64_t>{0, 3}},
                         {"span", std::int64_t{8}},
                         {"max_tokens", std::int64_t{5}}};
    for (const auto& [key, value] : changes) table[key] = value;
    return table;
  }
  std::unique_ptr<PluginDriver> make(const OptionTable& changes = {}) const {
    auto driver = std::make_unique<PluginDriver>(TEACHER_LLAMA_PLUGIN, "teacher/llama", options(changes));
    driver->start({});
    return driver;
  }

  std::filesystem::path path_;
  at::Tensor tokens_ = random_tokens(97, 60, 5);
  at::Tensor spans_ = at::tensor({8, 30}, at::kInt);
  Model model_ = random_model(tiny_config(), 11, 8, at::kFloat, {0, 3});
};

TEST_F(LlamaPlugin, KnowsItsSizesBeforeItStarts) {
  const PluginDriver driver(TEACHER_LLAMA_PLUGIN, "teacher/llama", options());
  EXPECT_EQ(driver.symbol("D"), 48);
  EXPECT_EQ(driver.symbol("V"), 97);
  EXPECT_EQ(driver.symbol("L"), 3);
  EXPECT_EQ(driver.symbol("N"), 2);
}

TEST_F(LlamaPlugin, GivesWhatItsModelGives) {
  const auto driver = make();
  EXPECT_TRUE(at::equal(driver->forward(kEmbed, {tokens_, spans_})[0], model_.embed(tokens_, spans_)));
  EXPECT_TRUE(at::equal(driver->forward(kHead, {})[0], model_.head()));
  const auto scale = driver->forward(kScale, {});
  EXPECT_TRUE(at::equal(scale[0], model_.scale().first));
  EXPECT_TRUE(at::equal(scale[1], model_.scale().second));
  EXPECT_TRUE(
      at::equal(driver->forward(kForward, {tokens_.unsqueeze(0)})[0], model_.forward(tokens_.unsqueeze(0))));
  EXPECT_TRUE(at::equal(driver->forward(kGenerate, {tokens_})[0], model_.generate(tokens_, 5)));
}

TEST_F(LlamaPlugin, ChoosesItsType) {
  EXPECT_EQ(make({{"dtype", std::string("bf16")}})->forward(kHead, {})[0].scalar_type(), at::kBFloat16);
  EXPECT_EQ(make({{"dtype", std::string("f32")}})->forward(kHead, {})[0].scalar_type(), at::kFloat);
  EXPECT_TRUE(make({{"dtype", std::string("auto")}})->forward(kHead, {})[0].is_floating_point());
}

TEST_F(LlamaPlugin, PointsAtTheOptionThatIsWrong) {
  const auto refused = [&](const OptionTable& changes, const char* key, const char* message) {
    try {
      make(changes);
      ADD_FAILURE() << "was not refused";
    } catch (const Refused& refusal) {
      EXPECT_EQ(refusal.status, GM_ERROR_USER);
      EXPECT_EQ(refusal.key, key);
      EXPECT_THAT(refusal.what(), HasSubstr(message));
    }
  };
  refused({{"model", std::string("no/such/file.gguf")}}, "model", "no/such/file.gguf");
  refused({{"layers", std::vector<std::int64_t>{4}}}, "layers", "layers names 4 when it should name 0");
  refused({{"span", std::int64_t{641}}}, "span", "span is 641 when it should be 1 to 640");
}

}  // namespace
}  // namespace gistmill::llama::test
