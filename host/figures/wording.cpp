// Numbers and sentences. What a figure is called is what its manifest says.
#include "host/figures/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gistmill {
namespace {

// From fewer clusters an error is said together with their number.
constexpr std::int64_t kFewClusters = 10;

// Decimals that serve a value of that size: three digits after the point of what is about 1, none of
// millions.
int decimals(double value, Aggregate aggregate) {
  const double size = std::abs(value);
  if (aggregate == Aggregate::count || size >= 1e4) return 0;
  return size < 100.0 ? 3 : 1;
}

// " at H = 32" or ""
std::string at_column(const Figure& figure) {
  const std::string column = column_title(figure);
  return column.empty() ? "" : " at " + column;
}

// " nats" or ""
std::string behind(const Figure& figure) {
  const std::string unit = figure_unit(figure);
  return unit.empty() ? "" : " " + unit;
}

std::string amount(double value, const Figure& figure) {
  return fmt::format("{:.{}f}{}", std::abs(value), decimals(value, figure.spec.aggregate), behind(figure));
}

// "64 documents", "1 speaker"; "512 items" where every item is its own cluster.
std::string clusters_text(std::int64_t count, const std::string& cluster) {
  return fmt::format("{} {}{}", count, cluster.empty() ? "item" : cluster, count == 1 ? "" : "s");
}

std::string why_no_error(const Figure& figure, const Estimate& estimate, const std::string& cluster) {
  if (figure.spec.aggregate == Aggregate::max) return "a maximum has no standard error";
  if (figure.spec.aggregate == Aggregate::p95 && estimate.clusters > 1) {
    return fmt::format("{} are too few for the standard error of a percentile",
                       clusters_text(estimate.clusters, cluster));
  }
  return fmt::format("one {} gives no standard error", cluster.empty() ? "item" : cluster);
}

// "95 % interval -0.078 to -0.042"
std::string interval_text(const Bounds& interval, Aggregate aggregate) {
  const int places = decimals(std::max(std::abs(interval.low), std::abs(interval.high)), aggregate);
  return fmt::format("95 % interval {:+.{}f} to {:+.{}f}", interval.low, places, interval.high, places);
}

std::string compared(const EvaluationEntry& entry, const EvaluationTable& table) {
  const Figure figure = table.figure(entry.figure);
  const Estimate& paired = *entry.paired;
  const std::string at = at_column(figure);
  if (!std::isfinite(paired.value)) {
    return fmt::format("{} and {} cannot be compared{}: no item has a value in both", entry.variant,
                       table.paired, at);
  }
  if (std::isnan(paired.standard_error)) {
    return fmt::format("{} is {} {} {}{}; {}", entry.variant, amount(paired.value, figure),
                       paired.value < 0 ? "below" : "above", table.paired, at,
                       why_no_error(figure, paired, table.cluster));
  }
  const double errors = std::abs(paired.value) / paired.standard_error;
  const std::string doubt =
      paired.clusters < kFewClusters
          ? fmt::format(", but from {} only", clusters_text(paired.clusters, table.cluster))
          : "";
  const std::string sureness = paired.interval ? interval_text(*paired.interval, figure.spec.aggregate)
                                               : fmt::format("{:.1f} standard errors", errors);
  if (!distinguishable_from_zero(paired)) {
    return fmt::format("{} and {} are not distinguishable{}: {:+.{}f}{}, {}{}", entry.variant, table.paired,
                       at, paired.value, decimals(paired.value, figure.spec.aggregate), behind(figure),
                       sureness, doubt);
  }
  return fmt::format("{} {} {} by {}{}, {}{}", entry.variant,
                     is_better(figure.spec.better, paired.value, 0.0) ? "beats" : "falls short of",
                     table.paired, amount(paired.value, figure), at, sureness, doubt);
}

std::string alone(const EvaluationEntry& entry, const EvaluationTable& table) {
  const Figure figure = table.figure(entry.figure);
  return fmt::format("{} reaches {}{}{}", entry.variant, with_error(entry.measured, figure.spec.aggregate),
                     behind(figure), at_column(figure));
}

const char* prefix(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::mean:
      return "";
    case Aggregate::sum:
      return "sum of ";
    case Aggregate::p95:
      return "95th percentile of ";
    case Aggregate::max:
      return "maximum of ";
    case Aggregate::count:
      return "count of ";
    case Aggregate::geometric_mean:
      return "geometric mean of ";
  }
  return "";
}

}  // namespace

