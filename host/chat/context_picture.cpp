#include "host/chat/context_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace gistmill {
namespace {

constexpr double kWidth = 960, kLeft = 10, kTop = 62, kHeight = 60, kBottom = 170;
constexpr double kApart = 40, kLine = 14;  // of labels

constexpr const char* kPictureStyle =
    "text{font:13px system-ui,sans-serif;fill:#1d2329}.l0{fill:#1f6feb}.l1{fill:#8fb8f5}.l2{fill:#d3dce8}"
    ".up{fill:#1a7f37}.down{fill:#b35900}"
    "@media(prefers-color-scheme:dark){text{fill:#e4e8ec}.l0{fill:#58a6ff}.l1{fill:#2f5d96}.l2{fill:#2a323c}"
    ".up{fill:#57c26d}.down{fill:#e3994a}}";

}  // namespace

std::string svg_picture(const ContextView& view, std::int64_t since) {
  static constexpr std::array<double, 3> kShare = {1.0, 0.55, 0.25};
  const double scale = (kWidth - 2 * kLeft) / static_cast<double>(std::max<std::int64_t>(view.cursor, 1));
  const auto at = [&](std::int64_t token) { return kLeft + static_cast<double>(token) * scale; };
  std::string body;
  for (const ViewEntry& entry : view.entries) {
    const auto level = static_cast<std::size_t>(std::clamp(entry.level, 0, 2));
    const double height = kHeight * kShare[level];
    body += fmt::format(R"(<rect class="l{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)", level,
                        at(entry.begin), kTop + kHeight - height,
                        std::max(static_cast<double>(entry.end - entry.begin) * scale - 0.6, 0.4), height);
    body += "\n";
  }
  std::array<double, 2> last = {-kApart, -kApart};  // label of what was closed, of what was opened
  std::vector<ViewAction> actions = view.actions;
  std::ranges::sort(actions, {}, &ViewAction::begin);
  for (const ViewAction& action : actions) {
    if (action.cursor <= since) continue;
    const double x = (at(action.begin) + at(action.end)) / 2;
    const bool up = action.direction > 0;
    const double tip = up ? kTop - 10 : kTop + kHeight + 14, base = up ? kTop - 2 : kTop + kHeight + 6;
    body += fmt::format(R"(<path class="{}" d="M{:.1f} {:.1f}L{:.1f} {:.1f}L{:.1f} {:.1f}Z"/>)",
                        up ? "up" : "down", x - 5, base, x + 5, base, x, tip);
    double& before = last[up ? 1 : 0];
    const bool crowded = x - before < kApart;  // the label before it would touch
    before = crowded ? -kApart : x;
    const double away = crowded ? kLine : 0;
    if (action.score)
      body += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{:+.2f}</text>)", x,
                          up ? tip - 3 - away : tip + 12 + away, *action.score);
    body += "\n";
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0f} {:.0f}\" "
      "role=\"img\">\n<style>{}</style>\n"
      "<title>{}</title>\n<text x=\"{:.0f}\" y=\"16\">{}</text>\n{}</svg>\n",
      kWidth, kBottom, kPictureStyle, summary_line(view), kLeft, summary_line(view), body);
}

}  // namespace gistmill
