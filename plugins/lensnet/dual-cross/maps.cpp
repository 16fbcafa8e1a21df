#include "plugins/lensnet/dual-cross/maps.hpp"

#include <cmath>
#include <tuple>

namespace gistmill::lensnet {
namespace {

constexpr double kEpsilon = 1e-5;

}  // namespace

Maps Maps::made(const torch::Builder& build, std::int64_t width) {
  const double bound = 1 / std::sqrt(static_cast<double>(width));
  const auto weight = [&](const char* name) { return build.uniform(name, {width, width}, bound); };
  const auto bias = [&](const char* name) { return build.constant(name, {width}, 0); };
  Maps maps;
  maps.query = weight("query.weight");
  maps.query_bias = bias("query.bias");
  maps.key = weight("key.weight");
  maps.value = weight("value.weight");
  maps.value_bias = bias("value.bias");
  maps.output = weight("output.weight");
  maps.output_bias = bias("output.bias");
  return maps;
}

Maps Maps::zeros() const {
  return {at::zeros_like(query),      at::zeros_like(query_bias), at::zeros_like(key),
          at::zeros_like(value),      at::zeros_like(value_bias), at::zeros_like(output),
          at::zeros_like(output_bias)};
}

void Maps::append_to(std::vector<at::Tensor>& list) const {
  list.insert(list.end(), {query, query_bias, key, value, value_bias, output, output_bias});
}

Maps Maps::taken_from(const std::vector<at::Tensor>& list, std::size_t& at) {
  Maps maps{list[at], list[at + 1], list[at + 2], list[at + 3], list[at + 4], list[at + 5], list[at + 6]};
  at += 7;
  return maps;
}

Normed::Normed(const at::Tensor& x) : x_(x) {
  std::tie(rows_, mean_, inverse_) = at::native_layer_norm(x, {x.size(1)}, {}, {}, kEpsilon);
}

at::Tensor Normed::backward(const at::Tensor& grad) const {
  return std::get<0>(at::native_layer_norm_backward(grad.contiguous(), x_, {x_.size(1)}, mean_, inverse_, {},
                                                    {}, {true, false, false}));
}

}  // namespace gistmill::lensnet
