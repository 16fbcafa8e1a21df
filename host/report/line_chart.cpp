// Frame, ticks, curves and legend of a line chart, in the units of the viewBox.
#include "host/report/line_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "host/report/html_text.hpp"

namespace gistmill {
namespace {

constexpr double kTop = 38.0;  // title and legend
constexpr double kBottom = 26.0;
constexpr double kLeft = 52.0;
constexpr double kRight = 14.0;
constexpr std::size_t kBuckets = 450;  // more points than this are not seen

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

class Drawing {
 public:
  explicit Drawing(const LineChart& chart) : chart_(chart) {
    Range x{0.0, chart.x_end};
    Range y;
    for (const Curve& curve : chart.curves) include(curve, x, y);
    empty_ = y.empty();
    if (empty_) return;
    if (chart.from_zero) y.include(0.0);
    const double margin = 0.04 * (y.high - y.low);
    x_ = make_axis(x.low, x.high, chart.width / 95, false);
    y_ = make_axis(y.low - (chart.from_zero && y.low == 0.0 ? 0.0 : margin), y.high + margin,
                   chart.height / 40, false);
  }

  std::string svg() const {
    if (empty_) return "";
    const std::string clip = fmt::format(
        "<svg x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' overflow='hidden' "
        "viewBox='{:.1f} {:.1f} {:.1f} {:.1f}'>",
        kLeft, kTop, inner_width(), inner_height(), kLeft, kTop, inner_width(), inner_height());
    std::string out = fmt::format("<svg class='chart' viewBox='0 0 {} {}' role='img' aria-label='{}'>",
                                  chart_.width, chart_.height, escaped(chart_.title));
    out += heading() + frame() + clip;
    for (const Curve& curve : chart_.curves) {
      if (curve.kind != Curve::Kind::measured) out += line(curve);
    }
    out += "</svg>";
    for (const Curve& curve : chart_.curves) {
      if (curve.kind == Curve::Kind::measured) out += line(curve) + dots(curve);
    }
    return out + "</svg>";
  }

 private:
  void include(const Curve& curve, Range& x, Range& y) const {
    for (const Point& point : curve.points) {
      if (!std::isfinite(point.y)) continue;
      x.include(point.x);
      if (curve.kind != Curve::Kind::measured) continue;
      const double error = std::isfinite(point.error) ? point.error : 0.0;
      y.include(point.y - error);
      y.include(point.y + error);
    }
    if (curve.kind != Curve::Kind::measured) {
      const double spikes = curve.kind == Curve::Kind::raw ? 0.01 : 0.0;
      y.include(quantile(curve.points, spikes));
      y.include(quantile(curve.points, 1.0 - std::max(spikes, chart_.may_leave)));
    }
  }

  double inner_width() const { return chart_.width - kLeft - kRight; }
  double inner_height() const { return chart_.height - kTop - kBottom; }
  double left_of(double x) const { return kLeft + x_.position(x) * inner_width(); }
  // What leaves the frame by far is held near it: coordinates of a million are drawn wrongly by some.
  double top_of(double y) const {
    return kTop + (1.0 - std::clamp(y_.position(y), -5.0, 5.0)) * inner_height();
  }

  std::string heading() const {
    std::string out = fmt::format("<text class='title' x='{}' y='16'>{}", 0, escaped(chart_.title));
    if (!chart_.note.empty())
      out += fmt::format("<tspan class='note' dx='8'>{}</tspan>", escaped(chart_.note));
    return out + "</text>" + legend();
  }

  // Entries from the right edge to the left, the last one rightmost. Widths are estimated from the number
  // of characters, since an SVG without script cannot measure text.
  std::string legend() const {
    std::string out;
    double right = chart_.width - kRight;
    for (auto curve = chart_.curves.rbegin(); curve != chart_.curves.rend(); ++curve) {
      if (curve->label.empty()) continue;
      out += fmt::format("<text class='key' text-anchor='end' x='{:.1f}' y='16'>{}</text>", right,
                         escaped(curve->label));
      right -= 6.6 * static_cast<double>(curve->label.size()) + 8.0;
      out += fmt::format("<line class='{}' x1='{:.1f}' x2='{:.1f}' y1='12' y2='12'/>", css_class(*curve),
                         right - 18.0, right);
      right -= 34.0;
    }
    return out;
  }

  std::string frame() const {
    std::string out;
    const double bottom = kTop + inner_height();
    for (const double tick : y_.ticks) {
      const double y = top_of(tick);
      out += fmt::format("<line class='grid' x1='{:.1f}' x2='{:.1f}' y1='{:.1f}' y2='{:.1f}'/>", kLeft,
                         chart_.width - kRight, y, y);
      out += fmt::format("<text class='tick' text-anchor='end' x='{:.1f}' y='{:.1f}'>{}</text>", kLeft - 8.0,
                         y + 4.0, y_.label(tick));
    }
    for (const double tick : x_.ticks) {
      const double x = left_of(tick);
      out += fmt::format("<line class='axis' x1='{:.1f}' x2='{:.1f}' y1='{:.1f}' y2='{:.1f}'/>", x, x, bottom,
                         bottom + 4.0);
      out += fmt::format("<text class='tick' text-anchor='middle' x='{:.1f}' y='{:.1f}'>{}</text>", x,
                         bottom + 17.0, x_.label(tick));
    }
    out += fmt::format("<line class='axis' x1='{:.1f}' x2='{:.1f}' y1='{:.1f}' y2='{:.1f}'/>", kLeft,
                       chart_.width - kRight, bottom, bottom);
    out += fmt::format("<text class='tick' text-anchor='end' x='{:.1f}' y='{:.1f}'>{}</text>", kLeft - 8.0,
                       bottom + 17.0, escaped(chart_.x_title));
    return out;
  }

  static std::string css_class(const Curve& curve) {
    static constexpr std::array kNames = {"raw", "smooth", "measured"};
    return fmt::format("{} c{}", kNames.at(static_cast<std::size_t>(curve.kind)), curve.color);
  }

  // A value that is not finite interrupts the line.
  std::string line(const Curve& curve) const {
    std::string path;
    bool drawing = false;
    for (const Point& point : thinned(curve.points, kBuckets)) {
      if (!std::isfinite(point.y)) {
        drawing = false;
        continue;
      }
      path += fmt::format("{}{:.1f} {:.1f}", drawing ? "L" : "M", left_of(point.x), top_of(point.y));
      drawing = true;
    }
    return fmt::format("<path class='{}' d='{}'/>", css_class(curve), path);
  }

  std::string dots(const Curve& curve) const {
    std::string out;
    for (const Point& point : curve.points) {
      if (!std::isfinite(point.y)) continue;
      const double x = left_of(point.x);
      if (std::isfinite(point.error) && point.error > 0.0) {
        out += fmt::format("<line class='whisker c{}' x1='{:.1f}' x2='{:.1f}' y1='{:.1f}' y2='{:.1f}'/>",
                           curve.color, x, x, top_of(point.y - point.error), top_of(point.y + point.error));
      }
      out += fmt::format("<circle class='dot c{}' cx='{:.1f}' cy='{:.1f}' r='3.2'/>", curve.color, x,
                         top_of(point.y));
    }
    return out;
  }

  const LineChart& chart_;
  bool empty_ = true;
  Axis x_;
  Axis y_;
};

}  // namespace

std::string to_svg(const LineChart& chart) { return Drawing(chart).svg(); }

}  // namespace gistmill
