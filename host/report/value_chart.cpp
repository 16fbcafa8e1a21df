// Frame and rows, in the units of the viewBox.
#include "host/report/value_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/report/axis.hpp"
#include "host/report/html_text.hpp"

namespace gistmill {
namespace {

constexpr double kTop = 34.0;
constexpr double kRow = 40.0;
constexpr double kBottom = 26.0;
constexpr double kCharacter = 7.2;  // widest usual width of a character of the labels
constexpr double kNumbers = 128.0;  // room for "0.3041 ± 0.020"
constexpr double kDot = 3.6;

class Drawing {
 public:
  explicit Drawing(const ValueChart& chart) : chart_(chart) {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    std::size_t longest = 0;
    const auto include = [&](double value) {
      if (!std::isfinite(value)) return;
      low = std::min(low, value);
      high = std::max(high, value);
    };
    for (const ValueChart::Row& row : chart.rows) {
      longest = std::max(longest, row.name.size());
      for (const ValueChart::Dot& dot : row.dots) include(dot.value);
      if (!std::isfinite(row.half_width)) continue;
      include(row.mean - row.half_width);
      include(row.mean + row.half_width);
    }
    empty_ = low > high;
    left_ = std::min(0.4 * chart.width, kCharacter * static_cast<double>(longest) + 16.0);
    const double margin = 0.03 * (high - low);
    if (!empty_)
      axis_ = make_axis(low - margin, high + margin, static_cast<int>(inner_width() / 80.0), false);
  }

  std::string svg() const {
    if (empty_) return "";
    std::string out =
        fmt::format("<svg class='chart values' viewBox='0 0 {} {:.0f}' role='img' aria-label='{}'>",
                    chart_.width, bottom() + kBottom, escaped(chart_.title));
    out += fmt::format("<text class='title' x='0' y='16'>{}", escaped(chart_.title));
    if (!chart_.note.empty())
      out += fmt::format("<tspan class='note' dx='8'>{}</tspan>", escaped(chart_.note));
    out += "</text>" + grid();
    for (std::size_t i = 0; i < chart_.rows.size(); ++i)
      out += row(chart_.rows[i], kTop + kRow * (static_cast<double>(i) + 0.5));
    return out + "</svg>";
  }

 private:
  double inner_width() const { return chart_.width - left_ - kNumbers; }
  double bottom() const { return kTop + kRow * static_cast<double>(chart_.rows.size()); }
  double left_of(double value) const { return left_ + axis_.position(value) * inner_width(); }

  std::string grid() const {
    std::string out;
    for (const double tick : axis_.ticks) {
      const double x = left_of(tick);
      out += fmt::format("<line class='grid' x1='{0:.1f}' x2='{0:.1f}' y1='{1:.1f}' y2='{2:.1f}'/>", x, kTop,
                         bottom());
      out += fmt::format("<text class='tick' text-anchor='middle' x='{:.1f}' y='{:.1f}'>{}</text>", x,
                         bottom() + 17.0, axis_.label(tick));
    }
    return out;
  }

  // The interval above the dots, the mean as a bar across it.
  std::string row(const ValueChart::Row& row, double middle) const {
    std::string out = fmt::format("<text class='name' text-anchor='end' x='{:.1f}' y='{:.1f}'>{}</text>",
                                  left_ - 12.0, middle + 4.5, escaped(row.name));
    const double line = middle - 7.0;
    if (std::isfinite(row.mean) && std::isfinite(row.half_width)) {
      out += fmt::format(
          "<path class='whisker ink' d='M{0:.1f} {2:.1f}H{1:.1f}M{0:.1f} {3:.1f}V{4:.1f}M{1:.1f} "
          "{3:.1f}V{4:.1f}'/>",
          left_of(row.mean - row.half_width), left_of(row.mean + row.half_width), line, line - 4.0,
          line + 4.0);
    }
    if (std::isfinite(row.mean))
      out +=
          fmt::format("<line class='whisker ink mean' x1='{0:.1f}' x2='{0:.1f}' y1='{1:.1f}' y2='{2:.1f}'/>",
                      left_of(row.mean), line - 6.0, line + 6.0);
    for (const ValueChart::Dot& dot : row.dots) {
      if (!std::isfinite(dot.value)) continue;
      out += fmt::format("<circle class='dot c{}' cx='{:.1f}' cy='{:.1f}' r='{}'><title>{}</title></circle>",
                         dot.color % 6, left_of(dot.value), middle + 8.0, kDot, escaped(dot.name));
    }
    return out + fmt::format("<text class='value' text-anchor='end' x='{}' y='{:.1f}'>{}</text>",
                             chart_.width, middle + 4.5, escaped(row.text));
  }

  const ValueChart& chart_;
  bool empty_ = true;
  double left_ = 0;
  Axis axis_;
};

}  // namespace

std::string to_svg(const ValueChart& chart) { return Drawing(chart).svg(); }

}  // namespace gistmill
