#include "host/sweep/page/sweep_page.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gistmill/text/shown.hpp>

#include "host/figures/wording.hpp"
#include "host/report/html_text.hpp"
#include "host/report/page_frame.hpp"
#include "host/report/value_chart.hpp"
#include "host/sweep/table_text.hpp"
#include "host/sweep/trial.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

std::int64_t count_of(const SweepFindings& findings, PointState state) {
  return std::ranges::count(findings.ledger, state, &LedgerPoint::state);
}

// As it is typed in the folder that the sweep was begun in.
std::string typed(const fs::path& path) { return path.lexically_proximate(fs::current_path()).string(); }

std::string badge(const SweepFindings& findings) {
  const auto total = std::ssize(findings.ledger);
  const std::int64_t done = count_of(findings, PointState::done);
  const std::int64_t failed = count_of(findings, PointState::failed);
  std::string text = fmt::format("{} of {} points done", done, total);
  if (failed > 0) text += fmt::format(", {} failed", failed);
  return fmt::format("<span class='badge {}'>{}</span>",
                     failed > 0 ? "failed" : (done == total ? "finished" : "stopped"), text);
}

std::string tiles(const SweepFindings& findings) {
  double seconds = 0;
  std::uint64_t memory = 0;
  std::int64_t seeds = 0;
  if (findings.table) {
    seeds = findings.table->seeds;
    for (const MeasuredPoint& point : findings.table->points) {
      seconds += point.seconds;
      memory = std::max(memory, point.peak_memory_bytes);
    }
  }
  return "<dl class='tiles'>" + tile("points", std::to_string(findings.ledger.size())) +
         tile("seeds", std::to_string(seeds)) + tile("time of all points", duration(seconds)) +
         tile("peak memory", memory > 0 ? text::bytes_text(memory) : "") + "</dl>\n";
}

std::string header(const SweepFindings& findings) {
  std::string out =
      fmt::format("<header>\n<p class='eyebrow'>{}</p>\n<h1>{}{}</h1>\n", escaped(findings.study),
                  escaped(fs::path(findings.study).stem().string()), badge(findings));
  if (!findings.table) {
    out += "<p class='lead'>No point is done yet.</p>\n";
  } else {
    const SweepTable& table = *findings.table;
    out += fmt::format("<p class='lead'>{}.</p>\n", escaped(result_sentence(table)));
    out += fmt::format(
        "<p class='soft'>{}</p>\n",
        escaped(fmt::format("{} of {} in {}; {} is better. The best of several settings is partly "
                            "luck: seeds that took no part in choosing them tell how much.",
                            figure_title(table.figure), table.variant, table.evaluation,
                            to_text(table.figure.spec.better))));
  }
  return out + tiles(findings) + "</header>\n";
}

// The repeats' values in the order of the study; a dot's color is its place here.
std::vector<std::string> seeds_of(const SweepTable& table) {
  std::vector<std::string> seeds;
  for (const AxisEffect& axis : table.axes) {
    if (!axis.repeats) continue;
    for (const AxisValue& value : axis.values) seeds.push_back(value.value);
  }
  return seeds;
}

int color_of(const SweepTable& table, std::size_t point) {
  int color = 0;
  for (const AxisEffect& axis : table.axes) {
    if (!axis.repeats) continue;
    for (std::size_t i = 0; i < axis.values.size(); ++i) {
      if (std::ranges::count(axis.values[i].points, point) > 0) color = static_cast<int>(i);
    }
  }
  return color;
}

std::string axis_chart(const SweepTable& table, const AxisEffect& axis) {
  ValueChart chart;
  chart.title = figure_title(table.figure);
  const std::string column = column_title(table.figure);
  chart.note = (column.empty() ? "" : column + ", ") +
               (table.seeds > 1 ? "mean and 95 % interval over seeds; a dot is a point" : "a dot is a point");
  for (const AxisValue& value : axis.values) {
    ValueChart::Row row{
        value.value, {}, value.measured.mean, value.measured.half_width, interval_text(value.measured)};
    if (table.seeds < 2) row.half_width = std::nan("");  // over other axes it is no uncertainty
    for (const std::size_t number : value.points) {
      const MeasuredPoint& point = table.points[number];
      row.dots.push_back({point.value, color_of(table, number),
                          fmt::format("{:.4g}: {}", point.value, text_of(point.settings))});
    }
    if (table.seeds < 2) row.text = fmt::format("{:.4g}", value.measured.mean);
    chart.rows.push_back(std::move(row));
  }
  return card(to_svg(chart));
}

std::string legend(const SweepTable& table) {
  const std::vector<std::string> seeds = seeds_of(table);
  if (seeds.size() < 2) return "";
  std::string out = "<p class='soft'>Seeds:";
  for (std::size_t i = 0; i < seeds.size(); ++i)
    out += fmt::format(" <span class='swatch f{}'></span>{}", i % 6, escaped(seeds[i]));
  return out + "</p>\n";
}

std::string cells(std::initializer_list<std::string> texts, const char* element = "td") {
  std::string out = "<tr>";
  for (const std::string& text : texts) out += fmt::format("<{0}>{1}</{0}>", element, escaped(text));
  return out + "</tr>\n";
}

