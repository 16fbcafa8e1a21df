#include "host/report/target_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "host/figures/wording.hpp"
#include "host/report/html_text.hpp"

namespace gistmill {
namespace {

std::vector<std::string> trained_of(const EvaluationTable& table) {
  std::vector<std::string> names;
  for (const EvaluationEntry& entry : table.entries) {
    if (entry.trained && std::ranges::find(names, entry.variant) == names.end())
      names.push_back(entry.variant);
  }
  return names;
}

std::string value_cell(const EvaluationTable& table, const Figure& figure, const std::string& variant) {
  const EvaluationEntry* entry = table.find(variant, figure.name);
  const auto verdict = entry != nullptr ? table.verdict(*entry) : std::nullopt;
  if (!verdict) return "<td></td>";
  return fmt::format("<td>{} <span class='verdict {}'>{}</span></td>",
                     with_error(entry->measured, figure.spec.aggregate), to_text(*verdict),
                     to_text(*verdict));
}

// A target that something untrained meets too says little about what was trained: "3 of 7", which ones on
// pointing at it.
std::string others_that_meet(const EvaluationTable& table, const std::string& figure) {
  std::string names;
  int count = 0;
  int all = 0;
  for (const EvaluationEntry& entry : table.entries) {
    if (entry.trained || entry.figure != figure || !table.verdict(entry)) continue;
    ++all;
    if (table.verdict(entry) != Verdict::met) continue;
    ++count;
    names += (names.empty() ? "" : ", ") + entry.variant;
  }
  if (all == 0) return "<td></td>";
  return fmt::format("<td title=\"{}\">{} of {}</td>", escaped(names), count, all);
}

std::string row(const EvaluationTable& table, const Target& target, const std::vector<std::string>& trained) {
  const Figure figure = table.figure(target.figure);
  const std::string bad = bad_text(target);
  std::string out = fmt::format("<tr><td>{}</td><td>{}{}</td>", escaped(title_in(table, figure)),
                                escaped(target_text(target)), bad.empty() ? "" : escaped("; bad: " + bad));
  for (const std::string& variant : trained) out += value_cell(table, figure, variant);
  return out + others_that_meet(table, target.figure) + "</tr>\n";
}

}  // namespace

std::string target_table(const EvaluationTable& table) {
  if (table.targets.empty()) return "";
  const std::vector<std::string> trained = trained_of(table);
  std::string head = "<tr><th>figure</th><th>target</th>";
  for (const std::string& variant : trained) head += fmt::format("<th>{}</th>", escaped(variant));
  head += "<th title='how many untrained variants meet it'>untrained</th></tr>";
  std::string rows;
  for (const Target& target : table.targets) rows += row(table, target, trained);
  return "<h3>Targets</h3>\n<div class='scroll'><table><thead>" + head + "</thead><tbody>\n" + rows +
         "</tbody></table></div>\n";
}

}  // namespace gistmill
