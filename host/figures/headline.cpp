#include "host/figures/headline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

const EvaluationEntry* row_of(const EvaluationTable& table, const std::string& figure,
                              const std::string& variant) {
  const EvaluationEntry* chosen = nullptr;
  for (const EvaluationEntry& entry : table.entries) {
    if (entry.figure != figure || (!variant.empty() && entry.variant != variant)) continue;
    if (chosen == nullptr || (entry.trained && !chosen->trained)) chosen = &entry;
  }
  return chosen;
}

}  // namespace

Headline headline_of(const RunSummary& summary, const std::string& figure, const std::string& variant) {
  std::set<std::string> figures;
  for (auto table = summary.evaluations.rbegin(); table != summary.evaluations.rend(); ++table) {
    const std::string name = figure.empty() ? table->headline_figure() : figure;
    for (const std::string& each : table->figures()) figures.insert(each);
    if (const EvaluationEntry* row = row_of(*table, name, variant))
      return {table->name,         row->variant, table->figure(name),
              row->measured.value, table->stage, table->items};
  }
  throw Failure(ExitCode::recipe,
                fmt::format("no evaluation has the figure '{}'{}", figure,
                            variant.empty() ? "" : fmt::format(" of variant '{}'", variant)),
                {figures.empty() ? "no evaluation ran when training had ended"
                                 : fmt::format("the figures are: {}", fmt::join(figures, " "))});
}

ItemsOf items_of(const Headline& headline, const std::vector<MeasuredItems>& kept) {
  return {find_items(kept, headline.stage, headline.evaluation), headline.variant, headline.figure.name};
}

}  // namespace gistmill
