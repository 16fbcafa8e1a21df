// loss/distillation: ports and options. What is computed stands in plugins/loss/common/batch_loss.hpp, which
// loss/cross-entropy shares.
#include <gistmill/torch.hpp>

#include <optional>
#include <string>
#include <tuple>

#include "plugins/loss/common/batch_loss.hpp"

namespace {

using gistmill::loss::Direction;
using Optional = std::optional<at::Tensor>;

// What a port gives, within limits.
double number_of(const at::Tensor& port, double least, double most, const std::string& name) {
  const auto value = port.item<double>();
  if (value >= least && value <= most) return value;
  throw gistmill::Error(GM_ERROR_USER,
                        name + " is " + std::to_string(value) + " when it should be " +
                            std::to_string(least) + " to " + std::to_string(most),
                        name);
}

class Distillation : public gistmill::torch::Component {
 public:
  explicit Distillation(const gistmill::Options& options)
      : bf16_(options.string("dtype") == "bf16"),
        alpha_(options.number("alpha")),
        direction_(options.string("direction") == "reverse" ? Direction::reverse : Direction::forward) {}

  // Ports as in plugin.toml.
  std::tuple<at::Tensor, at::Tensor, at::Tensor> value(const at::Tensor& hidden, const at::Tensor& head,
                                                       const at::Tensor& ids, const Optional& counts,
                                                       const at::Tensor& topk_ids,
                                                       const at::Tensor& topk_log_probability,
                                                       const at::Tensor& topk_temperature,
                                                       const Optional& alpha) const {
    const auto batch =
        gistmill::loss::batch_loss({hidden, head, bf16_ ? at::kBFloat16 : head.scalar_type()}, ids, counts,
                                   {topk_ids, topk_log_probability},
                                   {alpha ? number_of(*alpha, 0, 1, "alpha") : alpha_,
                                    number_of(topk_temperature, 0.01, 100, "topk_temperature"), direction_});
    return {batch.loss, batch.nll, batch.kl};
  }

 private:
  bool bf16_;
  double alpha_;
  Direction direction_;
};

}  // namespace

GISTMILL_PLUGIN(
    gistmill::component<Distillation>("loss/distillation").operation("value", &Distillation::value));
