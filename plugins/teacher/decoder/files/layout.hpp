// Which tensors a model has, by their names within this folder (weights.hpp), and what they cost.
#pragma once

#include <ATen/core/ScalarType.h>

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
  std::int64_t sliding_window = 0;  // tokens that a token sees; 0: all. The context is no longer than it
};

struct NamedShape {
  std::string name;
  std::vector<std::int64_t> shape;
};

// Every tensor of the model, embedding first, then layer by layer.
std::vector<NamedShape> tensors_of(const ModelPlan& plan);

std::int64_t parameters_of(const ModelPlan& plan);

// Bytes that load_weights() keeps: matrices in `dtype`, norms in f32.
std::int64_t weight_bytes(const ModelPlan& plan, at::ScalarType dtype);
// Bytes that it needs while it runs: a matrix a thread in f32 beside.
std::int64_t load_bytes(const ModelPlan& plan, at::ScalarType dtype);

// Makes a plan whole: refuses sizes that cannot be, before anything of that size is made or multiplied,
// computes the rotary frequencies, and refuses what check() (config.hpp) does. tensors: how many the file
// has.
void complete(ModelPlan& plan, const std::string& file, std::size_t tensors);

// More layers than any model has; for lists of layers that are made before the tensors are known.
inline constexpr std::int64_t kMostLayers = 65536;

}  // namespace gistmill::decoder
