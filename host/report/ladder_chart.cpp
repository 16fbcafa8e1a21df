// One row a variant: name, bar with whisker, value with error, recovered share.
#include <gistmill/text/utf8.hpp>

#include "host/report/ladder_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/figures/wording.hpp"
#include "host/report/axis.hpp"
#include "host/report/html_text.hpp"
#include "host/report/svg_text.hpp"

namespace gistmill {
namespace {

constexpr double kLadderTop = 30.0;
constexpr double kLadderRow = 30.0;
constexpr double kBar = 16.0;
constexpr double kLadderBottom = 26.0;
constexpr double kLabelCharacter = 7.6;  // widest usual width of a character of the labels
constexpr double kNumbers = 158.0;       // room for "0.256 (0.018)" and "100 %"

class Ladder {
 public:
  Ladder(const EvaluationTable& table, const std::string& figure, const std::vector<std::string>& trained,
         int width)
      : table_(table), figure_(figure), name_(table.figure(figure)), trained_(trained), width_(width) {
    double low = 0.0;
    double high = 0.0;
    std::size_t longest = 0;
    for (const std::string& variant : ladder_order(table)) {
      const EvaluationEntry* entry = table.find(variant, figure);
      if (entry == nullptr || !std::isfinite(entry->measured.value)) continue;
      rows_.push_back(entry);
      low = std::min(low, entry->measured.value - error_of(*entry));
      high = std::max(high, entry->measured.value + error_of(*entry));
      longest = std::max(longest, text::count_characters(variant));
    }
    left_ = std::min(0.45 * width, kLabelCharacter * static_cast<double>(longest) + 14.0);
    axis_ = make_axis(low, high, static_cast<int>(inner_width() / 55.0), true);
  }

  std::string svg() const {
    if (rows_.empty()) return "";
    const double height = kLadderTop + kLadderRow * static_cast<double>(rows_.size()) + kLadderBottom;
    std::string out =
        fmt::format("<svg class='chart ladder' viewBox='0 0 {} {:.0f}' role='img' aria-label='{} {}'>",
                    width_, height, escaped(figure_title(name_)), escaped(column_title(name_)));
    out += heading() + grid();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      out += row(*rows_[i], kLadderTop + kLadderRow * (static_cast<double>(i) + 0.5));
    }
    return out + paired_mark() + "</svg>";
  }

 private:
  static double error_of(const EvaluationEntry& entry) {
    return std::isfinite(entry.measured.standard_error) ? entry.measured.standard_error : 0.0;
  }

  // Whiskers and numbers here are standard errors.
  static Estimate without_interval(Estimate estimate) {
    estimate.interval.reset();
    return estimate;
  }

  double inner_width() const { return width_ - left_ - kNumbers; }
  double bottom() const { return kLadderTop + kLadderRow * static_cast<double>(rows_.size()); }
  double left_of(double value) const { return left_ + axis_.position(value) * inner_width(); }

  std::string heading() const {
    const double room = width_ - 48.0 - kNumbers + 34.0;
    std::string out = fmt::format("<text class='title' x='0' y='16'>{}</text>",
                                  escaped(fitted(title_in(table_, name_), room, kLabelCharacter)));
    out += fmt::format("<text class='tick' text-anchor='end' x='{:.1f}' y='16'>{} (error)</text>",
                       width_ - 48.0, to_text(name_.spec.aggregate));
    if (!table_.reference.empty()) {
      out += fmt::format("<text class='tick' text-anchor='end' x='{}' y='16'>rec.</text>", width_);
    }
    return out;
  }

  std::string grid() const {
    std::string out;
    for (const double tick : axis_.ticks) {
      const double x = left_of(tick);
      out += fmt::format("<line class='{}' x1='{:.1f}' x2='{:.1f}' y1='{:.1f}' y2='{:.1f}'/>",
                         tick == 0.0 ? "axis" : "grid", x, x, kLadderTop, bottom());
      out += fmt::format("<text class='tick' text-anchor='middle' x='{:.1f}' y='{:.1f}'>{}</text>", x,
                         bottom() + 17.0, axis_.label(tick));
    }
    return out;
  }

