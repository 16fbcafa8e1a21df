// The sizes and constants of one decoder-only transformer: what tells the families apart, as data. Which file
// states them, and under which names, is the business of files/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gistmill::decoder {

// Legend of all shape comments in this folder, in the letters of plugin.toml where it has one:
//   B texts of a batch            T tokens of a text                 n rows of one pass, of whatever texts
//   D hidden size (width)         V vocabulary                       C positions that the model knows
//   L layers                      N recorded states of a token       F feed-forward size
//   A query heads                 J key/value heads; g = A / J       E size of a head
//   K spans of a text             S tokens of a span                 H targets of a span (horizon)
//   G vectors that stand for one  P tokens before: prefix, prompt    Q most probable tokens
// compute[..] has the compute type, f32 or bf16 (in templates their parameter); f32[..], i64[..] say theirs.

enum class NormKind { kRms, kLayer };  // RMSNorm; LayerNorm with bias
enum class FeedForwardKind {
  kGatedSilu,  // down(silu(gate(x)) * up(x))
  kGatedGelu,  // down(gelu(gate(x)) * up(x)), the tanh form
  kGelu,       // down(gelu(up(x))), the tanh form
};
enum class PositionKind {
  kRotary,   // queries and keys are rotated by their position
  kLearned,  // a row for each position is added to the embedding
};

struct Config {
  std::string architecture;              // as Hugging Face's model_type: "llama", "qwen3", "gpt2"
  std::int64_t vocabulary = 0;           // V: rows of the embedding table, padding rows included
  std::int64_t width = 0;                // D: hidden size
  std::int64_t layers = 0;               // L
  std::int64_t heads = 0;                // A
  std::int64_t kv_heads = 0;             // J; A is a multiple of it
  std::int64_t head_size = 0;            // E; A E need not be D
  std::int64_t feed_forward = 0;         // F
  std::int64_t context = 0;              // C: positions that the model was made for
  std::vector<std::int64_t> end_tokens;  // generation stops before any of them

  NormKind norm = NormKind::kRms;
  double norm_epsilon = 0.0;
  bool query_key_norm = false;  // RMSNorm over each head of queries and keys, before the rotation
  bool output_norms = false;    // RMSNorm of what attention and feed-forward give, before it is added
  FeedForwardKind feed_forward_kind = FeedForwardKind::kGatedSilu;
  double embedding_scale = 1.0;  // a token's embedding is its row times this, rounded to the compute type
  double score_scale = 0.0;      // of attention's scores; 0: 1 / sqrt(E)
  PositionKind positions = PositionKind::kRotary;
  // Radians a position by which each pair of a head turns, f64[E/2], scaling applied; empty where learned.
  std::vector<double> rotary_frequencies;
  // Layers that rotate make queries and keys this many times as long (YaRN, LongRoPE).
  double rotary_magnitude = 1.0;
  // Layers that do not rotate at all (SmolLM3: every fourth); ascending.
  std::vector<std::int64_t> unrotated_layers;
  // Layers whose tokens see only the last `window` positions, their own among them; ascending. Their pairs
  // turn by frequencies of their own, f64[E/2].
  std::int64_t window = 0;
  std::vector<std::int64_t> windowed_layers;
  std::vector<double> windowed_frequencies;
  double windowed_magnitude = 1.0;

  std::int64_t group() const { return heads / kv_heads; }  // query heads that a key head serves
  std::int64_t query_width() const { return heads * head_size; }
  std::int64_t key_width() const { return kv_heads * head_size; }             // of keys, and of values
  std::int64_t qkv_width() const { return query_width() + 2 * key_width(); }  // queries, keys, values
  bool is_gated() const { return feed_forward_kind != FeedForwardKind::kGelu; }
  bool rotates(std::int64_t layer) const;
  std::int64_t window_of(std::int64_t layer) const;  // 0: it sees all
  const std::vector<double>& frequencies_of(std::int64_t layer) const;
  double magnitude_of(std::int64_t layer) const;  // of queries and keys after the rotation; 1: as before it
  double attention_scale() const;
};

// The frequencies of plain rotary positions: base^(-2i/E) for pair i.
std::vector<double> rotary_frequencies(double base, std::int64_t head_size);

// Throws Error (user) where the sizes do not fit together: "width is 10 when it should be ...".
void check(const Config& config);

}  // namespace gistmill::decoder
