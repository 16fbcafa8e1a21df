// loss/cross-entropy: mean negative log-likelihood of the next token.
#include <gistmill/torch.hpp>

#include <optional>
#include <tuple>

#include "plugins/loss/common/batch_loss.hpp"

namespace {

class CrossEntropy : public gistmill::torch::Component {
 public:
  explicit CrossEntropy(const gistmill::Options& options) : bf16_(options.string("dtype") == "bf16") {}

  // logits f32[B, T, V], ids i32[B, T], counts f32[B, T] -> loss f32[], nll f32[B]
  std::tuple<at::Tensor, at::Tensor> value(const at::Tensor& logits, const at::Tensor& ids,
                                           const std::optional<at::Tensor>& counts) const {
    const std::int64_t batch = ids.size(0);
    const std::int64_t targets = ids.size(1) - 1;
    const at::Tensor chosen = ids.narrow(1, 1, targets).to(at::kLong);
    const at::Tensor nll =
        at::cross_entropy_loss(logits.narrow(1, 0, targets).reshape({batch * targets, logits.size(2)}),
                               chosen.reshape(-1), {}, at::Reduction::None)
            .view({batch, targets});
    const at::Tensor weights = counts ? counts->narrow(1, 1, targets) : at::ones_like(nll);
    const at::Tensor sums = (nll * weights).sum(1);
    const at::Tensor numbers = weights.sum(1);
    if (numbers.sum().item<float>() == 0.0f) {
      throw gistmill::Error(GM_ERROR_USER, "no token of the batch counts as a target", "counts");
    }
    return {sums.sum() / numbers.sum(), (sums / numbers).detach()};
  }

  // hidden [B, T, D], head [V, D], ids i32[B, T], counts f32[B, T] -> loss f32[], nll f32[B]
  std::tuple<at::Tensor, at::Tensor> from_hidden(const at::Tensor& hidden, const at::Tensor& head,
                                                 const at::Tensor& ids,
                                                 const std::optional<at::Tensor>& counts) const {
    const auto batch = loss_of(hidden, head, ids, counts);
    return {batch.loss, batch.nll};
  }

  // The same -> loss f32[], nll f32[B], token_nll f32[B, T]
  std::tuple<at::Tensor, at::Tensor, at::Tensor> by_token(const at::Tensor& hidden, const at::Tensor& head,
                                                          const at::Tensor& ids,
                                                          const std::optional<at::Tensor>& counts) const {
    const auto batch = loss_of(hidden, head, ids, counts);
    return {batch.loss, batch.nll, batch.token_nll};
  }

 private:
  gistmill::loss::BatchLoss loss_of(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& ids,
                                    const std::optional<at::Tensor>& counts) const {
    return gistmill::loss::batch_loss({hidden, head, bf16_ ? at::kBFloat16 : head.scalar_type()}, ids, counts,
                                      {}, {});
  }

  bool bf16_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<CrossEntropy>("loss/cross-entropy")
                    .operation("value", &CrossEntropy::value)
                    .operation("from_hidden", &CrossEntropy::from_hidden)
                    .operation("by_token", &CrossEntropy::by_token));
