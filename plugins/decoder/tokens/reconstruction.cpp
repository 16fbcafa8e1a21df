#include "plugins/decoder/tokens/reconstruction.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "gistmill/products.hpp"

namespace gistmill::decoder {

// M = K * S rows.
Reconstruction reconstruction(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& tokens,
                              std::int64_t block) {
  const at::NoGradGuard no_grad;
  const at::Tensor rows = hidden.flatten(0, 1).to(head.scalar_type());        // [M, D]
  const at::Tensor truth = tokens.flatten().to(head.device()).to(at::kLong);  // [M]
  const at::Tensor right = at::empty({rows.size(0)}, head.options().dtype(at::kFloat));
  const at::Tensor nll = at::empty_like(right);
  const at::Tensor mse = at::empty_like(right);
  for (std::int64_t begin = 0; begin < rows.size(0); begin += block) {
    const std::int64_t size = std::min(block, rows.size(0) - begin);
    const at::Tensor wanted = truth.narrow(0, begin, size);
    const at::Tensor logits =
        torch::counted_linear(rows.narrow(0, begin, size), head).to(at::kFloat);  // [size, V]
    const at::Tensor guessed = logits.argmax(1);
    right.narrow(0, begin, size).copy_(guessed == wanted);
    nll.narrow(0, begin, size).copy_(logits.logsumexp(1) - logits.gather(1, wanted.unsqueeze(1)).squeeze(1));
    const at::Tensor difference =
        head.index_select(0, guessed).to(at::kFloat) - head.index_select(0, wanted).to(at::kFloat);
    mse.narrow(0, begin, size).copy_(difference.square().mean(1));
  }
  const auto of_span = [&](const at::Tensor& values) { return values.view(tokens.sizes()).mean(1); };
  return {of_span(right), of_span(nll), of_span(mse)};
}

}  // namespace gistmill::decoder
