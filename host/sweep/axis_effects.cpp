#include "host/sweep/axis_effects.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool is_seed(const std::string& key) { return key == "seed" || key.ends_with(".seed"); }

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Half of the 95 % interval of the mean.
double half_width(const std::vector<double>& values) {
  if (values.size() < 2) return kNan;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double freedom = static_cast<double>(values.size() - 1);
  const boost::math::students_t student(freedom);
  return quantile(student, 0.975) * std::sqrt(squares / freedom / static_cast<double>(values.size()));
}

// The values of some settings as one text, and those of all others.
std::string text_at(const Settings& settings, const std::set<std::size_t>& at, bool inside) {
  std::string text;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (at.contains(i) == inside) text += (text.empty() ? "" : " ") + settings[i].value;
  }
  return text;
}

// Axes whose values always change together are one.
std::vector<std::set<std::size_t>> axis_groups(const std::vector<MeasuredPoint>& points) {
  const std::size_t count = points.front().settings.size();
  const auto tied = [&](std::size_t a, std::size_t b) {
    std::map<std::string, std::string> forward;
    std::map<std::string, std::string> back;
    for (const MeasuredPoint& point : points) {
      const std::string& left = point.settings[a].value;
      const std::string& right = point.settings[b].value;
      if (forward.emplace(left, right).first->second != right) return false;
      if (back.emplace(right, left).first->second != left) return false;
    }
    return forward.size() > 1;
  };
  std::vector<std::set<std::size_t>> groups;
  for (std::size_t axis = 0; axis < count; ++axis) {
    const auto group =
        std::ranges::find_if(groups, [&](const auto& each) { return tied(*each.begin(), axis); });
    if (group != groups.end()) {
      group->insert(axis);
    } else {
      groups.push_back({axis});
    }
  }
  return groups;
}

AxisValue value_of(const std::string& value, const std::vector<MeasuredPoint>& points,
                   const std::set<std::size_t>& axis, const std::map<std::string, double>& first) {
  AxisValue result;
  result.value = value;
  std::vector<double> all;
  std::vector<double> differences;
  for (const MeasuredPoint& point : points) {
    if (text_at(point.settings, axis, true) != value) continue;
    all.push_back(point.value);
    const auto partner = first.find(text_at(point.settings, axis, false));
    if (partner != first.end()) differences.push_back(point.value - partner->second);
  }
  result.mean = mean_of(all);
  result.points = static_cast<std::int64_t>(all.size());
  result.pairs = static_cast<std::int64_t>(differences.size());
  result.effect = differences.empty() ? kNan : mean_of(differences);
  result.half_width = half_width(differences);
  return result;
}

AxisEffect effect_of(const std::vector<MeasuredPoint>& points, const std::set<std::size_t>& axis) {
  AxisEffect effect;
  for (const std::size_t at : axis) effect.keys.push_back(points.front().settings[at].key);
  effect.repeats = std::ranges::all_of(effect.keys, is_seed);
  std::vector<std::string> values;
  for (const MeasuredPoint& point : points) {
    const std::string value = text_at(point.settings, axis, true);
    if (std::ranges::find(values, value) == values.end()) values.push_back(value);
  }
  std::map<std::string, double> first;  // by the other settings
  for (const MeasuredPoint& point : points) {
    if (text_at(point.settings, axis, true) == values.front())
      first.emplace(text_at(point.settings, axis, false), point.value);
  }
  for (const std::string& value : values) effect.values.push_back(value_of(value, points, axis, first));
  return effect;
}

std::string effect_text(const AxisValue& value) {
  if (value.pairs == 0) return "";
  if (std::isnan(value.half_width)) return fmt::format("  {:+.4g} (a single pair)", value.effect);
  return fmt::format("  {:+.4g} +- {:.2g} ({} pairs)", value.effect, value.half_width, value.pairs);
}

}  // namespace

Headline headline_of(const RunSummary& summary, const std::string& headline, const std::string& variant) {
  std::set<std::string> figures;
  for (auto table = summary.evaluations.rbegin(); table != summary.evaluations.rend(); ++table) {
    const std::string figure = headline.empty() ? table->headline_figure() : headline;
    for (const std::string& name : table->figures()) figures.insert(name);
    const EvaluationEntry* chosen = nullptr;
    for (const EvaluationEntry& entry : table->entries) {
      if (entry.figure != figure || (!variant.empty() && entry.variant != variant)) continue;
      if (chosen == nullptr || (entry.trained && !chosen->trained)) chosen = &entry;
    }
    if (chosen != nullptr)
      return {table->name, chosen->variant, table->figure(figure), chosen->measured.value};
  }
  throw Failure(ExitCode::recipe,
                fmt::format("no evaluation has the figure '{}'{}", headline,
                            variant.empty() ? "" : fmt::format(" of variant '{}'", variant)),
                {figures.empty() ? "the recipe evaluates nothing"
                                 : fmt::format("the figures are: {}", fmt::join(figures, " "))});
}

SweepTable sweep_table(const Headline& headline, std::vector<MeasuredPoint> points) {
  SweepTable table;
  table.figure = headline.figure;
  table.evaluation = headline.evaluation;
  table.variant = headline.variant;
  table.points = std::move(points);
  std::set<std::size_t> seeds;
  for (const std::set<std::size_t>& axis : axis_groups(table.points)) {
    table.axes.push_back(effect_of(table.points, axis));
    if (table.axes.back().repeats) seeds.insert(axis.begin(), axis.end());
  }
  for (std::size_t i = 1; i < table.points.size(); ++i) {
    const double value = table.points[i].value;
    const double best = table.points[table.best].value;
    if (std::isnan(best) || is_better(table.figure.spec.better, value, best)) table.best = i;
  }
  const std::string best = text_at(table.points[table.best].settings, seeds, false);
  table.single_seed = std::ranges::count_if(table.points, [&](const MeasuredPoint& point) {
                        return text_at(point.settings, seeds, false) == best;
                      }) < 2;
  return table;
}

std::string to_text(const SweepTable& table) {
  const char* better = table.figure.spec.better == Better::lower ? "lower" : "higher";
  std::string text = fmt::format("{} of {} in {}, {} is better; {} points\n", table.figure.name,
                                 table.variant, table.evaluation, better, table.points.size());
  for (const AxisEffect& axis : table.axes) {
    text += fmt::format("\n{}{}\n", fmt::join(axis.keys, ", "), axis.repeats ? " (repeats)" : "");
    std::size_t widest = 0;
    for (const AxisValue& value : axis.values) widest = std::max(widest, value.value.size());
    for (const AxisValue& value : axis.values) {
      const bool first = &value == &axis.values.front();
      text += fmt::format("  {:<{}}  {:.4g}  {} point{}{}\n", value.value, widest, value.mean, value.points,
                          value.points == 1 ? "" : "s", first || axis.repeats ? "" : effect_text(value));
    }
  }
  const MeasuredPoint& best = table.points[table.best];
  text += fmt::format("\nbest  {:.4g}  {}  {}{}\n", best.value, best.id, text_of(best.settings),
                      table.single_seed ? "  (single seed: not a finding)" : "");
  text += "\npoint             figure      time  memory\n";
  for (const MeasuredPoint& point : table.points) {
    text += fmt::format("{}  {:<10.4g}  {:>6.1f} s  {:.0f} MB  {}\n", point.id, point.value, point.seconds,
                        static_cast<double>(point.peak_memory_bytes) / 1e6, text_of(point.settings));
  }
  return text;
}

}  // namespace gistmill
