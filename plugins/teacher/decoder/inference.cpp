// Batches of texts under any mask: hidden states, logits, the most probable tokens, likelihood.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <gistmill/plugin/values.hpp>
#include <string>

#include "plugins/teacher/decoder/batch.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "plugins/teacher/decoder/refused_input.hpp"

namespace gistmill::decoder {
// `more`: how many tokens will follow those of the batch.
void Model::check_batch(const Batch& batch, std::int64_t more) const {
  const std::int64_t length = batch.ids.size(1);
  if (length < 1 || length + more > config_.context) {
    refuse("texts of " + text(length + more) + " tokens when the model reads 1 to " + text(config_.context),
           "ids");
  }
  if (batch.ids.numel() > 0) check_vocabulary(batch.ids);
  check_gist(batch);
  if (batch.cache != nullptr) check_cache(*batch.cache, batch.ids.size(0));
  const bool counted = batch.positions.defined() || batch.cache != nullptr;
  if (!counted || batch.ids.numel() == 0) return;
  check_positions(positions_of(batch), more);
}

void Model::check_positions(const at::Tensor& positions, std::int64_t more) const {
  const std::int64_t low = positions.min().item<std::int64_t>();
  const std::int64_t high = positions.max().item<std::int64_t>();
  if (low < 0 || high + more >= config_.context) {
    refuse("position " + text(low < 0 ? low : high + more) + " when the model knows 0 to " +
               text(config_.context - 1),
           "positions");
  }
}

Model::Allowed Model::allowed_in(const Batch& batch) const {
  Allowed allowed;
  allowed.all = allowed.windowed = here(allowed_of(batch));
  if (window_hides(batch.positions.defined() ? config_.context - 1 : batch.ids.size(1) - 1))
    allowed.windowed = here(allowed_of(batch, config_.window));
  return allowed;
}

// -> f32[B T, D]
at::Tensor Model::embed_batch(const Batch& batch, const PassMode& mode) const {
  const at::Tensor rows = batch.embeddings.defined()
                              ? batch.embeddings.to(at::kFloat).reshape({-1, config_.width})
                              : embed_rows(batch.ids.flatten().to(at::kLong), mode);
  return with_gist(batch, rows);
}

at::Tensor Model::hidden(const Batch& batch, const PassMode& mode) const {
  check_batch(batch, 0);
  expect_vectors(batch);
  if (batch.cache != nullptr) return read_batch(batch, nullptr);
  const bool given = batch.embeddings.defined() || batch.gist.defined();
  const bool recorded = c10::GradMode::is_enabled() && (mode.gradients || given);
  if (batch.mask.defined() || (batch.gist.defined() && recorded)) {
    if (const auto texts = packed(batch)) return packed_hidden(batch, *texts, mode);
  }
  const bool placed = batch.positions.defined() && window_hides(config_.context - 1);
  if (batch.mask.defined() || recorded || placed) return masked_hidden(batch, mode);
  const std::int64_t length = batch.ids.size(1);  // the fast kernel, a text at a time
  const at::Tensor embeddings = embed_batch(batch, mode);
  const at::Tensor positions = positions_of(batch).to(at::kLong);
  std::vector<at::Tensor> texts;
  for (std::int64_t i = 0; i < batch.ids.size(0); ++i) {
    Pass pass;
    pass.mode = mode;
    pass.embeddings = embeddings.narrow(0, i * length, length);
    pass.positions = here(positions[i].contiguous());
    pass.attention = causal(length, nullptr);
    texts.push_back(run(pass));
  }
  return texts.empty() ? at::empty({0, length, config_.width}, at::TensorOptions(device()).dtype(dtype_))
                       : at::stack(texts);
}

at::Tensor Model::masked_hidden(const Batch& batch, const PassMode& mode) const {
  const std::int64_t count = batch.ids.size(0);
  const std::int64_t length = batch.ids.size(1);
  const Allowed allowed = allowed_in(batch);
  Pass pass;
  pass.mode = mode;
  pass.embeddings = embed_batch(batch, mode);
  pass.positions = here(positions_of(batch).to(at::kLong).flatten().contiguous());
  pass.attention = [&](std::size_t layer, const at::Tensor& qkv) {
    const bool windowed = config_.window_of(static_cast<std::int64_t>(layer)) > 0;
    const at::Tensor rows = qkv.view({count, length, qkv.size(1)});
    const at::Tensor mixed = attend_masked(rows.narrow(2, 0, config_.query_width()),
                                           rows.narrow(2, config_.query_width(), 2 * config_.key_width()),
                                           windowed ? allowed.windowed : allowed.all, shape_);
    return mixed.reshape({count * length, config_.query_width()});
  };
  return run(pass).view({count, length, config_.width});
}

at::Tensor Model::forward(const Batch& batch, const PassMode& mode) const {
  const at::Tensor rows = hidden(batch, mode);
  return weights_.head.apply(rows.flatten(0, 1), mode)
      .to(at::kFloat)
      .view({rows.size(0), rows.size(1), config_.vocabulary});
}

Model::Top Model::topk(const Batch& batch, std::int64_t count, double temperature) const {
  const at::NoGradGuard no_grad;
  if (count < 1 || count > config_.vocabulary) {
    refuse("topk is " + text(count) + " when it should be 1 to " + text(config_.vocabulary) +
               ", the model's vocabulary",
           "topk");
  }
  const at::Tensor rows = hidden(batch);
  std::vector<at::Tensor> ids, values, partitions;
  for (const at::Tensor& block : rows.flatten(0, 1).split(kLogitRows)) {
    const at::Tensor scaled = weights_.head.apply(block).to(at::kFloat) / temperature;
    const at::Tensor partition = at::logsumexp(scaled, -1);
    const auto [top, places] = at::topk(scaled, count, -1, true, true);
    ids.push_back(places.to(at::kInt));
    values.push_back(top - partition.unsqueeze(1));
    partitions.push_back(partition);
  }
  const std::vector<std::int64_t> shape = {rows.size(0), rows.size(1), count};
  return {at::cat(ids).view(shape), at::cat(values).view(shape),
          at::cat(partitions).view({rows.size(0), rows.size(1)})};
}

at::Tensor Model::score(const at::Tensor& tokens, std::shared_ptr<const GistCache> cache) const {
  Batch text{tokens.unsqueeze(0), {}, {}, {}};
  text.cache = std::move(cache);
  return score(text);
}

at::Tensor Model::score(const Batch& text) const {
  const at::NoGradGuard no_grad;
  const at::Tensor tokens = text.ids.squeeze(0);
  const at::Tensor rows = hidden(text).squeeze(0);
  const std::int64_t last = tokens.size(0) - 1;
  const at::Tensor targets = here(tokens.narrow(0, 1, last)).to(at::kLong);
  at::Tensor result = at::empty({last}, at::TensorOptions(device()).dtype(at::kFloat));
  for (std::int64_t first = 0; first < last; first += kLogitRows) {
    const std::int64_t count = std::min(kLogitRows, last - first);
    const at::Tensor logits = weights_.head.apply(rows.narrow(0, first, count)).to(at::kFloat);
    const at::Tensor chosen = logits.gather(1, targets.narrow(0, first, count).unsqueeze(1)).squeeze(1);
    result.narrow(0, first, count).copy_(at::logsumexp(logits, -1) - chosen);
  }
  return result;
}

}  // namespace gistmill::decoder
