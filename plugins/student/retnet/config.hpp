// The sizes and choices of one RetNet (arXiv 2307.08621), as data. Knows no file and no tensor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gistmill::retnet {

// Legend of all shape comments in this folder:
//   B texts of a batch      T tokens of a text      n tokens of a chunk
//   D width                 V vocabulary            F feed-forward width
//   H heads                 K = D / H, of a key     E = value width / H, of a value
enum class Decay {
  kTorchscale,  // 1 - 2^(-5-h): equation 8 of the paper, and torchscale
  kPaper,       // 1 - exp(linspace(log 1/32, log 1/512, H)): the paper's experiments
};
enum class HeadNorm { kRms, kLayer };                   // of each head's result; no weights
enum class Activation { kSwish, kGelu };                // of the feed-forward's gated half
enum class Form { kChunkwise, kParallel, kRecurrent };  // how whole texts are computed

struct Config {
  std::int64_t vocabulary = 0;
  std::int64_t layers = 0;
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t value_width = 0;
  std::int64_t feed_forward = 0;
  std::int64_t chunk = 64;
  Decay decay = Decay::kTorchscale;
  HeadNorm head_norm = HeadNorm::kRms;
  Activation activation = Activation::kSwish;
  Form form = Form::kChunkwise;
  bool scale_decay = false;  // row n of the decay mask over the root of its sum
  bool scale_rows = false;  // row n of the decayed scores over max(|its sum|, 1), a constant for the gradient
  bool scale_embedding = false;  // embeddings times sqrt(D)
  bool tied = true;              // the head is the embedding
  bool half = false;             // products of matrices in bf16; all else in f32
  double epsilon = 1e-6;         // of every norm
  std::vector<std::int64_t> end_tokens;

  std::int64_t key_size() const { return width / heads; }
  std::int64_t value_size() const { return value_width / heads; }
  std::int64_t mixed_width() const { return 2 * width + 2 * value_width; }  // queries, keys, values, gates
};

// Throws Error (user) where the sizes do not fit together.
void check(const Config& config);

// log of each head's decay, f64[H]: negative, the closest to zero last.
std::vector<double> log_decays(const Config& config);

// Radians a token by which each pair of a head turns: 10000^(-i / (K/2 - 1)), as torchscale's linspace gives
// them. f64[K/2].
std::vector<double> angles(const Config& config);

}  // namespace gistmill::retnet
