// decoder/tokens and metric/reconstruction: how much of a span's wording its gist keeps. K spans, S tokens a
// span, W inner width.
#include <gistmill/layers.hpp>
#include <gistmill/torch.hpp>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "plugins/decoder/tokens/reconstruction.hpp"

namespace {

using gistmill::torch::Attention;
using gistmill::torch::Builder;
using gistmill::torch::LayerNorm;
using gistmill::torch::Linear;
using gistmill::torch::Mlp;

struct Shape {
  std::int64_t width;  // W
  std::int64_t heads;
  std::int64_t mlp;
  std::int64_t layers;
};

// x + attention, then x + MLP, each of the normalized rows.
class Block {
 public:
  Block(const Builder& build, const Shape& shape)
      : attention_norm_(build.in("attention_norm"), shape.width),
        attention_(build.in("attention"), shape.width, shape.heads),
        mlp_norm_(build.in("mlp_norm"), shape.width),
        mlp_(build.in("mlp"), shape.width, shape.mlp, shape.width) {}

  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor normalized = attention_norm_(x);
    const at::Tensor seen = x + attention_(normalized, normalized);
    return seen + mlp_(mlp_norm_(seen));
  }

 private:
  LayerNorm attention_norm_;
  Attention attention_;
  LayerNorm mlp_norm_;
  Mlp mlp_;
};

// gist [K, D] -> rows [K, S, D]
class Network {
 public:
  Network(const Builder& build, const Shape& shape, std::int64_t span, std::int64_t hidden)
      : input_(build.in("input"), hidden, shape.width),
        places_(build.normal("places", {span, shape.width}, 0.5)),
        norm_(build.in("norm"), shape.width),
        output_(build.in("output"), shape.width, hidden) {
    for (std::int64_t i = 0; i < shape.layers; ++i)
      blocks_.emplace_back(build.in("layers").in(std::to_string(i)), shape);
  }

  at::Tensor operator()(const at::Tensor& gist) const {
    // Gists have the norm of embeddings, which differs from model to model.
    at::Tensor rows = input_(at::layer_norm(gist, {gist.size(1)})).unsqueeze(1) + places_;  // [K, S, W]
    for (const Block& block : blocks_) rows = block(rows);
    return output_(norm_(rows));
  }

 private:
  Linear input_;
  at::Tensor places_;  // [S, W]
  std::vector<Block> blocks_;
  LayerNorm norm_;
  Linear output_;
};

class TokenDecoder : public gistmill::torch::Component {
 public:
  explicit TokenDecoder(const gistmill::Options& options)
      : shape_{options.integer("width"), options.integer("heads"), options.integer("mlp"),
               options.integer("layers")} {
    if (shape_.width % shape_.heads == 0) return;
    throw gistmill::Error(GM_ERROR_USER,
                          "width is " + std::to_string(shape_.width) +
                              " when it should be a multiple of heads, " + std::to_string(shape_.heads),
                          "width");
  }

  void start(const gistmill::Start& start) {
    const auto add = [this](const std::string& name, const at::Tensor& initial, std::uint32_t flags) {
      return parameter(name, initial, flags);
    };
    network_ = std::make_unique<const Network>(Builder(add, gistmill::torch::generator(start.seed())), shape_,
                                               start.symbol("S"), start.symbol("D"));
  }

  // gist [K, 1, D], embeddings [K, S, D] -> hidden_decoded [K, S, D]
  at::Tensor decode(const at::Tensor& gist, const at::Tensor& /*embeddings*/) const {
    return (*network_)(gist.squeeze(1));
  }

  // tokens i32[T], spans i32[K], embeddings [K, S, D] -> span_tokens i32[K, S], span_mask [K, S]
  std::tuple<at::Tensor, at::Tensor> targets(const at::Tensor& tokens, const at::Tensor& spans,
                                             const at::Tensor& embeddings) const {
    const at::Tensor places =
        spans.to(at::kLong).unsqueeze(1) + at::arange(embeddings.size(1), spans.options().dtype(at::kLong));
    return {tokens.index({places}), at::ones(places.sizes(), tokens.options().dtype(at::kFloat))};
  }

 private:
  Shape shape_;
  std::unique_ptr<const Network> network_;
};

class Reconstruction : public gistmill::torch::Component {
 public:
  explicit Reconstruction(const gistmill::Options&) {}

  // hidden_decoded [K, S, D], head [V, D], span_tokens [K, S] -> tokens_right, reconstruction_nll,
  // embedding_mse [K]
  std::tuple<at::Tensor, at::Tensor, at::Tensor> measure(const at::Tensor& hidden_decoded,
                                                         const at::Tensor& head,
                                                         const at::Tensor& span_tokens) const {
    const auto found = gistmill::decoder::reconstruction(hidden_decoded, head, span_tokens);
    return {found.right, found.nll, found.embedding_mse};
  }
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<TokenDecoder>("decoder/tokens")
                    .operation("decode", &TokenDecoder::decode)
                    .operation("targets", &TokenDecoder::targets),
                gistmill::component<Reconstruction>("metric/reconstruction")
                    .operation("measure", &Reconstruction::measure));
