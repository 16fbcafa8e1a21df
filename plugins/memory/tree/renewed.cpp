// Gists of a working context compressed anew, so that the gistnet gets their gradient: which blocks, and the
// way of their vectors into the context's.
#include <algorithm>

#include "plugins/memory/tree/component.hpp"

namespace gistmill::memory {
namespace {

// The places of the gists of level 1 among all. Throws Error (user) where there are not `count` of them.
std::vector<std::int64_t> places_of_blocks(const Tensor& gist_levels, std::int64_t count) {
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < gist_levels.size(); ++i) {
    if (gist_levels.data<std::int32_t>()[i] == 1) places.push_back(i);
  }
  if (static_cast<std::int64_t>(places.size()) == count) return places;
  throw Error(GM_ERROR_USER,
              std::to_string(count) + " vectors for " + std::to_string(places.size()) +
                  " gists of level 1; compress the spans of `shown`",
              "renewed");
}

}  // namespace

Tensor TreeMemory::shown(const Tensor& gist_levels, const Tensor& gist_starts) const {
  std::vector<std::int32_t> spans;
  for (std::int64_t i = 0; i < gist_levels.size(); ++i) {
    if (gist_levels.data<std::int32_t>()[i] == 1) spans.push_back(gist_starts.data<std::int32_t>()[i]);
  }
  return Tensor::of(spans, {static_cast<std::int64_t>(spans.size())});
}

Tensor TreeMemory::renew(const Tensor& gist, const Tensor& gist_levels, const Tensor& renewed) const {
  const std::int64_t width = gist.shape()[2];
  Tensor result = Tensor::zeros<float>(gist.shape());
  std::copy_n(gist.data<float>(), gist.size(), result.mutable_data<float>());
  const float* vector = renewed.data<float>();
  for (const std::int64_t place : places_of_blocks(gist_levels, renewed.shape()[0])) {
    std::copy_n(vector, width, result.mutable_data<float>() + place * width);
    vector += width;
  }
  return result;
}

std::vector<Tensor> TreeMemory::renew_vjp(const Call&, const std::vector<Tensor>& inputs,
                                          const std::vector<Tensor>& grad_outputs) const {
  const Tensor& renewed = inputs[2];
  const std::int64_t width = renewed.shape()[2];
  Tensor gradient = Tensor::zeros<float>(renewed.shape());
  if (grad_outputs[0]) {
    float* vector = gradient.mutable_data<float>();
    for (const std::int64_t place : places_of_blocks(inputs[1], renewed.shape()[0])) {
      std::copy_n(grad_outputs[0].data<float>() + place * width, width, vector);
      vector += width;
    }
  }
  return {Tensor(), Tensor(), std::move(gradient)};
}

}  // namespace gistmill::memory
