// Time runs to the right, an iteration a column; the history grows upward. A band is a stretch of tokens at
// one level for as long as it stood so.
#include <algorithm>
#include <cstdio>

#include "plugins/focus/trace/page.hpp"

namespace gistmill::focus {
namespace {

constexpr double kWidth = 960;
constexpr double kLeft = 64;
constexpr double kRight = 16;
constexpr double kTop = 12;
constexpr double kHeight = 320;  // of the bands
constexpr double kGap = 36;      // tick labels, between the bands and the line below
constexpr double kLine = 60;     // height of the line
constexpr double kBottom = kTop + kHeight + kGap + kLine;

// With as many decimals as a pixel needs.
std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  std::string shown = text;
  if (shown.ends_with(".0")) shown.resize(shown.size() - 2);
  return shown;
}

std::string text_at(double x, double y, const char* anchor, const std::string& words) {
  return "<text x='" + number(x) + "' y='" + number(y) + "' text-anchor='" + anchor + "'>" + words +
         "</text>\n";
}

class Scale {
 public:
  explicit Scale(const SessionLife& session)
      : iterations_(static_cast<double>(std::max<std::int64_t>(session.iterations(), 1))),
        tokens_(static_cast<double>(std::max<std::int64_t>(session.tokens(), 1))) {}

  double x(double iteration) const {
    return kLeft + (iteration - 1) / iterations_ * (kWidth - kLeft - kRight);
  }
  double y(double token) const { return kTop + (1 - token / tokens_) * kHeight; }

 private:
  double iterations_;
  double tokens_;
};

std::string band_svg(const Scale& scale, const Band& band) {
  const double x = scale.x(static_cast<double>(band.born));
  const double top = scale.y(static_cast<double>(band.end));
  return "<rect class='l" + std::to_string(band.level) + "' x='" + number(x) + "' y='" + number(top) +
         "' width='" + number(scale.x(static_cast<double>(band.gone)) - x) + "' height='" +
         number(scale.y(static_cast<double>(band.start)) - top) + "'/>\n";
}

// A triangle up for an expansion, down for a collapse, a ring where room was made.
std::string mark_svg(const Scale& scale, const Mark& mark) {
  const double x = scale.x(static_cast<double>(mark.iteration) + 0.5);
  const double y = scale.y(mark.token);
  if (mark.kind == Mark::Kind::room)
    return "<circle class='room' cx='" + number(x) + "' cy='" + number(y) + "' r='2'/>\n";
  const bool expands = mark.kind == Mark::Kind::expand;
  const double tip = expands ? y - 4 : y + 4;
  const double foot = expands ? y + 3 : y - 3;
  return std::string("<path class='") + (expands ? "expand" : "collapse") + "' d='M" + number(x) + " " +
         number(tip) + "L" + number(x + 4) + " " + number(foot) + "L" + number(x - 4) + " " + number(foot) +
         "Z'/>\n";
}

std::string axes_svg(const Scale& scale, const SessionLife& session) {
  std::string svg;
  for (int quarter = 0; quarter <= 4; ++quarter) {
    const std::int64_t token = session.tokens() * quarter / 4;
    const std::int64_t iteration = session.iterations() * quarter / 4;
    svg += text_at(kLeft - 8, scale.y(static_cast<double>(token)) + 4, "end", std::to_string(token));
    svg += text_at(scale.x(static_cast<double>(iteration) + 1), kTop + kHeight + 16, "middle",
                   std::to_string(iteration));
  }
  return svg;
}

// The share of the budget that is used, from 0 to 1.
std::string utilization_svg(const Scale& scale, const SessionLife& session) {
  const auto y = [](double share) { return kBottom - std::clamp(share, 0.0, 1.0) * kLine; };
  std::string points;
  for (std::size_t i = 0; i < session.figures().size(); ++i) {
    points += (i == 0 ? "" : " ") + number(scale.x(static_cast<double>(i) + 1.5)) + "," +
              number(y(session.figures()[i].token_budget_utilization));
  }
  return "<line class='grid' x1='" + number(kLeft) + "' x2='" + number(kWidth - kRight) + "' y1='" +
         number(y(1)) + "' y2='" + number(y(1)) + "'/>\n" + "<line class='grid' x1='" + number(kLeft) +
         "' x2='" + number(kWidth - kRight) + "' y1='" + number(y(0)) + "' y2='" + number(y(0)) + "'/>\n" +
         text_at(kLeft - 8, y(1) + 4, "end", "budget") + text_at(kLeft - 8, y(0) + 4, "end", "0") +
         "<polyline class='used' points='" + points + "'/>\n";
}

}  // namespace

std::string picture_of(const SessionLife& session) {
  const Scale scale(session);
  std::string svg = "<svg viewBox='0 0 " + number(kWidth) + " " + number(kBottom + 8) +
                    "' role='img' aria-label='the working context over time'>\n";
  for (const Band& band : session.bands()) svg += band_svg(scale, band);
  for (const Mark& mark : session.marks()) svg += mark_svg(scale, mark);
  return svg + axes_svg(scale, session) + utilization_svg(scale, session) + "</svg>\n";
}

}  // namespace gistmill::focus
