// Layers that trained components are built of: linear map, layer norm, rotary positions, attention, MLP.
// Plain functions of at::Tensors over parameters that a Builder registers; any floating dtype, any device.
// Not a module system: no names are looked up, nothing is stored twice, autograd needs nothing from here.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "gistmill/extensions.h"
#include "gistmill/products.hpp"

namespace gistmill::torch {

// Registers an initial value under a name (gistmill::torch::Component::parameter) and returns the tensor
// to compute with.
using RegisterParameter =
    std::function<at::Tensor(const std::string& name, at::Tensor initial, std::uint32_t flags)>;

// Makes parameters with initial values from one generator, in the order of construction: the same seed gives
// the same network. `in("a").in("b")` names the parameters inside "a.b.".
class Builder {
 public:
  Builder(RegisterParameter register_parameter, at::Generator generator)
      : register_(std::move(register_parameter)), generator_(std::move(generator)) {}

  Builder in(const std::string& name) const {
    Builder inner = *this;
    inner.prefix_ += name + ".";
    return inner;
  }

  at::Tensor uniform(const std::string& name, at::IntArrayRef shape, double bound) const {
    return add(name, at::empty(shape, at::kFloat).uniform_(-bound, bound, generator_), GM_PARAM_TRAINABLE);
  }
  // Without weight decay, as all below: slots, positions, biases and norms are no weights of a map.
  at::Tensor normal(const std::string& name, at::IntArrayRef shape, double deviation) const {
    return add(name, at::empty(shape, at::kFloat).normal_(0, deviation, generator_), kNoDecay);
  }
  at::Tensor constant(const std::string& name, at::IntArrayRef shape, double value) const {
    return add(name, at::full(shape, value, at::kFloat), kNoDecay);
  }
  // A weight that starts at zero: the output layer of a correction, which then starts as no correction.
  at::Tensor zero_weight(const std::string& name, at::IntArrayRef shape) const {
    return add(name, at::zeros(shape, at::kFloat), GM_PARAM_TRAINABLE);
  }

 private:
  static constexpr std::uint32_t kNoDecay = GM_PARAM_TRAINABLE | GM_PARAM_NO_DECAY;

  at::Tensor add(const std::string& name, at::Tensor initial, std::uint32_t flags) const {
    return register_(prefix_ + name, std::move(initial), flags);
  }

  RegisterParameter register_;
  at::Generator generator_;
  std::string prefix_;
};

enum class Bias { yes, no };

// x [..., in] -> [..., out]. Weight uniform within 1 / sqrt(in), bias zero.
class Linear {
 public:
  Linear(const Builder& build, std::int64_t in, std::int64_t out, Bias bias = Bias::yes)
      : weight_(build.uniform("weight", {out, in}, 1.0 / std::sqrt(static_cast<double>(in)))) {
    if (bias == Bias::yes) bias_ = build.constant("bias", {out}, 0);
  }
  // All zero, so that what it is added to passes unchanged at the start of training.
  static Linear zero(const Builder& build, std::int64_t in, std::int64_t out) {
    return Linear(build.zero_weight("weight", {out, in}), build.constant("bias", {out}, 0));
  }

  at::Tensor operator()(const at::Tensor& x) const { return counted_linear(x, weight_, bias_); }
  const at::Tensor& weight() const { return weight_; }  // [out, in]
  const at::Tensor& bias() const { return bias_; }      // [out], undefined without bias

 private:
  Linear(at::Tensor weight, at::Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {}

  at::Tensor weight_;
  at::Tensor bias_;
};

// x [..., width] -> the same shape, each row centered, scaled to deviation 1, then gain and shift.
class LayerNorm {
 public:
  LayerNorm(const Builder& build, std::int64_t width)
      : weight_(build.constant("weight", {width}, 1)), bias_(build.constant("bias", {width}, 0)) {}

  at::Tensor operator()(const at::Tensor& x) const {
    return at::layer_norm(x, weight_.sizes(), weight_, bias_);
  }

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

// Dropout with its own generator; `probability` 0 passes everything. ATen's own would draw from the process's
// generator, which no plugin may touch.
struct Dropout {
  double probability = 0;
  at::Generator generator;

