// Low-rank adapters and mode of all weights: what changes, what gets a gradient, and merging.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/adapters.hpp"
#include "plugins/teacher/decoder/trainable.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/teacher/decoder/reference.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::random_normal;

Weights weights_of(const Config& config) {
  return load_weights(config, std::make_shared<MemorySource>(random_source(config, 11)), at::kFloat);
}

std::vector<AdapterPart> random_adapters(const Config& config, std::vector<std::string> targets) {
  auto adapters = make_adapters(config, {3, 6.0, std::move(targets), 9});
  for (std::size_t i = 0; i < adapters.size(); ++i) {
    adapters[i].up = random_normal(adapters[i].up.sizes(), i, at::kFloat) * 0.2;
  }
  return adapters;
}

class Adapters : public ::testing::TestWithParam<Config> {
 protected:
  Config config_ = GetParam();
  Batch batch_{random_tokens(97, 30, 5).unsqueeze(0), {}, {}, {}};
  PassMode mode_{true, 0.0, std::nullopt};
  std::vector<AdapterPart> adapters_ = random_adapters(config_, adapter_targets(config_));

  Model adapted() {
    Weights weights = weights_of(config_);
    attach(adapters_, config_, weights);
    return Model(config_, std::move(weights), {}, 8);
  }
};

TEST_P(Adapters, StartWithoutAnyEffect) {
  adapters_ = make_adapters(config_, {3, 6.0, adapter_targets(config_), 9});
  const Model plain(config_, weights_of(config_), {}, 8);
  EXPECT_TRUE(at::allclose(adapted().forward(batch_), plain.forward(batch_), 0.0, 1e-6));
}

TEST_P(Adapters, MergeIntoTheWeights) {
  Weights weights = weights_of(config_);
  attach(adapters_, config_, weights);
  merge_adapters(weights);
  const Model merged(config_, std::move(weights), {}, 8);
  const Model plain(config_, weights_of(config_), {}, 8);
  const at::Tensor found = adapted().forward(batch_);
  EXPECT_TRUE(at::allclose(found, merged.forward(batch_), 1e-4, 1e-4));
  EXPECT_FALSE(at::allclose(found, plain.forward(batch_), 1e-2, 1e-2));
}

// The plain model with every adapter's product added to its weight, in f64.
TEST_P(Adapters, GetTheGradientOfWeightsThatHoldTheirProducts) {
  const at::Tensor weight = random_normal({30, 97}, 3, at::kDouble);
  std::vector<at::Tensor> leaves;
  std::vector<at::Tensor> plain_leaves;
  Weights weights = weights_of(config_);
  for (AdapterPart& part : adapters_) {
    for (at::Tensor* tensor : {&part.down, &part.up}) {
      leaves.push_back(tensor->requires_grad_(true));
      plain_leaves.push_back(tensor->detach().to(at::kDouble).requires_grad_(true));
    }
  }
  std::vector<AdapterPart> plain_adapters = adapters_;
  for (std::size_t i = 0; i < adapters_.size(); ++i) {
    plain_adapters[i].down = plain_leaves[2 * i];
    plain_adapters[i].up = plain_leaves[2 * i + 1];
  }
  attach(plain_adapters, config_, weights);
  for (LayerWeights& layer : weights.layers) {
    for (Projection* one : {&layer.qkv, &layer.output, &layer.up, &layer.down}) {
      std::vector<at::Tensor> products;
      for (const Adapter& adapter : one->adapters) {
        products.push_back(at::mm(adapter.up, adapter.down) *
                           adapter.scale);  // they cover all rows, in order
      }
      one->weight = one->weight.to(at::kDouble) + at::cat(products);
    }
  }
  const Reference reference(config_, weights);
  const at::Tensor rows = reference.hidden(reference.embed(batch_.ids[0]), at::arange(30, at::kLong));
  const auto expected =
      ::torch::autograd::grad({(at::matmul(rows, reference.head().t()) * weight).sum()}, plain_leaves);
  const at::Tensor logits = adapted().forward(batch_, mode_)[0];
  const auto found = ::torch::autograd::grad({(logits * weight.to(at::kFloat)).sum()}, leaves);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    EXPECT_LE(((found[i].to(at::kDouble) - expected[i]).norm() / expected[i].norm()).item<double>(), 1e-5)
        << i;
  }
}

