#include "plugins/teacher/decoder/continuation.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <gistmill/expect_shape.hpp>
#include <gistmill/plugin/cancel.hpp>
#include <gistmill/plugin/values.hpp>
#include <string>

#include "plugins/teacher/decoder/model.hpp"
#include "plugins/teacher/decoder/refused_input.hpp"

namespace gistmill::decoder {
std::int64_t Continuation::counted() const {
  const at::Tensor plain = mask.cpu().to(at::kFloat).contiguous();
  std::int64_t count = plain.size(0);
  while (count > 0 && plain.const_data_ptr<float>()[count - 1] == 0) --count;
  return count;
}

Continuation Continuation::up_to(std::int64_t count) const {
  return {tokens.narrow(0, 0, count), mask.narrow(0, 0, count), position,
          reference.defined() ? reference.narrow(0, 0, count) : reference};
}

void Model::check_continuation(const Batch& text, const Continuation& next) const {
  if (text.ids.size(0) != 1) refuse(std::to_string(text.ids.size(0)) + " texts when it should be one", "ids");
  if (next.horizon() < 1) refuse("nothing follows the text: it should be one token or more", "following");
  torch::expect_shape(next.mask, {next.horizon()}, "mask");
  if (next.reference.defined())
    torch::expect_shape(next.reference, {next.horizon(), config_.width}, "hidden_reference");
  check_vocabulary(next.tokens);
}

// The text with all that follows it but the last token, as a text: [1, R + H - 1].
Batch Model::continued(const Batch& text, const Continuation& next) const {
  const std::int64_t more = next.horizon() - 1;
  const at::Tensor places = at::arange(next.position, next.position + more, at::kLong).unsqueeze(0);
  Batch whole = text;
  whole.ids = at::cat(
      {text.ids.cpu().to(at::kLong), next.tokens.cpu().to(at::kLong).narrow(0, 0, more).unsqueeze(0)}, 1);
  whole.positions = at::cat({positions_of(text).to(at::kLong), places}, 1);
  check_batch(whole, 0);
  expect_vectors(whole);
  return whole;
}

// rows compute[H, D] after the final norm, of each of n branches; reference compute[H, D] -> nll, kl f32[n].
// With p the reference's distribution and q a branch's, of a row:
//   nll = -log q(target)    kl = sum over the vocabulary of p (log p - log q)
// Logits exist of one block of rows, for the reference and one branch at a time.
std::pair<at::Tensor, at::Tensor> Model::score_following(const std::vector<at::Tensor>& rows,
                                                         const at::Tensor& reference,
                                                         const Continuation& next) const {
  const auto count = static_cast<std::int64_t>(rows.size());
  const at::Tensor mask = here(next.mask.to(at::kFloat));
  const at::Tensor share = mask / mask.sum();  // f32[H]
  const at::Tensor targets = here(next.tokens.to(at::kLong)).unsqueeze(1);
  at::Tensor nll = at::zeros({count}, share.options());
  at::Tensor kl = at::zeros({count}, share.options());
  const auto log_probability = [&](const at::Tensor& block) {
    return at::log_softmax(weights_.head.apply(block).to(at::kFloat), -1);
  };
  for (std::int64_t first = 0; first < next.horizon(); first += kLogitRows) {
    const std::int64_t size = std::min(kLogitRows, next.horizon() - first);
    const auto block = [&](const at::Tensor& all) { return all.narrow(0, first, size); };
    const at::Tensor expected = log_probability(block(reference));  // f32[size, V]
    const at::Tensor probability = expected.exp();
    for (std::int64_t i = 0; i < count; ++i) {
      stop_if_canceled();
      const at::Tensor found = log_probability(block(rows[static_cast<std::size_t>(i)]));
      const at::Tensor target = found.gather(1, block(targets)).squeeze(1);
      nll[i].sub_((target * block(share)).sum());
      kl[i].add_((((expected - found) * probability).sum(-1) * block(share)).sum());
    }
  }
  return {nll, kl};
}

std::pair<at::Tensor, at::Tensor> Model::follow(const Batch& text, const Continuation& next) const {
  const at::NoGradGuard no_grad;
  check_continuation(text, next);
  if (next.counted() == 0) {
    const auto options = at::TensorOptions(device());
    return {at::full({}, NAN, options.dtype(at::kFloat)),
            at::zeros({next.horizon(), config_.width}, options.dtype(dtype_))};
  }
  const at::Tensor rows =
      hidden(continued(text, next)).squeeze(0).narrow(0, text.ids.size(1) - 1, next.horizon());
  return {score_following({rows}, rows, next).first[0], rows.contiguous()};
}

}  // namespace gistmill::decoder
