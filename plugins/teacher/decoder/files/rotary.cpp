#include "plugins/teacher/decoder/files/rotary.hpp"

#include <algorithm>
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

// As transformers' _compute_yarn_parameters. Which pair, as a fraction, turns `turns` times within the first
// context.
double pair_of_turns(double turns, const Rotary& rotary, std::int64_t head_size) {
  return static_cast<double>(head_size) *
         std::log(rotary.original_context / (turns * 2.0 * std::numbers::pi)) / (2.0 * std::log(rotary.base));
}

void scale_as_yarn(std::vector<double>& frequencies, const Rotary& rotary, std::int64_t head_size) {
  double low = pair_of_turns(rotary.beta_fast, rotary, head_size);
  double high = pair_of_turns(rotary.beta_slow, rotary, head_size);
  if (rotary.whole_pairs) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(head_size - 1));
  if (low == high) high += 0.001;
  for (std::size_t pair = 0; pair < frequencies.size(); ++pair) {
    const double divided = std::clamp((static_cast<double>(pair) - low) / (high - low), 0.0, 1.0);
    frequencies[pair] *= divided / rotary.factor + (1.0 - divided);
  }
}

const char* kind_name(Rotary::Scaling scaling) {
  switch (scaling) {
    case Rotary::Scaling::kLinear:
      return "linear";
    case Rotary::Scaling::kLlama3:
      return "llama3";
    case Rotary::Scaling::kFactors:
      return "factors";
    case Rotary::Scaling::kYarn:
      return "yarn";
    case Rotary::Scaling::kDynamic:
      return "dynamic";
    case Rotary::Scaling::kLong:
      return "longrope";
    case Rotary::Scaling::kNone:
      break;
  }
  return "default";
}

}  // namespace

std::vector<double> frequencies(const Rotary& rotary, std::int64_t head_size) {
  std::vector<double> result = rotary_frequencies(rotary.base, head_size);
  if (rotary.scaling == Rotary::Scaling::kYarn) scale_as_yarn(result, rotary, head_size);
  for (std::size_t pair = 0; pair < result.size(); ++pair) {
    switch (rotary.scaling) {
      case Rotary::Scaling::kNone:
      case Rotary::Scaling::kDynamic:
      case Rotary::Scaling::kYarn:
        break;
      case Rotary::Scaling::kLinear:
        result[pair] /= rotary.factor;
        break;
      case Rotary::Scaling::kLlama3:
        result[pair] = llama3_frequency(result[pair], rotary);
        break;
      case Rotary::Scaling::kFactors:
      case Rotary::Scaling::kLong:
        result[pair] /= rotary.factors.at(pair);
        break;
    }
  }
  return result;
}

std::int64_t context_of(const Rotary& rotary, std::int64_t stated) {
  if (rotary.scaling == Rotary::Scaling::kLong)
    return std::min(stated, static_cast<std::int64_t>(rotary.original_context));
  if (rotary.scaling != Rotary::Scaling::kYarn) return stated;
  // Limits of the context are checked later, with those of the other sizes.
  const double stretched = std::min(rotary.factor * rotary.original_context, 1e15);
  return std::max(stated, static_cast<std::int64_t>(stretched));
}

double yarn_magnitude(double factor, double weight) {
  return factor > 1.0 ? 0.1 * weight * std::log(factor) + 1.0 : 1.0;
}

nlohmann::json describe(const Rotary& rotary) {
  nlohmann::json result = {{"kind", kind_name(rotary.scaling)}, {"base", rotary.base}};
  if (rotary.scaling == Rotary::Scaling::kLinear || rotary.scaling == Rotary::Scaling::kDynamic)
    result["factor"] = rotary.factor;
  if (rotary.scaling == Rotary::Scaling::kYarn) {
    result["factor"] = rotary.factor;
    result["beta_fast"] = rotary.beta_fast;
    result["beta_slow"] = rotary.beta_slow;
  }
  if (rotary.scaling == Rotary::Scaling::kYarn || rotary.scaling == Rotary::Scaling::kLong) {
    result["original_context_length"] = rotary.original_context;
    result["magnitude"] = rotary.magnitude;
  }
  if (rotary.scaling == Rotary::Scaling::kLlama3) {
    result["factor"] = rotary.factor;
    result["low_frequency_factor"] = rotary.low_frequency_factor;
    result["high_frequency_factor"] = rotary.high_frequency_factor;
    result["original_context_length"] = rotary.original_context;
  }
  return result;
}

}  // namespace gistmill::decoder