FigureName split_figure(std::string_view figure) {
  const std::size_t point = figure.find('.');
  if (point == std::string_view::npos) return {std::string(figure), ""};
  return {std::string(figure.substr(0, point)), std::string(figure.substr(point + 1))};
}

std::string figure_title(const Figure& figure) {
  const std::string unit = figure_unit(figure);
  return prefix(figure.spec.aggregate) +
         (figure.spec.title.empty() ? split_figure(figure.name).port : figure.spec.title) +
         (unit.empty() ? "" : " in " + unit);
}

std::string figure_unit(const Figure& figure) {
  return figure.spec.aggregate == Aggregate::count ? "" : figure.spec.unit;
}

std::string column_title(const Figure& figure) {
  const std::string label = split_figure(figure.name).label;
  return label.empty() || figure.spec.column.empty() ? label : figure.spec.column + " = " + label;
}

std::string error_title(const EvaluationTable& table, std::string_view port) {
  std::string title;
  for (const EvaluationEntry& entry : table.entries) {
    if (split_figure(entry.figure).port != port) continue;
    if (entry.measured.interval) return "95 % interval by bootstrap";
    if (std::isfinite(entry.measured.standard_error)) title = "standard error";
  }
  return title;
}

std::string title_in(const EvaluationTable& table, const Figure& figure) {
  std::string column = column_title(figure);
  if (column.empty()) return figure_title(figure);
  const std::string port = split_figure(figure.name).port;
  const std::vector<std::string> names = table.figures();
  const bool alike =
      std::ranges::all_of(names, [&](const auto& name) { return split_figure(name).port == port; });
  if (alike) return column;
  const std::string title = figure.spec.title.empty() ? port : figure.spec.title;
  return figure.spec.column.empty() ? title + " " + column : title + ", " + column;
}

std::string with_error(const Estimate& estimate, Aggregate aggregate) {
  if (!std::isfinite(estimate.value)) return "-";
  const int places = decimals(estimate.value, aggregate);
  if (estimate.interval) {
    return fmt::format("{:.{}f} [{:.{}f}, {:.{}f}]", estimate.value, places, estimate.interval->low, places,
                       estimate.interval->high, places);
  }
  if (!std::isfinite(estimate.standard_error)) return fmt::format("{:.{}f}", estimate.value, places);
  return fmt::format("{:.{}f} ({:.{}f})", estimate.value, places, estimate.standard_error, places);
}

std::string signed_with_error(const Estimate& estimate, Aggregate aggregate) {
  const std::string text = with_error(estimate, aggregate);
  return std::isfinite(estimate.value) && !std::signbit(estimate.value) ? "+" + text : text;
}

std::string difference_from(const Published& published, const Estimate& measured, Aggregate aggregate) {
  const double difference = measured.value - published.value;
  if (!std::isfinite(difference)) return "-";
  return fmt::format("{:+.{}f}", difference, decimals(published.value, aggregate));
}

std::string percent(double share) {
  if (!std::isfinite(share)) return "-";
  const double rounded = std::round(share * 100.0);
  return fmt::format("{:.0f} %", rounded == 0.0 ? 0.0 : rounded);  // never "-0 %"
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string short_count(double count) {
  if (!std::isfinite(count)) return "-";
  if (count < 9999.5) return fmt::format("{:.0f}", count);
  if (count < 999'500) return fmt::format("{:.1f} k", count / 1e3);
  if (count < 999'500'000) return fmt::format("{:.2f} M", count / 1e6);
  return fmt::format("{:.2f} G", count / 1e9);
}

std::string sample_size(const EvaluationTable& table) {
  const EvaluationEntry* entry = nullptr;
  for (const std::string& variant : table.variants()) {
    if (entry == nullptr) entry = table.find(variant, table.headline_figure());
  }
  if (entry == nullptr) return "";
  const Estimate& measured = entry->measured;
  const std::string items = fmt::format("{} {}", measured.items, table.items);
  if (table.cluster.empty()) return items + " taken as independent";
  const std::string clusters = clusters_text(measured.clusters, table.cluster);
  return items == clusters ? items : items + " of " + clusters;  // "64 samples", each a cluster
}

std::vector<std::string> outcomes(const EvaluationTable& table) {
  std::vector<std::string> sentences;
  const std::string headline = table.headline_figure();
  for (const EvaluationEntry& entry : table.entries) {
    if (!entry.trained || entry.figure != headline) continue;
    sentences.push_back(entry.paired ? compared(entry, table) : alone(entry, table));
  }
  return sentences;
}

}  // namespace gistmill
