#include "host/report/trade_off_chart.hpp"

#include <algorithm>
#include <cmath>

#include "host/figures/wording.hpp"
#include "host/report/line_chart.hpp"

namespace gistmill {
namespace {

constexpr int kHeight = 260;
constexpr int kColors = 6;

std::vector<Figure> columns_of(const EvaluationTable& table, const std::string& port) {
  std::vector<Figure> columns;
  for (const std::string& name : table.figures()) {
    const FigureName parts = split_figure(name);
    if (parts.port == port && !parts.label.empty()) columns.push_back(table.figure(name));
  }
  return columns;
}

std::string over_name(const Figure& column) {
  return column.spec.over + "." + split_figure(column.name).label;
}

bool is_trade_off(const EvaluationTable& table, const std::vector<Figure>& columns) {
  const std::vector<std::string> names = table.figures();
  return columns.size() > 1 && std::ranges::all_of(columns, [&](const Figure& column) {
           return !column.spec.over.empty() && std::ranges::find(names, over_name(column)) != names.end();
         });
}

// By what it is drawn over, ascending.
std::vector<Point> points_of(const EvaluationTable& table, const std::vector<Figure>& columns,
                             const std::string& variant) {
  std::vector<Point> points;
  for (const Figure& column : columns) {
    const EvaluationEntry* x = table.find(variant, over_name(column));
    const EvaluationEntry* y = table.find(variant, column.name);
    if (x == nullptr || y == nullptr) continue;
    if (!std::isfinite(x->measured.value) || !std::isfinite(y->measured.value)) continue;
    points.push_back({x->measured.value, y->measured.value, y->measured.standard_error});
  }
  std::ranges::stable_sort(points, {}, &Point::x);
  return points;
}

// "cost of the others in nats", without a column.
std::string title_of(const EvaluationTable& table, const std::string& figure) {
  return figure_title(table.figure(figure));
}

}  // namespace

std::vector<std::string> trade_off_ports(const EvaluationTable& table) {
  std::vector<std::string> ports;
  for (const std::string& name : table.figures()) {
    const std::string port = split_figure(name).port;
    if (std::ranges::find(ports, port) == ports.end() && is_trade_off(table, columns_of(table, port)))
      ports.push_back(port);
  }
  return ports;
}

std::string trade_off_svg(const EvaluationTable& table, const std::string& port,
                          const std::vector<std::string>& color_of, int width) {
  const std::vector<Figure> columns = columns_of(table, port);
  LineChart chart;
  chart.title = title_of(table, columns.front().name);
  chart.note =
      "over " + title_of(table, over_name(columns.front()));  // beside the first tick is no room for it
  chart.width = width;
  chart.height = kHeight;
  chart.from_zero = true;
  chart.counts_steps = false;
  auto next = static_cast<int>(color_of.size());
  for (const std::string& variant : table.variants()) {
    const auto trained = std::ranges::find(color_of, variant);
    const int color = trained == color_of.end() ? next++ : static_cast<int>(trained - color_of.begin());
    Curve curve{Curve::Kind::measured, color % kColors, variant, points_of(table, columns, variant)};
    if (curve.points.size() > 1) chart.curves.push_back(std::move(curve));
  }
  return to_svg(chart);
}

}  // namespace gistmill
