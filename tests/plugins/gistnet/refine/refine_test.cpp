// The refinement stack: what it starts as, that every parameter can learn, and that its gradients are right.
#include "plugins/gistnet/refine/refine.hpp"

#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/plugins/support/network_parameters.hpp"

namespace gistmill::refine {
namespace {

using test::NetworkParameters;
using test::random_normal;

Shape small(std::int64_t mid_slots, std::int64_t span = 6) {
  Shape shape;
  shape.span = span;
  shape.hidden = 5;
  shape.inputs = 7;
  shape.width = 8;
  shape.heads = 2;
  shape.mlp = 12;
  shape.layers = 2;
  shape.mid_slots = mid_slots;
  return shape;
}

std::set<std::string> names_of(const Shape& shape) {
  NetworkParameters parameters;
  const Network network(shape, parameters.builder());
  std::set<std::string> names;
  for (const auto& one : parameters.all()) names.insert(one.name);
  return names;
}

// The stack written down stage by stage, from named parameters, one operation after the other.
class PlainStack {
 public:
  PlainStack(const Shape& shape, const NetworkParameters& parameters) : shape_(shape) {
    for (const auto& one : parameters.all()) p_[one.name] = one.tensor;
  }

  at::Tensor operator()(const at::Tensor& features) {
    at::Tensor x = linear("input", features);
    for (std::int64_t i = 0; i < shape_.layers; ++i) {
      const std::string a = "a." + std::to_string(i) + ".";
      x = self_attention(a + "self.", x);
      x = feed_forward(a + "feed_forward.", x);
    }
    const at::Tensor middle = collect("b.", x);
    x = x +
        attention("c.tell.attention.", norm("c.tell.row_norm", x), norm("c.tell.slot_norm", middle), false);
    x = feed_forward("c.feed_forward.", x);
    x = self_attention("c.self.", x);
    return linear("head", norm("d.norm", collect("d.", x).select(1, 0)));
  }

 private:
  at::Tensor linear(const std::string& name, const at::Tensor& x) {
    const at::Tensor y = at::matmul(x, p_.at(name + ".weight").t());
    return p_.count(name + ".bias") ? y + p_.at(name + ".bias") : y;
  }
  at::Tensor norm(const std::string& name, const at::Tensor& x) {
    const at::Tensor centered = x - x.mean(-1, true);
    const at::Tensor scaled = centered / (centered.square().mean(-1, true) + 1e-5).sqrt();
    return scaled * p_.at(name + ".weight") + p_.at(name + ".bias");
  }
  at::Tensor feed_forward(const std::string& name, const at::Tensor& x) {
    return x + linear(name + "mlp.down", at::gelu(linear(name + "mlp.up", norm(name + "norm", x))));
  }
  at::Tensor self_attention(const std::string& name, const at::Tensor& x) {
    const at::Tensor rows = norm(name + "norm", x);
    return x + attention(name + "attention.", rows, rows, true);
  }
  at::Tensor collect(const std::string& name, const at::Tensor& x) {
    const at::Tensor slots = p_.at(name + "slots").expand({x.size(0), -1, -1});
    const at::Tensor heard =
        attention(name + "attention.", norm(name + "slot_norm", slots), norm(name + "row_norm", x), false);
    return feed_forward(name + "feed_forward.", slots + heard);
  }
  // Rotation written for complex numbers: element i of a head's first half is the real part, of its second
  // the imaginary one.
  at::Tensor rotate(const at::Tensor& x) const {
    const std::int64_t half = x.size(2) / 2;
    const at::Tensor frequency =
        at::pow(10000.0, at::arange(half, at::kDouble) * (-1.0 / static_cast<double>(half)));
    const at::Tensor angle = at::outer(at::arange(x.size(1), at::kDouble), frequency);
    const at::Tensor turned =
        at::complex(x.narrow(2, 0, half).contiguous(), x.narrow(2, half, half).contiguous()) *
        at::polar(at::ones_like(angle), angle);
    return at::cat({at::real(turned), at::imag(turned)}, 2);
  }
  at::Tensor attention(const std::string& name, const at::Tensor& queries, const at::Tensor& memory,
                       bool rotary) {
    const std::int64_t size = shape_.width / shape_.heads;
    const at::Tensor q = linear(name + "query", queries);
    const at::Tensor k = linear(name + "key", memory);
    const at::Tensor v = linear(name + "value", memory);
    std::vector<at::Tensor> heads;
    for (std::int64_t head = 0; head < shape_.heads; ++head) {
      const auto part = [&](const at::Tensor& x) { return x.narrow(2, head * size, size); };
      const at::Tensor query = rotary ? rotate(part(q)) : part(q);
      const at::Tensor key = rotary ? rotate(part(k)) : part(k);
      const at::Tensor scores = at::matmul(query, key.transpose(1, 2)) / std::sqrt(static_cast<double>(size));
      heads.push_back(at::matmul(at::softmax(scores, -1), part(v)));
    }
    return linear(name + "output", at::cat(heads, 2));
  }

