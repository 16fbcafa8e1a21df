// hidden() of a batch without its padding. Where nothing but a gist gets a gradient, the rows before it are
// constants: they run without a tape, those that repeat within the batch once, and the rows from the gist on
// attend to their keys and values. Exact: the same numbers as masked_hidden() but for the order of sums.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "plugins/teacher/decoder/model.hpp"
#include "plugins/teacher/decoder/packed_batch.hpp"

namespace gistmill::decoder {

// embeddings f32[B T, D], positions i64[B T] -> compute[n, D], n the packed rows. prefix, keys_values: a
// layer each, compute[P, 2 J E] that segments see, compute[n, 2 J E] that this pass leaves, where given.
at::Tensor Model::run_packed(const PackedRows& packed, const at::Tensor& embeddings,
                             const at::Tensor& positions, const std::vector<at::Tensor>& prefix,
                             std::vector<at::Tensor>* keys_values, const PassMode& mode) const {
  const at::Tensor rows = at::tensor(packed.rows, at::kLong);
  AttentionPlan plan{shape_, packed.segments};
  plan.first_keys = packed.first_keys;
  Pass pass;
  pass.mode = mode;
  pass.embeddings = embeddings.index_select(0, rows);
  pass.positions = positions.index_select(0, rows);
  pass.attention = [&](std::size_t layer, const at::Tensor& qkv) {
    if (keys_values != nullptr) keys_values->push_back(keys_values_of(qkv));
    return attend(qkv, prefix.empty() ? at::Tensor() : prefix[layer], plan);
  };
  return run(pass);
}

std::optional<std::vector<PackedText>> Model::packed(const Batch& batch) const {
  if (!device().is_cpu() || batch.ids.numel() == 0) return std::nullopt;
  if (window_hides(positions_of(batch).max().item<std::int64_t>())) return std::nullopt;
  return pack(batch);
}

at::Tensor Model::packed_hidden(const Batch& batch, const std::vector<PackedText>& texts,
                                const PassMode& mode) const {
  const std::int64_t length = batch.ids.size(1);
  const at::Tensor embeddings = embed_batch(batch, mode);
  const at::Tensor positions = positions_of(batch).to(at::kLong).flatten();
  at::Tensor result = at::zeros({positions.size(0), config_.width}, embeddings.options().dtype(dtype_));
  const bool recorded = c10::GradMode::is_enabled() && (mode.gradients || embeddings.requires_grad());
  std::vector<Cut> cuts(texts.size());
  std::vector<at::Tensor> prompt_keys_values;
  if (!mode.gradients && !batch.embeddings.defined()) {
    const SharedPrompts prompts = share_prompts(texts, batch);
    if (!prompts.computed.rows.empty() && (recorded || prompts.repeats)) {
      const at::NoGradGuard no_grad;
      const at::Tensor hidden =
          run_packed(prompts.computed, embeddings.detach(), positions, {}, &prompt_keys_values, mode);
      result.index_copy_(0, at::tensor(prompts.rows, at::kLong),
                         hidden.index_select(0, at::tensor(prompts.sources, at::kLong)));
      cuts = prompts.cuts;
    }
  }
  const PackedRows rest = rows_from(texts, cuts, length);
  if (!rest.rows.empty()) {
    const at::Tensor hidden = run_packed(rest, embeddings, positions, prompt_keys_values, nullptr, mode);
    result = result.index_copy(0, at::tensor(rest.rows, at::kLong), hidden);
  }
  return result.view({batch.ids.size(0), length, config_.width});
}

}  // namespace gistmill::decoder
