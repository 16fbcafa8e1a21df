// loss/delta-nll and loss/kl: two ways to say what a span's replacement costs, over one head kernel
// (substitution.hpp). One plugin, since a plugin may not use another's sources.
#include <gistmill/torch.hpp>

#include <tuple>

#include "plugins/loss/substitution/substitution.hpp"

namespace {

using gistmill::substitution::Inputs;
using gistmill::substitution::Original;
using gistmill::substitution::Values;

class DeltaNll : public gistmill::torch::Component {
 public:
  explicit DeltaNll(const gistmill::Options& options)
      : original_(options.boolean("report_original") ? Original::report : Original::skip) {}

  // Ports as in plugin.toml; shapes as in substitution.hpp.
  std::tuple<at::Tensor, at::Tensor, at::Tensor> value(const at::Tensor& hidden_replaced,
                                                       const at::Tensor& hidden_original,
                                                       const at::Tensor& head, const at::Tensor& targets,
                                                       const at::Tensor& mask) const {
    const Values values =
        gistmill::substitution::delta_nll({hidden_replaced, hidden_original, head, targets, mask}, original_);
    return {values.loss, values.nll_replaced, values.nll_original};
  }

  at::Tensor score(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                   const at::Tensor& mask) const {
    const at::NoGradGuard no_grad;
    return gistmill::substitution::delta_nll({hidden, hidden, head, targets, mask}, Original::skip)
        .nll_replaced;
  }

 private:
  Original original_;
};

class Kl : public gistmill::torch::Component {
 public:
  explicit Kl(const gistmill::Options& options) : temperature_(options.number("temperature")) {}

  // Ports as in plugin.toml; shapes as in substitution.hpp.
  std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> value(const at::Tensor& hidden_replaced,
                                                                   const at::Tensor& hidden_original,
                                                                   const at::Tensor& head,
                                                                   const at::Tensor& targets,
                                                                   const at::Tensor& mask) const {
    const Values values =
        gistmill::substitution::kl({hidden_replaced, hidden_original, head, targets, mask}, temperature_);
    return {values.loss, values.nll_replaced, values.nll_original, values.kl};
  }

 private:
  double temperature_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<DeltaNll>("loss/delta-nll")
                    .operation("value", &DeltaNll::value)
                    .operation("score", &DeltaNll::score),
                gistmill::component<Kl>("loss/kl").operation("value", &Kl::value));
