// The real SmolLM2-135M-Instruct in Q4_1 against Hugging Face transformers, which read the same file.
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "plugins/teacher/decoder/files/model_file.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/teacher/decoder/reference.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::random_normal;

nlohmann::json read_json(const std::string& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

// Loaded once: 135M weights in f32.
class SmolLM2 : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto path = teacher_file();
    if (!path) return;
    file_ = open_model(*path, {"llama"});
    model_ = load(at::kFloat);
    fixture_ = read_json(GISTMILL_SOURCE_DIR "/tests/plugins/teacher/decoder/fixtures/smollm2.json");
  }
  static void TearDownTestSuite() {
    model_.reset();
    file_.reset();
  }
  void SetUp() override {
    if (!model_) GTEST_SKIP() << "GISTMILL_MODEL does not name the teacher's GGUF file";
  }
  static std::unique_ptr<Model> load(at::ScalarType dtype) {
    return std::make_unique<Model>(file_->config(), load_weights(file_->config(), file_, dtype),
                                   std::vector<std::int64_t>{4, 30}, 32);
  }
  static at::Tensor tokens(const char* name) {
    return at::tensor(fixture_[name].get<std::vector<std::int32_t>>());
  }
  // NLL of every token of the long text but the first.
  static at::Tensor long_nll(const Model& model) {
    const at::Tensor text = tokens("long");
    const at::Tensor logits = model.forward({text.unsqueeze(0), {}, {}, {}})[0];
    const std::int64_t count = text.size(0) - 1;
    return -at::log_softmax(logits.narrow(0, 0, count), 1)
                .gather(1, text.narrow(0, 1, count).to(at::kLong).unsqueeze(1))
                .squeeze(1);
  }

  static inline std::shared_ptr<const ModelFile> file_;
  static inline std::unique_ptr<Model> model_;
  static inline nlohmann::json fixture_;
};

TEST_F(SmolLM2, HasTheSizesOfItsFile) {
  const Config& config = model_->config();
  EXPECT_EQ(config.vocabulary, 49152);
  EXPECT_EQ(config.width, 576);
  EXPECT_EQ(config.layers, 30);
  EXPECT_EQ(config.heads, 9);
  EXPECT_EQ(config.kv_heads, 3);
  EXPECT_EQ(config.feed_forward, 1536);
  EXPECT_EQ(config.context, 8192);
  EXPECT_EQ(config.rotary_frequencies, rotary_frequencies(100000.0, 64));
  EXPECT_TRUE(model_->head().is_same(model_->weights().embedding));
}

TEST_F(SmolLM2, GivesTheLogitsOfTransformers) {
  const at::Tensor logits = model_->forward({tokens("short").unsqueeze(0), {}, {}, {}})[0];
  double largest = 0.0;
  for (const auto& row : fixture_["rows"]) {
    const at::Tensor found = logits[row["position"].get<std::int64_t>()];
    EXPECT_EQ(found.argmax().item<std::int64_t>(), row["argmax"].get<std::int64_t>());
    EXPECT_NEAR(found.logsumexp(0).item<double>(), row["logsumexp"].get<double>(), 1e-3);
    const at::Tensor ids = at::tensor(row["ids"].get<std::vector<std::int64_t>>());
    const at::Tensor expected = at::tensor(row["logits"].get<std::vector<double>>());
    largest = std::max(largest, (found.index_select(0, ids) - expected).abs().max().item<double>());
  }
  EXPECT_LE(largest, 1e-3);
  RecordProperty("largest_logit_difference", std::to_string(largest));
}

TEST_F(SmolLM2, GivesTheLikelihoodsOfTransformersOnALongerText) {
  const at::Tensor expected = at::tensor(fixture_["long_nll"].get<std::vector<double>>());
  EXPECT_LE((long_nll(*model_) - expected).abs().max().item<double>(), 1e-3);
}