TEST_P(Adapters, GetNoGradientWhereAPassDoesNotTrain) {
  for (AdapterPart& part : adapters_) part.up.requires_grad_(true);
  EXPECT_FALSE(adapted().forward(batch_).requires_grad());
}

INSTANTIATE_TEST_SUITE_P(Families, Adapters,
                         ::testing::Values(tiny_config(), tiny_gpt2_config(), tiny_gemma_config()),
                         [](const auto& instance) { return instance.param.architecture; });

TEST(Dropout, OfAdaptersIsDrawnFromItsGenerator) {
  const Config config = tiny_config();
  Weights weights = weights_of(config);
  attach(random_adapters(config, {"q_proj", "up_proj"}), config, weights);
  const Model model(config, std::move(weights), {}, 8);
  const Batch batch{random_tokens(97, 30, 5).unsqueeze(0), {}, {}, {}};
  const auto forward = [&](std::uint64_t seed) {
    return model.forward(batch, {true, 0.5, at::detail::createCPUGenerator(seed)});
  };
  EXPECT_TRUE(at::equal(forward(1), forward(1)));
  EXPECT_FALSE(at::equal(forward(1), forward(2)));
}

TEST(Attach, RefusesWhatDoesNotFit) {
  const Config config = tiny_config();
  Weights weights = weights_of(config);
  auto adapters = random_adapters(config, {"q_proj"});
  adapters[0].layer = 3;
  EXPECT_THROW(attach(adapters, config, weights), Error);
  adapters[0].layer = 0;
  adapters[0].up = at::zeros({47, 3});
  EXPECT_THROW(attach(adapters, config, weights), Error);
}

TEST(AllWeights, GetTheGradientsOfThePlainModel) {
  for (const Config& config : {tiny_config(), tiny_gpt2_config(), tiny_mixed_config(), tiny_gemma_config()}) {
    const at::Tensor ids = random_tokens(97, 60, 5);
    const auto leaves_of = [](Weights& weights, at::ScalarType dtype) {
      std::vector<at::Tensor> leaves;
      replace_weights(weights, [&](const std::string&, const at::Tensor& tensor, bool) {
        leaves.push_back(tensor.detach().to(dtype, false, /*copy=*/true).requires_grad_(true));
        return leaves.back();
      });
      return leaves;
    };
    Weights plain_weights = weights_of(config);
    const auto plain_leaves = leaves_of(plain_weights, at::kDouble);
    const Reference reference(config, plain_weights);
    const at::Tensor rows = reference.hidden(reference.embed(ids), at::arange(60, at::kLong));
    const at::Tensor plain_logits = at::matmul(rows, reference.head().t());
    const auto expected = ::torch::autograd::grad({plain_logits.logsumexp(-1).sum()}, plain_leaves);
    Weights weights = weights_of(config);
    const auto leaves = leaves_of(weights, at::kFloat);
    const Model model(config, std::move(weights), {}, 8);
    const at::Tensor logits = model.forward({ids.unsqueeze(0), {}, {}, {}}, {true, 0.0, {}});
    const auto found = ::torch::autograd::grad({logits.logsumexp(-1).sum()}, leaves);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      EXPECT_LE(((found[i].to(at::kDouble) - expected[i]).norm() / expected[i].norm()).item<double>(), 1e-4)
          << config.architecture << " weight " << i;
    }
  }
}

