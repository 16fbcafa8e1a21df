// student/retnet through the C ABI: options, sizes, ports, gradients and what is saved.
#include <gmock/gmock.h>

#include <memory>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::retnet {
namespace {

using gistmill::test::OptionTable;
using gistmill::test::PluginDriver;
using gistmill::test::random_normal;
using gistmill::test::Refused;
using ::testing::HasSubstr;

// As in the manifest.
enum Operation : std::uint32_t { kHidden, kHead, kForward, kTopk, kScore, kGenerate, kSave };

const std::string kLlama = GISTMILL_SOURCE_DIR "/tests/plugins/teacher/decoder/fixtures/families/llama2";

OptionTable options(const OptionTable& changes) {
  OptionTable table = {{"model", std::string()},
                       {"vocabulary", std::int64_t{19}},
                       {"layers", std::int64_t{2}},
                       {"width", std::int64_t{12}},
                       {"heads", std::int64_t{3}},
                       {"value_width", std::int64_t{15}},
                       {"feed_forward", std::int64_t{10}},
                       {"decay", std::string("torchscale")},
                       {"head_norm", std::string("rms")},
                       {"activation", std::string("swish")},
                       {"scale_decay", false},
                       {"scale_rows", false},
                       {"scale_embedding", false},
                       {"tied", true},
                       {"epsilon", 1e-6},
                       {"end_tokens", std::vector<std::int64_t>()},
                       {"chunk", std::int64_t{4}},
                       {"form", std::string("chunkwise")},
                       {"boundaries", std::string("keep")},
                       {"dtype", std::string("f32")},
                       {"embeddings_from", std::string()},
                       {"layers_from", std::string()},
                       {"tokenizer", std::string()},
                       {"max_tokens", std::int64_t{5}},
                       {"temperature", 0.0},
                       {"top_p", 1.0},
                       {"topk", std::int64_t{7}},
                       {"topk_temperature", 1.0}};
  for (const auto& [key, value] : changes) table[key] = value;
  return table;
}

std::unique_ptr<PluginDriver> make(const OptionTable& changes = {}) {
  auto driver = std::make_unique<PluginDriver>(STUDENT_RETNET_PLUGIN, "student/retnet", options(changes));
  driver->start({});
  return driver;
}

at::Tensor ids_of(std::int64_t texts, std::int64_t length, std::int64_t vocabulary = 19) {
  return at::remainder(at::arange(texts * length).view({texts, length}).square() + 3, vocabulary)
      .to(at::kInt);
}

at::Tensor bytes_of(const std::string& text) {
  return at::tensor(std::vector<std::uint8_t>(text.begin(), text.end()), at::kByte);
}

void expect_refused(const OptionTable& changes, const std::string& key, const std::string& message) {
  try {
    make(changes);
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.status, GM_ERROR_USER);
    EXPECT_EQ(refused.key, key);
    EXPECT_THAT(refused.what(), HasSubstr(message));
  }
}

TEST(RetNetPlugin, LogitsAreHiddenRowsTimesTheHead) {
  for (const bool tied : {true, false}) {
    const auto driver = make({{"tied", tied}});
    const at::Tensor hidden = driver->forward(kHidden, {ids_of(2, 9), {}, {}})[0];
    const at::Tensor head = driver->forward(kHead, {})[0];
    EXPECT_EQ(hidden.sizes(), (at::IntArrayRef{2, 9, 12}));
    EXPECT_EQ(head.sizes(), (at::IntArrayRef{19, 12}));
    EXPECT_TRUE(at::allclose(driver->forward(kForward, {ids_of(2, 9), {}, {}})[0],
                             at::matmul(hidden, head.t()), 1e-5, 1e-6));
    EXPECT_EQ(driver->symbol("D"), 12);
    EXPECT_EQ(driver->symbol("V"), 19);
  }
}

