#include "plugins/teacher/decoder/trained_rows.hpp"

#include <ATen/ATen.h>

#include <gistmill/products.hpp>
#include <utility>

namespace gistmill::decoder {

TrainedRows::TrainedRows(at::Tensor parameters, const std::vector<std::int64_t>& ids, std::int64_t vocabulary)
    : rows(std::move(parameters)), tokens(at::tensor(ids, at::kLong).to(rows.device())) {
  places = at::full({vocabulary}, -1, tokens.options());
  places.index_copy_(0, tokens, at::arange(tokens.size(0), tokens.options()));
}

at::Tensor TrainedRows::embed(const at::Tensor& embeddings, const at::Tensor& of, bool gradients) const {
  const at::Tensor found = places.index_select(0, of);
  const at::Tensor own = used(gradients).index_select(0, found.clamp_min(0));
  return at::where((found >= 0).unsqueeze(1), own, embeddings);
}

at::Tensor TrainedRows::predict(const at::Tensor& logits, const at::Tensor& x, bool gradients) const {
  const at::Tensor own = torch::counted_linear(x.to(at::kFloat), used(gradients));
  return logits.index_copy(1, tokens, own.to(logits.scalar_type()));
}

at::Tensor TrainedRows::in_table(const at::Tensor& table) const {
  return table.detach().index_copy(0, tokens, used(false).to(table.scalar_type()));
}

}  // namespace gistmill::decoder
