#include "plugins/teacher/decoder/config.hpp"

#include <algorithm>
#include <cmath>
#include <gistmill/plugin/values.hpp>
#include <string>

namespace gistmill::decoder {
namespace {

void refuse(const std::string& what, std::int64_t found, const std::string& expected) {
  throw Error(GM_ERROR_USER, what + " is " + std::to_string(found) + " when it should be " + expected,
              "model");
}

void check_positions(const Config& config) {
  for (const std::int64_t layer : config.unrotated_layers) {
    if (layer < 0 || layer >= config.layers) {
      refuse("a layer without rotary positions", layer, "0 to " + std::to_string(config.layers - 1));
    }
  }
  if (config.positions == PositionKind::kLearned) return;
  if (config.head_size % 2 != 0) refuse("the size of a head", config.head_size, "even");
  const auto pairs = static_cast<std::int64_t>(config.rotary_frequencies.size());
  if (pairs != config.head_size / 2) {
    refuse("the number of rotary frequencies", pairs, std::to_string(config.head_size / 2));
  }
  for (const double frequency : config.rotary_frequencies) {
    if (!(frequency > 0.0)) {
      throw Error(GM_ERROR_USER,
                  "a rotary frequency is " + std::to_string(frequency) + " when it should be above 0",
                  "model");
    }
  }
}

}  // namespace

bool Config::rotates(std::int64_t layer) const {
  return positions == PositionKind::kRotary &&
         !std::binary_search(unrotated_layers.begin(), unrotated_layers.end(), layer);
}

std::vector<double> rotary_frequencies(double base, std::int64_t head_size) {
  std::vector<double> frequencies;
  for (std::int64_t pair = 0; pair < head_size / 2; ++pair) {
    frequencies.push_back(1.0 /
                          std::pow(base, static_cast<double>(2 * pair) / static_cast<double>(head_size)));
  }
  return frequencies;
}

void check(const Config& config) {
  const auto at_least_one = [](const char* what, std::int64_t value) {
    if (value < 1) refuse(what, value, "1 or more");
  };
  at_least_one("the vocabulary", config.vocabulary);
  at_least_one("the embedding length", config.width);
  at_least_one("the number of layers", config.layers);
  at_least_one("the number of heads", config.heads);
  at_least_one("the number of key/value heads", config.kv_heads);
  at_least_one("the size of a head", config.head_size);
  at_least_one("the feed-forward length", config.feed_forward);
  at_least_one("the context length", config.context);
  if (config.heads % config.kv_heads != 0) {
    refuse("the number of heads", config.heads,
           "a multiple of the number of key/value heads, " + std::to_string(config.kv_heads));
  }
  check_positions(config);
  if (!(config.norm_epsilon > 0.0)) {
    throw Error(GM_ERROR_USER,
                "the norm's epsilon is " + std::to_string(config.norm_epsilon) + " when it should be above 0",
                "model");
  }
}

}  // namespace gistmill::decoder
