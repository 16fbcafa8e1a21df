// lensnet/dual-cross, and two of its controls: lensnet/causal, the same network without the tail, and
// lensnet/mlp, which reads no vectors. Options and ports; the networks are network.hpp's and head.hpp's.
#include <gistmill/torch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugins/focus/common/targets.hpp"
#include "plugins/lensnet/dual-cross/contexts.hpp"
#include "plugins/lensnet/dual-cross/network.hpp"

namespace {

using gistmill::Error;
using gistmill::lensnet::Batch;
using gistmill::lensnet::ContextPorts;
namespace lensnet = gistmill::lensnet;
namespace focus = gistmill::focus;

lensnet::Shape shape_of(const gistmill::Options& options, bool sees_tail) {
  lensnet::Shape shape;
  shape.width = options.integer("width");
  shape.heads = options.integer("heads");
  shape.stacks = options.integer("stacks");
  shape.tail = options.integer("tail");
  shape.mlp = options.integer("mlp");
  shape.sees_tail = sees_tail;
  if (shape.width % shape.heads == 0) return shape;
  throw Error(GM_ERROR_USER,
              "width is " + std::to_string(shape.width) + " when it should be a multiple of heads, " +
                  std::to_string(shape.heads),
              "width");
}

// Scores of one context, as an allocator takes them: on the CPU, without what is not legal.
at::Tensor masked(const focus::Entries& entries, const at::Tensor& scores) {
  at::Tensor given = scores.detach().to(at::kCPU, at::kFloat).contiguous().clone();
  focus::mask_scores(entries, given.mutable_data_ptr<float>());
  return given;
}

ContextPorts one_context(const at::Tensor& levels, const at::Tensor& starts, const at::Tensor& block,
                         const at::Tensor& cursor, const at::Tensor& protected_tail) {
  return {at::full({1}, levels.numel(), at::kInt),
          levels,
          starts,
          block,
          cursor.reshape({1}),
          protected_tail.reshape({1})};
}

class DualCross : public gistmill::torch::Component {
 public:
  explicit DualCross(const gistmill::Options& options) : DualCross(options, true) {}

  void start(const gistmill::Start& start) {
    shape_.hidden = start.symbol("D");
    const auto add = [this](const std::string& name, const at::Tensor& initial, std::uint32_t flags) {
      return parameter(name, initial, flags);
    };
    network_ = std::make_unique<lensnet::Network>(
        shape_, gistmill::torch::Builder(add, gistmill::torch::generator(start.seed())));
  }

  // Ports as in plugin.toml -> scores [N].
  at::Tensor score(const at::Tensor& levels, const at::Tensor& starts, const at::Tensor& block,
                   const at::Tensor& cursor, const at::Tensor& protected_tail, const at::Tensor& level1_gists,
                   const at::Tensor& level2_gists) const {
    const ContextPorts ports = one_context(levels, starts, block, cursor, protected_tail);
    const focus::ContextBatch contexts = lensnet::contexts_of(ports);
    const auto batch = std::make_shared<Batch>();
    batch->vectors = lensnet::vectors_of(contexts[0], level1_gists, level2_gists);
    if (shape_.sees_tail)
      batch->tails.push_back(lensnet::tail_of(contexts[0], shape_.tail, level1_gists, level2_gists));
    fill(*batch, ports, contexts);
    return masked(contexts[0], (*network_)(batch));
  }

  // Ports as in plugin.toml -> scores [M].
  at::Tensor score_batch(const at::Tensor& counts, const at::Tensor& levels, const at::Tensor& starts,
                         const at::Tensor& block, const at::Tensor& cursor, const at::Tensor& protected_tail,
                         const at::Tensor& vectors, const at::Tensor& tail) const {
    const ContextPorts ports{counts, levels, starts, block, cursor, protected_tail};
    const focus::ContextBatch contexts = lensnet::contexts_of(ports);
    const auto batch = std::make_shared<Batch>();
    batch->vectors = here(vectors);
    const at::Tensor tails = here(tail);
    for (std::size_t i = 0; shape_.sees_tail && i < contexts.size(); ++i) {
      const std::int64_t gists = lensnet::places_of(contexts[i], shape_.tail).numel();
      batch->tails.push_back(tails.select(0, static_cast<std::int64_t>(i)).narrow(0, 0, gists));
    }
    fill(*batch, ports, contexts);
    return (*network_)(batch);
  }

 protected:
  DualCross(const gistmill::Options& options, bool sees_tail) : shape_(shape_of(options, sees_tail)) {}

 private:
  void fill(Batch& batch, const ContextPorts& ports, const focus::ContextBatch& contexts) const {
    for (std::size_t i = 0; i < contexts.size(); ++i) {
      batch.counts.push_back(static_cast<std::int64_t>(contexts[i].count));
      if (shape_.sees_tail) batch.places.push_back(here(lensnet::places_of(contexts[i], shape_.tail)));
    }
    batch.levels = here(ports.levels.to(at::kLong));
    batch.features = here(lensnet::features_of(contexts));
  }

  lensnet::Shape shape_;
  std::unique_ptr<lensnet::Network> network_;
};

class Causal : public DualCross {
 public:
  explicit Causal(const gistmill::Options& options) : DualCross(options, false) {}
};

class Mlp : public gistmill::torch::Component {
 public:
  explicit Mlp(const gistmill::Options& options) : hidden_(options.integer("mlp")) {}

  void start(const gistmill::Start& start) {
    const auto add = [this](const std::string& name, const at::Tensor& initial, std::uint32_t flags) {
      return parameter(name, initial, flags);
    };
    maps_ = lensnet::HeadMaps::made(
        gistmill::torch::Builder(add, gistmill::torch::generator(start.seed())).in("head"), 0,
        lensnet::Shape().features, hidden_);
  }

  at::Tensor score(const at::Tensor& levels, const at::Tensor& starts, const at::Tensor& block,
                   const at::Tensor& cursor, const at::Tensor& protected_tail) const {
    const ContextPorts ports = one_context(levels, starts, block, cursor, protected_tail);
    const focus::ContextBatch contexts = lensnet::contexts_of(ports);
    return masked(contexts[0], scores(contexts));
  }

  at::Tensor score_batch(const at::Tensor& counts, const at::Tensor& levels, const at::Tensor& starts,
                         const at::Tensor& block, const at::Tensor& cursor,
                         const at::Tensor& protected_tail) const {
    const ContextPorts ports{counts, levels, starts, block, cursor, protected_tail};
    return scores(lensnet::contexts_of(ports));
  }

 private:
  at::Tensor scores(const focus::ContextBatch& contexts) const {
    return lensnet::Head(maps_, {}, here(lensnet::features_of(contexts))).scores();
  }

  std::int64_t hidden_;
  lensnet::HeadMaps maps_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<DualCross>("lensnet/dual-cross")
                    .operation("score", &DualCross::score)
                    .operation("score_batch", &DualCross::score_batch),
                gistmill::component<Causal>("lensnet/causal")
                    .operation("score", &Causal::score)
                    .operation("score_batch", &Causal::score_batch),
                gistmill::component<Mlp>("lensnet/mlp")
                    .operation("score", &Mlp::score)
                    .operation("score_batch", &Mlp::score_batch));