  Shape shape_;
  std::map<std::string, at::Tensor> p_;
};

TEST(RefineNetwork, EqualsTheStackWrittenDownStageByStage) {
  Shape shape = small(4);
  shape.width = 16;  // heads of 8: four frequencies
  NetworkParameters parameters;
  const Network network(shape, parameters.builder());
  parameters.perturb();
  const at::Tensor features = random_normal({3, 6, 7}, 9);
  const at::Tensor expected = PlainStack(shape, parameters)(features);
  EXPECT_GT(expected.abs().max().item<double>(), 0.1);
  EXPECT_TRUE(at::allclose(network(features), expected, 1e-9, 1e-10));
}

TEST(RefineNetwork, StartsAsNoCorrection) {
  NetworkParameters parameters;
  const Network network(small(1), parameters.builder());
  const at::Tensor correction = network(random_normal({3, 6, 7}, 1));
  EXPECT_EQ(correction.sizes(), (at::IntArrayRef{3, 5}));
  EXPECT_EQ(correction.abs().max().item<double>(), 0);
}

// E5: parameter counts are computed, not guessed. 9.5 M at the defaults for D = 576.
TEST(RefineNetwork, HasTheSizeOfItsDefaultsForSmolLm2) {
  Shape shape;
  shape.hidden = 576;
  shape.inputs = 576;
  NetworkParameters parameters;
  const Network network(shape, parameters.builder());
  EXPECT_NEAR(static_cast<double>(parameters.elements()), 9.2e6, 0.5e6);
}

struct Case {
  std::int64_t spans, span, mid_slots, layers;
};
class RefineGradient : public ::testing::TestWithParam<Case> {};

TEST_P(RefineGradient, EqualsDifferencesForEveryParameterAndTheInput) {
  const Case& c = GetParam();
  Shape shape = small(c.mid_slots, c.span);
  shape.layers = c.layers;
  NetworkParameters parameters;
  const Network network(shape, parameters.builder());
  parameters.perturb();
  const at::Tensor features = random_normal({c.spans, c.span, 7}, 3).requires_grad_(true);
  std::vector<test::Named> inputs = parameters.all();
  inputs.push_back({"features", features});
  test::expect_gradients_match([&] { return network(features); }, inputs);
}
INSTANTIATE_TEST_SUITE_P(Shapes, RefineGradient,
                         ::testing::Values(Case{1, 6, 1, 2}, Case{1, 6, 4, 2}, Case{3, 6, 4, 1},
                                           Case{2, 32, 1, 1}, Case{4, 1, 2, 1}, Case{2, 5, 3, 0}));

// E4: parameters that cannot learn, listed. There are none, with one middle slot or four.
class RefineCoverage : public ::testing::TestWithParam<std::int64_t> {};

TEST_P(RefineCoverage, EveryParameterCanLearn) {
  NetworkParameters parameters;
  const Network network(small(GetParam()), parameters.builder());
  parameters.perturb();
  const at::Tensor loss = network(random_normal({5, 6, 7}, 4)).square().sum();
  std::vector<at::Tensor> leaves;
  for (const auto& one : parameters.all()) leaves.push_back(one.tensor);
  const auto gradients = ::torch::autograd::grad({loss}, leaves, {}, false, false, /*allow_unused=*/true);
  std::vector<std::string> cannot_learn;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (!gradients[i].defined() || gradients[i].abs().max().item<double>() < 1e-9) {
      cannot_learn.push_back(parameters.all()[i].name);
    }
  }
  EXPECT_THAT(cannot_learn, ::testing::IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(MiddleSlots, RefineCoverage, ::testing::Values(1, 4));

// With one slot there is nothing to choose from: what the source's stack has there could never learn.
TEST(RefineNetwork, HasNoQueriesAndKeysInStageCWithOneMiddleSlot) {
  const std::set<std::string> one = names_of(small(1));
  const std::set<std::string> four = names_of(small(4));
  std::vector<std::string> only_four;
  std::set_difference(four.begin(), four.end(), one.begin(), one.end(), std::back_inserter(only_four));
  EXPECT_THAT(only_four, ::testing::ElementsAre("c.tell.attention.key.weight", "c.tell.attention.query.bias",
                                                "c.tell.attention.query.weight", "c.tell.row_norm.bias",
                                                "c.tell.row_norm.weight"));
  EXPECT_TRUE(std::includes(four.begin(), four.end(), one.begin(), one.end()));
}

// The short cut of stage C is exact: attention over one key gives output(value(memory)) to every row.
TEST(RefineNetwork, LeavesOutOfStageCOnlyWhatChangesNothing) {
  NetworkParameters parameters;
  const torch::Attention attention(parameters.builder(), 8, 2);
  parameters.perturb();
  const at::Tensor memory = random_normal({3, 1, 8}, 1);
  const at::Tensor heard = attention(random_normal({3, 6, 8}, 2), memory);
  const auto& all = parameters.all();  // query w b, key w, value w b, output w b
  const at::Tensor value = at::linear(memory, all[3].tensor, all[4].tensor);
  const at::Tensor expected = at::linear(value, all[5].tensor, all[6].tensor).expand({3, 6, 8});
  EXPECT_TRUE(at::allclose(heard, expected, 1e-12, 1e-12));
}

TEST(RefineNetwork, KnowsTheOrderOfItsRows) {
  NetworkParameters parameters;
  const Network network(small(1), parameters.builder());
  parameters.perturb();
  const at::Tensor features = random_normal({2, 6, 7}, 5);
  EXPECT_FALSE(at::allclose(network(features), network(features.flip(1)), 1e-3));
}

TEST(RefineNetwork, TreatsEachSpanByItself) {
  NetworkParameters parameters;
  const Network network(small(4), parameters.builder());
  parameters.perturb();
  const at::Tensor features = random_normal({3, 6, 7}, 6);
  const at::Tensor together = network(features);
  for (std::int64_t k = 0; k < 3; ++k) {
    EXPECT_TRUE(at::allclose(network(features.narrow(0, k, 1)), together.narrow(0, k, 1), 1e-10, 1e-12));
  }
}

TEST(RefineFeatures, BringEmbeddingsToRmsOne) {
  const at::Tensor embeddings = 0.116 * random_normal({4, 8, 576}, 7);
  const at::Tensor norm = embeddings.norm(2, -1).mean();
  EXPECT_NEAR(features_of_embeddings(embeddings, norm).square().mean().sqrt().item<double>(), 1, 0.01);
}

TEST(RefineFeatures, BringStatesOfAnySizeToTheSameSize) {
  at::Tensor states = random_normal({2, 3, 2, 16}, 8);
  const at::Tensor features = features_of_states(states);
  EXPECT_EQ(features.sizes(), (at::IntArrayRef{2, 3, 32}));
  states.select(2, 1).mul_(1000);
  EXPECT_TRUE(at::allclose(features_of_states(states), features, 1e-4, 1e-4));
}

}  // namespace
}  // namespace gistmill::refine
