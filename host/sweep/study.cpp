#include "host/sweep/study.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/files/digest.hpp"
#include "host/recipe/fields.hpp"
#include "host/recipe/names.hpp"
#include "host/recipe/recipe_keys.hpp"

namespace gistmill {
namespace {

constexpr ExitCode kCode = ExitCode::recipe;

// Axes are keys in quotes; without them TOML makes tables of the dots, and means the same.
void read_axes(const Value& table, const std::string& path, std::vector<Axis>& axes) {
  for (const auto& [name, value] : entries_of(table)) {
    const std::string key = path.empty() ? name : path + "." + name;
    if (value.is_table()) {
      read_axes(value, key, axes);
      continue;
    }
    const auto* values = value.get_if<Value::List>();
    if (values == nullptr || values->empty()) {
      throw Failure(kCode, place_of(value),
                    fmt::format("sweep.axes.\"{}\" is {} when it should be a list of values", key,
                                values == nullptr ? with_article(value.type_name()) : "empty"));
    }
    axes.push_back({key, *values, place_of(value)});
  }
}

std::size_t axis_named(const std::string& key, const Study& study, const Origin& origin, const char* where) {
  const auto found = std::ranges::find(study.axes, key, &Axis::key);
  if (found != study.axes.end()) return static_cast<std::size_t>(found - study.axes.begin());
  std::vector<std::string> keys;
  for (const Axis& axis : study.axes) keys.push_back(axis.key);
  throw Failure(kCode, origin, fmt::format("{} names '{}', which is no axis", where, key),
                did_you_mean(key, keys, {fmt::format("the axes are: {}", fmt::join(keys, " "))}));
}

// Axes that move together have each combination once, so one of them may have a value again.
void expect_once(const Study& study, const std::vector<std::size_t>& group) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < study.axes[group.front()].values.size(); ++i) {
    std::vector<std::string> values;
    for (const std::size_t axis : group) values.push_back(study.axes[axis].values[i].text());
    const std::string text = fmt::format("{}", fmt::join(values, ", "));
    if (seen.insert(text).second) continue;
    const Axis& first = study.axes[group.front()];
    const std::string has = group.size() == 1 ? fmt::format("has the value {}", text)
                                              : fmt::format("and its tied axes have the values {}", text);
    throw Failure(kCode, first.values[i].origin(), fmt::format("sweep.axes.\"{}\" {} twice", first.key, has));
  }
}

std::vector<std::vector<std::size_t>> read_groups(const Fields& fields, const Study& study) {
  std::vector<std::vector<std::size_t>> groups;
  std::set<std::size_t> tied;
  if (const Value::List* tie = fields.list("tie")) {
    for (const Value& list : *tie) {
      const auto* keys = list.get_if<Value::List>();
      if (keys == nullptr || keys->size() < 2)
        fields.refuse(list, "tie", "lists of two axes or more: [[\"a\", \"b\"]]");
      std::vector<std::size_t>& group = groups.emplace_back();
      for (const Value& key : *keys) {
        const auto* name = key.get_if<std::string>();
        if (name == nullptr) fields.refuse_type(key, "tie", "the name of an axis");
        group.push_back(axis_named(*name, study, key.origin(), "sweep.tie"));
        if (!tied.insert(group.back()).second)
          throw Failure(kCode, key.origin(), fmt::format("sweep.tie names '{}' twice", *name));
        const std::size_t first = study.axes[group.front()].values.size();
        const std::size_t here = study.axes[group.back()].values.size();
        if (first != here) {
          throw Failure(kCode, key.origin(),
                        fmt::format("tied axes have different lengths: '{}' has {} values and '{}' has {}",
                                    study.axes[group.front()].key, first, *name, here));
        }
      }
    }
  }
  for (std::size_t axis = 0; axis < study.axes.size(); ++axis) {
    if (!tied.contains(axis)) groups.push_back({axis});
  }
  std::ranges::sort(groups, {}, [](const auto& group) { return std::ranges::min(group); });
  for (const std::vector<std::size_t>& group : groups) expect_once(study, group);
  return groups;
}

