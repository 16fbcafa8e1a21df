#include "plugins/teacher/decoder/adapters.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <gistmill/plugin/values.hpp>

namespace gistmill::decoder {
namespace {

// Where a target lies: which projection of a layer, which of its outputs, and how many inputs it has.
struct Place {
  std::string target;
  Projection LayerWeights::*projection = nullptr;
  std::int64_t first = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

std::vector<Place> places_of(const Config& config) {
  const std::int64_t width = config.width;
  const std::int64_t queries = config.query_width();
  const std::int64_t keys = config.key_width();
  const std::int64_t inner = config.feed_forward;
  if (config.architecture == "gpt2") {
    return {{"attn.c_attn", &LayerWeights::qkv, 0, config.qkv_width(), width},
            {"attn.c_proj", &LayerWeights::output, 0, width, queries},
            {"mlp.c_fc", &LayerWeights::up, 0, inner, width},
            {"mlp.c_proj", &LayerWeights::down, 0, width, inner}};
  }
  return {{"q_proj", &LayerWeights::qkv, 0, queries, width},
          {"k_proj", &LayerWeights::qkv, queries, keys, width},
          {"v_proj", &LayerWeights::qkv, queries + keys, keys, width},
          {"o_proj", &LayerWeights::output, 0, width, queries},
          {"gate_proj", &LayerWeights::up, 0, inner, width},
          {"up_proj", &LayerWeights::up, inner, inner, width},
          {"down_proj", &LayerWeights::down, 0, width, inner}};
}

std::string listed(const Config& config) {
  std::string text;
  for (const Place& place : places_of(config)) text += (text.empty() ? "" : ", ") + place.target;
  return text;
}

Place place_of(const Config& config, const std::string& target, const char* option) {
  for (const Place& place : places_of(config)) {
    if (place.target == target) return place;
  }
  throw Error(GM_ERROR_USER,
              "an adapter's target is '" + target + "' when it should be one of " + listed(config), option);
}

void check_shape(const AdapterPart& part, const Place& place) {
  const bool fits = part.down.dim() == 2 && part.up.dim() == 2 && part.down.size(1) == place.columns &&
                    part.up.size(0) == place.rows && part.up.size(1) == part.down.size(0);
  if (fits) return;
  const auto text = [](const at::Tensor& tensor) {
    std::string shape;
    for (const std::int64_t size : tensor.sizes())
      shape += (shape.empty() ? "" : ", ") + std::to_string(size);
    return "[" + shape + "]";
  };
  throw Error(GM_ERROR_USER,
              "the adapter of " + part.target + " in layer " + std::to_string(part.layer) + " has shapes " +
                  text(part.down) + " and " + text(part.up) + " when the model needs [r, " +
                  std::to_string(place.columns) + "] and [" + std::to_string(place.rows) + ", r]",
              "adapter");
}

void merge_into(Projection& projection) {
  for (const Adapter& adapter : projection.adapters) {
    const at::Tensor rows = projection.weight.narrow(0, adapter.first, adapter.up.size(0));
    rows.copy_(rows.to(at::kFloat) + at::mm(adapter.up, adapter.down) * adapter.scale);
  }
  if (!projection.adapters.empty()) projection.weight_changed();
  projection.adapters.clear();
}

}  // namespace

std::vector<std::string> adapter_targets(const Config& config) {
  std::vector<std::string> targets;
  for (const Place& place : places_of(config)) targets.push_back(place.target);
  return targets;
}

std::vector<std::int64_t> layers_of(const Config& config, const std::vector<std::int64_t>& asked) {
  std::vector<std::int64_t> layers;
  for (const std::int64_t layer : asked) layers.push_back(layer < 0 ? config.layers + layer : layer);
  std::sort(layers.begin(), layers.end());
  std::string list;
  for (const std::int64_t layer : asked) list += (list.empty() ? "" : ", ") + std::to_string(layer);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i] < 0 || layers[i] >= config.layers) {
      throw Error(GM_ERROR_USER,
                  "lora_layers is [" + list + "] when the model has the layers 0 to " +
                      std::to_string(config.layers - 1),
                  "lora_layers");
    }
    if (i > 0 && layers[i] != layers[i - 1] + 1) {
      throw Error(
          GM_ERROR_USER,
          "lora_layers is [" + list +
              "] when they should stand one behind the other: the first two, [0, 1], or the last two, "
              "[-2, -1], not both",
          "lora_layers");
    }
  }
  if (asked.empty()) {
    for (std::int64_t layer = 0; layer < config.layers; ++layer) layers.push_back(layer);
  }
  return layers;
}

std::vector<AdapterPart> make_adapters(const Config& config, const AdapterOptions& options) {
  at::Generator generator = at::detail::createCPUGenerator(options.seed);
  std::vector<AdapterPart> adapters;
  for (const std::int64_t layer : layers_of(config, options.layers)) {
    for (const std::string& target : options.targets) {
      const Place place = place_of(config, target, "lora_targets");
      const double bound = 1.0 / std::sqrt(static_cast<double>(place.columns));
      AdapterPart part;
      part.layer = layer;
      part.target = target;
      part.down = at::empty({options.rank, place.columns}, at::kFloat).uniform_(-bound, bound, generator);
      part.up = at::zeros({place.rows, options.rank}, at::kFloat);
      part.scale = options.alpha / static_cast<double>(options.rank);
      adapters.push_back(part);
    }
  }
  return adapters;
}

void attach(const std::vector<AdapterPart>& adapters, const Config& config, Weights& weights) {
  for (const AdapterPart& part : adapters) {
    const Place place = place_of(config, part.target, "adapter");
    if (part.layer < 0 || part.layer >= config.layers) {
      throw Error(GM_ERROR_USER,
                  "an adapter is for layer " + std::to_string(part.layer) + " when the model has 0 to " +
                      std::to_string(config.layers - 1),
                  "adapter");
    }
    check_shape(part, place);
    auto& adapted = (weights.layers[static_cast<std::size_t>(part.layer)].*place.projection).adapters;
    adapted.push_back({part.down, part.up, place.first, part.scale});
    std::sort(adapted.begin(), adapted.end(),
              [](const Adapter& a, const Adapter& b) { return a.first < b.first; });
  }
}

void merge_adapters(Weights& weights) {
  const at::NoGradGuard no_grad;
  for (LayerWeights& layer : weights.layers) {
    for (Projection* projection : {&layer.qkv, &layer.output, &layer.up, &layer.down})
      merge_into(*projection);
  }
}

}  // namespace gistmill::decoder
