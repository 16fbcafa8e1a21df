// gistnet/mean-linear, gistnet/mean-mlp, gistnet/query: trained baselines that pool over a span's tokens and
// correct the last token's embedding. K spans, S tokens, F features a token.
#include <gistmill/gist.hpp>
#include <gistmill/layers.hpp>
#include <gistmill/torch.hpp>

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

namespace {

using gistmill::torch::Builder;
using gistmill::torch::Linear;

struct Sizes {
  std::int64_t span;      // S
  std::int64_t features;  // F
  std::int64_t hidden;    // D
};

// The networks: tokens [K, S, F] -> correction [K, D], zero until the head has learned.

class MeanLinear {
 public:
  struct Shape {
    explicit Shape(const gistmill::Options&) {}
  };
  MeanLinear(const Builder& build, const Sizes& sizes, const Shape&)
      : head_(Linear::zero(build.in("head"), sizes.features, sizes.hidden)) {}
  at::Tensor operator()(const at::Tensor& tokens) const { return head_(tokens.mean(1)); }

 private:
  Linear head_;
};

class MeanMlp {
 public:
  struct Shape {
    explicit Shape(const gistmill::Options& options) : mlp(options.integer("mlp")) {}
    std::int64_t mlp;
  };
  MeanMlp(const Builder& build, const Sizes& sizes, const Shape& shape)
      : up_(build.in("mlp"), sizes.features, shape.mlp),
        head_(Linear::zero(build.in("head"), shape.mlp, sizes.hidden)) {}
  at::Tensor operator()(const at::Tensor& tokens) const { return head_(at::gelu(up_(tokens.mean(1)))); }

 private:
  Linear up_;
  Linear head_;
};

// h queries of size w = width / h; keys have no bias, which the softmax would not see.
class Query {
 public:
  struct Shape {
    explicit Shape(const gistmill::Options& options)
        : width(options.integer("width")), heads(options.integer("heads")) {
      if (width % heads == 0) return;
      throw gistmill::Error(GM_ERROR_USER,
                            "width is " + std::to_string(width) + " when it should be a multiple of heads, " +
                                std::to_string(heads),
                            "width");
    }
    std::int64_t width;
    std::int64_t heads;
  };
  Query(const Builder& build, const Sizes& sizes, const Shape& shape)
      : heads_(shape.heads),
        query_(build.normal("query", {shape.heads, shape.width / shape.heads}, 1.0)),
        key_(build.in("key"), sizes.features, shape.width, gistmill::torch::Bias::no),
        value_(build.in("value"), sizes.features, shape.width),
        positions_(build.normal("positions", {sizes.span, shape.width}, 0.02)),
        head_(Linear::zero(build.in("head"), shape.width, sizes.hidden)) {}
  // `entropy`, where not null, becomes that of the weights in bits, mean over heads, [K].
  at::Tensor operator()(const at::Tensor& tokens, at::Tensor* entropy = nullptr) const {
    const auto split = [&](const at::Tensor& x) {  // no -1: there may be no span
      return x.view({x.size(0), x.size(1), heads_, x.size(2) / heads_});
    };
    const at::Tensor keys = split(key_(tokens) + positions_);  // [K, S, h, w]
    const at::Tensor scores = (keys * query_).sum(3) / std::sqrt(static_cast<double>(query_.size(1)));
    const at::Tensor weights = at::softmax(scores, 1);  // [K, S, h]
    if (entropy != nullptr)
      *entropy = gistmill::torch::entropy_in_bits(weights.detach().transpose(1, 2)).mean(1);
    return head_((weights.unsqueeze(3) * split(value_(tokens))).sum(1).flatten(1));
  }

 private:
  std::int64_t heads_;
  at::Tensor query_;  // [h, w]
  Linear key_;
  Linear value_;
  at::Tensor positions_;  // [S, width], added to the keys
  Linear head_;
};

template <class Pooling>
class Pooled : public gistmill::torch::Component {
 public:
  explicit Pooled(const gistmill::Options& options)
      : shape_(options), position_(options.string("position")), scale_(options.number("scale")) {}

  void start(const gistmill::Start& start) {
    const std::int64_t hidden = start.symbol("D");
    const std::int64_t recorded = start.symbol_or("N", 0);
    const Sizes sizes{start.symbol("S"), std::max<std::int64_t>(recorded, 1) * hidden, hidden};
    const auto add = [this](const std::string& name, const at::Tensor& initial, std::uint32_t flags) {
      return parameter(name, initial, flags);
    };
    network_ =
        std::make_unique<Pooling>(Builder(add, gistmill::torch::generator(start.seed())), sizes, shape_);
  }

  // embeddings [K, S, D], embedding_norm [], states [K, S, N, D] -> gist [K, 1, D], offsets [K, 1]
  std::tuple<at::Tensor, at::Tensor> compress(const at::Tensor& embeddings, const at::Tensor& embedding_norm,
                                              const std::optional<at::Tensor>& states) const {
    const at::Tensor correction = (*network_)(features(embeddings, states));
    return {gistmill::torch::corrected_last(embeddings, embedding_norm, correction, scale_),
            gistmill::torch::one_place(position_, embeddings)};
  }

  // The same and attention_entropy [K], of a pooling that has weights.
  std::tuple<at::Tensor, at::Tensor, at::Tensor> compress_by_weights(
      const gistmill::Call& call, const at::Tensor& embeddings, const at::Tensor& embedding_norm,
      const std::optional<at::Tensor>& states) const {
    // Only figures read it: steps of a training do not pay for it.
    at::Tensor entropy =
        at::full({embeddings.size(0)}, std::numeric_limits<float>::quiet_NaN(), embeddings.options());
    const at::Tensor correction =
        (*network_)(features(embeddings, states), call.train() ? nullptr : &entropy);
    return {gistmill::torch::corrected_last(embeddings, embedding_norm, correction, scale_),
            gistmill::torch::one_place(position_, embeddings), entropy};
  }

 private:
  // The norms of states differ by orders of magnitude between layers: each is normalized by itself.
  static at::Tensor features(const at::Tensor& embeddings, const std::optional<at::Tensor>& states) {
    return states ? at::layer_norm(*states, {states->size(3)}).flatten(2)
                  : at::layer_norm(embeddings, {embeddings.size(2)});
  }

  typename Pooling::Shape shape_;
  std::string position_;
  double scale_;
  std::unique_ptr<const Pooling> network_;
};

template <class Pooling>
auto pooled(const char* name) {
  return gistmill::component<Pooled<Pooling>>(name).operation("compress", &Pooled<Pooling>::compress);
}

}  // namespace

GISTMILL_PLUGIN(pooled<MeanLinear>("gistnet/mean-linear"), pooled<MeanMlp>("gistnet/mean-mlp"),
                gistmill::component<Pooled<Query>>("gistnet/query")
                    .operation("compress", &Pooled<Query>::compress_by_weights));
