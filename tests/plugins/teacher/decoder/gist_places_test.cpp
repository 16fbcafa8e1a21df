// Vectors of a gist that stand in the places of tokens: what they change, their gradient, and what is
// refused.
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <gistmill/plugin/values.hpp>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/teacher/decoder/reference.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::random_normal;
using ::testing::HasSubstr;

// Three texts: a gist inside, none, one at both ends.
class GistPlaces : public ::testing::TestWithParam<Config> {
 protected:
  Batch with_gist() const { return {ids_, mask_, {}, {}, gist_, places_}; }
  // The same with all embeddings written out.
  Batch written_out(const at::Tensor& gist) const {
    const Reference reference(model_.config(), model_.weights());
    at::Tensor embeddings = reference.embed(ids_.flatten()).to(at::kFloat).view({3, 24, 48});
    for (const std::int64_t text : {0, 2}) {
      for (std::int64_t i = 0; i < 2; ++i) {
        const auto column = places_[text][i].item<std::int64_t>();
        embeddings = embeddings.index_put({at::tensor(text), at::tensor(column)}, gist[text][i]);
      }
    }
    return {ids_, mask_, {}, embeddings};
  }

  Model model_ = random_model(GetParam(), 11);
  at::Tensor ids_ = random_tokens(97, 3 * 24, 5).view({3, 24});
  at::Tensor mask_;
  at::Tensor gist_ = random_normal({3, 2, 48}, 7, at::kFloat);
  at::Tensor places_ = at::tensor({7, 9, -1, -1, 0, 23}, at::kInt).view({3, 2});
};

TEST_P(GistPlaces, ReadTheGistAsEmbeddingsInThesePlaces) {
  EXPECT_TRUE(at::allclose(model_.hidden(with_gist()), model_.hidden(written_out(gist_)), 0, 1e-5));
  EXPECT_FALSE(at::allclose(model_.hidden(with_gist()), model_.hidden({ids_, {}, {}, {}}), 0, 1e-2));
  EXPECT_TRUE(at::allclose(model_.forward(with_gist()), model_.forward(written_out(gist_)), 0, 1e-4));
  EXPECT_TRUE(at::equal(model_.topk(with_gist(), 5, 1.0).ids, model_.topk(written_out(gist_), 5, 1.0).ids));
  EXPECT_TRUE(at::allclose(model_.hidden(with_gist())[1], model_.hidden({ids_, {}, {}, {}})[1], 0,
                           2e-5));  // has none
}

TEST_P(GistPlaces, GiveTheGistItsGradient) {
  mask_ = at::ones({3, 24, 24}, at::kByte);
  const at::Tensor weights = random_normal({3, 24, 48}, 3, at::kFloat);
  gist_.requires_grad_(true);
  const at::Tensor written = gist_.detach().clone().requires_grad_(true);
  const auto found = ::torch::autograd::grad({(model_.hidden(with_gist()) * weights).sum()}, {gist_})[0];
  const auto expected =
      ::torch::autograd::grad({(model_.hidden(written_out(written)) * weights).sum()}, {written})[0];
  EXPECT_LE(((found - expected).norm() / expected.norm()).item<double>(), 1e-5);
  EXPECT_EQ(found[1].count_nonzero().item<std::int64_t>(), 0);
  // Along a random direction the loss changes as the gradient says.
  const at::NoGradGuard no_grad;
  const at::Tensor direction = random_normal({3, 2, 48}, 9, at::kFloat);
  const auto loss = [&](double step) {
    gist_ = written + step * direction;
    return (model_.hidden(with_gist()).to(at::kDouble) * weights).sum().item<double>();
  };
  const double slope = (loss(1e-3) - loss(-1e-3)) / 2e-3;
  EXPECT_NEAR(slope, (found * direction).sum().item<double>(), 1e-2 * std::abs(slope) + 2e-2);
}

TEST_P(GistPlaces, ContinueATextAfterAGist) {
  ids_ = ids_.narrow(0, 0, 1);
  gist_ = gist_.narrow(0, 0, 1);
  places_ = places_.narrow(0, 0, 1);
  const auto found = model_.generate(with_gist(), {3, 0.0, 1.0, 0}).tokens[0];
  at::Tensor ids = ids_;
  for (std::int64_t i = 0; i < 3; ++i) {
    const at::Tensor logits = model_.forward({ids, {}, {}, {}, gist_, places_})[0];
    EXPECT_EQ(found[i].item<std::int64_t>(), logits[23 + i].argmax().item<std::int64_t>());
    ids = at::cat({ids, found.narrow(0, i, 1).unsqueeze(0)}, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Gist, GistPlaces,
                         ::testing::Values(tiny_config(), tiny_gpt2_config(), tiny_mixed_config(),
                                           tiny_gemma_config()),
                         [](const auto& instance) { return instance.param.architecture; });

TEST(Gist, IsRefusedWithoutPlacesThatFit) {
  const Model model = random_model(tiny_config(), 11);
  const at::Tensor ids = random_tokens(97, 2 * 10, 5).view({2, 10});
  const at::Tensor gist = at::zeros({2, 2, 48});
  const auto refused = [&](const at::Tensor& vectors, const at::Tensor& places, const char* key,
                           const char* message) {
    try {
      model.hidden({ids, {}, {}, {}, vectors, places});
      ADD_FAILURE() << "was not refused";
    } catch (const Error& error) {
      EXPECT_EQ(error.code, GM_ERROR_USER);
      EXPECT_EQ(error.key, key);
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  };
  const auto places = [](std::vector<std::int32_t> columns) { return at::tensor(columns).view({2, 2}); };
  refused(gist, {}, "gist_places", "not where it stands");
  refused({}, places({1, 2, 1, 2}), "gist", "but not its vectors");
  refused(gist, places({1, 2, 3, 10}), "gist_places", "text 1 names column 10 when it should be 0 to 9");
  refused(gist, places({-2, 2, 3, 4}), "gist_places", "text 0 names column -2");
  refused(gist, places({1, 2, 4, 4}), "gist_places", "text 1 should ascend, and 4 follows 4");
  refused(gist, places({1, 2, -1, 4}), "gist_places", "text 1 has some -1");
}

}  // namespace
}  // namespace gistmill::decoder::test
