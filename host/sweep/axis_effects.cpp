#include "host/sweep/axis_effects.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "host/sweep/contrast.hpp"

namespace gistmill {
namespace {

using Axes = std::set<std::size_t>;        // numbers of settings
using Numbers = std::vector<std::size_t>;  // of points

bool is_seed(const std::string& key) { return key == "seed" || key.ends_with(".seed"); }

// The values of some settings as one text, or those of all others.
std::string text_at(const Settings& settings, const Axes& at, bool inside) {
  std::string text;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (at.contains(i) == inside) text += (text.empty() ? "" : " ") + settings[i].value;
  }
  return text;
}

// Axes whose values always change together are one.
std::vector<Axes> axis_groups(const std::vector<MeasuredPoint>& points) {
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
  std::vector<Axes> groups;
  for (std::size_t axis = 0; axis < points.front().settings.size(); ++axis) {
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

// The points of one study by their settings.
class Points {
 public:
  explicit Points(const SweepTable& table) : table_(table) {
    for (const Axes& axis : axis_groups(table.points)) {
      const bool repeats = std::ranges::all_of(
          axis, [&](std::size_t at) { return is_seed(table.points.front().settings[at].key); });
      if (repeats) seeds_.insert(axis.begin(), axis.end());
      axes_.push_back(axis);
    }
  }

  const std::vector<Axes>& axes() const { return axes_; }
  bool repeats(const Axes& axis) const { return std::ranges::includes(seeds_, axis); }
  std::string seed(const MeasuredPoint& point) const { return text_at(point.settings, seeds_, true); }
  std::string choice(const MeasuredPoint& point) const { return text_at(point.settings, seeds_, false); }

  // Pairs that agree in all but `axis`.
  Contrast contrast(const Numbers& first, const Numbers& second, const Axes& axis) const {
    std::vector<PointPair> pairs;
    for (const std::size_t number : second) {
      const MeasuredPoint& right = table_.points[number];
      const std::string others = text_at(right.settings, axis, false);
      const auto left = std::ranges::find_if(first, [&](std::size_t each) {
        return text_at(table_.points[each].settings, axis, false) == others;
      });
      if (left != first.end()) pairs.push_back({&table_.points[*left], &right, seed(right)});
    }
    return contrast_of(pairs, table_.figure.spec.aggregate);
  }

  Interval measured(const Numbers& points) const {
    std::vector<Repeated> values;
    for (const std::size_t number : points)
      values.push_back({table_.points[number].value, seed(table_.points[number])});
    return interval_over_seeds(values);
  }

  // All settings but the repeats.
  Axes choices() const {
    Axes all;
    for (std::size_t i = 0; i < table_.points.front().settings.size(); ++i) {
      if (!seeds_.contains(i)) all.insert(i);
    }
    return all;
  }

 private:
  const SweepTable& table_;
  std::vector<Axes> axes_;
  Axes seeds_;
};

AxisEffect effect_of(const SweepTable& table, const Points& points, const Axes& axis) {
  AxisEffect effect;
  for (const std::size_t at : axis) effect.keys.push_back(table.points.front().settings[at].key);
  effect.repeats = points.repeats(axis);
  for (std::size_t number = 0; number < table.points.size(); ++number) {
    const MeasuredPoint& point = table.points[number];
    const std::string value = text_at(point.settings, axis, true);
    auto known = std::ranges::find(effect.values, value, &AxisValue::value);
    if (known == effect.values.end()) {
      effect.values.push_back({});
      known = effect.values.end() - 1;
      known->value = value;
    }
    known->points.push_back(number);
    known->peak_memory_bytes = std::max(known->peak_memory_bytes, point.peak_memory_bytes);
  }
  for (AxisValue& value : effect.values) {
    value.measured = points.measured(value.points);
    value.against_first = points.contrast(effect.values.front().points, value.points, axis);
    for (const std::size_t number : value.points)
      value.seconds += table.points[number].seconds / static_cast<double>(value.points.size());
  }
  return effect;
}

// Settings of the same choice, with their repeats; the best mean first. NaN is worst.
std::vector<Numbers> ranked(const SweepTable& table, const Points& points) {
  std::vector<Numbers> choices;
  std::map<std::string, std::size_t> known;
  for (std::size_t number = 0; number < table.points.size(); ++number) {
    const auto [at, added] = known.emplace(points.choice(table.points[number]), choices.size());
    if (added) choices.emplace_back();
    choices[at->second].push_back(number);
  }
  const auto better = [&](double value, double other) {
    if (std::isnan(value) || std::isnan(other)) return std::isnan(other) && !std::isnan(value);
    return is_better(table.figure.spec.better, value, other);
  };
  for (Numbers& choice : choices)
    std::ranges::stable_sort(choice, better, [&](std::size_t number) { return table.points[number].value; });
  std::ranges::stable_sort(choices, better,
                           [&](const Numbers& choice) { return points.measured(choice).mean; });
  return choices;
}

BestSettings best_of(const SweepTable& table, const Points& points) {
  const auto choices = ranked(table, points);
  BestSettings best;
  best.point = choices.front().front();
  best.measured = points.measured(choices.front());
  if (choices.size() > 1) {
    best.next = table.telling(table.points[choices[1].front()]);
    best.ahead = points.contrast(choices[1], choices[0], points.choices());
  }
  return best;
}

}  // namespace

Settings SweepTable::telling(const MeasuredPoint& point) const {
  Settings telling;
  for (std::size_t i = 0; i < point.settings.size(); ++i) {
    const Setting& setting = point.settings[i];
    const auto differs = [&](const MeasuredPoint& other) { return other.settings[i].value != setting.value; };
    if (!is_seed(setting.key) && std::ranges::any_of(points, differs)) telling.push_back(setting);
  }
  return telling;
}

SweepTable sweep_table(const Headline& headline, std::vector<MeasuredPoint> points) {
  SweepTable table;
  table.figure = headline.figure;
  table.evaluation = headline.evaluation;
  table.variant = headline.variant;
  table.items = headline.items;
  table.points = std::move(points);
  const Points by_settings(table);
  for (const Axes& axis : by_settings.axes()) {
    AxisEffect effect = effect_of(table, by_settings, axis);
    if (effect.values.size() < 2) continue;
    if (effect.repeats) table.seeds = std::ssize(effect.values);
    table.axes.push_back(std::move(effect));
  }
  table.best = best_of(table, by_settings);
  return table;
}

}  // namespace gistmill
