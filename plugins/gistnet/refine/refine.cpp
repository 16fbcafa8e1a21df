// The refinement stack; see refine.hpp. K spans, S rows a span, W inner width, m middle slots.
#include "plugins/gistnet/refine/refine.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gistmill/gist.hpp"

namespace gistmill::refine {
namespace {

using torch::Attention;
using torch::Builder;
using torch::Dropout;
using torch::LayerNorm;
using torch::Linear;
using torch::Mlp;
using torch::Rotary;

// x + MLP(LayerNorm(x))
class FeedForward {
 public:
  FeedForward(const Builder& build, const Shape& shape)
      : norm_(build.in("norm"), shape.width), mlp_(build.in("mlp"), shape.width, shape.mlp, shape.width) {}

  at::Tensor operator()(const at::Tensor& x, const Dropout& dropout) const {
    return x + dropout(mlp_(norm_(x)));
  }

 private:
  LayerNorm norm_;
  Mlp mlp_;
};

// x + SelfAttention(LayerNorm(x)) with rotary positions
class SelfAttention {
 public:
  SelfAttention(const Builder& build, const Shape& shape)
      : norm_(build.in("norm"), shape.width), attention_(build.in("attention"), shape.width, shape.heads) {}

  at::Tensor operator()(const at::Tensor& x, const Rotary& rotary, const Dropout& dropout) const {
    return x + dropout(attention_(norm_(x), rotary));
  }

 private:
  LayerNorm norm_;
  Attention attention_;
};

// Learned slots [m, W], the same for every span, collect from the rows [K, S, W] -> [K, m, W].
// `start` [K, W], where defined, is added to each span's slots before they ask. `entropy` as in Attention.
class Collect {
 public:
  Collect(const Builder& build, const Shape& shape, std::int64_t slots)
      : slots_(build.normal("slots", {slots, shape.width}, 0.02)),
        slot_norm_(build.in("slot_norm"), shape.width),
        row_norm_(build.in("row_norm"), shape.width),
        attention_(build.in("attention"), shape.width, shape.heads),
        feed_forward_(build.in("feed_forward"), shape) {}

  at::Tensor operator()(const at::Tensor& rows, const Dropout& dropout, at::Tensor* entropy,
                        const at::Tensor& start = {}) const {
    at::Tensor slots = slots_.expand({rows.size(0), -1, -1});
    if (start.defined()) slots = slots + start.unsqueeze(1);
    const at::Tensor collected = attention_(slot_norm_(slots), row_norm_(rows), entropy);
    return feed_forward_(slots + dropout(collected), dropout);
  }

 private:
  at::Tensor slots_;
  LayerNorm slot_norm_;
  LayerNorm row_norm_;
  Attention attention_;
  FeedForward feed_forward_;
};

// What the rows [K, S, W] hear of the slots [K, m, W]: [K, S, W], or [K, 1, W] for every row alike.
class Tell {
 public:
  Tell(const Builder& build, const Shape& shape) : slot_norm_(build.in("slot_norm"), shape.width) {
    if (shape.mid_slots == 1) {
      value_.emplace(build.in("attention.value"), shape.width, shape.width);
      output_.emplace(build.in("attention.output"), shape.width, shape.width);
    } else {
      row_norm_.emplace(build.in("row_norm"), shape.width);
      attention_.emplace(build.in("attention"), shape.width, shape.heads);
    }
  }

  at::Tensor operator()(const at::Tensor& rows, const at::Tensor& slots) const {
    const at::Tensor memory = slot_norm_(slots);
    return attention_ ? (*attention_)((*row_norm_)(rows), memory) : (*output_)((*value_)(memory));
  }

 private:
  LayerNorm slot_norm_;
  std::optional<LayerNorm> row_norm_;
  std::optional<Attention> attention_;
  std::optional<Linear> value_;
  std::optional<Linear> output_;
};

}  // namespace

struct Network::Layers {
  struct Block {
    SelfAttention attention;
    FeedForward feed_forward;
  };

  Layers(const Shape& shape, const Builder& build)
      : rotary(shape.span, shape.width / shape.heads),
        input(build.in("input"), shape.inputs, shape.width),
        blocks(make_blocks(shape, build)),
        collect_middle(build.in("b"), shape, shape.mid_slots),
        tell(build.in("c.tell"), shape),
        tell_feed_forward(build.in("c.feed_forward"), shape),
        self_attention(build.in("c.self"), shape),
        collect_last(build.in("d"), shape, 1),
        ask_with_last(shape.ask_with_last),
        last_norm(build.in("d.norm"), shape.width),
        head(Linear::zero(build.in("head"), shape.width, shape.hidden)) {}

  static std::vector<Block> make_blocks(const Shape& shape, const Builder& build) {
    std::vector<Block> blocks;
    for (std::int64_t i = 0; i < shape.layers; ++i) {
      const Builder inside = build.in("a").in(std::to_string(i));
      SelfAttention attention(inside.in("self"), shape);
      blocks.push_back({std::move(attention), FeedForward(inside.in("feed_forward"), shape)});
    }
    return blocks;
  }

  Rotary rotary;
  Linear input;
  std::vector<Block> blocks;
  Collect collect_middle;
  Tell tell;
  FeedForward tell_feed_forward;
  SelfAttention self_attention;
  Collect collect_last;
  bool ask_with_last;
  LayerNorm last_norm;
  Linear head;
};

Network::Network(const Shape& shape, const Builder& build)
    : layers_(std::make_unique<const Layers>(shape, build)) {}
Network::~Network() = default;

at::Tensor Network::operator()(const at::Tensor& features, const Dropout& dropout,
                               at::Tensor* entropy) const {
  const Layers& net = *layers_;
  at::Tensor rows = net.input(features);  // [K, S, W]
  for (const Layers::Block& block : net.blocks) {
    rows = block.feed_forward(block.attention(rows, net.rotary, dropout), dropout);
  }
  at::Tensor entropy_middle, entropy_last;  // [K]
  const bool measures = entropy != nullptr;
  const at::Tensor middle =
      net.collect_middle(rows, dropout, measures ? &entropy_middle : nullptr);  // [K, m, W]
  rows = net.tell_feed_forward(rows + dropout(net.tell(rows, middle)), dropout);
  rows = net.self_attention(rows, net.rotary, dropout);
  const at::Tensor start = net.ask_with_last ? rows.select(1, rows.size(1) - 1) : at::Tensor();
  const at::Tensor slot =
      net.collect_last(rows, dropout, measures ? &entropy_last : nullptr, start).squeeze(1);  // [K, W]
  if (measures) *entropy = (entropy_middle + entropy_last) / 2;
  return net.head(net.last_norm(slot));
}

at::Tensor features_of_embeddings(const at::Tensor& embeddings, const at::Tensor& embedding_norm) {
  return embeddings / torch::embedding_rms(embedding_norm, embeddings.size(-1));
}

at::Tensor features_of_states(const at::Tensor& states) {
  return at::layer_norm(states, {states.size(-1)}).flatten(2);
}

}  // namespace gistmill::refine
