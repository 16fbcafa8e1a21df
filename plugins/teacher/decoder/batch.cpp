#include "plugins/teacher/decoder/batch.hpp"
#include "plugins/teacher/decoder/refused_input.hpp"

#include <ATen/ATen.h>

#include <gistmill/expect_shape.hpp>
#include <gistmill/plugin/values.hpp>
#include <string>

namespace gistmill::decoder {
namespace {

// places i64[G] of text `row`, in main memory.
void check_places(const at::Tensor& places, std::int64_t row, std::int64_t length) {
  const auto* columns = places.const_data_ptr<std::int64_t>();
  const std::int64_t count = places.size(0);
  const std::int64_t absent = places.eq(-1).sum().item<std::int64_t>();
  const std::string of_text = "gist_places of text " + std::to_string(row);
  if (absent == count) return;
  if (absent > 0)
    refuse(of_text + " has some -1: they should all be -1, where a text has no gist, or none", "gist_places");
  for (std::int64_t i = 0; i < count; ++i) {
    if (columns[i] < 0 || columns[i] >= length) {
      refuse(of_text + " names column " + std::to_string(columns[i]) + " when it should be 0 to " +
                 std::to_string(length - 1),
             "gist_places");
    }
    if (i > 0 && columns[i] <= columns[i - 1]) {
      refuse(of_text + " should ascend, and " + std::to_string(columns[i]) + " follows " +
                 std::to_string(columns[i - 1]),
             "gist_places");
    }
  }
}

}  // namespace

at::Tensor allowed_of(const Batch& batch, std::int64_t window) {
  const std::int64_t count = batch.ids.size(0);
  const std::int64_t length = batch.ids.size(1);
  const at::Tensor causal = at::ones({length, length}, at::kBool).tril();
  if (!batch.mask.defined() && window == 0) return causal.expand({count, length, length});
  at::Tensor allowed = causal;
  if (batch.mask.defined()) allowed = batch.mask.cpu().ne(0).logical_and(allowed);
  if (window > 0) {
    const at::Tensor positions = positions_of(batch).to(at::kLong);
    allowed = positions.unsqueeze(1).gt(positions.unsqueeze(2) - window).logical_and(allowed);
  }
  const at::Tensor blind = allowed.any(-1, true).logical_not();
  return allowed.logical_or(blind.logical_and(at::eye(length, at::kBool)));
}

void check_gist(const Batch& batch) {
  if (batch.gist.defined() && !batch.gist_places.defined())
    refuse("a gist is given, but not where it stands; wire gist_places too", "gist_places");
  if (!batch.gist_places.defined()) return;
  const std::int64_t count = batch.ids.size(0);
  torch::expect_shape(batch.gist_places, {count, torch::kAnySize}, "gist_places");
  if (batch.gist.defined())
    torch::expect_shape(batch.gist, {count, batch.gist_places.size(1), torch::kAnySize}, "gist");
  const at::Tensor places = batch.gist_places.cpu().to(at::kLong).contiguous();
  for (std::int64_t row = 0; row < count; ++row) check_places(places[row], row, batch.ids.size(1));
}

void expect_vectors(const Batch& batch) {
  if (!batch.gist_places.defined() || batch.gist.defined()) return;
  throw Error(GM_ERROR_USER, "places of a gist are given, but not its vectors; wire gist too", "gist");
}

at::Tensor with_gist(const Batch& batch, const at::Tensor& embeddings) {
  if (!batch.gist.defined() || batch.gist.numel() == 0) return embeddings;
  const std::int64_t count = batch.ids.size(0);
  const at::Tensor places = batch.gist_places.cpu().to(at::kLong);
  const at::Tensor rows = places + at::arange(count, at::kLong).unsqueeze(1) * batch.ids.size(1);
  const at::Tensor there = places.flatten().ge(0).nonzero().squeeze(1);  // texts without a gist have none
  const at::Device device = embeddings.device();  // a gist from main memory is taken there
  const at::Tensor gist = batch.gist.to(device, at::kFloat).flatten(0, 1).index_select(0, there.to(device));
  return embeddings.index_copy(0, rows.flatten().index_select(0, there).to(device), gist);
}

at::Tensor positions_of(const Batch& batch) {
  const at::Tensor positions = batch.positions.defined()
                                   ? batch.positions.cpu()
                                   : at::arange(batch.ids.size(1), at::kLong).expand(batch.ids.sizes());
  return batch.cache == nullptr ? positions : positions + batch.cache->next().unsqueeze(1);
}

}  // namespace gistmill::decoder
