// The parallel and chunkwise forms, which share what happens within a chunk; see retention.hpp.
#include "plugins/student/retnet/retention.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "plugins/student/retnet/rows.hpp"

namespace gistmill::retnet {
namespace {

// What the tokens of a chunk get out of one another and of what came before.
struct Retained {
  at::Tensor scores;  // [B, H, n, n], decayed
  at::Tensor asking;  // [B, H, n, K]: queries as the memory before the chunk meets them
  at::Tensor factor;  // [B, H, n, 1]: of each row, a constant for the gradient; undefined: 1
  at::Tensor output;  // [B, H, n, E]
};

// The memory's parts may be undefined: zero.
Retained retain(const Config& config, const Rows& rows, const ChunkDecay& decay, const Memory& before,
                const at::Tensor& row_scale) {
  Retained result;
  result.scores = at::matmul(rows.query, rows.key.transpose(2, 3)) * decay.inner;
  result.output = at::matmul(result.scores, rows.value);
  result.asking = rows.query * decay.query;
  if (before.values.defined()) result.output = result.output + at::matmul(result.asking, before.values);
  result.factor = row_scale;
  if (config.scale_rows) {
    at::Tensor sum = result.scores.detach().sum(-1, true);
    if (before.keys.defined()) sum = sum + at::matmul(result.asking.detach(), before.keys.unsqueeze(3));
    result.factor = row_factor(sum, row_scale);
  }
  if (result.factor.defined()) result.output = result.output * result.factor;
  return result;
}

// The memory after the chunk.
Memory remember(const Config& config, const Rows& rows, const ChunkDecay& decay, const Memory& before) {
  const at::Tensor kept = rows.key * decay.key;
  Memory after;
  after.values = at::matmul(kept.transpose(2, 3), rows.value);
  if (before.values.defined()) after.values = after.values + before.values * decay.whole;
  if (config.scale_rows) {
    after.keys = kept.sum(2);
    if (before.keys.defined()) after.keys = after.keys + before.keys * decay.whole.squeeze(3);
  }
  return after;
}

// Gradients of a chunk's inputs, and of the memory before it; everything [B, H, n, ..].
struct RetainGradient {
  at::Tensor query, key, value;
  at::Tensor memory;  // [B, H, K, E]
};

// grad: of the output. after: of the memory's values after the chunk; undefined: zero.
RetainGradient retain_backward(const Rows& rows, const ChunkDecay& decay, const Retained& retained,
                               const Memory& before, const at::Tensor& grad, const at::Tensor& after) {
  const at::Tensor output = retained.factor.defined() ? grad * retained.factor : grad;
  const at::Tensor scores = at::matmul(output, rows.value.transpose(2, 3)) * decay.inner;
  RetainGradient result;
  result.query = at::matmul(scores, rows.key);
  result.key = at::matmul(scores.transpose(2, 3), rows.query);
  result.value = at::matmul(retained.scores.transpose(2, 3), output);
  if (before.values.defined()) {
    result.query.add_(at::matmul(output, before.values.transpose(2, 3)) * decay.query);
  }
  if (after.defined()) {
    result.key.add_(at::matmul(rows.value, after.transpose(2, 3)) * decay.key);
    result.value.add_(at::matmul(rows.key * decay.key, after));
  }
  result.memory = at::matmul(retained.asking.transpose(2, 3), output);
  if (after.defined()) result.memory.add_(after * decay.whole);
  return result;
}

std::int64_t chunk_at(const Config& config, const Places& places, std::int64_t first) {
  return std::min(config.chunk, places.length() - first);
}

at::Tensor new_result(const Config& config, const at::Tensor& mixed) {
  return at::empty({mixed.size(0), mixed.size(1), config.value_width}, mixed.options());
}

}  // namespace

at::Tensor parallel(const Config& config, const at::Tensor& mixed, const Places& places, Memory* memory) {
  const std::int64_t length = places.length();
  const Rows rows = rows_of(config, mixed, places, 0, length);
  const ChunkDecay decay = places.decay(0, length);
  const Memory before = memory != nullptr ? *memory : Memory{};
  if (memory != nullptr) *memory = remember(config, rows, decay, before);
  const Retained retained = retain(config, rows, decay, before, places.row_scale(0, length));
  return (normalize(config, retained.output).unit * at::silu(rows.gate)).transpose(1, 2).flatten(2);
}

at::Tensor chunkwise(const Config& config, const at::Tensor& mixed, const Places& places, Memory* memory) {
  const at::NoGradGuard no_grad;
  at::Tensor result = new_result(config, mixed);
  Memory now = memory != nullptr ? *memory : Memory{};
  for (std::int64_t first = 0; first < places.length(); first += config.chunk) {
    const std::int64_t count = chunk_at(config, places, first);
    const Rows rows = rows_of(config, mixed, places, first, count);
    const ChunkDecay decay = places.decay(first, count);
    const Retained retained = retain(config, rows, decay, now, places.row_scale(first, count));
    heads_of(config, result, first, count)
        .copy_(normalize(config, retained.output).unit * at::silu(rows.gate));
    const bool last = first + count == places.length();
    if (!last || memory != nullptr) now = remember(config, rows, decay, now);
  }
  if (memory != nullptr) *memory = now;
  return result;
}

ChunkwiseGradient chunkwise_backward(const Config& config, const at::Tensor& mixed, const Places& places,
                                     const at::Tensor& grad) {
  const at::NoGradGuard no_grad;
  std::vector<Memory> before(1);  // of each chunk
  for (std::int64_t first = 0; first + config.chunk < places.length(); first += config.chunk) {
    const Rows rows = rows_of(config, mixed, places, first, config.chunk);
    before.push_back(remember(config, rows, places.decay(first, config.chunk), before.back()));
  }
  ChunkwiseGradient result{new_result(config, mixed), at::empty_like(mixed)};
  at::Tensor after;  // gradient of the memory after the chunk
  for (std::int64_t chunk = static_cast<std::int64_t>(before.size()) - 1; chunk >= 0; --chunk) {
    const std::int64_t first = chunk * config.chunk;
    const std::int64_t count = chunk_at(config, places, first);
    const Memory& start = before.back();
    const Rows rows = rows_of(config, mixed, places, first, count);
    const ChunkDecay decay = places.decay(first, count);
    const Retained retained = retain(config, rows, decay, start, places.row_scale(first, count));
    const Normalized normalized = normalize(config, retained.output);
    const at::Tensor open = at::silu(rows.gate);
    heads_of(config, result.result, first, count).copy_(normalized.unit * open);

    const at::Tensor given = heads_of(config, grad, first, count);
    const RetainGradient inputs = retain_backward(
        rows, decay, retained, start, normalize_backward(config, normalized, given * open), after);
    put_gradients(
        config, places, first,
        {inputs.query, inputs.key, inputs.value, at::silu_backward(given * normalized.unit, rows.gate)},
        result.mixed);
    after = inputs.memory;
    before.pop_back();
  }
  return result;
}

double chunkwise_flops(const Config& config, std::int64_t tokens) {
  const auto keys = static_cast<double>(config.width);
  const auto values = static_cast<double>(config.value_width);
  const auto chunk = static_cast<double>(config.chunk);
  const double inner = chunk * (keys + values);
  const double memory = 2.0 * keys * static_cast<double>(config.value_size());
  return 2.0 * static_cast<double>(tokens) * (inner + memory);
}

}  // namespace gistmill::retnet
