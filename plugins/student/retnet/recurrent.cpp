// The recurrent form: one token after another, straight from the equations; see retention.hpp.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "plugins/student/retnet/rows.hpp"

namespace gistmill::retnet {
namespace {

// The decay of one token, [B or 1, H, 1, 1]: 1 where it is padding.
at::Tensor decay_of(const Places& places, std::int64_t token) { return places.decay(token, 1).whole; }

}  // namespace

at::Tensor recurrent(const Config& config, const at::Tensor& mixed, const Places& places, Memory* memory) {
  const at::NoGradGuard no_grad;
  at::Tensor result = at::empty({mixed.size(0), mixed.size(1), config.value_width}, mixed.options());
  Memory own;
  Memory& now = memory != nullptr ? *memory : own;
  for (std::int64_t token = 0; token < places.length(); ++token) {
    const Rows rows = rows_of(config, mixed, places, token, 1);
    const at::Tensor decay = decay_of(places, token);
    const at::Tensor added = at::matmul(rows.key.transpose(2, 3), rows.value);  // [B, H, K, E]
    now.values = now.values.defined() ? now.values * decay + added : added;
    at::Tensor output = at::matmul(rows.query, now.values);  // [B, H, 1, E]
    at::Tensor factor = places.row_scale(token, 1);
    if (config.scale_rows) {
      const at::Tensor key = rows.key.squeeze(2);
      now.keys = now.keys.defined() ? now.keys * decay.squeeze(3) + key : key;
      factor = row_factor(at::matmul(rows.query, now.keys.unsqueeze(3)), factor);
    }
    if (factor.defined()) output = output * factor;
    heads_of(config, result, token, 1).copy_(normalize(config, output).unit * at::silu(rows.gate));
  }
  return result;
}

}  // namespace gistmill::retnet