void read_excluded(const Fields& fields, Study& study) {
  const Value::List* list = fields.list("exclude");
  if (list == nullptr) return;
  for (const Value& table : *list) {
    if (!table.is_table() || entries_of(table).empty())
      fields.refuse(table, "exclude", "tables of axes and values: [{ \"run.seed\" = 1 }]");
    auto& excluded = study.exclude.emplace_back();
    for (const auto& entry : entries_of(table)) {
      const std::string& key = entry.first;
      const Value& value = entry.second;
      const Axis& axis = study.axes[axis_named(key, study, place_of(value), "sweep.exclude")];
      const auto same = [&](const Value& one) { return one.text() == value.text(); };
      if (std::ranges::none_of(axis.values, same)) {
        std::vector<std::string> texts;
        for (const Value& one : axis.values) texts.push_back(one.text());
        throw Failure(
            kCode, value.origin(),
            fmt::format("sweep.exclude names {} = {}, which is none of the axis's values", key, value.text()),
            {fmt::format("its values are: {}", fmt::join(texts, ", "))});
      }
      excluded.emplace_back(key, value);
    }
  }
}

bool is_excluded(const Study& study, const Settings& settings) {
  return std::ranges::any_of(study.exclude, [&](const auto& excluded) {
    return std::ranges::all_of(excluded, [&](const auto& entry) {
      const auto setting = std::ranges::find(settings, entry.first, &Setting::key);
      return setting->value == entry.second.text();
    });
  });
}

std::vector<Settings> sampled(std::vector<Settings> points, std::int64_t count) {
  if (count == 0 || static_cast<std::int64_t>(points.size()) <= count) return points;
  std::vector<std::pair<std::string, std::size_t>> keys;
  for (std::size_t i = 0; i < points.size(); ++i) keys.emplace_back(sha256_hex(text_of(points[i])), i);
  std::ranges::sort(keys);
  keys.resize(static_cast<std::size_t>(count));
  std::ranges::sort(keys, {}, [](const auto& key) { return key.second; });
  std::vector<Settings> drawn;
  for (const auto& key : keys) drawn.push_back(std::move(points[key.second]));
  return drawn;
}

}  // namespace

Study read_study(const Recipe& recipe) {
  const Value* table = recipe.resolved.find("sweep");
  if (table == nullptr) {
    throw Failure(kCode, Origin{recipe.path.string(), 0, 0}, "it is no study: it has no table [sweep]",
                  {"[sweep] axes.\"run.seed\" = [0, 1, 2] makes one; gistmill run runs a recipe"});
  }
  const Fields fields(*table, "sweep", "[sweep]", keys_of("sweep"), kCode);
  Study study;
  study.path = recipe.path;
  fields.required("axes");
  read_axes(*fields.table("axes"), "", study.axes);
  if (study.axes.empty()) fields.refuse(*fields.find("axes"), "axes", "a table with one axis or more");
  study.groups = read_groups(fields, study);
  read_excluded(fields, study);
  study.sample = fields.integer("sample", 0, 0);
  study.headline = fields.string("headline", "");
  study.variant = fields.string("variant", "");
  if (fields.table("slurm") != nullptr) study.slurm = read_slurm_settings(*fields.table("slurm"));
  return study;
}

std::vector<Settings> points_of(const Study& study) {
  std::vector<Settings> points;
  std::vector<std::size_t> at(study.groups.size(), 0);  // which value each group has
  for (bool more = true; more;) {
    Settings settings(study.axes.size());
    for (std::size_t g = 0; g < study.groups.size(); ++g) {
      for (const std::size_t axis : study.groups[g])
        settings[axis] = {study.axes[axis].key, study.axes[axis].values[at[g]].text()};
    }
    if (!is_excluded(study, settings)) points.push_back(std::move(settings));
    more = false;
    for (std::size_t g = study.groups.size(); g-- > 0 && !more;) {
      more = ++at[g] < study.axes[study.groups[g].front()].values.size();
      if (!more) at[g] = 0;
    }
  }
  if (points.empty()) {
    throw Failure(kCode, Origin{study.path.string(), 0, 0}, "the study has no points: all are excluded");
  }
  return sampled(std::move(points), study.sample);
}

std::vector<std::string> overrides_of(const Settings& settings) {
  std::vector<std::string> overrides;
  for (const Setting& setting : settings) overrides.push_back(setting.key + "=" + setting.value);
  return overrides;
}

std::string text_of(const Settings& settings) {
  return fmt::format("{}", fmt::join(overrides_of(settings), " "));
}

}  // namespace gistmill
