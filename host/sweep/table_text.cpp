#include "host/sweep/table_text.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gistmill/text/shown.hpp>

#include "host/figures/finite_json.hpp"
#include "host/figures/wording.hpp"

namespace gistmill {
namespace {

using Json = nlohmann::ordered_json;

std::string count_text(std::int64_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// Whether the interval leaves out 0.
bool is_clear(const Interval& difference) {
  return std::isfinite(difference.half_width) && std::abs(difference.mean) > difference.half_width;
}

// "gist.use=gistnet/vector": for sentences. The keys themselves are those of the axes.
std::string short_text(const Settings& settings) {
  constexpr std::string_view kComponents = "components.";
  std::vector<std::string> parts;
  for (const Setting& setting : settings) {
    std::string key = setting.key;
    std::string value = setting.value;
    if (key.starts_with(kComponents)) key.erase(0, kComponents.size());
    std::erase(value, '"');
    parts.push_back(key + "=" + value);
  }
  return fmt::format("{}", fmt::join(parts, " "));
}

// Without settings that differ: the point's id.
std::string name_of(const SweepTable& table, const MeasuredPoint& point) {
  const Settings telling = table.telling(point);
  return telling.empty() ? point.id : short_text(telling);
}

// "0.2916 ± 0.0180": two digits of the error, and as many decimals of the value.
std::string with_half_width(double value, double half_width, bool sign) {
  const int digits =
      half_width > 0 ? std::clamp(1 - static_cast<int>(std::floor(std::log10(half_width))), 0, 8) : 4;
  return fmt::format(fmt::runtime(sign ? "{:+.{}f} ± {:.{}f}" : "{:.{}f} ± {:.{}f}"), value, digits,
                     half_width, digits);
}

std::string axis_text(const SweepTable& table, const AxisEffect& axis) {
  std::string text = fmt::format("\n{}{}\n", fmt::join(axis.keys, ", "), axis.repeats ? " (repeats)" : "");
  std::size_t widest = 0;
  for (const AxisValue& value : axis.values) widest = std::max(widest, value.value.size());
  for (const AxisValue& value : axis.values) {
    text +=
        fmt::format("  {:<{}}  {:<14}  {:>8}  {:>8}  {}", value.value, widest,
                    axis.repeats ? fmt::format("{:.4g}", value.measured.mean) : interval_text(value.measured),
                    duration(value.seconds), text::bytes_text(value.peak_memory_bytes),
                    count_text(std::ssize(value.points), "point"));
    if (!axis.repeats && &value != &axis.values.front()) {
      const std::string difference = difference_text(value.against_first);
      const std::string items = item_error_text(value.against_first, table.items);
      if (!difference.empty()) text += "  " + difference;
      if (!items.empty()) text += ", " + items;
    }
    text += "\n";
  }
  return text;
}

Json json_of(const Settings& settings) {
  Json json = Json::object();
  for (const Setting& setting : settings) json[setting.key] = setting.value;
  return json;
}

Json json_of(const Interval& interval) {
  return {{"mean", finite_or_null<Json>(interval.mean)},
          {"half_width", finite_or_null<Json>(interval.half_width)},
          {"count", interval.count}};
}

Json json_of(const Contrast& contrast) {
  Json json = json_of(contrast.difference);
  json["over"] = contrast.over_seeds ? "seeds" : "pairs";
  json["pairs"] = contrast.pairs;
  if (contrast.on_items) {
    json["on_items"] = {{"value", finite_or_null<Json>(contrast.on_items->value)},
                        {"standard_error", finite_or_null<Json>(contrast.on_items->standard_error)},
                        {"items", contrast.on_items->items}};
  }
  return json;
}

Json json_of(const AxisEffect& axis) {
  Json values = Json::array();
  for (const AxisValue& value : axis.values) {
    values.push_back({{"value", value.value},
                      {"measured", json_of(value.measured)},
                      {"points", value.points.size()},
                      {"seconds", finite_or_null<Json>(value.seconds)},
                      {"peak_memory_bytes", value.peak_memory_bytes},
                      {"against_first", json_of(value.against_first)}});
  }
  return {{"keys", axis.keys}, {"repeats", axis.repeats}, {"values", std::move(values)}};
}

}  // namespace

std::string interval_text(const Interval& interval) {
  if (!std::isfinite(interval.half_width)) return fmt::format("{:.4g}", interval.mean);
  return with_half_width(interval.mean, interval.half_width, false);
}

std::string difference_text(const Contrast& contrast) {
  const Interval& difference = contrast.difference;
  if (contrast.pairs == 0) return "";
  if (!std::isfinite(difference.half_width)) return fmt::format("{:+.4g} of a single pair", difference.mean);
  return fmt::format("{} over {}", with_half_width(difference.mean, difference.half_width, true),
                     count_text(difference.count, contrast.over_seeds ? "seed" : "pair"));
}

std::string item_error_text(const Contrast& contrast, const std::string& items) {
  if (!contrast.on_items || !std::isfinite(contrast.on_items->standard_error)) return "";
  return fmt::format("± {:.2g} on {} {}", contrast.on_items->standard_error, contrast.on_items->items, items);
}

std::string result_sentence(const SweepTable& table) {
  const MeasuredPoint& point = table.best_point();
  const std::string unit = figure_unit(table.figure);
  std::string text = fmt::format("{} is best: {} {}{}", name_of(table, point), table.figure.name,
                                 interval_text(table.best.measured), unit.empty() ? "" : " " + unit);
  if (table.single_seed()) {
    text += " of a single seed, which is no finding";
  } else {
    text += fmt::format(" over {}", count_text(table.best.measured.count, "seed"));
  }
  if (table.best.ahead.pairs == 0) return text;
  return text + fmt::format("; against {}: {}{}", short_text(table.best.next),
                            difference_text(table.best.ahead),
                            is_clear(table.best.ahead.difference) ? "" : ", not distinguishable");
}

std::string to_text(const SweepTable& table) {
  const char* better = table.figure.spec.better == Better::lower ? "lower" : "higher";
  std::string text = fmt::format("{} of {} in {}, {} is better; {}\n", table.figure.name, table.variant,
                                 table.evaluation, better, count_text(std::ssize(table.points), "point"));
  for (const AxisEffect& axis : table.axes) text += axis_text(table, axis);
  const MeasuredPoint& best = table.best_point();
  text += fmt::format("\n{}\nbest point  {}  {}{}\n", result_sentence(table), best.id, text_of(best.settings),
                      table.single_seed() ? "  (single seed: not a finding)" : "");
  text += "\npoint             figure          time    memory\n";
  for (const MeasuredPoint& point : table.points) {
    text += fmt::format("{}  {:<10.4g}  {:>8}  {:>8}  {}\n", point.id, point.value, duration(point.seconds),
                        text::bytes_text(point.peak_memory_bytes), text_of(point.settings));
  }
  return text;
}

std::string to_json_text(const SweepTable& table) {
  Json json = {{"figure", table.figure.name},
               {"better", to_text(table.figure.spec.better)},
               {"evaluation", table.evaluation},
               {"variant", table.variant},
               {"best", table.best_point().id},
               {"best_settings", json_of(table.telling(table.best_point()))},
               {"best_measured", json_of(table.best.measured)},
               {"next_settings", json_of(table.best.next)},
               {"ahead", json_of(table.best.ahead)},
               {"single_seed", table.single_seed()}};
  json["axes"] = Json::array();
  for (const AxisEffect& axis : table.axes) json["axes"].push_back(json_of(axis));
  json["points"] = Json::array();
  for (const MeasuredPoint& point : table.points) {
    json["points"].push_back({{"id", point.id},
                              {"settings", json_of(point.settings)},
                              {"value", finite_or_null<Json>(point.value)},
                              {"seconds", finite_or_null<Json>(point.seconds)},
                              {"peak_memory_bytes", point.peak_memory_bytes}});
  }
  return json.dump(2) + "\n";
}

}  // namespace gistmill
