#include "host/diff/baseline.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace gistmill {
namespace {

bool has_row(const RunSummary& summary, const std::string& variant, const std::string& figure) {
  return std::ranges::any_of(summary.evaluations, [&](const EvaluationTable& table) {
    return table.find(variant, figure) != nullptr;
  });
}

std::string amount_text(const BaselineVerdict& verdict) {
  const double error = verdict.paired ? verdict.paired->standard_error : std::nan("");
  std::string text = fmt::format("{:.4g}", std::abs(verdict.worse_by));
  if (std::isfinite(error)) text += fmt::format(" ± {:.2g}", error);
  if (verdict.paired) text += fmt::format(" on the same {} {}", verdict.paired->items, verdict.after.items);
  return text;
}

}  // namespace

BaselineVerdict against_baseline(const MeasuredRun& baseline, const MeasuredRun& run,
                                 const std::string& figure, double tolerance) {
  BaselineVerdict verdict;
  verdict.tolerance = tolerance;
  verdict.after = headline_of(run.summary, figure, "");
  const std::string& name = verdict.after.figure.name;
  const bool same_row = has_row(baseline.summary, verdict.after.variant, name);
  verdict.before = headline_of(baseline.summary, name, same_row ? verdict.after.variant : "");
  const FigureSpec& spec = verdict.after.figure.spec;
  verdict.paired = paired_change(items_of(verdict.before, baseline.items), items_of(verdict.after, run.items),
                                 spec.aggregate);
  const double change = verdict.paired ? verdict.paired->value : verdict.after.value - verdict.before.value;
  verdict.worse_by = spec.better == Better::lower ? change : -change;
  verdict.regressed = !(verdict.worse_by <= tolerance);  // what is no number is no success
  return verdict;
}

std::string verdict_text(const BaselineVerdict& verdict, const std::string& baseline) {
  std::string text = fmt::format("{} of {} is {:.4g}, against {:.4g} in {}: ", verdict.after.figure.name,
                                 verdict.after.variant, verdict.after.value, verdict.before.value, baseline);
  if (std::isnan(verdict.worse_by)) return text + "they cannot be compared";
  if (verdict.worse_by == 0) return text + "equal";
  text += fmt::format("{} by {}", verdict.worse_by > 0 ? "worse" : "better", amount_text(verdict));
  if (verdict.worse_by <= 0) return text;
  return text + fmt::format(", {} the tolerance of {:.4g}", verdict.regressed ? "more than" : "within",
                            verdict.tolerance);
}

}  // namespace gistmill
