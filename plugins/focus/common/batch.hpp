// Several contexts as one set of arrays, one behind the other: what dataset/focus-labels gives, as the
// entries of each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gistmill/plugin/tensor.hpp>

#include "plugins/focus/common/entries.hpp"

namespace gistmill::focus {

// B contexts with M entries in all. Owns nothing.
struct BatchArrays {
  std::int64_t block = 0;                    // K, of all
  const std::int32_t* counts = nullptr;      // [B] entries of each
  const std::int32_t* cursors = nullptr;     // [B]
  const std::int32_t* budgets = nullptr;     // [B], or null
  const std::int32_t* protecteds = nullptr;  // [B] newest tokens, or null: none
  std::size_t contexts = 0;                  // B
  const std::int32_t* levels = nullptr;      // [M]
  const std::int32_t* starts = nullptr;      // [M]
  std::size_t entries = 0;                   // M
};

class ContextBatch {
 public:
  // Throws std::invalid_argument: counts that are not M in all, arrays that are no working contexts.
  explicit ContextBatch(const BatchArrays& arrays);

  std::size_t size() const { return contexts_.size(); }
  const Entries& operator[](std::size_t i) const { return contexts_[i]; }
  std::size_t first(std::size_t i) const { return firsts_[i]; }  // entry of the arrays

 private:
  std::vector<Entries> contexts_;
  std::vector<std::size_t> firsts_;
  std::vector<std::int32_t> zeros_;  // in place of residency and last action, which nothing here asks for
};

// The ports of contract `lensnet` that every batch has: counts, cursor, protected_tail i32[B]; levels, starts
// i32[M]; block i32[]. They outlive the arrays. Throws Error(GM_ERROR_USER, port): sizes that do not fit.
BatchArrays batch_arrays(const Tensor& counts, const Tensor& levels, const Tensor& starts,
                         const Tensor& block, const Tensor& cursor, const Tensor& protected_tail);

// ContextBatch with Error(GM_ERROR_USER, "levels") in place of std::invalid_argument.
ContextBatch checked_batch(const BatchArrays& arrays);

}  // namespace gistmill::focus
