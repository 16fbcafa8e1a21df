// Numbers and sentences. A table of known figures gives them proper names; others keep their port's.
#include "host/figures/wording.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace gistmill {
namespace {

// From fewer documents an error is said together with their number.
constexpr std::int64_t kFewDocuments = 10;

struct KnownFigure {
  std::string_view port;
  std::string_view title;
  std::string_view unit;
};
// Their labels are horizons in tokens.
constexpr std::array kKnownFigures = {
    KnownFigure{"delta_nll", "delta-NLL in nats", "nats"},
    KnownFigure{"nll_replaced", "NLL with the gist in nats", "nats"},
    KnownFigure{"nll_original", "NLL of the full text in nats", "nats"},
    KnownFigure{"kl", "KL divergence in nats", "nats"},
};

const KnownFigure* known(std::string_view port) {
  for (const KnownFigure& figure : kKnownFigures) {
    if (figure.port == port) return &figure;
  }
  return nullptr;
}

// " at H = 32" or ""
std::string at_column(const FigureName& figure) {
  return figure.label.empty() ? "" : " at " + column_title(figure);
}

std::string amount(double value, const FigureName& figure) {
  const std::string unit = figure_unit(figure.port);
  return fmt::format("{:.3f}{}{}", std::abs(value), unit.empty() ? "" : " ", unit);
}

std::string compared(const EvaluationEntry& entry, const std::string& other) {
  const FigureName figure = split_figure(entry.figure);
  const double difference = entry.paired->value;
  const double errors = std::abs(difference) / entry.paired->standard_error;
  if (!std::isfinite(difference)) {
    return fmt::format("{} and {} cannot be compared{}: no item has a value in both", entry.variant, other,
                       at_column(figure));
  }
  if (std::isnan(errors)) {
    return fmt::format("{} is {} {} {}{}; one document gives no standard error", entry.variant,
                       amount(difference, figure), difference < 0 ? "below" : "above", other,
                       at_column(figure));
  }
  const std::string doubt = entry.paired->documents < kFewDocuments
                                ? fmt::format(", but from {} documents only", entry.paired->documents)
                                : "";
  if (!distinguishable_from_zero(*entry.paired)) {
    const std::string unit = figure_unit(figure.port);
    return fmt::format("{} and {} are not distinguishable{}: {:+.3f}{}{}, {:.1f} standard errors{}",
                       entry.variant, other, at_column(figure), difference, unit.empty() ? "" : " ", unit,
                       errors, doubt);
  }
  return fmt::format("{} {} {} by {}{}, {:.1f} standard errors{}", entry.variant,
                     difference < 0 ? "beats" : "falls short of", other, amount(difference, figure),
                     at_column(figure), errors, doubt);
}

std::string alone(const EvaluationEntry& entry) {
  const FigureName figure = split_figure(entry.figure);
  const std::string unit = figure_unit(figure.port);
  return fmt::format("{} reaches {}{}{}{}", entry.variant, with_error(entry.mean), unit.empty() ? "" : " ",
                     unit, at_column(figure));
}

}  // namespace

FigureName split_figure(std::string_view figure) {
  const std::size_t point = figure.find('.');
  if (point == std::string_view::npos) return {std::string(figure), ""};
  return {std::string(figure.substr(0, point)), std::string(figure.substr(point + 1))};
}

std::string figure_title(std::string_view port) {
  const KnownFigure* figure = known(port);
  return std::string(figure != nullptr ? figure->title : port);
}

std::string figure_unit(std::string_view port) {
  const KnownFigure* figure = known(port);
  return std::string(figure != nullptr ? figure->unit : "");
}

std::string column_title(const FigureName& figure) {
  return known(figure.port) != nullptr && !figure.label.empty() ? "H = " + figure.label : figure.label;
}

std::string with_error(const Estimate& estimate) {
  if (!std::isfinite(estimate.value)) return "-";
  if (!std::isfinite(estimate.standard_error)) return fmt::format("{:.3f}", estimate.value);
  return fmt::format("{:.3f} ({:.3f})", estimate.value, estimate.standard_error);
}

std::string signed_with_error(const Estimate& estimate) {
  const std::string text = with_error(estimate);
  return std::isfinite(estimate.value) && !std::signbit(estimate.value) ? "+" + text : text;
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

std::string bytes_text(std::uint64_t bytes) {
  const auto count = static_cast<double>(bytes);
  if (count < 999'500) return fmt::format("{:.0f} kB", count / 1e3);
  if (count < 999'500'000) return fmt::format("{:.0f} MB", count / 1e6);
  return fmt::format("{:.1f} GB", count / 1e9);
}

std::string sample_size(const EvaluationTable& table) {
  const std::string headline = table.headline_figure();
  for (const EvaluationEntry& entry : table.entries) {
    if (entry.figure != headline) continue;
    return fmt::format("{} {} of {} {}", entry.mean.items, table.items, entry.mean.documents,
                       entry.mean.documents == 1 ? "document" : "documents");
  }
  return "";
}

std::vector<std::string> outcomes(const EvaluationTable& table) {
  std::vector<std::string> sentences;
  const std::string headline = table.headline_figure();
  for (const EvaluationEntry& entry : table.entries) {
    if (!entry.trained || entry.figure != headline) continue;
    sentences.push_back(entry.paired ? compared(entry, table.paired) : alone(entry));
  }
  return sentences;
}

}  // namespace gistmill
