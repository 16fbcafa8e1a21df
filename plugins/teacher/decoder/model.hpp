// One decoder-only transformer as a teacher: the full pass over a document, what a replaced span does to the
// tokens that follow it, and inference on batches under any attention mask. Knows nothing of files and of the
// plugin interface.
//
// All operations may run on any thread; none changes the model. Spans are given by their first token s.
// Letters as in config.hpp. A vector that stands for tokens is an embedding: where positions are learned, the
// row of its position is added to it, as to the embedding of a token.
//
// The model computes where its weights lie. Token ids, spans and offsets are looked at in main memory and
// should lie there: what lies on a device is waited for.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "plugins/teacher/decoder/batch.hpp"
#include "plugins/teacher/decoder/branch_rows.hpp"
#include "plugins/teacher/decoder/config.hpp"
#include "plugins/teacher/decoder/context.hpp"
#include "plugins/teacher/decoder/continuation.hpp"
#include "plugins/teacher/decoder/entries.hpp"
#include "plugins/teacher/decoder/operations.hpp"
#include "plugins/teacher/decoder/packed_batch.hpp"
#include "plugins/teacher/decoder/reading.hpp"
#include "plugins/teacher/decoder/weights.hpp"

namespace gistmill::decoder {

// Throws Error (user) where `recorded` names a layer that the model has not.
void check_recorded(const Config& config, const std::vector<std::int64_t>& recorded);

constexpr std::int64_t kLogitRows = 256;  // rows whose logits exist at a time

class Model {
 public:
  // recorded: for each, the hidden state after that many layers is kept by read(); 0 is the embedding, the
  // number of layers the state before the final norm. span: S. keeps_queries: read() keeps them too. Throws
  // Error (user) where one is out of range.
  Model(const Config& config, Weights weights, std::vector<std::int64_t> recorded, std::int64_t span,
        bool keeps_queries = false);

  const Config& config() const { return config_; }
  const Weights& weights() const { return weights_; }
  Weights& weights() { return weights_; }
  at::ScalarType dtype() const { return dtype_; }
  at::Device device() const { return weights_.embedding.device(); }

  // ---- spans of one document (spans.cpp)

  // tokens i32[T], spans i32[K] -> f32[K, S, D], without positions
  at::Tensor embed(const at::Tensor& tokens, const at::Tensor& spans) const;

  // Mean f32[D] and mean norm f32[] of the rows of the embedding table.
  std::pair<at::Tensor, at::Tensor> scale() const { return {embedding_mean_, embedding_norm_}; }

  // One full pass; keeps no tape. tokens i32[T].
  std::shared_ptr<const Context> read(const at::Tensor& tokens) const;

  // Recorded states of the spans' tokens, f32[K, S, N, D].
  at::Tensor states(const Context& context, const at::Tensor& spans) const;

  // Rows s+S-1+i of the full pass, i < H, after the final norm: compute[K, H, D]. Row i predicts target i.
  // Rows past the end repeat the last one.
  at::Tensor original(const Context& context, const at::Tensor& spans, std::int64_t horizon) const;

  // The same rows when `gist` f32[K, G, D] stands for each span, at positions s + offsets i32[K, G]: inputs
  // are x[0..s), the gist, then x[s+S .. s+S+H-1) at their own positions. Each span is alone in being
  // replaced. Row 0 is the last gist row; with G = 0 it is row s-1 of the full pass. compute[K, H, D],
  // differentiable to gist. Rows whose target lies past the end are finite and mean nothing.
  // kept i32[L, K, J, R], where defined: places in the span, [0, S), of entries that every row sees beside
  // the prefix, as the full pass left them; each layer and key head has its own. Row 0 without a gist, which
  // is of the full pass, does not.
  at::Tensor resume(const Context& context, const at::Tensor& spans, const at::Tensor& gist,
                    const at::Tensor& offsets, std::int64_t horizon, const at::Tensor& kept = {}) const;

  // ---- what a span leaves in keys and values (entries.hpp). spans: ascending

  Entries entries(const Context& context, const at::Tensor& spans) const;
  at::Tensor attention(const Context& context, const at::Tensor& spans) const;
  at::Tensor expected_attention(const Context& context, const at::Tensor& spans, std::int64_t future) const;

  // Output projection compute[V, D].
  at::Tensor head() const;

  // ---- batches of texts (inference.cpp)

  // -> compute[B, T, D] after the final norm. Differentiable to the embeddings and the gist, and to adapters
  // and weights where `mode` says so.
  // A mask under which every row sees one unbroken run of columns that ends with itself is followed without
  // its padding (packed_pass.cpp): rows that see nothing are then zero. With a cache nothing has a gradient.
  at::Tensor hidden(const Batch& batch, const PassMode& mode = {}) const;

  // The same for any mask, every row of the batch computed: the plain form. Without a cache.
  at::Tensor masked_hidden(const Batch& batch, const PassMode& mode = {}) const;

  // -> logits f32[B, T, V]; differentiable as hidden().
  at::Tensor forward(const Batch& batch, const PassMode& mode = {}) const;

