#include "plugins/teacher/decoder/files/row_order.hpp"

#include <ATen/ATen.h>

namespace gistmill::decoder {
namespace {

bool ends_with_part(const std::string& name, const std::string& part) {
  for (const char* suffix : {".weight", ".bias"}) {
    if (name.ends_with("." + part + suffix)) return true;
  }
  return false;
}

}  // namespace

std::int64_t rotated_heads(const Config& config, const std::string& name) {
  if (config.positions != PositionKind::kRotary) return 0;
  if (ends_with_part(name, "attn_q")) return config.heads;
  if (ends_with_part(name, "attn_k")) return config.kv_heads;
  return ends_with_part(name, "attn_q_norm") || ends_with_part(name, "attn_k_norm") ? 1 : 0;
}

at::Tensor paired(const at::Tensor& rows, std::int64_t heads) {
  return rows.unflatten(0, {heads, 2, rows.size(0) / heads / 2}).transpose(1, 2).flatten(0, 2);
}

at::Tensor half_split(const at::Tensor& rows, std::int64_t heads) {
  return rows.unflatten(0, {heads, rows.size(0) / heads / 2, 2}).transpose(1, 2).flatten(0, 2);
}

std::vector<std::int32_t> paired_order(std::int64_t rows, std::int64_t heads) {
  const std::int64_t half = rows / heads / 2;
  std::vector<std::int32_t> order;
  order.reserve(static_cast<std::size_t>(rows));
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t head = row / (2 * half);
    const std::int64_t place = row % (2 * half);
    order.push_back(static_cast<std::int32_t>(head * 2 * half + place % 2 * half + place / 2));
  }
  return order;
}

}  // namespace gistmill::decoder