  // "c0".."c5" for trained variants, "base" for the others.
  std::string color(const EvaluationEntry& entry) const {
    const auto found = std::ranges::find(trained_, entry.variant);
    if (found == trained_.end()) return "base";
    return fmt::format("c{}", (found - trained_.begin()) % 6);
  }

  std::string row(const EvaluationEntry& entry, double middle) const {
    const double zero = left_of(0.0);
    const double end = left_of(entry.measured.value);
    std::string out = fmt::format("<text class='name{}' text-anchor='end' x='{:.1f}' y='{:.1f}'>{}</text>",
                                  entry.trained ? " strong" : "", left_ - 10.0, middle + 4.5,
                                  escaped(fitted(entry.variant, left_ - 10.0, kLabelCharacter)));
    out += fmt::format("<rect class='bar {}' x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' rx='2'/>",
                       color(entry), std::min(zero, end), middle - kBar / 2.0, std::abs(end - zero), kBar);
    if (error_of(entry) > 0.0) {
      const double from = left_of(entry.measured.value - error_of(entry));
      const double to = left_of(entry.measured.value + error_of(entry));
      out += fmt::format(
          "<path class='whisker ink' d='M{0:.1f} {2:.1f}H{1:.1f}M{0:.1f} {3:.1f}V{4:.1f}"
          "M{1:.1f} {3:.1f}V{4:.1f}'/>",
          from, to, middle, middle - 4.0, middle + 4.0);
    }
    out += fmt::format("<text class='value{}' text-anchor='end' x='{:.1f}' y='{:.1f}'>{}</text>",
                       entry.trained ? " strong" : "", width_ - 48.0, middle + 4.5,
                       with_error(without_interval(entry.measured), name_.spec.aggregate));
    if (entry.recovered) {
      out +=
          fmt::format("<text class='value{}' text-anchor='end' x='{}' y='{:.1f}'>{}</text>",
                      entry.trained ? " strong" : "", width_, middle + 4.5, percent(entry.recovered->value));
    }
    return out;
  }

  std::string paired_mark() const {
    const EvaluationEntry* entry = table_.find(table_.paired, figure_);
    if (entry == nullptr || !std::isfinite(entry->measured.value)) return "";
    const double x = left_of(entry->measured.value);
    return fmt::format("<line class='mark' x1='{0:.1f}' x2='{0:.1f}' y1='{1:.1f}' y2='{2:.1f}'/>", x,
                       kLadderTop - 4.0, bottom());
  }

  const EvaluationTable& table_;
  const std::string& figure_;
  Figure name_;
  const std::vector<std::string>& trained_;
  int width_;
  std::vector<const EvaluationEntry*> rows_;
  double left_ = 0.0;
  Axis axis_;
};

}  // namespace

std::vector<std::string> ladder_order(const EvaluationTable& table) {
  const std::string headline = table.headline_figure();
  const Better better = table.figure(headline).spec.better;
  const auto value = [&](const std::string& variant) {
    const EvaluationEntry* entry = table.find(variant, headline);
    if (entry != nullptr && std::isfinite(entry->measured.value)) return entry->measured.value;
    constexpr double kWorst = std::numeric_limits<double>::infinity();
    return better == Better::lower ? kWorst : -kWorst;
  };
  std::vector<std::string> order = table.variants();
  std::ranges::stable_sort(
      order, [&](const auto& a, const auto& b) { return is_better(better, value(b), value(a)); });
  return order;
}

std::string ladder_svg(const EvaluationTable& table, const std::string& figure,
                       const std::vector<std::string>& trained, int width) {
  return Ladder(table, figure, trained, width).svg();
}

}  // namespace gistmill