TEST(RetNetPlugin, EveryWeightLearnsThroughHiddenAndHead) {
  for (const bool tied : {true, false}) {
    const auto driver = make({{"tied", tied}});
    const auto gradients = driver->bind_gradients();
    const auto parameters = driver->parameters();
    driver->forward_and_vjp(kHidden, {ids_of(2, 9), {}, {}}, {0, 0, 0},
                            {random_normal({2, 9, 12}, 1, at::kFloat)});
    const at::Tensor before = gradients[0].clone();
    const at::Tensor of_head = random_normal({19, 12}, 2, at::kFloat);
    driver->forward_and_vjp(kHead, {}, {}, {of_head});
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      EXPECT_GT(gradients[i].abs().max().item<float>(), 0) << parameters[i].name;
    }
    EXPECT_EQ(parameters.front().name, "embedding");
    EXPECT_TRUE(at::equal(gradients[0], tied ? before + of_head : before));
    EXPECT_TRUE(tied || at::equal(gradients.back(), of_head));
  }
}

TEST(RetNetPlugin, GradientThroughLogitsIsThatThroughHiddenAndHead) {
  const auto driver = make();
  const auto gradients = driver->bind_gradients();
  const at::Tensor given = random_normal({2, 9, 19}, 1, at::kFloat);
  driver->forward_and_vjp(kForward, {ids_of(2, 9), {}, {}}, {0, 0, 0}, {given});
  std::vector<at::Tensor> through_logits;
  for (const at::Tensor& gradient : gradients) {
    through_logits.push_back(gradient.clone());
    gradient.zero_();
  }
  const at::Tensor hidden = driver->forward(kHidden, {ids_of(2, 9), {}, {}})[0];
  const at::Tensor head = driver->forward(kHead, {})[0];
  driver->forward_and_vjp(kHidden, {ids_of(2, 9), {}, {}}, {0, 0, 0}, {at::matmul(given, head)});
  driver->forward_and_vjp(kHead, {}, {}, {at::matmul(given.flatten(0, 1).t(), hidden.flatten(0, 1))});
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    EXPECT_TRUE(at::allclose(gradients[i], through_logits[i], 1e-4, 1e-5)) << driver->parameters()[i].name;
  }
}

// 18 tokens; matrices [54, 12], [12, 15], [20, 12], [12, 10] a layer. Retention: chunks of 4, 12 and 15 wide,
// and 4 keys by 5 values a head, of 3.
TEST(RetNetPlugin, AccountsForItsProductsForwardAndBack) {
  const auto driver = make();
  driver->bind_gradients();
  const double matrices = 2 * 2.0 * 18 * (54 * 12 + 12 * 15 + 20 * 12 + 12 * 10);
  const double retention = 2 * 2.0 * 18 * (4 * (12 + 15) + 2 * 3 * 4 * 5);
  driver->forward_and_vjp(kHidden, {ids_of(2, 9), {}, {}}, {0, 0, 0},
                          {random_normal({2, 9, 12}, 1, at::kFloat)});
  EXPECT_EQ(driver->forward_work().flops, matrices + retention);
  EXPECT_EQ(driver->vjp_work().flops, 2 * matrices + 3 * retention);
}

TEST(RetNetPlugin, SavedFolderGivesTheSameModel) {
  const gistmill::testing::ScratchFolder scratch;
  const std::string folder = (scratch / "student").string();
  const auto first = make({{"decay", std::string("paper")}, {"scale_rows", true}, {"tied", false}});
  first->forward(kSave, {bytes_of(folder)});
  const auto second = make({{"model", folder}, {"width", std::int64_t{8}}});
  EXPECT_TRUE(at::equal(second->forward(kForward, {ids_of(2, 9), {}, {}})[0],
                        first->forward(kForward, {ids_of(2, 9), {}, {}})[0]));
  EXPECT_TRUE(std::filesystem::exists(folder + "/config.json"));
  EXPECT_THROW(first->forward(kSave, {bytes_of(folder)}), Refused);  // not over what is there
}

