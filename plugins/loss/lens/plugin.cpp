// loss/lens: ports and options around the parts of a LensNet's loss (parts.hpp).
#include <gistmill/torch.hpp>

#include <stdexcept>
#include <string>
#include <tuple>

#include "plugins/loss/common/known_gradient.hpp"
#include "plugins/loss/lens/parts.hpp"

namespace {

namespace focus = gistmill::focus;
namespace lens = gistmill::lens;

// The value as a tensor that knows its gradient in the scores.
at::Tensor given(const lens::Part& part, const at::Tensor& scores) {
  const at::Tensor gradient = at::tensor(part.gradient, at::kDouble).to(scores.options());
  const at::Tensor value = at::tensor(part.value, at::kDouble).to(scores.options()).reshape({});
  return gistmill::loss::with_known_gradients(value, {scores, gradient});
}

class Lens : public gistmill::torch::Component {
 public:
  explicit Lens(const gistmill::Options& options)
      : targets_{focus::target_rule_of(options.string("target")), options.number("scale")},
        pairs_{options.number("margin"), options.number("temperature")} {}

  // Ports as in plugin.toml -> loss, ranking, balance, legality [].
  std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> value(
      const at::Tensor& scores, const at::Tensor& counts, const at::Tensor& levels, const at::Tensor& starts,
      const at::Tensor& block, const at::Tensor& cursor, const at::Tensor& protected_tail,
      const at::Tensor& utilities) const {
    const focus::ContextBatch contexts = focus::checked_batch(
        {*block.const_data_ptr<std::int32_t>(), counts.const_data_ptr<std::int32_t>(),
         cursor.const_data_ptr<std::int32_t>(), nullptr, protected_tail.const_data_ptr<std::int32_t>(),
         static_cast<std::size_t>(counts.numel()), levels.const_data_ptr<std::int32_t>(),
         starts.const_data_ptr<std::int32_t>(), static_cast<std::size_t>(levels.numel())});
    const at::Tensor read = scores.detach().to(at::kCPU).contiguous();
    const auto count = static_cast<std::size_t>(read.numel());
    const float* const labels = utilities.const_data_ptr<float>();
    const lens::Parts parts =
        read.scalar_type() == at::kDouble
            ? lens::parts_of(contexts, read.const_data_ptr<double>(), count, labels, targets_, pairs_)
            : lens::parts_of(contexts, read.const_data_ptr<float>(), count, labels, targets_, pairs_);
    return {given(parts.mse, scores), given(parts.ranking, scores), given(parts.balance, scores),
            given(parts.legality, scores)};
  }

 private:
  focus::TargetOptions targets_;
  lens::PairSettings pairs_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Lens>("loss/lens").operation("value", &Lens::value));
