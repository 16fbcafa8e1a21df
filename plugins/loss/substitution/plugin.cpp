// loss/delta-nll and loss/kl: two ways to say what a span's replacement costs, over one pass through the head
// (substitution.hpp). One plugin, since a plugin may not use another's sources.
#include <gistmill/torch.hpp>

#include <optional>
#include <tuple>

#include "plugins/loss/substitution/substitution.hpp"

namespace {

using gistmill::substitution::Edge;
using gistmill::substitution::Original;

Edge edge_of(const gistmill::Options& options) {
  return {options.integer("edge"), options.number("edge_weight")};
}

// Ports as in plugin.toml; shapes as in substitution.hpp.
class DeltaNll : public gistmill::torch::Component {
 public:
  explicit DeltaNll(const gistmill::Options& options) : edge_(edge_of(options)) {}

  at::Tensor reference(const at::Tensor& hidden_original, const at::Tensor& head, const at::Tensor& targets,
                       const at::Tensor& mask) const {
    return gistmill::substitution::negative_log_likelihood(hidden_original, {head, targets, mask});
  }

  std::tuple<at::Tensor, at::Tensor> value(const at::Tensor& hidden_replaced,
                                           const std::optional<at::Tensor>& nll_original,
                                           const at::Tensor& head, const at::Tensor& targets,
                                           const at::Tensor& mask) const {
    const auto values = gistmill::substitution::delta_nll(
        hidden_replaced, nll_original.value_or(at::Tensor()), {head, targets, mask, edge_});
    return {values.loss, values.nll};
  }

 private:
  Edge edge_;
};

class Kl : public gistmill::torch::Component {
 public:
  explicit Kl(const gistmill::Options& options)
      : temperature_(options.number("temperature")), edge_(edge_of(options)) {}

  std::tuple<at::Tensor, at::Tensor, at::Tensor> reference(const at::Tensor& hidden_original,
                                                           const at::Tensor& head, const at::Tensor& targets,
                                                           const at::Tensor& mask) const {
    const Original original =
        gistmill::substitution::original(hidden_original, {head, targets, mask}, temperature_);
    return {original.nll, original.entropy, original.mean_row};
  }

  std::tuple<at::Tensor, at::Tensor, at::Tensor> value(const at::Tensor& hidden_replaced,
                                                       const at::Tensor& entropy_original,
                                                       const at::Tensor& mean_row_original,
                                                       const at::Tensor& head, const at::Tensor& targets,
                                                       const at::Tensor& mask) const {
    const auto values =
        gistmill::substitution::divergence(hidden_replaced, {{}, entropy_original, mean_row_original},
                                           {head, targets, mask, edge_}, temperature_);
    return {values.loss, values.nll, values.kl};
  }

 private:
  double temperature_;
  Edge edge_;
};

}  // namespace

GISTMILL_PLUGIN(
    gistmill::component<DeltaNll>("loss/delta-nll")
        .operation("reference", &DeltaNll::reference)
        .operation("value", &DeltaNll::value),
    gistmill::component<Kl>("loss/kl").operation("reference", &Kl::reference).operation("value", &Kl::value));
