// Attention pooling and MLP; see contextual.hpp. K spans, S tokens, F = n * D features a token, W pooled
// width, h heads of size w = W / h.
#include "plugins/gistnet/contextual/contextual.hpp"

#include <cmath>
#include <optional>

namespace gistmill::contextual {
namespace {

using torch::Bias;
using torch::Builder;
using torch::Linear;

// One query a span, from the last token, over all its tokens.
//
// Keys and values of the 32 tokens are never computed: with one query a head,
//   score(s) = q . (Wk x_s + p_s) = (Wk^T q) . x_s + q . p_s     and     sum_s a_s (Wv x_s) = Wv (sum_s a_s
//   x_s),
// so both projections work on one row a head and span instead of S rows: about S times less arithmetic, and
// the same numbers. A key bias would be the same for all tokens, which the softmax does not see.
class Pooling {
 public:
  Pooling(const Builder& build, const Shape& shape)
      : heads_(shape.heads),
        head_(shape.width / shape.heads),
        query_(build.in("query"), shape.states * shape.hidden, shape.width),
        key_(build.in("key"), shape.states * shape.hidden, shape.width, Bias::no),
        value_(build.in("value"), shape.states * shape.hidden, shape.width),
        positions_(build.normal("positions", {shape.span, shape.width}, 0.02)) {}

  // tokens [K, S, F], last [K, F] -> [K, W]. `entropy` as in Network.
  at::Tensor operator()(const at::Tensor& tokens, const at::Tensor& last, at::Tensor* entropy) const {
    const at::Tensor query = query_(last).view({-1, heads_, head_}).transpose(0, 1);              // [h, K, w]
    const at::Tensor asked = torch::counted_bmm(query, key_.weight().view({heads_, head_, -1}));  // [h, K, F]
    const at::Tensor by_content =
        torch::counted_bmm(asked.transpose(0, 1), tokens.transpose(1, 2));             // [K, h, S]
    const at::Tensor place = positions_.view({-1, heads_, head_}).permute({1, 2, 0});  // [h, w, S]
    const at::Tensor by_place = torch::counted_bmm(query, place).transpose(0, 1);      // [K, h, S]
    const at::Tensor scores = (by_content + by_place) / std::sqrt(static_cast<double>(head_));
    const at::Tensor weights = at::softmax(scores, -1);
    if (entropy != nullptr) *entropy = torch::entropy_in_bits(weights.detach()).mean(1);
    const at::Tensor pooled = torch::counted_bmm(weights, tokens).transpose(0, 1);        // [h, K, F]
    const at::Tensor weight = value_.weight().view({heads_, head_, -1}).transpose(1, 2);  // [h, F, w]
    return torch::counted_bmm(pooled, weight).transpose(0, 1).flatten(1) + value_.bias();
  }

 private:
  std::int64_t heads_;
  std::int64_t head_;
  Linear query_;
  Linear key_;
  Linear value_;
  at::Tensor positions_;  // [S, W], added to the keys
};

}  // namespace

struct Network::Layers {
  Layers(const Shape& shape, const Builder& build)
      : pooling(shape.pool ? std::optional<Pooling>(std::in_place, build.in("pool"), shape) : std::nullopt),
        mlp(build.in("mlp"), shape.states * shape.hidden + (shape.pool ? shape.width : 0), shape.mlp),
        head(Linear::zero(build.in("head"), shape.mlp, shape.hidden)) {}

  std::optional<Pooling> pooling;
  Linear mlp;
  Linear head;
};

Network::Network(const Shape& shape, const Builder& build)
    : layers_(std::make_unique<const Layers>(shape, build)) {}
Network::~Network() = default;

at::Tensor Network::operator()(const at::Tensor& states, at::Tensor* entropy) const {
  const Layers& net = *layers_;
  const std::int64_t last_token = states.size(1) - 1;
  // The norms of states differ by orders of magnitude between layers and tokens: each is normalized by
  // itself.
  const at::Tensor used = net.pooling ? states : states.narrow(1, last_token, 1);
  const at::Tensor tokens = at::layer_norm(used, {states.size(-1)}).flatten(2);  // [K, S or 1, F]
  at::Tensor features = tokens.select(1, tokens.size(1) - 1);                    // [K, F]
  if (net.pooling) features = at::cat({features, (*net.pooling)(tokens, features, entropy)}, 1);
  return net.head(at::gelu(net.mlp(features)));
}

}  // namespace gistmill::contextual
