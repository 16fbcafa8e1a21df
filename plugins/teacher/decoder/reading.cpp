#include "plugins/teacher/decoder/reading.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

namespace gistmill::decoder {
namespace {

constexpr std::int64_t kGrowth = 256;  // rows by which the room grows

// Of each row its id, or -1 - i where vector i stands.
std::vector<std::int64_t> rows_of(const Batch& text) {
  const at::Tensor ids = text.ids[0].cpu().to(at::kLong).contiguous();
  std::vector<std::int64_t> rows(ids.const_data_ptr<std::int64_t>(),
                                 ids.const_data_ptr<std::int64_t>() + ids.numel());
  if (!text.gist_places.defined()) return rows;
  const at::Tensor places = text.gist_places[0].cpu().to(at::kLong).contiguous();
  for (std::int64_t i = 0; i < places.numel(); ++i) {
    const std::int64_t place = places.const_data_ptr<std::int64_t>()[i];
    if (place >= 0) rows[static_cast<std::size_t>(place)] = -1 - i;
  }
  return rows;
}

at::Tensor vectors_of(const Batch& text) {
  if (!text.gist.defined() || text.gist.size(1) == 0) return at::empty({0, 0});
  return text.gist[0].cpu().to(at::kFloat).contiguous();
}

}  // namespace

std::int64_t Reading::in_common(const Batch& text, const at::Tensor& positions) const {
  const std::vector<std::int64_t> rows = rows_of(text);
  const at::Tensor vectors = vectors_of(text);
  const auto* const places = positions.const_data_ptr<std::int64_t>();
  const auto vector = [](const at::Tensor& all, std::int64_t row) {
    return all.const_data_ptr<float>() + (-1 - row) * all.size(1);
  };
  const std::size_t most = std::min(rows.size(), ids_.size());
  std::size_t i = 0;
  for (; i < most; ++i) {
    if (positions_[i] != places[i] || (rows[i] < 0) != (ids_[i] < 0)) break;
    const bool same = rows[i] < 0
                          ? std::memcmp(vector(vectors, rows[i]), vector(vectors_, ids_[i]),
                                        static_cast<std::size_t>(vectors.size(1)) * sizeof(float)) == 0
                          : rows[i] == ids_[i];
    if (!same) break;
  }
  return static_cast<std::int64_t>(i);
}

void Reading::take(const Batch& text, const at::Tensor& positions, std::int64_t kept, std::int64_t room,
                   std::int64_t layers, const at::Tensor& like) {
  ids_ = rows_of(text);
  vectors_ = vectors_of(text);
  const auto* const places = positions.const_data_ptr<std::int64_t>();
  positions_.assign(places, places + positions.numel());
  const std::int64_t wanted = count() + room;
  if (!keys_values_.empty() && keys_values_.front().size(0) >= wanted) return;
  const std::int64_t size = (wanted + kGrowth - 1) / kGrowth * kGrowth;
  std::vector<at::Tensor> grown;
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    grown.push_back(at::empty({size, like.size(1)}, like.options()));
    if (kept > 0)
      grown.back().narrow(0, 0, kept).copy_(keys_values_[static_cast<std::size_t>(layer)].narrow(0, 0, kept));
  }
  keys_values_ = std::move(grown);
}

void Reading::add(std::int64_t id, std::int64_t position) {
  ids_.push_back(id);
  positions_.push_back(position);
}

void Reading::clear() { *this = Reading(); }

}  // namespace gistmill::decoder