// Their gradient is that of the same rows where the whole table trains: through the embedding, and through
// the head where the model ties them. The others stay as they are.
TEST_P(Adapters, BesideRowsOfTheEmbeddingThatTrain) {
  const std::vector<std::int64_t> tokens = {batch_.ids[0][3].item<std::int64_t>(), 96, 0};
  const auto gradient_of = [&](Weights weights, at::Tensor parameter) {
    const Model model(config_, std::move(weights), {}, 8);
    const at::Tensor logits = model.forward(batch_, mode_);
    const at::Tensor loss = (logits * at::arange(logits.numel(), at::kFloat).sin().view_as(logits)).sum();
    loss.backward();
    return std::pair(loss.item<float>(), parameter.grad());
  };
  Weights all = weights_of(config_);
  const at::Tensor initial = all.embedding.index_select(0, at::tensor(tokens));
  at::Tensor table;
  replace_weights(all, [&](const std::string& name, const at::Tensor& tensor, bool) {
    if (name != "token_embd.weight") return tensor;
    return table = tensor.clone().requires_grad_(true);
  });
  const auto [right_loss, right] = gradient_of(std::move(all), table);

  Weights weights = weights_of(config_);
  const at::Tensor untrained = weights.embedding;
  const at::Tensor rows = initial.clone().requires_grad_(true);
  train_rows(weights, std::make_shared<const TrainedRows>(rows, tokens, config_.vocabulary));
  weights.embedding.index_fill_(0, at::tensor(tokens), 7.0);  // not looked at any more
  const auto [loss, gradient] = gradient_of(std::move(weights), rows);
  EXPECT_NEAR(loss, right_loss, 1e-5 * std::abs(right_loss));
  EXPECT_TRUE(at::allclose(gradient, right.index_select(0, at::tensor(tokens)), 1e-4, 1e-4));
  EXPECT_FALSE(untrained.requires_grad());
}

TEST_P(Adapters, SeeTrainedRowsInTheHead) {
  Weights weights = weights_of(config_);
  const bool tied = weights.head.weight.is_same(weights.embedding);
  const at::Tensor rows = at::full({1, config_.width}, 0.5);
  const at::Tensor before = weights.head.weight.clone();
  train_rows(weights,
             std::make_shared<const TrainedRows>(rows, std::vector<std::int64_t>{6}, config_.vocabulary));
  const Model model(config_, std::move(weights), {}, 8);
  const at::Tensor head = model.head();
  EXPECT_EQ(at::equal(head[6], rows[0]), tied);
  EXPECT_TRUE(at::equal(head[7], before[7]));
}

TEST(AllWeights, GetAGradientEach) {
  for (const Config& config : {tiny_config(), tiny_gpt2_config(), tiny_mixed_config(), tiny_gemma_config()}) {
    Weights weights = weights_of(config);
    std::vector<at::Tensor> leaves;
    replace_weights(weights, [&](const std::string&, const at::Tensor& tensor, bool) {
      leaves.push_back(tensor.detach().requires_grad_(true));
      return leaves.back();
    });
    const Model model(config, std::move(weights), {}, 8);
    const at::Tensor logits =
        model.forward({random_tokens(97, 30, 5).unsqueeze(0), {}, {}, {}}, {true, 0.0, {}});
    const auto grads = ::torch::autograd::grad({logits.logsumexp(-1).sum()}, leaves);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      EXPECT_GT(grads[i].abs().max().item<double>(), 0.0) << config.architecture << " weight " << i;
    }
  }
}

std::string refused_layers(std::vector<std::int64_t> layers) {
  try {
    layers_of(tiny_config(), layers);
  } catch (const Error& error) {
    EXPECT_EQ(error.key, "lora_layers");
    return error.what();
  }
  return "not refused";
}

TEST(AdapterLayers, AreThoseAskedForCountedFromEitherEnd) {
  const Config config = tiny_config();
  const std::int64_t count = config.layers;
  ASSERT_GE(count, 2);
  EXPECT_EQ(layers_of(config, {}).size(), static_cast<std::size_t>(count));
  EXPECT_EQ(layers_of(config, {-1, -2}), (std::vector<std::int64_t>{count - 2, count - 1}));
  for (const AdapterPart& part : make_adapters(config, {3, 6.0, {"q_proj", "o_proj"}, 9, {0}}))
    EXPECT_EQ(part.layer, 0);
}

TEST(AdapterLayers, ThatStandApartOrAreNoneOfTheModelsAreRefused) {
  Config config = tiny_config();
  EXPECT_NE(refused_layers({config.layers}).find("when the model has the layers 0 to"), std::string::npos);
  config.layers = 8;
  try {
    layers_of(config, {0, 1, -2, -1});
    ADD_FAILURE() << "not refused";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("the first two, [0, 1], or the last two, [-2, -1], not both"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace gistmill::decoder::test
