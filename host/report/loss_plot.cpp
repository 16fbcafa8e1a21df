#include "host/report/loss_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "host/report/line_chart.hpp"

namespace gistmill {
namespace {

// The page's light colors, written out: what draws SVG files outside of a browser knows no variables.
constexpr std::string_view kStyle = R"css(
text { fill: #1b1f24; font-family: Inter, "Helvetica Neue", "DejaVu Sans", sans-serif; }
.title { font-size: 13.5px; font-weight: 600; } .note { fill: #6b747e; font-size: 12px; font-weight: 400; }
.tick { fill: #5d6671; font-size: 11.5px; } .key { fill: #5d6671; font-size: 12px; }
.grid { stroke: #e3e5e8; } .axis { stroke: #8b949e; } path { fill: none; }
.c0 { stroke: #2563c9; } .c1 { stroke: #d2691e; } .c2 { stroke: #2a8a5c; }
.c3 { stroke: #8250c4; } .c4 { stroke: #b83268; } .c5 { stroke: #0f8b9d; }
.raw { stroke-width: 1; stroke-opacity: 0.33; } .smooth { stroke-width: 2.2; stroke-linejoin: round; }
)css";

constexpr int kMargin = 16;

LineChart chart_of(const RunRecord& record) {
  LineChart chart;
  const std::string name = std::filesystem::path(record.recipe).stem().string();
  chart.title = name.empty() ? "loss" : name + ": loss";
  chart.note = "each step, and smoothed";
  chart.x_title = "step";
  chart.may_leave = 0.02;
  double before = 0.0;  // steps of earlier stages
  int color = 0;
  for (const StageRecord& stage : record.stages) {
    if (stage.points.empty()) continue;
    std::vector<Point> raw;
    for (const StepPoint& point : stage.points)
      raw.push_back({before + static_cast<double>(point.step), point.loss});
    before = raw.back().x;
    const std::size_t half = std::max<std::size_t>(2, raw.size() / 40);
    std::vector<Point> smooth = smoothed(raw, half);
    chart.curves.push_back({Curve::Kind::raw, color, "", std::move(raw)});
    chart.curves.push_back({Curve::Kind::smooth, color, stage.name, std::move(smooth)});
    color = (color + 1) % 6;
  }
  chart.x_end = before;
  return chart;
}

}  // namespace

std::string loss_plot(const RunRecord& record) {
  const LineChart chart = chart_of(record);
  const std::string svg = to_svg(chart);
  if (svg.empty()) return "";
  const int width = chart.width + 2 * kMargin;
  const int height =
      chart.height + 2 * kMargin;  // a legend in rows of its own makes the chart inside smaller
  return fmt::format(
      "<?xml version='1.0' encoding='UTF-8'?>\n"
      "<svg xmlns='http://www.w3.org/2000/svg' width='{0}' height='{1}' viewBox='0 0 {0} {1}'>\n"
      "<style>{2}</style>\n<rect width='{0}' height='{1}' fill='#ffffff'/>\n"
      "<svg x='{3}' y='{3}' width='{4}' height='{5}'>{6}</svg>\n</svg>\n",
      width, height, kStyle, kMargin, chart.width, chart.height, svg);
}

}  // namespace gistmill
