// A RetNet: embedding, layers of retention and gated feed-forward, final norm, head. Training goes chunkwise,
// generation token by token with a memory of constant size. Knows nothing of files and of the plugin
// interface. f32 or f64, any device; operations may run on any thread, none changes the model. Legend:
// config.hpp.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "gistmill/layers.hpp"
#include "plugins/student/retnet/block.hpp"
#include "plugins/student/retnet/config.hpp"

namespace gistmill::retnet {

struct LayerWeights {
  BlockWeights retention;     // in: queries, keys, values and gates under one another
  BlockWeights feed_forward;  // in: the activated half, then the other
};
struct Weights {
  at::Tensor embedding;  // [V, D]
  std::vector<LayerWeights> layers;
  at::Tensor norm;  // [D]
  at::Tensor head;  // [V, D]; the embedding itself where they are tied
};
// With torchscale's initial values.
Weights make_weights(const Config& config, const torch::Builder& build);

// What the model remembers of texts.
struct State {
  std::vector<Memory> layers;
  at::Tensor tokens;  // i64[B]: how many each text had so far, padding not counted
};

class Model {
 public:
  Model(Config config, Weights weights);

  const Config& config() const { return config_; }
  const Weights& weights() const { return weights_; }

  // ids i[B, T], mask u8[B, T]: 0 where a token is padding; undefined: none is. -> [B, T, D] after the final
  // norm. Rows of padding are finite and mean nothing.
  // begins u8[B, T]: 1 where a document begins that knows nothing of those before it; undefined: none does.
  at::Tensor hidden(const at::Tensor& ids, const at::Tensor& mask = {}, const at::Tensor& begins = {}) const;
  // The same of the next tokens of texts that `state` remembers, and brings it up to their end; an empty
  // state is that of no token. Without gradients.
  at::Tensor extend(const at::Tensor& ids, const at::Tensor& mask, State& state) const;

  // Rows [.., D] after the final norm -> logits f32[.., V].
  at::Tensor logits(const at::Tensor& rows) const;

  struct Top {
    at::Tensor ids;              // i32[B, T, Q], the most probable first
    at::Tensor log_probability;  // f32[B, T, Q]
    at::Tensor log_partition;    // f32[B, T]: log of the sum of exp(logit / temperature)
  };
  Top topk(const at::Tensor& ids, const at::Tensor& mask, std::int64_t count, double temperature,
           const at::Tensor& begins = {}) const;

  // ids i32[T] -> negative log-likelihood of tokens 1.., each given all before it, in nats: f32[T - 1].
  at::Tensor score(const at::Tensor& ids) const;

  struct Sampling {
    std::int64_t max_tokens = 0;
    double temperature = 0.0;  // 0: the most probable token
    double top_p = 1.0;        // draw among the fewest tokens that hold this much probability
    std::uint64_t seed = 0;
  };
  struct Generated {
    at::Tensor tokens;   // i32[B, longest]: zeros past a row's length; without the end token
    at::Tensor lengths;  // i32[B]
  };
  Generated generate(const at::Tensor& ids, const at::Tensor& mask, const Sampling& sampling) const;

 private:
  at::Tensor embed(const at::Tensor& ids) const;
  at::Tensor layers(at::Tensor x, const std::shared_ptr<const Places>& places) const;
  at::Tensor remembered(at::Tensor x, const Places& places, State& state) const;
  void check_ids(const at::Tensor& ids, const at::Tensor& mask) const;
  at::Tensor here(const at::Tensor& tensor) const;  // on the model's device
  at::Tensor mask_of(const at::Tensor& mask) const;

  Config config_;
  Weights weights_;
};

}  // namespace gistmill::retnet