std::string axis_table(const SweepTable& table, const AxisEffect& axis) {
  std::string out =
      "<div class='scroll'><table><thead>" +
      cells({"", "against the first", "error of the items", "time of a point", "peak memory", "points"},
            "th") +
      "</thead><tbody>\n";
  for (const AxisValue& value : axis.values) {
    const bool first = &value == &axis.values.front();
    out += cells({value.value, first ? "" : difference_text(value.against_first),
                  first ? "" : item_error_text(value.against_first, table.items), duration(value.seconds),
                  value.peak_memory_bytes > 0 ? text::bytes_text(value.peak_memory_bytes) : "",
                  std::to_string(value.points.size())});
  }
  return out + "</tbody></table></div>\n";
}

std::string axis_sections(const SweepTable& table) {
  std::string out;
  for (const AxisEffect& axis : table.axes) {
    if (axis.repeats) continue;
    out += fmt::format("<section>\n<h2>{}</h2>\n", escaped(fmt::format("{}", fmt::join(axis.keys, ", "))));
    out += axis_chart(table, axis) + legend(table) + axis_table(table, axis) + "</section>\n";
  }
  if (out.empty()) return out;
  return out +
         "<p class='soft spaced'>Differences are means over pairs of points that agree in all other "
         "settings, with "
         "the 95 % interval by Student's t over seeds: would other seeds say the same of these items? The "
         "error of "
         "the items is one standard error of the same difference, clustered as the evaluation says: would "
         "other "
         "items? A finding holds against both.</p>\n";
}

std::string best_section(const SweepFindings& findings) {
  const SweepTable& table = *findings.table;
  const MeasuredPoint& best = table.best_point();
  std::string out = fmt::format("<section>\n<h2>Best point</h2>\n<p>{} <span class='mono'>{}</span></p>\n",
                                escaped(text_of(best.settings)), escaped(best.id));
  if (table.single_seed())
    out += "<p class='warning'>No other point has these settings with another seed: not a finding.</p>\n";
  return out + fmt::format("<pre>gistmill run {} --folder runs/{}</pre>\n</section>\n",
                           escaped(typed(point_folder(findings.points, best.id) / "point.toml")),
                           escaped(best.id));
}

// Settings that differ, as columns.
std::vector<std::string> differing_keys(const SweepTable& table) {
  std::vector<std::string> keys;
  for (const AxisEffect& axis : table.axes) keys.insert(keys.end(), axis.keys.begin(), axis.keys.end());
  return keys;
}

std::string points_section(const SweepFindings& findings) {
  const SweepTable& table = *findings.table;
  const std::vector<std::string> keys = differing_keys(table);
  std::string out = "<section>\n<h2>Points</h2>\n<div class='scroll'><table><thead><tr><th>point</th>";
  for (const std::string& key : keys) out += fmt::format("<th>{}</th>", escaped(key));
  out += fmt::format("<th>{}</th><th>time</th><th>memory</th></tr></thead><tbody>\n",
                     escaped(table.figure.name));
  for (const MeasuredPoint& point : table.points) {
    const bool best = &point == &table.best_point();
    const std::string report = (point_folder(findings.points, point.id) / "report.html")
                                   .lexically_relative(fs::absolute(findings.folder));
    out += fmt::format("<tr{}><td><a class='mono' href='{}'>{}</a></td>", best ? " class='trained'" : "",
                       escaped(report), escaped(point.id));
    for (const std::string& key : keys) {
      const auto setting = std::ranges::find(point.settings, key, &Setting::key);
      out += fmt::format("<td>{}</td>", escaped(setting->value));
    }
    out += fmt::format("<td>{:.4g}</td><td>{}</td><td>{}</td></tr>\n", point.value, duration(point.seconds),
                       text::bytes_text(point.peak_memory_bytes));
  }
  return out + "</tbody></table></div>\n</section>\n";
}

std::string failed_section(const SweepFindings& findings) {
  std::string out;
  for (const LedgerPoint& point : findings.ledger) {
    if (point.state != PointState::failed) continue;
    out += fmt::format("<h3>{} <span class='mono'>{}</span></h3>\n", escaped(text_of(point.settings)),
                       escaped(point.id));
    out += fmt::format("<p class='error-level'>exit code {}: {}</p>\n<pre>gistmill run {}</pre>\n",
                       point.exit_code, escaped(point.error),
                       escaped(typed(failing_recipe_in(point_folder(findings.points, point.id)))));
  }
  return out.empty() ? "" : "<section>\n<h2>Failed points</h2>\n" + out + "</section>\n";
}

}  // namespace

std::string sweep_page(const SweepFindings& findings) {
  std::string body = header(findings);
  if (findings.table)
    body += axis_sections(*findings.table) + best_section(findings) + points_section(findings);
  body += failed_section(findings);
  return page_of(fs::path(findings.study).stem().string() + ": sweep report", body,
                 fmt::format("gistmill {}. Again: gistmill sweep report {}", findings.program,
                             findings.folder.string()));
}

}  // namespace gistmill
