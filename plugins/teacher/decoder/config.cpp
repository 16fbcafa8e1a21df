#include "plugins/teacher/decoder/config.hpp"

#include <algorithm>
#include <cmath>
#include <gistmill/plugin/values.hpp>
#include <string>

namespace gistmill::decoder {
namespace {

void refuse_value(const std::string& what, std::int64_t found, const std::string& expected) {
  throw Error(GM_ERROR_USER, what + " is " + std::to_string(found) + " when it should be " + expected,
              "model");
}

void check_frequencies(const Config& config, const std::vector<double>& frequencies) {
  const auto pairs = static_cast<std::int64_t>(frequencies.size());
  if (pairs != config.head_size / 2) {
    refuse_value("the number of rotary frequencies", pairs, std::to_string(config.head_size / 2));
  }
  for (const double frequency : frequencies) {
    if (!(frequency > 0.0)) {
      throw Error(GM_ERROR_USER,
                  "a rotary frequency is " + std::to_string(frequency) + " when it should be above 0",
                  "model");
    }
  }
}

void check_windows(const Config& config) {
  if (config.windowed_layers.empty()) return;
  if (config.window < 1) refuse_value("the window of attention", config.window, "1 or more");
  for (const std::int64_t layer : config.windowed_layers) {
    if (layer < 0 || layer >= config.layers)
      refuse_value("a layer with a window", layer, "0 to " + std::to_string(config.layers - 1));
  }
  check_frequencies(config, config.windowed_frequencies);
}

void check_positions(const Config& config) {
  for (const std::int64_t layer : config.unrotated_layers) {
    if (layer < 0 || layer >= config.layers) {
      refuse_value("a layer without rotary positions", layer, "0 to " + std::to_string(config.layers - 1));
    }
  }
  if (config.positions == PositionKind::kLearned) return;
  if (config.head_size % 2 != 0) refuse_value("the size of a head", config.head_size, "even");
  check_frequencies(config, config.rotary_frequencies);
  for (const double magnitude : {config.rotary_magnitude, config.windowed_magnitude}) {
    if (magnitude > 0.0 && std::isfinite(magnitude)) continue;
    throw Error(GM_ERROR_USER,
                "rotated queries and keys are " + std::to_string(magnitude) +
                    " times as long when it should be above 0",
                "model");
  }
  check_windows(config);
}

}  // namespace

bool Config::rotates(std::int64_t layer) const {
  return positions == PositionKind::kRotary &&
         !std::binary_search(unrotated_layers.begin(), unrotated_layers.end(), layer);
}

std::int64_t Config::window_of(std::int64_t layer) const {
  return std::binary_search(windowed_layers.begin(), windowed_layers.end(), layer) ? window : 0;
}

const std::vector<double>& Config::frequencies_of(std::int64_t layer) const {
  return window_of(layer) > 0 ? windowed_frequencies : rotary_frequencies;
}

double Config::magnitude_of(std::int64_t layer) const {
  if (!rotates(layer)) return 1.0;
  return window_of(layer) > 0 ? windowed_magnitude : rotary_magnitude;
}

double Config::attention_scale() const {
  return score_scale > 0.0 ? score_scale : 1.0 / std::sqrt(static_cast<double>(head_size));
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
    if (value < 1) refuse_value(what, value, "1 or more");
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
    refuse_value("the number of heads", config.heads,
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
