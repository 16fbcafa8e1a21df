#include "plugins/student/retnet/rows.hpp"

#include <ATen/ATen.h>

namespace gistmill::retnet {
namespace {

// Columns [begin, begin + heads * size) of tokens [first, first + count): a view [B, H, count, size].
at::Tensor part(const at::Tensor& mixed, std::int64_t begin, std::int64_t heads, std::int64_t size,
                std::int64_t first, std::int64_t count) {
  return mixed.narrow(1, first, count)
      .narrow(2, begin, heads * size)
      .unflatten(2, {heads, size})
      .transpose(1, 2);
}

// [.., K] as complex [.., K/2]: elements 2i and 2i + 1 are one point of a plane.
at::Tensor pairs(const at::Tensor& rows) { return at::view_as_complex(rows.unflatten(-1, {-1, 2})); }

at::Tensor turned(const at::Tensor& rows, const at::Tensor& phase) {
  return at::view_as_real(pairs(rows) * phase).flatten(-2);
}

struct Views {
  at::Tensor query, key, value, gate;
};

Views views_of(const Config& config, const at::Tensor& mixed, std::int64_t first, std::int64_t count) {
  const std::int64_t values = 2 * config.width;
  const auto keys_at = [&](std::int64_t begin) {
    return part(mixed, begin, config.heads, config.key_size(), first, count);
  };
  const auto values_at = [&](std::int64_t begin) {
    return part(mixed, begin, config.heads, config.value_size(), first, count);
  };
  return {keys_at(0), keys_at(config.width), values_at(values), values_at(values + config.value_width)};
}

// Of the chunk's tokens, [B, 1, n, 1]: 0 where padding; undefined: none is.
at::Tensor counts(const Places& places, std::int64_t first, std::int64_t count, const at::Tensor& like) {
  if (!places.mask().defined()) return {};
  return places.mask().narrow(1, first, count).unsqueeze(1).unsqueeze(3).to(like.scalar_type());
}

}  // namespace

Rows rows_of(const Config& config, const at::Tensor& mixed, const Places& places, std::int64_t first,
             std::int64_t count) {
  const Views views = views_of(config, mixed, first, count);
  Rows rows{turned(views.query, places.query_phase(first, count)),
            turned(views.key, places.key_phase(first, count)), views.value, views.gate};
  const at::Tensor real = counts(places, first, count, mixed);
  if (real.defined()) {
    rows.query = rows.query * real;
    rows.key = rows.key * real;
  }
  return rows;
}

void put_gradients(const Config& config, const Places& places, std::int64_t first, const Rows& gradients,
                   const at::Tensor& grad) {
  const std::int64_t count = gradients.query.size(2);
  const Views views = views_of(config, grad, first, count);
  const at::Tensor real = counts(places, first, count, grad);
  const auto turn_back = [&](const at::Tensor& rows, const at::Tensor& phase, const at::Tensor& out) {
    out.copy_(turned(real.defined() ? rows * real : rows, phase.conj()));
  };
  turn_back(gradients.query, places.query_phase(first, count), views.query);
  turn_back(gradients.key, places.key_phase(first, count), views.key);
  views.value.copy_(gradients.value);
  views.gate.copy_(gradients.gate);
}

at::Tensor heads_of(const Config& config, const at::Tensor& values, std::int64_t first, std::int64_t count) {
  return part(values, 0, config.heads, config.value_size(), first, count);
}

at::Tensor row_factor(const at::Tensor& sum, const at::Tensor& row_scale) {
  if (!row_scale.defined()) return sum.abs().clamp_min(1.0).reciprocal();
  return row_scale / (sum * row_scale).abs().clamp_min(1.0);
}

Normalized normalize(const Config& config, const at::Tensor& output) {
  const bool layer = config.head_norm == HeadNorm::kLayer;
  const at::Tensor centered = layer ? output - output.mean(-1, true) : output;
  const at::Tensor inverse = (centered.square().mean(-1, true) + config.epsilon).rsqrt();
  return {centered * inverse, inverse};
}

at::Tensor normalize_backward(const Config& config, const Normalized& normalized, const at::Tensor& grad) {
  at::Tensor rest = grad - normalized.unit * (grad * normalized.unit).mean(-1, true);
  if (config.head_norm == HeadNorm::kLayer) rest = rest - grad.mean(-1, true);
  return rest * normalized.inverse;
}

}  // namespace gistmill::retnet
