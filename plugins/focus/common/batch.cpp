#include "plugins/focus/common/batch.hpp"

#include <stdexcept>

namespace gistmill::focus {

ContextBatch::ContextBatch(const BatchArrays& arrays) : zeros_(arrays.entries, 0) {
  std::size_t first = 0;
  for (std::size_t i = 0; i < arrays.contexts; ++i) {
    const std::int64_t count = arrays.counts[i];
    const std::string which = "context " + std::to_string(i);
    if (count < 1 || static_cast<std::size_t>(count) > arrays.entries - first) {
      throw std::invalid_argument(which + " has " + std::to_string(count) + " entries when " +
                                  std::to_string(arrays.entries - first) + " are left");
    }
    Entries entries;
    entries.block = arrays.block;
    entries.begin = arrays.starts[first];
    entries.cursor = arrays.cursors[i];
    if (arrays.budgets != nullptr) entries.budget = arrays.budgets[i];
    if (arrays.protecteds != nullptr) entries.protected_tail = arrays.protecteds[i];
    entries.levels = arrays.levels + first;
    entries.starts = arrays.starts + first;
    entries.residency = zeros_.data();
    entries.last_action = zeros_.data();
    entries.count = static_cast<std::size_t>(count);
    if (const std::string wrong = what_is_wrong(entries); !wrong.empty())
      throw std::invalid_argument(which + " is no working context: " + wrong);
    contexts_.push_back(entries);
    firsts_.push_back(first);
    first += static_cast<std::size_t>(count);
  }
  if (first != arrays.entries) {
    throw std::invalid_argument("there are " + std::to_string(arrays.entries) +
                                " entries when the contexts have " + std::to_string(first));
  }
}

BatchArrays batch_arrays(const Tensor& counts, const Tensor& levels, const Tensor& starts,
                         const Tensor& block, const Tensor& cursor, const Tensor& protected_tail) {
  const auto check = [](const Tensor& tensor, std::int64_t size, const char* name) {
    if (tensor.size() == size) return;
    throw Error(GM_ERROR_USER,
                std::string(name) + " has " + std::to_string(tensor.size()) +
                    " numbers when it should have " + std::to_string(size),
                name);
  };
  check(starts, levels.size(), "starts");
  check(cursor, counts.size(), "cursor");
  check(protected_tail, counts.size(), "protected");
  BatchArrays arrays;
  arrays.block = *block.data<std::int32_t>();
  arrays.counts = counts.data<std::int32_t>();
  arrays.cursors = cursor.data<std::int32_t>();
  arrays.protecteds = protected_tail.data<std::int32_t>();
  arrays.contexts = static_cast<std::size_t>(counts.size());
  arrays.levels = levels.data<std::int32_t>();
  arrays.starts = starts.data<std::int32_t>();
  arrays.entries = static_cast<std::size_t>(levels.size());
  return arrays;
}

ContextBatch checked_batch(const BatchArrays& arrays) {
  try {
    return ContextBatch(arrays);
  } catch (const std::invalid_argument& error) {
    throw Error(GM_ERROR_USER, error.what(), "levels");
  }
}

}  // namespace gistmill::focus
