#include "host/report/check_curves.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "host/figures/wording.hpp"
#include "host/report/line_chart.hpp"
#include "host/report/page_frame.hpp"

namespace gistmill {
namespace {

constexpr int kSmallWidth = 460;
constexpr int kSmallHeight = 190;

using Tables = std::vector<const EvaluationTable*>;  // of one evaluation, ascending steps

std::vector<Tables> tables_of(const StageRecord& stage) {
  std::vector<Tables> out;
  for (const EvaluationTable& table : stage.evaluations) {
    const auto same = [&](const Tables& tables) { return tables.front()->name == table.name; };
    const auto found = std::ranges::find_if(out, same);
    if (found == out.end()) {
      out.push_back({&table});
    } else {
      found->push_back(&table);
    }
  }
  std::erase_if(out, [](const Tables& tables) { return tables.size() < 2; });
  return out;
}

// A curve for each variant of the last evaluation, whose first color is `color`.
std::vector<Curve> curves_of(const Tables& tables, const std::string& figure, int color) {
  std::vector<Curve> curves;
  for (const std::string& variant : tables.back()->variants()) {
    Curve curve{Curve::Kind::measured, color, variant, {}};
    color = (color + 1) % 6;
    for (const EvaluationTable* table : tables) {
      const EvaluationEntry* entry = table->find(variant, figure);
      if (entry == nullptr) continue;
      curve.points.push_back(
          {static_cast<double>(table->step), entry->measured.value, entry->measured.standard_error});
    }
    if (!curve.points.empty()) curves.push_back(std::move(curve));
  }
  return curves;
}

// `small`: without a legend, which the large one has.
std::string chart_of(const StageRecord& stage, const Tables& tables, const std::string& name, int color,
                     bool small) {
  const EvaluationTable& last = *tables.back();
  const Figure figure = last.figure(name);
  LineChart chart;
  chart.title = small ? title_in(last, figure) : last.name + " while training";
  chart.note = small ? figure_unit(figure) : figure_title(figure);
  const std::string column = column_title(figure);
  if (!small && !column.empty()) chart.note += ", " + column;
  chart.x_title = "step";
  chart.x_end = static_cast<double>(stage.steps);
  chart.height = small ? kSmallHeight : 260;
  if (small) chart.width = kSmallWidth;
  chart.curves = curves_of(tables, name, color);
  const bool named = !small && chart.curves.size() > 1;
  for (Curve& curve : chart.curves) {
    if (!named) curve.label.clear();
  }
  return to_svg(chart);
}

}  // namespace

std::string check_curves(const StageRecord& stage, int first_color) {
  std::string out;
  for (const Tables& tables : tables_of(stage)) {
    const std::string headline = tables.back()->headline_figure();
    out += card(chart_of(stage, tables, headline, first_color, false));
    std::string others;
    for (const std::string& figure : tables.back()->figures()) {
      if (figure != headline) others += card(chart_of(stage, tables, figure, first_color, true));
    }
    if (!others.empty()) out += "<div class='row two'>\n" + others + "</div>\n";
  }
  return out;
}

}  // namespace gistmill
