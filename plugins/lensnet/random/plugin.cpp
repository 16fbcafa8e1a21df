// lensnet/random: scores that know nothing, the control of every other.
#include <gistmill/plugin.hpp>
#include <gistmill/random.hpp>

namespace gistmill::lensnet {

class Random {
 public:
  explicit Random(const Options&) {}

  // levels i32[N] -> scores f32[N] in [-1, 1).
  Tensor score(const Call& call, const Tensor& levels) const {
    KeyedRandom random(call.random_key());
    Tensor scores = Tensor::zeros<float>({levels.size()});
    for (std::int64_t i = 0; i < levels.size(); ++i)
      scores.mutable_data<float>()[i] = static_cast<float>(2 * random.unit() - 1);
    return scores;
  }
  // counts i32[B], levels i32[M] -> scores f32[M].
  Tensor score_batch(const Call& call, const Tensor& /*counts*/, const Tensor& levels) const {
    return score(call, levels);
  }
};

}  // namespace gistmill::lensnet

GISTMILL_PLUGIN(gistmill::component<gistmill::lensnet::Random>("lensnet/random")
                    .operation("score", &gistmill::lensnet::Random::score)
                    .operation("score_batch", &gistmill::lensnet::Random::score_batch));
