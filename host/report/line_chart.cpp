// Frame, ticks, curves and legend of a line chart, in the units of the viewBox.
#include <gistmill/text/utf8.hpp>

#include "host/report/line_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "host/report/html_text.hpp"
#include "host/report/svg_text.hpp"

namespace gistmill {
namespace {

constexpr double kHeading = 38.0;  // title, and the legend where it fits beside it
constexpr double kLegendRow = 18.0;
constexpr double kSample = 26.0;         // of a legend's line, and the gap behind it
constexpr double kGap = 16.0;            // between the legend's entries
constexpr double kKeyCharacter = 6.6;    // widest usual widths of a character of the legend,
constexpr double kTitleCharacter = 7.6;  // of the title
constexpr double kNoteCharacter = 6.8;   // and of the note
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
    constexpr double kMostTicks = 1000.0;
    // Steps are whole: no more ticks than steps.
    const int steps =
        static_cast<int>(chart.counts_steps ? std::clamp(x.high - x.low, 1.0, kMostTicks) : kMostTicks);
    x_ = make_axis(x.low, x.high, std::min(chart.width / 95, steps), false);
    y_ = make_axis(y.low - (chart.from_zero && y.low == 0.0 ? 0.0 : margin), y.high + margin,
                   chart.height / 40, false);
  }

  std::string svg() {
    if (empty_) return "";
    const std::string head = heading();
    const std::string clip = fmt::format(
        "<svg x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' overflow='hidden' "
        "viewBox='{:.1f} {:.1f} {:.1f} {:.1f}'>",
        kLeft, top_, inner_width(), inner_height(), kLeft, top_, inner_width(), inner_height());
    std::string out = fmt::format("<svg class='chart' viewBox='0 0 {} {}' role='img' aria-label='{}'>",
                                  chart_.width, top_ + inner_height() + kBottom, escaped(chart_.title));
    out += head + frame() + clip;
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
  double inner_height() const { return chart_.height - kHeading - kBottom; }
  double left_of(double x) const { return kLeft + x_.position(x) * inner_width(); }
  // What leaves the frame by far is held near it: coordinates of a million are drawn wrongly by some.
  double top_of(double y) const {
    return top_ + (1.0 - std::clamp(y_.position(y), -5.0, 5.0)) * inner_height();
  }

  // Title and note, then the legend: beside them where it fits, else in rows of its own below.
  std::string heading() {
    const double legend_width = width_of_legend();
    const std::string title = fitted(chart_.title, chart_.width, kTitleCharacter);
    const double titled = kTitleCharacter * static_cast<double>(text::count_characters(title)) + 8.0;
    const std::string note = fitted(chart_.note, chart_.width - titled, kNoteCharacter);
    std::string out = fmt::format("<text class='title' x='0' y='16'>{}", escaped(title));
    if (!chart_.note.empty() && note.size() > 3)
      out += fmt::format("<tspan class='note' dx='8'>{}</tspan>", escaped(note));
    const double used = titled + kNoteCharacter * static_cast<double>(text::count_characters(note)) + kGap;
    return out + "</text>" + legend(used + legend_width <= chart_.width ? chart_.width - legend_width : -1.0);
  }

  static double width_of_entry(const Curve& curve) {
    return curve.label.empty()
               ? 0.0
               : kSample + kKeyCharacter * static_cast<double>(text::count_characters(curve.label)) + kGap;
  }

  double width_of_legend() const {
    double width = 0.0;
    for (const Curve& curve : chart_.curves) width += width_of_entry(curve);
    return width;
  }

  // From `x` on in the title's row; below 0: in rows below it, which moves the frame down.
  std::string legend(double x) {
    double y = 16.0;
    const bool below = x < 0.0;
    if (below) {
      x = 0.0;
      y += kLegendRow;
      top_ += kLegendRow;
    }
    std::string out;
    for (const Curve& curve : chart_.curves) {
      if (curve.label.empty()) continue;
      if (below && x > 0.0 && x + width_of_entry(curve) - kGap > chart_.width) {
        x = 0.0;
        y += kLegendRow;
        top_ += kLegendRow;
      }
      out += fmt::format("<line class='{0}' x1='{1:.1f}' x2='{2:.1f}' y1='{3:.1f}' y2='{3:.1f}'/>",
                         css_class(curve), x, x + 18.0, y - 4.0);
      out += fmt::format("<text class='key' x='{:.1f}' y='{:.1f}'>{}</text>", x + kSample, y,
                         escaped(fitted(curve.label, chart_.width - kSample, kKeyCharacter)));
      x += width_of_entry(curve);
    }
    return out;
  }

  std::string frame() const {
    std::string out;
    const double bottom = top_ + inner_height();
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
  double top_ = kHeading;  // of the frame
  Axis x_;
  Axis y_;
};

}  // namespace

std::string to_svg(const LineChart& chart) { return Drawing(chart).svg(); }

}  // namespace gistmill
