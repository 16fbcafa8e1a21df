// The curves of each stage: loss and its parts, raw and smoothed, evaluations on the way, learning rate,
// gradient norm, speed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "host/figures/wording.hpp"
#include "host/report/check_curves.hpp"
#include "host/report/html_text.hpp"
#include "host/report/line_chart.hpp"
#include "host/report/page_frame.hpp"
#include "host/report/page_sections.hpp"

namespace gistmill {
namespace {

constexpr int kSmallWidth = 300;
constexpr int kSmallHeight = 170;

std::vector<Point> points_of(const StageRecord& stage, double StepPoint::*member) {
  std::vector<Point> out;
  for (const StepPoint& point : stage.points) out.push_back({static_cast<double>(point.step), point.*member});
  return out;
}

std::vector<Point> speed_of(const StageRecord& stage) {
  std::vector<Point> out;
  for (const StepPoint& point : stage.points) {
    if (point.seconds > 0.0) out.push_back({static_cast<double>(point.step), point.items / point.seconds});
  }
  return out;
}

// A twentieth of the stage in all, at least 5 steps.
std::size_t half_window(const StageRecord& stage) {
  return std::max<std::size_t>(2, stage.points.size() / 40);
}

std::string loss_chart(const StageRecord& stage, int color) {
  const auto raw = points_of(stage, &StepPoint::loss);
  const std::size_t half = half_window(stage);
  LineChart chart;
  chart.title = "loss";
  chart.note = fmt::format("training, mean of {} steps and each step", 2 * half + 1);
  chart.x_title = "step";
  chart.x_end = static_cast<double>(stage.steps);
  chart.curves = {{Curve::Kind::raw, color, "", raw}, {Curve::Kind::smooth, color, "", smoothed(raw, half)}};
  chart.may_leave = 0.02;
  return to_svg(chart);
}

std::string small_chart(const StageRecord& stage, const std::string& title, std::vector<Point> points,
                        std::size_t half, int color) {
  LineChart chart;
  chart.title = title;
  chart.x_title = "step";
  chart.x_end = static_cast<double>(stage.steps);
  chart.width = kSmallWidth;
  chart.height = kSmallHeight;
  chart.from_zero = true;
  if (half > 0) chart.curves.push_back({Curve::Kind::raw, color, "", points});
  chart.curves.push_back(
      {Curve::Kind::smooth, color, "", half > 0 ? smoothed(points, half) : std::move(points)});
  return to_svg(chart);
}

// The parts of the loss, a chart each: their sizes may differ by orders of magnitude. "" without parts.
std::string part_charts(const StageRecord& stage, int color) {
  std::map<std::string, std::vector<Point>> parts;
  for (const StepPoint& point : stage.points) {
    for (const auto& [slot, loss] : point.losses)
      parts[slot].push_back({static_cast<double>(point.step), loss});
  }
  std::string out;
  for (auto& [slot, points] : parts)
    out +=
        card(small_chart(stage, slot + ", without its weight", std::move(points), half_window(stage), color));
  return out;
}

std::string about(const StageRecord& stage) {
  std::string trains;
  for (const std::string& instance : stage.trains) trains += (trains.empty() ? "" : ", ") + instance;
  std::string out =
      fmt::format("{} of {} steps", stage.points.empty() ? 0 : stage.points.back().step, stage.steps);
  if (!trains.empty()) {
    out +=
        fmt::format("; trains {}, {} parameters", trains, short_count(static_cast<double>(stage.parameters)));
  }
  const auto lost =
      std::ranges::count_if(stage.points, [](const auto& point) { return !std::isfinite(point.loss); });
  if (lost > 0) out += fmt::format("; the loss of {} steps is not finite", lost);
  return out;
}

// What monitors decided, one line each; of many the first and the last.
std::string decision_list(const RunRecord& record, const StageRecord& stage) {
  constexpr std::size_t kShown = 10;  // at each end
  std::vector<std::string> lines;
  for (const DecisionRecord& decision : record.decisions) {
    if (decision.stage == stage.name) lines.push_back(decision.text());
  }
  if (lines.empty()) return "";
  std::string out = fmt::format("<h4>{} decision{} of monitors</h4>\n<ul class='soft'>\n", lines.size(),
                                lines.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool shown = i < kShown || i + kShown >= lines.size();
    if (shown) out += fmt::format("<li>{}</li>\n", escaped(lines[i]));
    if (!shown && i == kShown) out += "<li>...</li>\n";
  }
  return out + "</ul>\n";
}

std::string stage_part(const RunRecord& record, const StageRecord& stage, int color) {
  const std::string items = item_word(record);
  const std::size_t half = half_window(stage);
  std::string out = stage.name.empty() ? "" : fmt::format("<h3>{}</h3>\n", escaped(stage.name));
  out += fmt::format("<p class='soft'>{}</p>\n", escaped(about(stage)));
  out += decision_list(record, stage);
  out += card(loss_chart(stage, color));
  out += check_curves(stage, color);
  if (const std::string parts = part_charts(stage, color); !parts.empty())
    out += "<div class='row three'>\n" + parts + "</div>\n";
  const std::string small =
      card(small_chart(stage, "learning rate", points_of(stage, &StepPoint::learning_rate), 0, color)) +
      card(small_chart(stage, "gradient norm", points_of(stage, &StepPoint::gradient_norm), half, color)) +
      card(small_chart(stage, items + " a second", speed_of(stage), half, color));
  return small.empty() ? out : out + "<div class='row three'>\n" + small + "</div>\n";
}

}  // namespace

std::string training_section(const RunRecord& record) {
  std::string out;
  int color = 0;
  for (const StageRecord& stage : record.stages) {
    if (stage.points.empty()) continue;
    out += stage_part(record, stage, color);
    color = (color + 1) % 6;
  }
  return out.empty() ? "" : "<section>\n<h2>Training</h2>\n" + out + "</section>\n";
}

}  // namespace gistmill
