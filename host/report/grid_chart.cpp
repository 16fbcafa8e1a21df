#include "host/report/grid_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "host/figures/wording.hpp"
#include "host/report/html_text.hpp"
#include "host/report/svg_text.hpp"

namespace gistmill {
namespace {

constexpr double kTop = 44.0;  // title, then the labels of the columns
constexpr double kRow = 30.0;
constexpr double kCellGap = 2.0;       // between cells
constexpr double kCharacter = 7.6;     // as in the ladder
constexpr double kWidest = 110.0;      // of a cell
constexpr double kTextOnColor = 0.55;  // strength of a color from which text on it is light

// "1024@0.5"
struct Place {
  std::string column;
  std::string row;
};

std::optional<Place> place_of(const std::string& figure) {
  const std::string label = split_figure(figure).label;
  const std::size_t at = label.find('@');
  if (at == 0 || at == std::string::npos || at + 1 == label.size()) return std::nullopt;
  if (label.find('@', at + 1) != std::string::npos) return std::nullopt;
  return Place{label.substr(0, at), label.substr(at + 1)};
}

std::vector<std::string> figures_of(const EvaluationTable& table, const std::string& port) {
  std::vector<std::string> figures;
  for (const std::string& figure : table.figures()) {
    if (split_figure(figure).port == port) figures.push_back(figure);
  }
  return figures;
}

bool is_number(const std::string& label) {
  char* end = nullptr;
  std::strtod(label.c_str(), &end);
  return end == label.c_str() + label.size() && !label.empty();
}

// Each once; in the order of the figures where they are no numbers.
std::vector<std::string> ordered(std::vector<std::string> labels) {
  std::vector<std::string> once;
  for (std::string& label : labels) {
    if (std::ranges::find(once, label) == once.end()) once.push_back(std::move(label));
  }
  if (std::ranges::all_of(once, is_number)) {
    std::ranges::stable_sort(once, [](const std::string& a, const std::string& b) {
      return std::strtod(a.c_str(), nullptr) < std::strtod(b.c_str(), nullptr);
    });
  }
  return once;
}

class Grid {
 public:
  Grid(const EvaluationTable& table, const std::string& port, const std::string& variant, int width)
      : table_(table), variant_(variant), figures_(figures_of(table, port)), width_(width) {
    std::vector<std::string> columns;
    std::vector<std::string> rows;
    std::size_t longest = 0;
    for (const std::string& figure : figures_) {
      const Place place = *place_of(figure);
      longest = std::max(longest, place.row.size());
      columns.push_back(place.column);
      rows.push_back(place.row);
    }
    columns_ = ordered(std::move(columns));
    rows_ = ordered(std::move(rows));
    left_ = kCharacter * static_cast<double>(longest) + 12.0;
    cell_ = std::min(kWidest, (width - left_) / static_cast<double>(columns_.size()));
    set_scale();
  }

  std::string svg() const {
    std::string cells;
    for (const std::string& figure : figures_) cells += cell(figure);
    if (cells.empty()) return "";
    const Figure figure = table_.figure(figures_.front());
    const double height = kTop + kRow * static_cast<double>(rows_.size()) + 6.0;
    std::string out =
        fmt::format("<svg class='chart heat' viewBox='0 0 {} {:.0f}' role='img' aria-label='{}, {}'>", width_,
                    height, escaped(variant_), escaped(figure_title(figure)));
    out += fmt::format("<text class='title' x='0' y='16'>{}</text>",
                       escaped(fitted(variant_, width_, kCharacter)));
    for (std::size_t i = 0; i < columns_.size(); ++i)
      out += fmt::format("<text class='tick' text-anchor='middle' x='{:.1f}' y='36'>{}</text>",
                         left_ + cell_ * (static_cast<double>(i) + 0.5),
                         escaped(fitted(columns_[i], cell_, kCharacter)));
    for (std::size_t i = 0; i < rows_.size(); ++i)
      out += fmt::format("<text class='tick' text-anchor='end' x='{:.1f}' y='{:.1f}'>{}</text>", left_ - 8.0,
                         top_of(i) + 0.5 * kRow + 3.5, escaped(rows_[i]));
    return out + cells + "</svg>";
  }

