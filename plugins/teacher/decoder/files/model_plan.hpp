// What the header of a model file says of the model. Data only; needs no LibTorch.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/config.hpp"
#include "plugins/teacher/decoder/files/rotary.hpp"

namespace gistmill::decoder {

// What a model may have or not, beside what its sizes say.
struct Layout {
  bool own_head = false;     // output.weight; else the embedding serves
  bool qkv_bias = false;     // of queries, keys and values
  bool output_bias = false;  // of the attention's output
  bool feed_bias = false;    // of the feed-forward's matrices
};

// What the header of a model file says.
struct ModelPlan {
  Config config;
  Layout layout;
  Rotary rotary;
  Rotary windowed_rotary;  // of config.windowed_layers
  // Of matrices in FP8: rows and columns that share a number of NAME_scale_inv; 0: none have.
  std::array<std::int64_t, 2> scaled_block = {0, 0};
  std::vector<std::string> end_token_sources;  // what names each of config.end_tokens (end_tokens.hpp)
  // Of a GGUF file: tokens that a token sees in every layer; 0: all. The context is no longer than it.
  // Windows of a folder's model are the configuration's.
  std::int64_t sliding_window = 0;
};

// More layers than any model has; for lists of layers that are made before the tensors are known.
inline constexpr std::int64_t kMostLayers = 65536;

}  // namespace gistmill::decoder
