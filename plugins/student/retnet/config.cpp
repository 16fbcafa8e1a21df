#include "plugins/student/retnet/config.hpp"

#include <cmath>
#include <gistmill/plugin/values.hpp>

namespace gistmill::retnet {
namespace {

void expect_multiple(const char* name, std::int64_t size, std::int64_t unit, const std::string& of) {
  if (size > 0 && size % unit == 0) return;
  throw Error(GM_ERROR_USER,
              std::string(name) + " is " + std::to_string(size) + " when it should be a multiple of " + of +
                  ", " + std::to_string(unit),
              name);
}

}  // namespace

void check(const Config& config) {
  if (config.vocabulary < 1) {
    throw Error(GM_ERROR_USER,
                "vocabulary is " + std::to_string(config.vocabulary) +
                    " when it should be the number of the tokenizer's tokens; embeddings_from says it too",
                "vocabulary");
  }
  expect_multiple("width", config.width, 2 * config.heads, "twice heads, so that keys turn in pairs");
  expect_multiple("value_width", config.value_width, config.heads, "heads");
}

std::vector<double> log_decays(const Config& config) {
  std::vector<double> result;
  const auto heads = static_cast<double>(config.heads);
  for (std::int64_t head = 0; head < config.heads; ++head) {
    const auto h = static_cast<double>(head);
    const double first = std::log(1.0 / 32.0);
    const double step = heads > 1.0 ? (std::log(1.0 / 512.0) - first) / (heads - 1.0) : 0.0;
    const double lost = config.decay == Decay::kPaper ? std::exp(first + step * h) : std::exp2(-5.0 - h);
    result.push_back(std::log1p(-lost));
  }
  return result;
}

std::vector<double> angles(const Config& config) {
  std::vector<double> result;
  const std::int64_t pairs = config.key_size() / 2;
  for (std::int64_t pair = 0; pair < pairs; ++pair) {
    const double share = pairs > 1 ? static_cast<double>(pair) / static_cast<double>(pairs - 1) : 0.0;
    result.push_back(std::pow(10000.0, -share));
  }
  return result;
}

}  // namespace gistmill::retnet
