#include "plugins/allocator/common/ports.hpp"

#include <string>
#include <utility>

namespace gistmill::allocator {
namespace {

const std::int32_t* numbers(const Tensor& tensor, std::int64_t count, const char* name) {
  if (tensor.size() == count) return tensor.data<std::int32_t>();
  throw Error(GM_ERROR_USER,
              std::string(name) + " has " + std::to_string(tensor.size()) + " numbers when the context has " +
                  std::to_string(count) + " entries",
              name);
}

std::int64_t number(const Tensor& tensor, const char* name) { return *numbers(tensor, 1, name); }

}  // namespace

ContextPorts::ContextPorts(Tensor levels, Tensor starts, Tensor residency, Tensor last_action,
                           const Tensor& block, const Tensor& cursor, const Tensor& budget,
                           const Tensor& protected_tail)
    : levels_(std::move(levels)),
      starts_(std::move(starts)),
      residency_(std::move(residency)),
      last_action_(std::move(last_action)) {
  const std::int64_t count = levels_.size();
  entries_.block = number(block, "block");
  entries_.cursor = number(cursor, "cursor");
  entries_.budget = number(budget, "budget");
  entries_.protected_tail = number(protected_tail, "protected");
  entries_.levels = numbers(levels_, count, "levels");
  entries_.starts = numbers(starts_, count, "starts");
  entries_.residency = numbers(residency_, count, "residency");
  entries_.last_action = numbers(last_action_, count, "last_action");
  entries_.count = static_cast<std::size_t>(count);
  if (count > 0) entries_.begin = entries_.starts[0];
  if (const std::string wrong = focus::what_is_wrong(entries_); !wrong.empty())
    throw Error(GM_ERROR_USER, "this is no working context: " + wrong);
}

Tensor actions_of(const std::vector<focus::Edit>& edits) {
  std::vector<std::int32_t> values;
  for (const focus::Edit& edit : edits) {
    values.push_back(static_cast<std::int32_t>(edit.index));
    values.push_back(static_cast<std::int32_t>(edit.direction));
  }
  return Tensor::of(values, {static_cast<std::int64_t>(edits.size()), 2});
}

}  // namespace gistmill::allocator
