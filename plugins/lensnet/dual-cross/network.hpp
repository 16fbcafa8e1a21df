// The dual cross-attention of a LensNet: the gists of a history's tail ask the working context, then every
// entry of the context asks the gists, and a head scores it (MegaContext's LensNet page of October 2025). Its
// gradients are its own: nothing that has a row for each entry is kept but the first one. Pure computation on
// at::Tensors, f32 or f64; ports are the plugin's business (plugin.cpp).
//
//   entries  u = norm(vectors) Wx^T + E[level]         gists  g = norm(tail) Wt^T + P[place]
//   stack    g = g + GistAttention(norm(g), norm(u))        gists attend the context
//            u = u + ContextAttention(norm(g), norm(u))     the context attends the gists
//   score    tanh(head([norm(u); features]))
//
// norm has no gain and no shift: a map follows it everywhere. One that sees no tail has learned vectors P in
// place of the gists, which ask nothing: what stands behind an entry has no part in its score.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "gistmill/layers.hpp"
#include "plugins/lensnet/dual-cross/head.hpp"
#include "plugins/lensnet/dual-cross/maps.hpp"

namespace gistmill::lensnet {

struct Shape {
  std::int64_t hidden = 0;   // D, of vectors
  std::int64_t width = 512;  // W, inside; a multiple of heads
  std::int64_t heads = 8;    // h
  std::int64_t stacks = 2;
  std::int64_t tail = 6;      // G, gists at most
  std::int64_t mlp = 128;     // R, of the head
  std::int64_t features = 3;  // F
  bool sees_tail = true;
};

// B contexts with M entries in all, one behind the other.
struct Batch {
  std::vector<std::int64_t> counts;  // [B] entries of each
  at::Tensor vectors;                // [M, D]
  at::Tensor levels;                 // i64 [M]
  at::Tensor features;               // [M, F]
  std::vector<at::Tensor> tails;     // [B] of [its gists, D]; not read where the tail is not seen
  std::vector<at::Tensor> places;    // [B] of i64 [its gists], below G
};

struct Weights {
  at::Tensor input;   // [W, D]
  at::Tensor level;   // [3, W]
  at::Tensor tail;    // [W, D]; undefined where the tail is not seen
  at::Tensor places;  // [G, W]
  std::vector<Maps> gist_attentions,
      context_attentions;  // [stacks]; no gist_attentions where the tail is not seen
  HeadMaps head;

  std::vector<at::Tensor> list() const;
  static Weights of(const Shape& shape, const std::vector<at::Tensor>& list);
  Weights zeros() const;
};

class Network {
 public:
  Network(const Shape& shape, const torch::Builder& build);

  // Scores [M], with gradients for the weights, of first order.
  at::Tensor operator()(const std::shared_ptr<const Batch>& batch) const;

  const Weights& weights() const { return weights_; }

 private:
  Shape shape_;
  Weights weights_;
};

}  // namespace gistmill::lensnet
