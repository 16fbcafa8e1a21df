#include "plugins/lensnet/dual-cross/network.hpp"

#include <cmath>
#include <deque>
#include <utility>

#include <torch/csrc/autograd/custom_function.h>

#include "gistmill/products.hpp"
#include "plugins/lensnet/dual-cross/context_attention.hpp"
#include "plugins/lensnet/dual-cross/gist_attention.hpp"

namespace gistmill::lensnet {
namespace {

using ::torch::autograd::AutogradContext;
using ::torch::autograd::variable_list;

// One context on its way through the stacks. `weights` outlives it.
class Pass {
 public:
  // entries [N, W] and gists [G, W] as the first stack sees them.
  Pass(const Shape& shape, const Weights& weights, at::Tensor entries, at::Tensor gists,
       const at::Tensor& features)
      : shape_(shape), weights_(weights) {
    for (std::size_t s = 0; s < weights.context_attentions.size(); ++s) {
      entries_.emplace_back(entries);
      if (shape.sees_tail) {
        gists_.emplace_back(gists);
        gist_attentions_.emplace_back(weights.gist_attentions[s], shape.heads, gists_.back().rows(),
                                      entries_.back().rows());
        gists = gists + gist_attentions_.back().update();
      }
      gists_after_.emplace_back(gists);
      context_attentions_.emplace_back(weights.context_attentions[s], shape.heads, gists_after_.back().rows(),
                                       entries_.back().rows());
      entries = context_attentions_.back().update().add_(entries);
    }
    entries_.emplace_back(entries);
    head_.emplace_back(weights.head, entries_.back().rows(), features);
  }

  const at::Tensor& scores() const { return head_.back().scores(); }  // [N]

  // grad [N] -> gradients of entries [N, W] and gists [G, W]; those of the weights are added to `weights`.
  std::pair<at::Tensor, at::Tensor> backward(const at::Tensor& grad, Weights& weights) const {
    at::Tensor entries = entries_.back().backward(head_.back().backward(grad, weights.head));
    at::Tensor gists = at::zeros_like(gists_after_.back().rows());
    for (std::size_t s = context_attentions_.size(); s-- > 0;) {
      at::Tensor normed = at::zeros_like(entries);
      gists.add_(gists_after_[s].backward(
          context_attentions_[s].backward(entries, weights.context_attentions[s], normed)));
      if (shape_.sees_tail)
        gists.add_(
            gists_[s].backward(gist_attentions_[s].backward(gists, weights.gist_attentions[s], normed)));
      entries.add_(entries_[s].backward(normed));
    }
    return {std::move(entries), std::move(gists)};
  }

 private:
  const Shape& shape_;
  const Weights& weights_;
  std::deque<Normed> entries_, gists_, gists_after_;
  std::deque<GistAttention> gist_attentions_;
  std::deque<ContextAttention> context_attentions_;
  std::deque<Head> head_;  // one
};

at::Tensor normed(const at::Tensor& x) { return Normed(x).rows(); }

// [its gists, W]
at::Tensor first_gists(const Shape& shape, const Weights& weights, const Batch& batch, std::size_t context) {
  if (!shape.sees_tail) return weights.places;
  const at::Tensor places = weights.places.index_select(0, batch.places[context]);
  return places.addmm(normed(batch.tails[context]), weights.tail.t());
}

// Floating-point operations of one direction: what the products with a row for each entry take.
double products_of(const Shape& shape, double entries) {
  const double folded = 2 * static_cast<double>(shape.heads * shape.tail * shape.width);
  const double stack = folded * (shape.sees_tail ? 4 : 2);
  return entries *
         (2 * static_cast<double>(shape.hidden * shape.width) + static_cast<double>(shape.stacks) * stack +
          2 * static_cast<double>(shape.width * shape.mlp));
}

struct Scores : public ::torch::autograd::Function<Scores> {
  static at::Tensor forward(AutogradContext* context, const at::TensorList& list,
                            const std::shared_ptr<const Batch>& batch, const Shape& shape) {
    const Weights weights = Weights::of(shape, list.vec());
    at::Tensor entries = weights.level.index_select(0, batch->levels);  // [M, W]
    std::vector<at::Tensor> scores;
    std::int64_t first = 0;
    for (std::size_t i = 0; i < batch->counts.size(); first += batch->counts[i++]) {
      at::Tensor own = entries.narrow(0, first, batch->counts[i]);
      own.addmm_(normed(batch->vectors.narrow(0, first, batch->counts[i])), weights.input.t());
      const at::Tensor features = batch->features.narrow(0, first, batch->counts[i]);
      scores.push_back(Pass(shape, weights, own, first_gists(shape, weights, *batch, i), features).scores());
    }
    torch::count_work(entries.scalar_type(), products_of(shape, static_cast<double>(entries.size(0))));
    variable_list saved = list.vec();
    saved.push_back(entries);
    context->save_for_backward(saved);
    context->saved_data["batch"] = c10::IValue::make_capsule(c10::make_intrusive<Held>(batch, shape));
    return at::cat(scores);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    variable_list saved = context->get_saved_variables();
    const at::Tensor entries = saved.back();
    saved.pop_back();
    const auto& held = static_cast<const Held&>(*context->saved_data["batch"].toCapsule());
    const Shape& shape = held.shape;
    const Batch& batch = *held.batch;
    const Weights weights = Weights::of(shape, saved);
    Weights sums = weights.zeros();
    std::int64_t first = 0;
    for (std::size_t i = 0; i < batch.counts.size(); first += batch.counts[i++]) {
      const std::int64_t count = batch.counts[i];
      const Pass pass(shape, weights, entries.narrow(0, first, count), first_gists(shape, weights, batch, i),
                      batch.features.narrow(0, first, count));
      const auto [rows, gists] = pass.backward(grads[0].narrow(0, first, count).contiguous(), sums);
      sums.input.addmm_(rows.t(), normed(batch.vectors.narrow(0, first, count)));
      sums.level.index_add_(0, batch.levels.narrow(0, first, count), rows);
      if (!shape.sees_tail) {
        sums.places.add_(gists);
        continue;
      }
      sums.places.index_add_(0, batch.places[i], gists);
      sums.tail.addmm_(gists.t(), normed(batch.tails[i]));
    }
    // The products again, and two for each; the vectors take no gradient.
    const auto rows = static_cast<double>(entries.size(0));
    torch::count_work(entries.scalar_type(), 2 * products_of(shape, rows) -
                                                 2 * rows * static_cast<double>(shape.hidden * shape.width));
    variable_list given = sums.list();
    given.resize(given.size() + 2);
    return given;
  }

