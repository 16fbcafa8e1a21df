#include "plugins/allocator/greedy/component.hpp"

namespace gistmill::allocator {
namespace {

SiblingScore siblings_of(const std::string& word) {
  if (word == "first") return SiblingScore::first;
  return word == "highest" ? SiblingScore::highest : SiblingScore::mean;
}

}  // namespace

Greedy::Greedy(const Options& options) : Greedy(options, hysteresis_of(options)) {}

Greedy::Greedy(const Options& options, const Hysteresis& hysteresis)
    : rules_{static_cast<float>(options.number("expand_threshold")),
             static_cast<float>(options.number("collapse_threshold")), max_actions_of(options),
             siblings_of(options.string("siblings")), hysteresis} {
  if (rules_.expand_threshold >= -rules_.collapse_threshold) return;
  throw Error(GM_ERROR_USER,
              "entries below " + std::to_string(-rules_.collapse_threshold) +
                  " are collapsed and those above " + std::to_string(rules_.expand_threshold) +
                  " expanded: these thresholds are out of order; expand_threshold + collapse_threshold "
                  "should be 0 or more",
              "expand_threshold");
}

Tensor Greedy::allocate(const Tensor& levels, const Tensor& starts, const Tensor& scores,
                        const Tensor& residency, const Tensor& last_action, const Tensor& block,
                        const Tensor& cursor, const Tensor& budget, const Tensor& protected_tail) const {
  const ContextPorts ports(levels, starts, residency, last_action, block, cursor, budget, protected_tail);
  if (scores.size() != levels.size()) {
    throw Error(GM_ERROR_USER,
                "there are " + std::to_string(scores.size()) + " scores when the context has " +
                    std::to_string(levels.size()) + " entries",
                "scores");
  }
  return actions_of(greedy(ports.entries(), scores.data<float>(), rules_));
}

}  // namespace gistmill::allocator
