// A source in C++17 without LibTorch: what gistmill/plugin.hpp asks of an author.
#include <gistmill/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <tuple>
#include <vector>

namespace {

class Embeddings {
 public:
  explicit Embeddings(const gistmill::Options& options)
      : shape_{options.integer("spans"), options.integer("span"), options.integer("width")} {}

  // -> embeddings [K, S, D], embedding_norm [], rows [K, D]
  std::tuple<gistmill::Tensor, gistmill::Tensor, gistmill::Tensor> next(const gistmill::Call& call) const {
    gistmill::Tensor embeddings = gistmill::Tensor::zeros<float>(shape_);
    std::mt19937_64 generator(call.random_key());
    std::normal_distribution<float> normal;
    for (std::int64_t i = 0; i < embeddings.size(); ++i)
      embeddings.mutable_data<float>()[i] = normal(generator);
    const std::int64_t spans = shape_[0], span = shape_[1], width = shape_[2];
    gistmill::Tensor rows = gistmill::Tensor::zeros<float>({spans, width});
    for (std::int64_t k = 0; k < spans; ++k) {
      std::copy_n(embeddings.data<float>() + k * span * width, width, rows.mutable_data<float>() + k * width);
    }
    return {embeddings, gistmill::Tensor::of<float>({std::sqrt(static_cast<float>(width))}, {}), rows};
  }

 private:
  std::vector<std::int64_t> shape_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Embeddings>("test/embeddings").operation("next", &Embeddings::next));
