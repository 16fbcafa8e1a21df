// optimizer/example: plain gradient descent. An optimizer with moments keeps them as buffers (parameter()
// with GM_PARAM_BUFFER, made in bind), so that checkpoints hold them.
#include <ATen/core/grad_mode.h>
#include <gistmill/torch.hpp>

#include <utility>
#include <vector>

namespace {

class Example : public gistmill::torch::Component {
 public:
  explicit Example(const gistmill::Options&) {}

  void bind(std::vector<gistmill::torch::BoundParameter> parameters) { parameters_ = std::move(parameters); }

  // One rate for each parameter, in the order of bind.
  void step(std::uint64_t, const std::vector<double>& learning_rates) {
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      parameters_[i].parameter.sub_(parameters_[i].gradient, learning_rates[i]);
  }

 private:
  std::vector<gistmill::torch::BoundParameter> parameters_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("optimizer/example"));
