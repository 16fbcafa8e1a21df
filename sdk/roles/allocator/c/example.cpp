// allocator/example: the simplest policy that keeps a budget. docs/focus.md says which actions are legal.
#include <gistmill/plugin.hpp>

#include <vector>

namespace {

using gistmill::Tensor;

std::int64_t number(const Tensor& value) { return value.data<std::int32_t>()[0]; }

class Example {
 public:
  explicit Example(const gistmill::Options&) {}

  // residency and last_action, for policies that leave an entry alone for a while, are not read.
  Tensor allocate(const Tensor& levels, const Tensor& starts, const Tensor&, const Tensor&,
                  const Tensor& block, const Tensor& cursor, const Tensor& budget,
                  const Tensor& protected_tokens) const {
    const std::int64_t size = number(block);
    const std::int64_t tail = number(cursor) - number(protected_tokens);  // entries that end behind it stay
    std::int64_t cost = 0;
    for (std::int64_t i = 0; i < levels.size(); ++i) cost += levels.data<std::int32_t>()[i] == 0 ? size : 1;
    std::vector<std::int32_t> actions;
    for (std::int64_t i = 0; i < levels.size() && cost > number(budget); ++i) {
      const bool is_block = levels.data<std::int32_t>()[i] == 0;
      if (!is_block || starts.data<std::int32_t>()[i] + size > tail) continue;
      actions.push_back(static_cast<std::int32_t>(i));
      actions.push_back(-1);
      cost -= size - 1;
    }
    return Tensor::of(actions, {static_cast<std::int64_t>(actions.size() / 2), 2});
  }
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("allocator/example").operation("allocate", &Example::allocate));
