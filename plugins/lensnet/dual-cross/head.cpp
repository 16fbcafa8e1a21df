#include "plugins/lensnet/dual-cross/head.hpp"

#include <cmath>

namespace gistmill::lensnet {

HeadMaps HeadMaps::made(const torch::Builder& build, std::int64_t width, std::int64_t features,
                        std::int64_t hidden) {
  HeadMaps maps;
  const double bound = 1 / std::sqrt(static_cast<double>(width + features));
  if (width > 0) maps.rows = build.uniform("rows.weight", {hidden, width}, bound);
  maps.features = build.uniform("features.weight", {hidden, features}, bound);
  maps.bias = build.constant("bias", {hidden}, 0);
  maps.output = build.zero_weight("output.weight", {hidden});
  maps.output_bias = build.constant("output.bias", {}, 0);
  return maps;
}

HeadMaps HeadMaps::zeros() const {
  return {rows.defined() ? at::zeros_like(rows) : at::Tensor(), at::zeros_like(features),
          at::zeros_like(bias), at::zeros_like(output), at::zeros_like(output_bias)};
}

void HeadMaps::append_to(std::vector<at::Tensor>& list) const {
  if (rows.defined()) list.push_back(rows);
  list.insert(list.end(), {features, bias, output, output_bias});
}

HeadMaps HeadMaps::taken_from(const std::vector<at::Tensor>& list, std::size_t& at, bool with_rows) {
  HeadMaps maps;
  if (with_rows) maps.rows = list[at++];
  maps.features = list[at++];
  maps.bias = list[at++];
  maps.output = list[at++];
  maps.output_bias = list[at++];
  return maps;
}

//   a = c Wc^T + f Wf^T + b        score = tanh(gelu(a) . w + b')
Head::Head(const HeadMaps& maps, const at::Tensor& rows, const at::Tensor& features)
    : maps_(maps), rows_(rows), features_(features) {
  before_ = at::addmm(maps.bias, features, maps.features.t());  // [N, R]
  if (rows.defined()) before_.addmm_(rows, maps.rows.t());
  hidden_ = at::gelu(before_);
  scores_ = at::mv(hidden_, maps.output).add_(maps.output_bias).tanh_();
}

//   dy = ds (1 - score^2)          da = gelu'(a) (dy w^T)
//   dw = gelu(a)^T dy    db' = sum dy    dWc = da^T c    dWf = da^T f    db = sum da    dc = da Wc
at::Tensor Head::backward(const at::Tensor& grad, HeadMaps& maps) const {
  const at::Tensor grad_sum = at::tanh_backward(grad, scores_);  // [N]
  maps.output.add_(at::mv(hidden_.t(), grad_sum));
  maps.output_bias.add_(grad_sum.sum());
  const at::Tensor grad_before = at::gelu_backward(at::outer(grad_sum, maps_.output), before_);  // [N, R]
  maps.bias.add_(grad_before.sum(0));
  maps.features.addmm_(grad_before.t(), features_);
  if (!rows_.defined()) return {};
  maps.rows.addmm_(grad_before.t(), rows_);
  return at::mm(grad_before, maps_.rows);
}

}  // namespace gistmill::lensnet
