#include "plugins/loss/common/logit_product.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <memory>

#include "plugins/loss/common/head_tile.hpp"

namespace gistmill::loss {
namespace {

using c10::BFloat16;

bool tiles_handle(const at::Tensor& head) {
  return head.is_cpu() && head.scalar_type() == at::kBFloat16 && head.is_contiguous() &&
         head.size(1) % 2 == 0 && multiplies_bf16();
}

// One thread's tiles.
class Tiles {
 public:
  Tiles(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& logits)
      : rows_(hidden.size(0)),
        size_(head.size(1)),
        vocabulary_(head.size(0)),
        hidden_(hidden.const_data_ptr<BFloat16>()),
        head_(head.const_data_ptr<BFloat16>()),
        logits_(logits.mutable_data_ptr<float>()),
        packed_(std::make_unique_for_overwrite<BFloat16[]>(static_cast<std::size_t>(size_ * kTileColumns))) {}

  void take(std::int64_t begin) {
    const std::int64_t columns = std::min(kTileColumns, vocabulary_ - begin);
    pack_for_logits(head_ + begin * size_, columns, size_, packed_.get());
    if (columns == kTileColumns) {
      tile_product({rows_, kTileColumns, size_, vocabulary_}, hidden_, packed_.get(), logits_ + begin, false);
      return;
    }
    const auto all = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(rows_ * kTileColumns));
    tile_product({rows_, kTileColumns, size_, kTileColumns}, hidden_, packed_.get(), all.get(), false);
    for (std::int64_t row = 0; row < rows_; ++row)
      std::copy_n(all.get() + row * kTileColumns, columns, logits_ + row * vocabulary_ + begin);
  }

 private:
  std::int64_t rows_, size_, vocabulary_;
  const BFloat16* hidden_;
  const BFloat16* head_;
  float* logits_;
  std::unique_ptr<BFloat16[]> packed_;
};

}  // namespace

void logit_product(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& logits) {
  if (tiles_handle(head)) {
    const at::Tensor rows = hidden.contiguous();
    const std::int64_t tiles = (head.size(0) + kTileColumns - 1) / kTileColumns;
    at::parallel_for(0, tiles, 1, [&](std::int64_t first, std::int64_t last) {
      Tiles own(rows, head, logits);
      for (std::int64_t tile = first; tile < last; ++tile) own.take(tile * kTileColumns);
      release_tile_products<BFloat16>();
    });
    return;
  }
  at::Tensor place = logits;
  if (head.scalar_type() == logits.scalar_type()) {
    at::mm_out(place, hidden, head.t());
  } else {
    place.copy_(at::mm(hidden, head.t()));
  }
}

}  // namespace gistmill::loss
