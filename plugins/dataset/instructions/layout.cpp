#include "plugins/dataset/instructions/layout.hpp"

#include <algorithm>

namespace gistmill::dataset {

SampleLayout layout_of(const LayoutRules& rules, const PieceLengths& lengths) {
  SampleLayout layout;
  const bool truncated = rules.truncate >= 0;
  if (truncated) layout.kept = std::min(rules.truncate, lengths.instruction);
  const std::int64_t head = (rules.begin >= 0 ? 1 : 0) + (truncated ? layout.kept : lengths.before);
  const std::int64_t gists = truncated ? 0 : rules.gist_tokens;
  if (gists > 0) layout.gist = head;
  layout.completion = head + gists + lengths.after;
  const std::int64_t whole = layout.completion + lengths.completion + (rules.end >= 0 ? 1 : 0);
  layout.length = std::min(whole, rules.max_length);
  layout.cut = whole - layout.length;
  return layout;
}

std::vector<std::int32_t> row_of(const LayoutRules& rules, const SampleLayout& layout,
                                 const std::vector<std::int32_t>& before,
                                 const std::vector<std::int32_t>& instruction,
                                 const std::vector<std::int32_t>& after,
                                 const std::vector<std::int32_t>& completion) {
  std::vector<std::int32_t> row;
  if (rules.begin >= 0) row.push_back(rules.begin);
  if (rules.truncate >= 0) {
    row.insert(row.end(), instruction.end() - layout.kept, instruction.end());
  } else {
    row.insert(row.end(), before.begin(), before.end());
    row.insert(row.end(), static_cast<std::size_t>(rules.gist_tokens), 0);
  }
  row.insert(row.end(), after.begin(), after.end());
  row.insert(row.end(), completion.begin(), completion.end());
  if (rules.end >= 0) row.push_back(rules.end);
  row.resize(static_cast<std::size_t>(layout.length));
  return row;
}

}  // namespace gistmill::dataset
