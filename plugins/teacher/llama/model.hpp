// One frozen Llama-family teacher: the full pass over a document, what a replaced span does to the tokens
// that follow it, and plain inference. Knows nothing of files and of the plugin interface.
//
// All operations are pure and may run on any thread. Spans are given by their first token; S is the length of
// a span, K the number of spans, H the number of targets of a span, G the vectors that stand for one.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "plugins/teacher/llama/config.hpp"
#include "plugins/teacher/llama/context.hpp"
#include "plugins/teacher/llama/operations.hpp"
#include "plugins/teacher/llama/weights.hpp"

namespace gistmill::llama {

// Throws Error (user) where `recorded` names a layer that the model has not.
void check_recorded(const Config& config, const std::vector<std::int64_t>& recorded);

class Model {
 public:
  // recorded: for each, the hidden state after that many layers is kept by read(); 0 is the embedding, the
  // number of layers the state before the final norm. span: S. Throws Error (user) where one is out of range.
  Model(const Config& config, Weights weights, std::vector<std::int64_t> recorded, std::int64_t span);

  const Config& config() const { return config_; }
  const Weights& weights() const { return weights_; }
  at::ScalarType dtype() const { return weights_.embedding.scalar_type(); }

  // tokens i32[T], spans i32[K] -> f32[K, S, D]
  at::Tensor embed(const at::Tensor& tokens, const at::Tensor& spans) const;

  // Mean f32[D] and mean norm f32[] of the rows of the embedding table.
  std::pair<at::Tensor, at::Tensor> scale() const { return {embedding_mean_, embedding_norm_}; }

  // One full pass; keeps no tape. tokens i32[T].
  std::shared_ptr<const Context> read(const at::Tensor& tokens) const;

  // Recorded states of the spans' tokens, f32[K, S, N, D].
  at::Tensor states(const Context& context, const at::Tensor& spans) const;

  // Rows s+S-1+i of the full pass, i < H, after the final norm: T[K, H, D]. Row i predicts target i. Rows
  // past the end repeat the last one.
  at::Tensor original(const Context& context, const at::Tensor& spans, std::int64_t horizon) const;

  // The same rows when `gist` f32[K, G, D] stands for each span, at positions s + offsets i32[K, G]: inputs
  // are x[0..s), the gist, then x[s+S .. s+S+H-1) at their own positions. Each span is alone in being
  // replaced. Row 0 is the last gist row; with G = 0 it is row s-1 of the full pass. T[K, H, D],
  // differentiable to gist. Rows whose target lies past the end are finite and mean nothing.
  at::Tensor resume(const Context& context, const at::Tensor& spans, const at::Tensor& gist,
                    const at::Tensor& offsets, std::int64_t horizon) const;

  // Output projection T[V, D].
  at::Tensor head() const { return weights_.head; }

  // ids i32[B, T] -> logits f32[B, T, V]
  at::Tensor forward(const at::Tensor& ids) const;

  // prompt i32[P] -> the greedy continuation, at most `count` tokens and up to the end token: i32[N].
  at::Tensor generate(const at::Tensor& prompt, std::int64_t count) const;

 private:
  // The rows of one pass through all layers.
  struct Pass {
    at::Tensor residual;   // f32[n, D]
    at::Tensor positions;  // i64[n]
    AttentionPlan plan;
    std::vector<at::Tensor> prefixes;  // a layer each; none: the rows' own keys, as in a causal pass
    std::vector<at::Tensor>* keys_values = nullptr;  // takes each layer's keys and values of the rows
    std::vector<at::Tensor>* states = nullptr;       // takes the recorded residuals; as long as recorded_
  };
  // -> the rows after the final norm, T[n, D].
  at::Tensor run(const Pass& pass) const;
  at::Tensor embed_rows(const at::Tensor& tokens) const;
  void check_tokens(const at::Tensor& tokens) const;
  void check_spans(const Context& context, const at::Tensor& spans) const;

  Config config_;
  Weights weights_;
  std::vector<std::int64_t> recorded_;
  std::int64_t span_;
  AttentionShape shape_;
  Rotation rotation_;
  at::Tensor embedding_mean_;
  at::Tensor embedding_norm_;
};

}  // namespace gistmill::llama
