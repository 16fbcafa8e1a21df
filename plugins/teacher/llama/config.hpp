// The sizes and constants of one Llama-family model. Where they come from is gguf_model's business.
#pragma once

#include <cstdint>

namespace gistmill::llama {

// Legend of all shape comments in this folder: T tokens, n rows, D width, V vocabulary, L layers, A query
// heads, B key/value heads, E size of a head, F feed-forward size.
struct Config {
  std::int64_t vocabulary = 0;    // V
  std::int64_t width = 0;         // D
  std::int64_t layers = 0;        // L
  std::int64_t heads = 0;         // A
  std::int64_t kv_heads = 0;      // B; A is a multiple of it
  std::int64_t feed_forward = 0;  // F
  std::int64_t context = 0;       // positions that the model was made for
  std::int64_t end_token = -1;    // generation stops before it; -1: none
  double rope_base = 0.0;
  double norm_epsilon = 0.0;

  std::int64_t head_size() const { return width / heads; }  // E
  std::int64_t group() const { return heads / kv_heads; }   // query heads a key head serves
  std::int64_t qkv_width() const {
    return (heads + 2 * kv_heads) * head_size();
  }                                                                     // one row: queries, keys, values
  std::int64_t kv_width() const { return 2 * kv_heads * head_size(); }  // one row: keys, values
};

// Throws Error (user) where the sizes do not fit together: "width is 10 when it should be ...".
void check(const Config& config);

}  // namespace gistmill::llama