  struct Held : ::torch::CustomClassHolder {
    Held(std::shared_ptr<const Batch> given, const Shape& of) : batch(std::move(given)), shape(of) {}
    std::shared_ptr<const Batch> batch;
    Shape shape;
  };
};

}  // namespace

std::vector<at::Tensor> Weights::list() const {
  std::vector<at::Tensor> all = {input, level};
  if (tail.defined()) all.push_back(tail);
  all.push_back(places);
  for (std::size_t s = 0; s < context_attentions.size(); ++s) {
    if (!gist_attentions.empty()) gist_attentions[s].append_to(all);
    context_attentions[s].append_to(all);
  }
  head.append_to(all);
  return all;
}

Weights Weights::of(const Shape& shape, const std::vector<at::Tensor>& list) {
  Weights weights;
  std::size_t at = 0;
  weights.input = list[at++];
  weights.level = list[at++];
  if (shape.sees_tail) weights.tail = list[at++];
  weights.places = list[at++];
  for (std::int64_t s = 0; s < shape.stacks; ++s) {
    if (shape.sees_tail) weights.gist_attentions.push_back(Maps::taken_from(list, at));
    weights.context_attentions.push_back(Maps::taken_from(list, at));
  }
  weights.head = HeadMaps::taken_from(list, at, true);
  return weights;
}

Weights Weights::zeros() const {
  Weights made;
  made.input = at::zeros_like(input);
  made.level = at::zeros_like(level);
  if (tail.defined()) made.tail = at::zeros_like(tail);
  made.places = at::zeros_like(places);
  for (const Maps& maps : gist_attentions) made.gist_attentions.push_back(maps.zeros());
  for (const Maps& maps : context_attentions) made.context_attentions.push_back(maps.zeros());
  made.head = head.zeros();
  return made;
}

Network::Network(const Shape& shape, const torch::Builder& build) : shape_(shape) {
  const double bound = 1 / std::sqrt(static_cast<double>(shape.hidden));
  weights_.input = build.uniform("input.weight", {shape.width, shape.hidden}, bound);
  weights_.level = build.normal("level", {3, shape.width}, 0.02);
  if (shape.sees_tail) weights_.tail = build.uniform("tail.weight", {shape.width, shape.hidden}, bound);
  weights_.places = build.normal("places", {shape.tail, shape.width}, shape.sees_tail ? 0.02 : 1.0);
  for (std::int64_t s = 0; s < shape.stacks; ++s) {
    const torch::Builder stack = build.in(std::to_string(s));
    if (shape.sees_tail)
      weights_.gist_attentions.push_back(Maps::made(stack.in("gist_attention"), shape.width));
    weights_.context_attentions.push_back(Maps::made(stack.in("context_attention"), shape.width));
  }
  weights_.head = HeadMaps::made(build.in("head"), shape.width, shape.features, shape.mlp);
}

at::Tensor Network::operator()(const std::shared_ptr<const Batch>& batch) const {
  const std::vector<at::Tensor> list = weights_.list();
  return Scores::apply(at::TensorList(list), batch, shape_);
}

}  // namespace gistmill::lensnet