// The golden file's weights are not quantized, these have four bits: ranks are close, values are not. The
// bounds are what transformers reaches with this file.
TEST_F(SmolLM2, IsCloseToTheUnquantizedModelInWhatComesNext) {
  const auto path = shared_file("tokenizers/smollm2/smollm2_135m_instruct_golden_logits.json");
  if (!path) GTEST_SKIP() << "no golden logits: GISTMILL_SHARED_DATA names the folder that has them";
  const nlohmann::json golden = read_json(*path);
  const auto sequence = golden["sequence"].get<std::vector<std::int32_t>>();
  const at::Tensor logits = model_->forward({at::tensor(sequence).unsqueeze(0), {}, {}, {}})[0];
  int same = 0;
  for (const auto& position : golden["positions"]) {
    SCOPED_TRACE(position["pos"]);
    const at::Tensor row = logits[position["pos"].get<std::int64_t>()];
    const auto best = position["argmax"].get<std::int64_t>();
    same += row.argmax().item<std::int64_t>() == best ? 1 : 0;
    EXPECT_LT((row > row[best]).sum().item<std::int64_t>(), 10) << "tokens before its likeliest";
    const at::Tensor ids = at::tensor(position["top_ids"].get<std::vector<std::int64_t>>());
    EXPECT_GE(at::isin(std::get<1>(row.topk(100)), ids).sum().item<std::int64_t>(), 30)
        << "of its 50 likeliest tokens among our 100";
  }
  EXPECT_GE(same, 7) << "of " << golden["positions"].size() << " likeliest tokens";
}

TEST_F(SmolLM2, StaysInBf16CloseToF32OnRealText) {
  const auto rounded = load(at::kBFloat16);
  const at::Tensor exact_nll = long_nll(*model_);
  const at::Tensor rounded_nll = long_nll(*rounded);
  const at::Tensor difference = (rounded_nll - exact_nll).abs();
  EXPECT_NEAR(rounded_nll.mean().item<double>(), exact_nll.mean().item<double>(), 0.01);
  EXPECT_LE(difference.mean().item<double>(), 0.05);
  EXPECT_LE(difference.max().item<double>(), 0.5);
}

// The same as resume_test.cpp on random weights, once on real ones: values within 1e-5 of the plain model in
// f64.
TEST_F(SmolLM2, ResumesAsTwoFullPassesWould) {
  const Reference reference(model_->config(), model_->weights());
  const at::Tensor text = tokens("long").narrow(0, 0, 160);
  const auto context = model_->read(text);
  constexpr std::int64_t kHorizon = 8;
  const at::Tensor spans = at::tensor({0, 96, 151 - 32}, at::kInt);
  const at::Tensor offsets = at::full({3, 1}, 31, at::kInt);
  const at::Tensor gist =
      (model_->embed(text, spans).narrow(1, 31, 1) + 0.02 * random_normal({3, 1, 576}, 1, at::kFloat))
          .requires_grad_(true);
  const at::Tensor replaced = model_->resume(*context, spans, gist, offsets, kHorizon);
  for (std::int64_t k = 0; k < 3; ++k) {
    const std::int64_t start = spans[k].item<std::int32_t>();
    SCOPED_TRACE(start);
    const at::Tensor targets = text.narrow(0, start + 32, kHorizon);
    const at::Tensor plain_gist = gist[k].detach().to(at::kDouble).requires_grad_(true);
    const Replaced document = replace_span(reference, text, start, 32, plain_gist, offsets[k]);
    const at::Tensor plain =
        nll(reference.hidden(document.embeddings, document.positions).narrow(0, start, kHorizon),
            reference.head(), targets);
    const at::Tensor found = nll(replaced[k], model_->head(), targets);
    EXPECT_LE(((found - plain).norm() / plain.norm()).item<double>(), 1e-5);
    const auto plain_grad = ::torch::autograd::grad({plain.sum()}, {plain_gist});
    const auto found_grad = ::torch::autograd::grad({found.sum()}, {gist}, {}, /*retain_graph=*/true);
    EXPECT_LE(((found_grad[0][k] - plain_grad[0]).norm() / plain_grad[0].norm()).item<double>(), 1e-5);
  }
}

TEST_F(SmolLM2, WritesEnglish) {
  // "The capital of France is"
  const at::Tensor next = continued(*model_, at::tensor({504, 3575, 282, 4649, 314}, at::kInt), 1);
  ASSERT_EQ(next.size(0), 1);
  EXPECT_EQ(next[0].item<std::int32_t>(), 7042);  // " Paris"
}

}  // namespace
}  // namespace gistmill::decoder::test
