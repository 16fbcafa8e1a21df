// transform/gist-mask: which columns each row of a batch sees, from where its gist tokens stand (Mu, Li,
// Goodman 2023, arXiv 2304.08467). Knows no tokens and no vectors. B rows, T columns, G gist tokens a row.
#pragma once

#include <cstdint>
#include <tuple>

#include <gistmill/plugin.hpp>

namespace gistmill::gist_mask {

enum class Control { gist, negative, positive, vectors, entries };

// The columns of one text that matter for its mask.
struct Layout {
  std::int32_t padding = 0;  // columns of padding at its left
  std::int32_t first = -1;   // gist token; -1: the text has none
  std::int32_t last = -1;
  std::int32_t count = 0;  // gist tokens
};

// The first column that `column` sees; it sees all from there to itself, but with Control::entries none of
// [first, last] where it stands behind them. column >= layout.padding.
std::int32_t first_seen(Control control, const Layout& layout, std::int32_t column);

class GistMask {
 public:
  explicit GistMask(const Options& options);

  // ids i32[B, T], padding i32[B], gist_places i32[B, G] -> mask u8[B, T, T], positions i32[B, T]. Throws
  // Error(GM_ERROR_USER), with the row, counted from 1: padding or places out of the row, places that do not
  // ascend, a row with fewer gist tokens than the others.
  std::tuple<Tensor, Tensor> mask(const Tensor& ids, const Tensor& padding, const Tensor& gist_places) const;

 private:
  Control control_;
};

}  // namespace gistmill::gist_mask
