#include "plugins/teacher/decoder/branch_rows.hpp"
#include "plugins/teacher/decoder/refused_input.hpp"

#include <ATen/ATen.h>

#include <gistmill/plugin/values.hpp>
#include <numeric>
#include <string>

namespace gistmill::decoder {
namespace {

std::vector<std::int64_t> numbers(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.cpu().to(at::kLong).contiguous();
  return {plain.const_data_ptr<std::int64_t>(), plain.const_data_ptr<std::int64_t>() + plain.numel()};
}

}  // namespace

std::vector<Branch> branches_of(const Edits& edits, std::int64_t length, std::int64_t following) {
  const std::vector<std::int64_t> first = numbers(edits.first);
  const std::vector<std::int64_t> removed = numbers(edits.removed);
  const std::vector<std::int64_t> added = numbers(edits.added);
  const std::int64_t given = edits.rows.ids.size(1);
  std::vector<Branch> branches(first.size());
  std::int64_t next = 0;
  for (std::size_t b = 0; b < first.size(); ++b) {
    const std::string edit = "edit " + std::to_string(b);
    const std::int64_t behind = first[b] + removed[b];
    if (first[b] < 0 || removed[b] < 0 || behind > length) {
      refuse(edit + " takes out rows " + text(first[b]) + " to " + text(behind) + " of a text of " +
                 text(length),
             "first");
    }
    if (added[b] < 0 || added[b] > given - next) {
      refuse(edit + " puts " + text(added[b]) + " rows in when " + text(given - next) +
                 " of those given are left",
             "added");
    }
    if (added[b] + length - behind < 1)
      refuse(edit + " ends the text early: it should put rows in, or leave some behind it", "removed");
    std::vector<std::int64_t>& rows = branches[b].rows;
    branches[b].first = first[b];
    rows.resize(static_cast<std::size_t>(added[b] + length + following - behind));
    const auto own = rows.begin() + added[b];
    std::iota(rows.begin(), own, length + following + next);
    std::iota(own, rows.end(), behind);
    next += added[b];
  }
  if (next != given)
    refuse("edits put " + text(next) + " rows in when " + text(given) + " are given", "added");
  return branches;
}

std::vector<std::pair<std::size_t, std::size_t>> runs_of(const std::vector<Branch>& branches,
                                                         std::int64_t rows) {
  std::vector<std::pair<std::size_t, std::size_t>> runs;
  std::int64_t taken = 0;
  for (std::size_t b = 0; b < branches.size(); ++b) {
    const auto own = static_cast<std::int64_t>(branches[b].rows.size());
    if (runs.empty() || taken + own > rows) {
      runs.emplace_back(b, b);
      taken = 0;
    }
    runs.back().second = b + 1;
    taken += own;
  }
  return runs;
}

}  // namespace gistmill::decoder