  struct Top {
    at::Tensor ids;              // i32[B, T, Q], the most probable first
    at::Tensor log_probability;  // f32[B, T, Q], at the temperature
    at::Tensor log_partition;    // f32[B, T]: log of the sum of exp(logit / temperature)
  };
  // The Q most probable next tokens. Never holds more logits than a block of rows has.
  Top topk(const Batch& batch, std::int64_t count, double temperature) const;

  // tokens i32[T] -> negative log-likelihood of tokens 1.., each given all before it, in nats: f32[T-1].
  at::Tensor score(const at::Tensor& tokens, std::shared_ptr<const GistCache> cache = {}) const;
  // The same of a batch of one text, whose gist stands in the place of tokens.
  at::Tensor score(const Batch& text) const;

  // The keys and values of the batch's gist, at gist_places: its vectors, or where there are none what the
  // ids have there. Every text has one. The origin has no model and no adapter: the model knows of no files.
  GistCache gist_cache(const Batch& batch) const;

  // ---- what follows a text, and many edits of it (continuation.hpp). One text: ids, positions and gist

  // -> mean negative log-likelihood of the tokens that count, f32[], and the rows that predict them after the
  // final norm, compute[H, D]. Where none counts: NaN and zeros, and nothing is computed; so with branches().
  // (continuation.cpp)
  std::pair<at::Tensor, at::Tensor> follow(const Batch& text, const Continuation& next) const;

  // The same from what an earlier text left: rows that both begin with are not computed again. Exact: the
  // same numbers but for the order of sums. Where a window hides positions all is computed, and nothing is
  // left. Where no token counts, the text is read all the same. (reread.cpp)
  Followed follow_on(const Batch& text, const Continuation& next, const ReadRows& before) const;

  // rows: how many run together at most, which bounds memory; one branch at least. (branches.cpp)
  BranchScores branches(const Batch& text, const Edits& edits, const Continuation& next,
                        std::int64_t rows) const;

  // How much of the attention of the text's newest rows goes to each of its rows, f32[R]: the mean of the
  // softmax weights over layers, query heads and the last `newest` rows (all, where there are fewer), so it
  // sums to 1. Keeps no tape. Throws Error (user) where the batch is not one text. (attended.cpp)
  at::Tensor attended(const Batch& text, std::int64_t newest) const;

  // ---- generation (generate.cpp)

  struct Sampling {
    std::int64_t max_tokens = 0;
    double temperature = 0.0;  // 0: the most probable token
    double top_p = 1.0;        // draw among the fewest tokens that hold this much probability
    std::uint64_t seed = 0;
  };
  struct Generated {
    at::Tensor tokens;   // i32[B, longest]: continuations, without the end token; zeros past a row's length
    at::Tensor lengths;  // i32[B]
  };
  // Continues each row of the batch, behind its cache, until an end token or max_tokens. Rows are padded on
  // the left; the mask says so. A generated token sees what the prompt's last token saw, and all that was
  // generated since; its position is one more than that of the token before it in its row.
  Generated generate(const Batch& prompt, const Sampling& sampling) const;

  struct NextTokens {
    std::vector<std::int32_t> tokens;  // without the end token
    bool ended = false;                // by an end token
    std::int64_t computed = 0;         // rows of the text that were not taken from `reading`
  };
  // Continues one text behind what is kept of it, and keeps its rows and those of all tokens but the last.
  // The same tokens as generate() of the whole text, but for the order of sums; where a window hides
  // positions all is computed. Throws as generate(); what is kept is then nothing. (next_tokens.cpp)
  NextTokens next_tokens(const Batch& text, const Sampling& sampling, Reading& reading) const;