  at::Tensor operator()(const at::Tensor& x) const {
    if (probability == 0) return x;
    const double keep = 1 - probability;
    return x * at::empty_like(x).bernoulli_(keep, generator).div_(keep);
  }
};

// x [..., in] -> [..., out] through a hidden layer of width `hidden` and GELU.
class Mlp {
 public:
  Mlp(const Builder& build, std::int64_t in, std::int64_t hidden, std::int64_t out)
      : up_(build.in("up"), in, hidden), down_(build.in("down"), hidden, out) {}

  at::Tensor operator()(const at::Tensor& x) const { return down_(at::gelu(up_(x))); }

 private:
  Linear up_;
  Linear down_;
};

// Rotary positions 0 .. length-1: element i of the first half of a head and element i of the second half are
// one point of a plane, turned by position * base^(-2i / head). The same pairs give the frequencies and are
// turned, so norms are kept and scores depend on distance only.
class Rotary {
 public:
  Rotary(std::int64_t length, std::int64_t head, double base = 10000) {
    const at::Tensor index = at::arange(0, head, 2, at::kDouble);
    const at::Tensor angles =
        at::outer(at::arange(length, at::kDouble), at::pow(base, index * (-1.0 / static_cast<double>(head))));
    cosine_ = angles.cos();
    sine_ = angles.sin();
  }

  // x [..., length, head]
  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor cosine = cosine_.to(x.options(), /*non_blocking=*/true);
    const at::Tensor sine = sine_.to(x.options(), /*non_blocking=*/true);
    const auto halves = x.chunk(2, -1);
    return at::cat({halves[0] * cosine - halves[1] * sine, halves[1] * cosine + halves[0] * sine}, -1);
  }

 private:
  at::Tensor cosine_;  // [length, head / 2], f64
  at::Tensor sine_;
};

// weights [..., M] that sum to 1 over M -> [...], their entropy in bits: 0 where one has all, log2(M) where
// they are equal.
inline at::Tensor entropy_in_bits(const at::Tensor& weights) {
  return at::special_entr(weights).sum(-1) / std::log(2.0);
}

// Multi-head attention of queries [B, Q, W] over memory [B, M, W] -> [B, Q, W], no mask.
// Keys have no bias: the softmax does not see it, so it could not learn.
class Attention {
 public:
  Attention(const Builder& build, std::int64_t width, std::int64_t heads)
      : heads_(heads),
        query_(build.in("query"), width, width),
        key_(build.in("key"), width, width, Bias::no),
        value_(build.in("value"), width, width),
        output_(build.in("output"), width, width) {}

  // `entropy`, where not null, becomes that of the weights in bits, mean over heads and queries, [B]; a
  // constant for the gradient.
  at::Tensor operator()(const at::Tensor& queries, const at::Tensor& memory,
                        at::Tensor* entropy = nullptr) const {
    const at::Tensor query = split(query_(queries));
    const at::Tensor key = split(key_(memory));
    if (entropy != nullptr) {
      const at::Tensor scores = at::matmul(query.detach(), key.detach().transpose(2, 3));
      const double scale = 1 / std::sqrt(static_cast<double>(query.size(3)));
      *entropy = entropy_in_bits(at::softmax(scores * scale, -1)).flatten(1).mean(1);
    }
    return attend(query, key, memory);
  }
  // Self-attention with rotary positions on queries and keys.
  at::Tensor operator()(const at::Tensor& x, const Rotary& rotary) const {
    return attend(rotary(split(query_(x))), rotary(split(key_(x))), x);
  }

 private:
  // [B, N, W] -> [B, heads, N, W / heads]
  at::Tensor split(const at::Tensor& x) const {
    return x.view({x.size(0), x.size(1), heads_, -1}).transpose(1, 2);
  }
  at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& memory) const {
    const at::Tensor mixed = counted_attention(query, key, split(value_(memory)));
    return output_(mixed.transpose(1, 2).flatten(2));
  }

  std::int64_t heads_;
  Linear query_;
  Linear key_;
  Linear value_;
  Linear output_;
};

}  // namespace gistmill::torch