TEST(RetNetPlugin, ComputesInBf16AboutTheSame) {
  const at::Tensor exact = make()->forward(kHidden, {ids_of(2, 9), {}, {}})[0];
  const auto half = make({{"dtype", std::string("bf16")}});
  const at::Tensor found = half->forward(kHidden, {ids_of(2, 9), {}, {}})[0];
  EXPECT_EQ(found.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::allclose(found, exact, 0.05, 0.05));
  EXPECT_FALSE(at::allclose(found, exact, 1e-5, 1e-5));
  EXPECT_GT(half->forward_work().half_flops, 0);
}

TEST(RetNetPlugin, ForgetsWhereADocumentBeginsIfItIsAskedTo) {
  const at::Tensor ids = ids_of(1, 9);
  const at::Tensor begins = at::zeros({1, 9}, at::kInt);
  begins[0][4] = 1;
  const auto apart = [&](PluginDriver& driver) { return driver.forward(kHidden, {ids, {}, begins})[0]; };
  const auto keeps = make();
  const at::Tensor whole = keeps->forward(kHidden, {ids, {}, {}})[0];
  EXPECT_TRUE(at::equal(apart(*keeps), whole)) << "the port is not read";
  const auto resets = make({{"boundaries", std::string("reset")}});
  const at::Tensor found = apart(*resets);
  EXPECT_TRUE(at::allclose(found.narrow(1, 0, 4), whole.narrow(1, 0, 4), 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(found.narrow(1, 4, 5), keeps->forward(kHidden, {ids.narrow(1, 4, 5), {}, {}})[0],
                           1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(found, whole, 1e-3, 1e-3));
  const at::Tensor logits = resets->forward(kForward, {ids, {}, begins})[0];
  const at::Tensor top = resets->forward(kTopk, {ids, {}, begins})[0];
  EXPECT_TRUE(at::equal(top.select(2, 0), logits.argmax(2).to(at::kInt)));
  EXPECT_THROW(resets->forward(kHidden, {ids, {}, {}}), Refused);
}

TEST(RetNetPlugin, GeneratesAndScoresAndRanks) {
  const auto driver = make();
  const auto generated = driver->forward(kGenerate, {ids_of(2, 6), {}});
  EXPECT_EQ(generated[0].sizes(), (at::IntArrayRef{2, 5}));
  EXPECT_TRUE(generated[1].eq(5).all().item<bool>());
  EXPECT_EQ(driver->forward(kScore, {ids_of(1, 6)[0]})[0].sizes(), (at::IntArrayRef{5}));
  EXPECT_EQ(driver->forward(kTopk, {ids_of(2, 6), {}, {}})[0].sizes(), (at::IntArrayRef{2, 6, 7}));
}

TEST(RetNetPlugin, StartsFromATransformersEmbeddingsAndLayers) {
  const OptionTable same = {{"vocabulary", std::int64_t{0}},
                            {"width", std::int64_t{32}},
                            {"heads", std::int64_t{4}},
                            {"value_width", std::int64_t{32}},
                            {"feed_forward", std::int64_t{24}},
                            {"embeddings_from", kLlama},
                            {"layers_from", kLlama}};
  const auto driver = make(same);
  EXPECT_EQ(driver->symbol("V"), 40);
  EXPECT_EQ(driver->forward(kHidden, {ids_of(1, 5, 40), {}, {}})[0].sizes(), (at::IntArrayRef{1, 5, 32}));
}

TEST(RetNetPlugin, RefusesSizesThatDoNotFit) {
  expect_refused({{"vocabulary", std::int64_t{0}}}, "vocabulary", "vocabulary is 0 when it should be");
  expect_refused({{"width", std::int64_t{15}}}, "width",
                 "width is 15 when it should be a multiple of twice heads");
  expect_refused({{"value_width", std::int64_t{16}}}, "value_width",
                 "value_width is 16 when it should be a multiple of heads");
  expect_refused({{"embeddings_from", kLlama}}, "embeddings_from",
                 "width is 12 when the width of " + kLlama + " is 32");
  expect_refused({{"layers_from", kLlama}}, "layers_from",
                 "width is 12 when the width of " + kLlama + " is 32");
  expect_refused({{"model", kLlama}}, "", "the model_type is \"llama\" when it should be \"retnet\"");
}

}  // namespace
}  // namespace gistmill::retnet