 private:
  // Attention of layer `layer`: rotated compute[n, (A + 2 J) E] -> compute[n, A E].
  using Attention = std::function<at::Tensor(std::size_t layer, const at::Tensor& qkv)>;
  // What rows of a batch may see, bool[B, T, keys], in layers that see all and in those with a window; the
  // same where no token is beyond it. Undefined: all.
  struct Allowed {
    at::Tensor all;
    at::Tensor windowed;
  };
  Allowed allowed_in(const Batch& batch) const;
  Allowed allowed_behind_cache(const Batch& batch) const;
  void check_cache(const GistCache& cache, std::int64_t count) const;
  at::Tensor cached(const Batch& batch, std::size_t layer) const;
  // The pass over a batch, behind its cache, without gradient -> compute[B, T, D]. keys_values, where given,
  // takes those of each layer, compute[B, T, 2 J E]; zero where a row sees nothing.
  at::Tensor read_batch(const Batch& batch, std::vector<at::Tensor>* keys_values) const;
  at::Tensor read_packed(const Batch& batch, const std::vector<PackedText>& texts,
                         std::vector<at::Tensor>* keys_values) const;
  // Whether a window hides anything from a row at position `last`.
  bool window_hides(std::int64_t last) const {
    return !config_.windowed_layers.empty() && last >= config_.window;
  }
  // The batch's texts where the packed pass takes them: by its mask, in main memory, and hidden by no window.
  std::optional<std::vector<PackedText>> packed(const Batch& batch) const;
  at::Tensor packed_hidden(const Batch& batch, const std::vector<PackedText>& texts,
                           const PassMode& mode) const;
  at::Tensor run_packed(const PackedRows& packed, const at::Tensor& embeddings, const at::Tensor& positions,
                        const std::vector<at::Tensor>& prefix, std::vector<at::Tensor>* keys_values,
                        const PassMode& mode) const;
  // The rows of one pass through all layers.
  struct Pass {
    at::Tensor embeddings;  // f32[n, D]
    at::Tensor positions;   // i64[n]
    Attention attention;
    at::Tensor states;  // f32[n, N, D], takes the recorded residuals; undefined: none are recorded
    PassMode mode;
    at::Tensor kept = {};  // i64[k]: the rows that go on behind the last attention; undefined: all
  };
  // -> the rows after the final norm, compute[n, D]; compute[k, D] where only some are kept.
  at::Tensor run(const Pass& pass) const;
  void expect_shapes(const Pass& pass) const;  // those that the comments of Pass give
  at::Tensor norm_input(const Norm& norm, at::Tensor& residual, const at::Tensor& delta,
                        const Pass& pass) const;
  at::Tensor output_norm(const Norm& norm, const at::Tensor& delta, const PassMode& mode) const;
  at::Tensor feed_forward(const LayerWeights& layer, const at::Tensor& hidden, const PassMode& mode) const;
  // Attention of one document's rows over their own keys. keys_values and queries, where given, take those of
  // each layer.
  Attention causal(std::int64_t length, std::vector<at::Tensor>* keys_values,
                   std::vector<at::Tensor>* queries = nullptr) const;
  // Attention of the rows of each span, at positions i64[K, rows], over its prefix, what is kept of it and
  // their own keys.
  Attention resumed(const Context& context, const at::Tensor& starts, const at::Tensor& positions,
                    const at::Tensor& kept) const;

  // f32[n, D] and, in main memory, i64[n]: rows of which branches are put together.
  struct RowPool {
    at::Tensor embeddings;
    at::Tensor positions;
  };
  RowPool pool_of(const Batch& whole, const Batch& added) const;
  at::Tensor run_text(const RowPool& pool, std::int64_t length, std::int64_t kept,
                      std::vector<at::Tensor>& keys_values) const;
  at::Tensor run_behind(const RowPool& pool, std::int64_t length, std::int64_t kept, std::int64_t horizon,
                        const std::vector<at::Tensor>& before, std::vector<at::Tensor>& keys_values) const;
  at::Tensor run_branches(const RowPool& pool, const std::vector<at::Tensor>& keys_values,
                          const std::vector<Branch>& branches, std::int64_t kept) const;
  at::Tensor run_apart(const RowPool& pool, const Branch& branch, std::int64_t kept) const;
  void check_continuation(const Batch& text, const Continuation& next) const;
  Batch continued(const Batch& text, const Continuation& next) const;
  std::pair<at::Tensor, at::Tensor> score_following(const std::vector<at::Tensor>& rows,
                                                    const at::Tensor& reference,
                                                    const Continuation& next) const;

  // What the layers take, scaled: the rows that stand for tokens.
  at::Tensor embed_rows(const at::Tensor& tokens, const PassMode& mode = {}) const;
  at::Tensor embed_batch(const Batch& batch, const PassMode& mode) const;  // all of it, with its gist
  at::Tensor here(const at::Tensor& tensor) const;                         // on the model's device
  at::Tensor keys_values_of(const at::Tensor& qkv) const;
  void check_tokens(const at::Tensor& tokens) const;      // of one document
  void check_vocabulary(const at::Tensor& tokens) const;  // not empty
  void check_batch(const Batch& batch, std::int64_t more) const;
  void check_positions(const at::Tensor& positions, std::int64_t more) const;  // not empty
  void check_spans(std::int64_t length, const at::Tensor& spans) const;
  at::Tensor ascending(const Context& context, const at::Tensor& spans) const;
  void check_kept(const at::Tensor& kept, std::int64_t count) const;
  struct Kept;
  at::Tensor fill(const Batch& prompt, std::int64_t room, Kept& kept) const;
  at::Tensor extend(const at::Tensor& tokens, Kept& kept) const;
  at::Tensor read_on(const Batch& text, const at::Tensor& positions, std::int64_t kept,
                     Reading& reading) const;
  at::Tensor read_one(std::int64_t token, std::int64_t position, Reading& reading) const;
  at::Tensor choose(const at::Tensor& hidden, const Sampling& sampling, at::Generator& generator) const;

  Config config_;
  Weights weights_;
  at::ScalarType dtype_;
  std::vector<std::int64_t> recorded_;
  std::int64_t span_;
  bool keeps_queries_;
  AttentionShape shape_;
  double embedding_scale_;
  Rotation rotation_;
  Rotation windowed_rotation_;  // of layers with a window
  at::Tensor embedding_mean_;
  at::Tensor embedding_norm_;
};

}  // namespace gistmill::decoder
