// loss/pooled-mse and loss/stability: losses on the gists themselves.
#include <gistmill/torch.hpp>

#include <string>

namespace {

class PooledMse : public gistmill::torch::Component {
 public:
  explicit PooledMse(const gistmill::Options& options) : state_(options.integer("state")) {}

  // gist [K, 1, D], states [K, S, N, D] -> []
  at::Tensor value(const at::Tensor& gist, const at::Tensor& states) const {
    const std::int64_t recorded = states.size(2);
    if (state_ >= recorded) {
      throw gistmill::Error(GM_ERROR_USER,
                            "state " + std::to_string(state_) + " is chosen when " +
                                std::to_string(recorded) + " are recorded, numbered from 0",
                            "state");
    }
    const at::Tensor target =
        states.detach().select(2, state_ < 0 ? recorded - 1 : state_).mean(1);  // [K, D]
    return (gist.squeeze(1) - target).square().mean();
  }

 private:
  std::int64_t state_;
};

class Stability : public gistmill::torch::Component {
 public:
  explicit Stability(const gistmill::Options&) {}

  // gist, before [K, G, D] -> []
  at::Tensor value(const at::Tensor& gist, const at::Tensor& before) const {
    const at::Tensor was = before.detach().flatten(1);
    const at::Tensor moved = (gist.flatten(1) - was).square().sum(1);
    return (moved / was.square().sum(1).clamp_min(kSmallest)).mean();
  }

 private:
  static constexpr double kSmallest = 1e-12;  // of a gist that is zero
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<PooledMse>("loss/pooled-mse").operation("value", &PooledMse::value),
                gistmill::component<Stability>("loss/stability").operation("value", &Stability::value));
