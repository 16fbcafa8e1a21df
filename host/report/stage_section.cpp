// One row for each stage: what it trained and what came out, then what its first steps promised beside what
// it took.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include <gistmill/text/shown.hpp>

#include "host/figures/wording.hpp"
#include "host/report/html_text.hpp"
#include "host/report/page_sections.hpp"

namespace gistmill {
namespace {

constexpr std::size_t kPlanSteps = 3;  // as many as `gistmill plan` takes

using Steps = std::span<const StepPoint>;

// Over those that are finite; NaN without any.
double mean(Steps steps, double StepPoint::*member) {
  double sum = 0.0;
  double count = 0.0;
  for (const StepPoint& step : steps) {
    if (!std::isfinite(step.*member)) continue;
    sum += step.*member;
    count += 1.0;
  }
  return sum / count;
}

std::string number(double value, const char* unit) {
  return std::isfinite(value) ? fmt::format("{:.3g}{}", value, unit) : "";
}

std::string time_of(double seconds) { return std::isfinite(seconds) ? duration(seconds) : ""; }

std::string memory_of(double bytes) {
  return bytes > 0.0 ? text::bytes_text(static_cast<std::uint64_t>(bytes)) : "";
}

std::string row(const std::vector<std::string>& cells, const char* kind) {
  std::string out;
  for (const std::string& cell : cells) out += fmt::format("<{0}>{1}</{0}>", kind, escaped(cell));
  return "<tr>" + out + "</tr>\n";
}

std::string table_of(const std::vector<std::string>& head, const std::string& rows) {
  return "<div class='scroll'><table><thead>" + row(head, "th") + "</thead><tbody>\n" + rows +
         "</tbody></table></div>\n";
}

std::string name_of(const StageRecord& stage) { return stage.name.empty() ? "training" : stage.name; }

std::string steps_of(const StageRecord& stage) {
  const std::int64_t done = stage.points.back().step;
  return done >= stage.steps ? fmt::format("{}", done) : fmt::format("{} of {}", done, stage.steps);
}

// The first trained variant of the last check, "delta-NLL in nats 0.260 (0.012) at H = 32: met, target below
// 0.5"; "" without a check.
std::string last_check(const StageRecord& stage) {
  if (stage.evaluations.empty()) return "";
  const EvaluationTable& table = stage.evaluations.back();
  const std::string figure = table.headline_figure();
  const auto found = std::ranges::find_if(
      table.entries, [&](const EvaluationEntry& entry) { return entry.figure == figure && entry.trained; });
  if (found == table.entries.end()) return "";
  const Figure described = table.figure(figure);
  const std::string column = column_title(described);
  const auto verdict = table.verdict(*found);
  return fmt::format(
      "{} {}{}{}", figure_title(described), with_error(found->measured, described.spec.aggregate),
      column.empty() ? "" : " at " + column,
      verdict ? fmt::format(": {}, target {}", to_text(*verdict), target_text(*table.target(figure))) : "");
}

// The losses are means over a tenth of the steps at each end.
std::string outcome_row(const StageRecord& stage) {
  const Steps steps = stage.points;
  const std::size_t tenth = std::max<std::size_t>(1, steps.size() / 10);
  return row({name_of(stage), steps_of(stage), short_count(static_cast<double>(stage.parameters)),
              number(mean(steps.first(tenth), &StepPoint::loss), ""),
              number(mean(steps.last(tenth), &StepPoint::loss), ""), last_check(stage)},
             "td");
}

// By `gistmill plan`, else by the first steps.
PlannedCost planned_cost(const RunRecord& record, const StageRecord& stage) {
  if (const auto planned = record.costs.find(stage.name); planned != record.costs.end())
    return planned->second;
  const Steps steps = stage.points;
  const Steps first = steps.first(std::min(kPlanSteps, steps.size()));
  return {mean(first, &StepPoint::seconds), first.back().peak_memory_bytes};
}

std::string plan_row(const RunRecord& record, const StageRecord& stage) {
  const Steps steps = stage.points;
  const auto [planned, memory] = planned_cost(record, stage);
  const double measured = mean(steps, &StepPoint::seconds);
  const auto count = static_cast<double>(stage.steps);
  return row({name_of(stage), number(planned, " s"), number(measured, " s"), time_of(planned * count),
              time_of(measured * static_cast<double>(steps.size())), memory_of(memory),
              memory_of(steps.back().peak_memory_bytes)},
             "td");
}

}  // namespace

std::string stage_section(const RunRecord& record) {
  std::string outcomes;
  std::string plans;
  for (const StageRecord& stage : record.stages) {
    if (stage.points.empty()) continue;
    outcomes += outcome_row(stage);
    plans += plan_row(record, stage);
  }
  if (outcomes.empty()) return "";
  const std::string source =
      record.costs.empty()
          ? fmt::format("what the first {} steps of each stage told, since the run's folder holds no plan",
                        kPlanSteps)
          : "what gistmill plan measured before the run";
  const std::string note =
      "Planned: " + source +
      ". Time is that of the steps, without checks and checkpoints; memory is the peak of the process.";
  return "<section>\n<h2>Stages</h2>\n" +
         table_of(
             {"stage", "steps", "trained parameters", "loss of the first tenth", "of the last", "last check"},
             outcomes) +
         "<h3>Plan and what it took</h3>\n<p class='soft'>" + escaped(note) + "</p>\n" +
         table_of({"stage", "a step, planned", "measured", "all steps, planned", "measured",
                   "memory, planned", "measured"},
                  plans) +
         "</section>\n";
}

}  // namespace gistmill