 private:
  static double top_of(std::size_t row) { return kTop + kRow * static_cast<double>(row); }

  // Of all variants, so that colors compare.
  void set_scale() {
    const FigureSpec spec = table_.figure(figures_.front()).spec;
    std::vector<double> values;
    for (const EvaluationEntry& entry : table_.entries) {
      const bool here = std::ranges::find(figures_, entry.figure) != figures_.end();
      if (here && std::isfinite(entry.measured.value)) values.push_back(entry.measured.value);
    }
    if (spec.ideal) values.push_back(*spec.ideal);
    if (values.empty()) return;
    const auto [low, high] = std::ranges::minmax(values);
    const bool higher = spec.better == Better::higher;
    worst_ = higher ? std::min(0.0, low) : high;
    best_ = higher ? high : low;
  }

  // 0 at the worst, 1 at the best.
  double strength(double value) const {
    return worst_ == best_ ? 0.0 : std::clamp((value - worst_) / (best_ - worst_), 0.0, 1.0);
  }

  std::string cell(const std::string& figure) const {
    const EvaluationEntry* entry = table_.find(variant_, figure);
    if (entry == nullptr || !std::isfinite(entry->measured.value)) return "";
    const Place place = *place_of(figure);
    const auto column = static_cast<double>(std::ranges::find(columns_, place.column) - columns_.begin());
    const auto row = static_cast<std::size_t>(std::ranges::find(rows_, place.row) - rows_.begin());
    const double x = left_ + cell_ * column;
    const double share = strength(entry->measured.value);
    const Aggregate aggregate = table_.figure(figure).spec.aggregate;
    const std::string value = with_error(entry->measured, aggregate);
    std::string out = fmt::format(
        "<g><title>{}: {}, {} {}</title><rect class='cell' x='{:.1f}' y='{:.1f}' width='{:.1f}' "
        "height='{:.1f}' rx='2' fill-opacity='{:.2f}'/>",
        escaped(column_title(table_.figure(figure))), escaped(value), entry->measured.items,
        escaped(table_.items), x + kCellGap / 2, top_of(row) + kCellGap / 2, cell_ - kCellGap,
        kRow - kCellGap, share);
    out += fmt::format("<text class='{}' text-anchor='middle' x='{:.1f}' y='{:.1f}'>{}</text></g>",
                       share > kTextOnColor ? "value on" : "value", x + cell_ / 2,
                       top_of(row) + 0.5 * kRow + 4.5, escaped(value.substr(0, value.find(' '))));
    return out;
  }

  const EvaluationTable& table_;
  const std::string& variant_;
  std::vector<std::string> figures_;
  int width_;
  std::vector<std::string> columns_, rows_;  // labels
  double left_ = 0.0;
  double cell_ = 0.0;
  double worst_ = 0.0;
  double best_ = 0.0;
};

}  // namespace

std::vector<std::string> grid_ports(const EvaluationTable& table) {
  std::vector<std::string> ports;
  for (const std::string& figure : table.figures()) {
    const std::string port = split_figure(figure).port;
    if (std::ranges::find(ports, port) != ports.end()) continue;
    const std::vector<std::string> figures = figures_of(table, port);
    const bool all =
        std::ranges::all_of(figures, [](const std::string& one) { return place_of(one).has_value(); });
    if (all && figures.size() > 1) ports.push_back(port);
  }
  return ports;
}

std::string grid_svg(const EvaluationTable& table, const std::string& port, const std::string& variant,
                     int width) {
  return Grid(table, port, variant, width).svg();
}

}  // namespace gistmill
