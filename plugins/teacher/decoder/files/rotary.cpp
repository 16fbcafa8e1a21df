#include "plugins/teacher/decoder/files/rotary.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

namespace gistmill::decoder {
namespace {

// As transformers' _compute_llama3_parameters.
double llama3_frequency(double frequency, const Rotary& rotary) {
  const double wavelength = 2.0 * std::numbers::pi / frequency;
  const double longest = rotary.original_context / rotary.low_frequency_factor;
  const double shortest = rotary.original_context / rotary.high_frequency_factor;
  if (wavelength < shortest) return frequency;
  if (wavelength > longest) return frequency / rotary.factor;
  const double kept = (rotary.original_context / wavelength - rotary.low_frequency_factor) /
                      (rotary.high_frequency_factor - rotary.low_frequency_factor);
  return (1.0 - kept) * frequency / rotary.factor + kept * frequency;
}

const char* kind_name(Rotary::Scaling scaling) {
  switch (scaling) {
    case Rotary::Scaling::kLinear:
      return "linear";
    case Rotary::Scaling::kLlama3:
      return "llama3";
    case Rotary::Scaling::kFactors:
      return "factors";
    case Rotary::Scaling::kNone:
      break;
  }
  return "default";
}

bool ends_with_part(const std::string& name, const std::string& part) {
  for (const char* suffix : {".weight", ".bias"}) {
    if (name.ends_with("." + part + suffix)) return true;
  }
  return false;
}

}  // namespace

std::vector<double> frequencies(const Rotary& rotary, std::int64_t head_size) {
  std::vector<double> result = rotary_frequencies(rotary.base, head_size);
  for (std::size_t pair = 0; pair < result.size(); ++pair) {
    switch (rotary.scaling) {
      case Rotary::Scaling::kNone:
        break;
      case Rotary::Scaling::kLinear:
        result[pair] /= rotary.factor;
        break;
      case Rotary::Scaling::kLlama3:
        result[pair] = llama3_frequency(result[pair], rotary);
        break;
      case Rotary::Scaling::kFactors:
        result[pair] /= rotary.factors.at(pair);
        break;
    }
  }
  return result;
}

nlohmann::json describe(const Rotary& rotary) {
  nlohmann::json result = {{"kind", kind_name(rotary.scaling)}, {"base", rotary.base}};
  if (rotary.scaling == Rotary::Scaling::kLinear) result["factor"] = rotary.factor;
  if (rotary.scaling == Rotary::Scaling::kLlama3) {
    result["factor"] = rotary.factor;
    result["low_frequency_factor"] = rotary.low_frequency_factor;
    result["high_frequency_factor"] = rotary.high_frequency_factor;
    result["original_context_length"] = rotary.original_context;
  }
  return result;
}

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
