// Every architecture against Hugging Face transformers, from both kinds of files.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cstring>

#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "tests/plugins/teacher/decoder/files/families.hpp"

namespace gistmill::decoder::test {
namespace {

double largest_difference(const at::Tensor& found, const at::Tensor& expected) {
  return (found - expected).abs().max().item<double>();
}

Batch batch_of(const at::Tensor& ids, const at::Tensor& embeddings = {}) {
  Batch batch;
  batch.ids = ids.unsqueeze(0);
  batch.embeddings = embeddings;
  return batch;
}

struct Form {
  Family family;
  bool gguf = false;
  std::string path() const { return gguf ? gguf_of(family) : folder_of(family); }
};

std::vector<Form> forms() {
  std::vector<Form> all;
  for (const Family& family : families()) {
    all.push_back({family, false});
    if (family.has_gguf) all.push_back({family, true});
  }
  return all;
}

std::string name_of(const testing::TestParamInfo<Form>& info) {
  std::string name = info.param.family.name + (info.param.gguf ? "_gguf" : "_folder");
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class Families : public testing::TestWithParam<Form> {
 protected:
  static std::shared_ptr<const ModelFile> open() {
    return open_model(GetParam().path(), {GetParam().family.architecture});
  }
  static Model load() {
    const auto file = open();
    return Model(file->config(), load_weights(file->config(), file, at::kFloat), {1}, 4);
  }
  static Expected expected() { return expected_of(GetParam().family.name); }
  // Written to the test's report: how far it is from the bound.
  static void expect_close(const char* what, double difference, double bound) {
    RecordProperty(what, std::to_string(difference));
    EXPECT_LE(difference, bound) << what;
  }
};

TEST_P(Families, GivesTheLogitsOfTransformers) {
  const Expected right = expected();
  const at::Tensor logits = load().forward(batch_of(right.ids))[0];
  expect_close("logits", largest_difference(logits, right.logits), 1e-4);
}

TEST_P(Families, GivesTheHiddenStatesOfTransformers) {
  const Expected right = expected();
  const Model model = load();
  expect_close("hidden", largest_difference(model.hidden(batch_of(right.ids))[0], right.hidden), 1e-4);
  const auto context = model.read(right.ids);
  expect_close("state_1", largest_difference(context->states.select(1, 0), right.state_1), 1e-4);
}

TEST_P(Families, GivesTheGradientOfTransformersToItsInput) {
  const Expected right = expected();
  const Model model = load();
  const at::Tensor embeddings =
      (model.weights().embedding.index_select(0, right.ids.to(at::kLong)).unsqueeze(0).detach() *
       model.config().embedding_scale);
  embeddings.requires_grad_(true);
  const at::Tensor logits = model.forward(batch_of(right.ids, embeddings));
  const auto gradient = ::torch::autograd::grad({(logits[0] * weights_of(right.logits)).sum()}, {embeddings});
  const at::Tensor difference = gradient[0][0] - right.gradient;
  expect_close("gradient", (difference.norm() / right.gradient.norm()).item<double>(), 1e-3);
}

// Computes with the bytes of the file: what generating a token does.
TEST_P(Families, StoredMatricesHoldTheValuesRead) {
  const auto file = open();
  const std::int64_t width = file->config().width;
  for (const char* name : {"token_embd.weight", "blk.1.attn_q.weight", "blk.1.attn_k.weight"}) {
    const bool keys = std::string(name).find("attn_k") != std::string::npos;
    const std::int64_t rows = name[0] == 't' ? file->config().vocabulary
                              : keys         ? file->config().key_width()
                                             : file->config().query_width();
    const at::Tensor values = file->read(name, {rows, width});
    const auto stored = file->stored(name);
    if (file->config().architecture == "gpt2" && !GetParam().gguf && name[0] == 'b') {
      EXPECT_FALSE(stored) << "a transposed matrix";
      continue;
    }
    if (GetParam().family.name == "qwen2-window") {
      EXPECT_FALSE(stored) << "a matrix in F64";
      continue;
    }
    if (GetParam().family.name.find("fp8") != std::string::npos && name[0] == 'b') {
      EXPECT_FALSE(stored) << "a matrix with scales";
      continue;
    }
    ASSERT_TRUE(stored) << name;
    ASSERT_EQ(stored->rows, rows);
    ASSERT_EQ(stored->columns, width);
    const at::ScalarType type = stored->type == formats::GgufType::kF32    ? at::kFloat
                                : stored->type == formats::GgufType::kBF16 ? at::kBFloat16
                                                                           : at::kHalf;
    const at::Tensor row = at::empty({width}, type);
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::int64_t place = stored->order.empty() ? i : stored->order[static_cast<std::size_t>(i)];
      std::memcpy(row.mutable_data_ptr(), stored->data + place * stored->row_bytes, row.nbytes());
      ASSERT_TRUE(at::equal(row.to(at::kFloat), values[i])) << name << ", row " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Families, testing::ValuesIn(forms()), name_of);

// Queries and keys lie in two orders on disk, GPT-2's matrices in two layouts: one model comes of both.
TEST(FamilyForms, GiveTheSameTensors) {
  for (const Family& family : families()) {
    if (!family.has_gguf) continue;
    SCOPED_TRACE(family.name);
    const auto folder = open_model(folder_of(family), {family.architecture});
    const auto gguf = open_model(gguf_of(family), {family.architecture});
    for (const NamedShape& tensor : tensors_of(folder->plan())) {
      EXPECT_TRUE(at::equal(folder->read(tensor.name, tensor.shape), gguf->read(tensor.name, tensor.shape)))
          << tensor.name;
    }
    EXPECT_EQ(folder->config().unrotated_layers, gguf->config().unrotated_layers);
    EXPECT_EQ(folder->config().end_tokens, gguf->config().end_tokens);
    EXPECT_EQ(folder->config().windowed_layers, gguf->config().windowed_layers);
    EXPECT_EQ(folder->config().window, gguf->config().window);
    EXPECT_DOUBLE_EQ(folder->config().attention_scale(), gguf->config().attention_scale());
    ASSERT_EQ(folder->config().rotary_frequencies.size(), gguf->config().rotary_frequencies.size());
    for (std::size_t i = 0; i < folder->config().rotary_frequencies.size(); ++i) {
      EXPECT_NEAR(gguf->config().rotary_frequencies[i], folder->config().rotary_frequencies[i], 1e-6);
    }
  }
}

}  // namespace
}  // namespace gistmill::decoder::test
