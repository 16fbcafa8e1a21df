#include "plugins/teacher/decoder/files/rotary.hpp"

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

}  // namespace gistmill::decoder
