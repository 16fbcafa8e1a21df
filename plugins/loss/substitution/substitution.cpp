// The head kernel of loss/delta-nll and loss/kl; see substitution.hpp. M = K * H rows.
//
// With p and q the softmax of the replaced and the original logits z = h W^T, a row's gradient is
//   d NLL / dz = p - onehot(target)       d KL(q || p) / dz = (p - q) / temperature       d / dh = d / dz W
// so it needs nothing that the value has not computed already: one block's logits become their own gradient,
// are multiplied by W and forgotten. Rows V long live only for one block; the tape holds M x D.
#include "plugins/loss/substitution/substitution.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>
#include <string>

#include "gistmill/plugin/values.hpp"

namespace gistmill::substitution {
namespace {

// Rows that the elementwise work takes at a time, so that its five or so passes over V run from cache.
constexpr std::int64_t kCacheBytes = std::int64_t{2} << 20;

struct Task {
  at::Tensor replaced;  // [M, D] in the head's dtype
  at::Tensor original;  // the same, undefined: not asked for
  at::Tensor head;      // [V, D]
  at::Tensor targets;   // [M] i64, all within the vocabulary
  bool divergence;      // minimize KL, not NLL
  double temperature;   // of the divergence
  bool with_gradient;
};

struct Rows {
  at::Tensor nll_replaced;  // [M], f32 or f64
  at::Tensor nll_original;  // [M], undefined: not asked for
  at::Tensor kl;            // [M], undefined: not asked for
  at::Tensor gradient;      // [M, D] of each row's NLL or KL; undefined: not asked for
};

at::ScalarType exact_type(const at::Tensor& head) {
  return head.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

// A few rows: logits [R, V] of both passes, the results' rows begin .. begin + R.
// Overwrites the replaced logits with the gradient for them.
void finish_rows(const Task& task, at::Tensor replaced_logits, const at::Tensor& original_logits,
                 std::int64_t begin, Rows& rows) {
  const std::int64_t count = replaced_logits.size(0);
  const at::Tensor target = task.targets.narrow(0, begin, count).unsqueeze(1);
  const at::ScalarType exact = exact_type(task.head);
  const auto nll = [&](const at::Tensor& log_probability, at::Tensor& into) {
    into.narrow(0, begin, count).copy_(log_probability.gather(1, target).squeeze(1).neg_());
  };

  const at::Tensor replaced = replaced_logits.to(exact);
  at::Tensor log_p = at::log_softmax(replaced, 1);
  nll(log_p, rows.nll_replaced);
  at::Tensor log_q;
  if (original_logits.defined()) {
    const at::Tensor original = original_logits.to(exact);
    log_q = at::log_softmax(original, 1);
    nll(log_q, rows.nll_original);
    if (task.divergence && task.temperature != 1) log_q = at::log_softmax(original / task.temperature, 1);
  }
  if (!task.divergence) {
    if (!task.with_gradient) return;
    log_p.exp_().scatter_add_(1, target, at::full_like(target, -1, log_p.options()));
    replaced_logits.copy_(log_p);
    return;
  }
  if (task.temperature != 1) log_p = at::log_softmax(replaced / task.temperature, 1);
  const at::Tensor q = log_q.exp();
  rows.kl.narrow(0, begin, count).copy_(log_q.sub_(log_p).mul_(q).sum(1));
  if (task.with_gradient) replaced_logits.copy_(log_p.exp_().sub_(q).div_(task.temperature));
}

Rows run(const Task& task, std::int64_t block_bytes) {
  const std::int64_t count = task.replaced.size(0);
  const std::int64_t vocabulary = task.head.size(0);
  const auto exact = task.head.options().dtype(exact_type(task.head));
  const bool both = task.original.defined();
  Rows rows;
  rows.nll_replaced = at::empty({count}, exact);
  if (both) rows.nll_original = at::empty({count}, exact);
  if (task.divergence) rows.kl = at::empty({count}, exact);
  if (task.with_gradient) rows.gradient = at::empty({count, task.head.size(1)}, exact);

  const auto rows_within = [&](std::int64_t bytes, std::int64_t element) {
    return std::max<std::int64_t>(1, bytes / (vocabulary * element));
  };
  const std::int64_t element = static_cast<std::int64_t>(task.head.element_size());
  const std::int64_t block = std::min(count, rows_within(block_bytes, element));
  const std::int64_t few = rows_within(kCacheBytes, static_cast<std::int64_t>(exact.dtype().itemsize()));
  // One allocation for all blocks: fresh memory of this size costs more page faults than arithmetic.
  const at::Tensor replaced_memory = at::empty({block, vocabulary}, task.head.options());
  const at::Tensor original_memory = both ? at::empty_like(replaced_memory) : at::Tensor();

  for (std::int64_t begin = 0; begin < count; begin += block) {
    const std::int64_t size = std::min(block, count - begin);
    at::Tensor replaced_logits = replaced_memory.narrow(0, 0, size);
    at::mm_out(replaced_logits, task.replaced.narrow(0, begin, size), task.head.t());
    at::Tensor original_logits;
    if (both) {
      original_logits = original_memory.narrow(0, 0, size);
      at::mm_out(original_logits, task.original.narrow(0, begin, size), task.head.t());
    }
    for (std::int64_t row = 0; row < size; row += few) {
      const std::int64_t n = std::min(few, size - row);
      finish_rows(task, replaced_logits.narrow(0, row, n),
                  both ? original_logits.narrow(0, row, n) : at::Tensor(), begin + row, rows);
    }
    if (task.with_gradient) {
      rows.gradient.narrow(0, begin, size).copy_(at::mm(replaced_logits, task.head));
    }
  }
  return rows;
}

// A value whose gradient for `hidden` is known already.
struct KnownGradient : public ::torch::autograd::Function<KnownGradient> {
  static at::Tensor forward(::torch::autograd::AutogradContext* context, const at::Tensor& /*hidden*/,
                            const at::Tensor& value, const at::Tensor& gradient) {
    context->save_for_backward({gradient});
    return value.clone();
  }
  static ::torch::autograd::variable_list backward(::torch::autograd::AutogradContext* context,
                                                   const ::torch::autograd::variable_list& above) {
    return {above[0] * context->get_saved_variables()[0], at::Tensor(), at::Tensor()};
  }
};

void check_targets(const at::Tensor& targets, std::int64_t vocabulary) {
  // On a device the range check would wait for it; gather's own assertion has to do there.
  if (!targets.is_cpu() || targets.numel() == 0) return;
  const auto [least, most] = at::aminmax(targets);
  const std::int64_t low = least.item<std::int64_t>();
  const std::int64_t high = most.item<std::int64_t>();
  if (low >= 0 && high < vocabulary) return;
  throw Error(GM_ERROR_USER,
              "target " + std::to_string(low < 0 ? low : high) + " is outside the vocabulary of " +
                  std::to_string(vocabulary) + "; was the text prepared with this model's tokenizer?",
              "targets");
}

Values evaluate(const Inputs& inputs, bool divergence, double temperature, bool original,
                std::int64_t block_bytes) {
  const bool with_gradient = at::GradMode::is_enabled() && inputs.hidden_replaced.requires_grad();
  Values values;
  at::Tensor gradient;
  {
    const at::NoGradGuard no_grad;
    const auto here = [&](const at::Tensor& tensor) { return tensor.to(inputs.head.device(), true); };
    // Masked targets may be anything; token 0 stands for them, and their rows count nothing below.
    const at::Tensor chosen = at::where(inputs.mask > 0, inputs.targets.to(at::kLong), 0);
    check_targets(chosen, inputs.head.size(0));
    const at::Tensor targets = here(chosen);
    const at::Tensor weights = here(inputs.mask);
    const at::Tensor exists = weights > 0;
    const auto flat = [&](const at::Tensor& hidden) {
      return hidden.detach().flatten(0, 1).to(inputs.head.scalar_type());
    };
    const Rows rows =
        run({flat(inputs.hidden_replaced), original ? flat(inputs.hidden_original) : at::Tensor(),
             inputs.head, targets.flatten(), divergence, temperature, with_gradient},
            block_bytes);

    const auto existing = [&](const at::Tensor& row_values) {
      return at::where(exists, row_values.view_as(exists), 0);
    };
    const at::Tensor mask = weights.to(rows.nll_replaced.scalar_type());
    const at::Tensor weight =
        mask / mask.sum().clamp_min(std::numeric_limits<float>::min());  // [K, H], sum 1
    values.nll_replaced = existing(rows.nll_replaced);
    values.nll_original = original
                              ? existing(rows.nll_original)
                              : at::full_like(values.nll_replaced, std::numeric_limits<double>::quiet_NaN());
    if (divergence) values.kl = existing(rows.kl);
    const at::Tensor minimized = divergence ? values.kl
                                 : original ? values.nll_replaced - values.nll_original
                                            : values.nll_replaced;
    values.loss = (weight * minimized).sum();
    if (with_gradient) {
      const at::Tensor row_gradient = rows.gradient.view_as(inputs.hidden_replaced);
      gradient = at::where(exists.unsqueeze(2), row_gradient * weight.unsqueeze(2), 0)
                     .to(inputs.hidden_replaced.scalar_type());
    }
  }
  if (with_gradient) values.loss = KnownGradient::apply(inputs.hidden_replaced, values.loss, gradient);
  return values;
}

}  // namespace

Values delta_nll(const Inputs& inputs, Original original, std::int64_t block_bytes) {
  return evaluate(inputs, /*divergence=*/false, 1, original == Original::report, block_bytes);
}

Values kl(const Inputs& inputs, double temperature, std::int64_t block_bytes) {
  return evaluate(inputs, /*divergence=*/true, temperature, /*original=*/true, block_bytes);
}

}  // namespace gistmill::substitution
