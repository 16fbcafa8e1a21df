// Checks the rows of an evaluation, then fills in one entry for each variant and figure.
#include "host/figures/evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

using Variant = EvaluationRows::Variant;

[[noreturn]] void fail(ExitCode code, const EvaluationRows& rows, const std::string& message) {
  throw Failure(code, fmt::format("evaluation '{}': {}", rows.name, message));
}

const Variant* find_variant(const EvaluationRows& rows, std::string_view name, std::string_view meaning) {
  if (name.empty()) return nullptr;
  const auto found = std::ranges::find(rows.variants, name, &Variant::name);
  if (found == rows.variants.end()) {
    fail(ExitCode::failed, rows, fmt::format("{} '{}' is not one of its variants", meaning, name));
  }
  return &*found;
}

void check_shape(const EvaluationRows& rows, const Variant& variant) {
  if (variant.rows.size() != rows.figures.size()) {
    fail(ExitCode::failed, rows,
         fmt::format("variant '{}' has {} figures when there are {}", variant.name, variant.rows.size(),
                     rows.figures.size()));
  }
  for (std::size_t f = 0; f < rows.figures.size(); ++f) {
    if (variant.rows[f].size() == variant.clusters.size()) continue;
    fail(ExitCode::failed, rows,
         fmt::format("{} of variant '{}' has {} values for {} items", rows.figures[f].name, variant.name,
                     variant.rows[f].size(), variant.clusters.size()));
  }
}

void check_same_items(const EvaluationRows& rows, const Variant& variant, const Variant& other) {
  if (variant.clusters == other.clusters) return;
  fail(ExitCode::failed, rows,
       fmt::format("variants '{}' ({} items) and '{}' ({} items) saw different items; a comparison needs "
                   "the same ones",
                   variant.name, variant.clusters.size(), other.name, other.clusters.size()));
}

bool has_value(const std::vector<double>& values) {
  return std::ranges::any_of(values, [](double value) { return !std::isnan(value); });
}

// An item without a value (no target within the document) has none in any variant. A NaN in one variant only
// is an error, except in a count, and where the figure's manifest lets a variant have no value at all.
void check_numbers(const EvaluationRows& rows, const Variant& variant) {
  for (std::size_t f = 0; f < rows.figures.size(); ++f) {
    const auto wrong = [&](std::size_t item) {
      const double value = variant.rows[f][item];
      if (!std::isnan(value)) return std::isinf(value);
      if (rows.figures[f].spec.aggregate == Aggregate::count) return false;
      return std::ranges::any_of(rows.variants, [&](const Variant& other) {
        return other.clusters == variant.clusters && !std::isnan(other.rows[f][item]);
      });
    };
    if (rows.figures[f].spec.optional && !has_value(variant.rows[f])) continue;
    std::size_t count = 0;
    for (std::size_t item = 0; item < variant.clusters.size(); ++item) count += wrong(item) ? 1 : 0;
    if (count == 0) continue;
    fail(ExitCode::numerics, rows,
         fmt::format("{} of variant '{}' is not finite in {} of {} items", rows.figures[f].name, variant.name,
                     count, variant.clusters.size()));
  }
}

void check(const EvaluationRows& rows) {
  for (const Variant& variant : rows.variants) check_shape(rows, variant);
  for (const Variant& variant : rows.variants) check_numbers(rows, variant);
  for (const Variant& variant : rows.variants) {
    const Variant* own = find_variant(rows, variant.binding_of, "binding of");
    if (own != nullptr) check_same_items(rows, variant, *own);
  }
  if (!rows.headline.empty() &&
      std::ranges::find(rows.figures, rows.headline, &Figure::name) == rows.figures.end()) {
    fail(ExitCode::failed, rows, fmt::format("headline '{}' is not one of its figures", rows.headline));
  }
}

// What every variant is compared to; null: nothing.
struct Compared {
  const Variant* reference = nullptr;
  const Variant* ceiling = nullptr;
  const Variant* paired = nullptr;
};

EvaluationEntry entry_of(const EvaluationRows& rows, const Variant& variant, std::size_t f,
                         const Compared& compared) {
  const FigureSpec& spec = rows.figures[f].spec;
  const auto& values = variant.rows[f];
  // Whether `other` can be compared with; not where it or this variant was not measured.
  const auto comparable = [&](const Variant* other) {
    return other != nullptr && (!spec.optional || (has_value(values) && has_value(other->rows[f])));
  };
  EvaluationEntry entry{variant.name,
                        rows.figures[f].name,
                        variant.trained,
                        estimate(spec.aggregate, values, variant.clusters, rows.interval),
                        {},
                        {},
                        {}};
  if (comparable(compared.reference) && comparable(compared.ceiling)) {
    entry.recovered = recovered_share(spec.aggregate, values, compared.reference->rows[f],
                                      compared.ceiling->rows[f], variant.clusters, rows.interval);
  } else if (comparable(compared.reference) && spec.nothing_lost()) {
    entry.recovered = recovered_share(spec.aggregate, values, compared.reference->rows[f], variant.clusters,
                                      *spec.nothing_lost(), rows.interval);
  }
  if (comparable(compared.paired) && compared.paired != &variant) {
    entry.paired =
        paired_difference(spec.aggregate, values, compared.paired->rows[f], variant.clusters, rows.interval);
  }
  const auto swapped = std::ranges::find(rows.variants, variant.name, &Variant::binding_of);
  if (swapped != rows.variants.end() && comparable(&*swapped)) {
    const bool lower = spec.better == Better::lower;
    entry.binding_gap = paired_difference(spec.aggregate, lower ? swapped->rows[f] : values,
                                          lower ? values : swapped->rows[f], variant.clusters, rows.interval);
  }
  const auto published = std::ranges::find(variant.published, rows.figures[f].name, &Published::figure);
  if (published != variant.published.end()) entry.published = *published;
  return entry;
}

std::vector<std::string> each_once(const std::vector<EvaluationEntry>& entries,
                                   std::string EvaluationEntry::*member) {
  std::vector<std::string> names;
  for (const EvaluationEntry& entry : entries) {
    if (std::ranges::find(names, entry.*member) == names.end()) names.push_back(entry.*member);
  }
  return names;
}

}  // namespace

EvaluationTable evaluate(const EvaluationRows& rows) {
  check(rows);
  const Compared compared{find_variant(rows, rows.reference, "reference"),
                          find_variant(rows, rows.ceiling, "ceiling"),
                          find_variant(rows, rows.paired, "paired variant")};
  EvaluationTable table;
  table.name = rows.name;
  table.reference = rows.reference;
  table.ceiling = rows.ceiling;
  table.paired = rows.paired;
  table.headline = rows.headline;
  table.targets = rows.targets;
  table.items = rows.items;
  table.cluster = rows.cluster;
  table.described = rows.figures;
  for (const Variant& variant : rows.variants) {
    if (!variant.binding_of.empty()) continue;
    if (compared.reference != nullptr) check_same_items(rows, variant, *compared.reference);
    if (compared.ceiling != nullptr) check_same_items(rows, variant, *compared.ceiling);
    if (compared.paired != nullptr) check_same_items(rows, variant, *compared.paired);
    for (std::size_t f = 0; f < rows.figures.size(); ++f) {
      table.entries.push_back(entry_of(rows, variant, f, compared));
    }
  }
  return table;
}

Figure EvaluationTable::figure(std::string_view figure_name) const {
  const auto found = std::ranges::find(described, figure_name, &Figure::name);
  return found != described.end() ? *found : Figure{std::string(figure_name), {}};
}

std::vector<std::string> EvaluationTable::figures() const {
  return each_once(entries, &EvaluationEntry::figure);
}

std::vector<std::string> EvaluationTable::variants() const {
  return each_once(entries, &EvaluationEntry::variant);
}

std::string EvaluationTable::headline_figure() const {
  if (!headline.empty()) return headline;
  return entries.empty() ? "" : figures().back();
}

bool EvaluationTable::is_shared(std::string_view figure) const {
  const auto same = [this](const std::string& each) {
    const EvaluationEntry* first = nullptr;
    for (const EvaluationEntry& entry : entries) {
      if (entry.figure != each) continue;
      if (first == nullptr) first = &entry;
      if (entry.published || entry.measured.value != first->measured.value) return false;
    }
    return true;
  };
  const std::vector<std::string> all = figures();
  return variants().size() > 1 && target(figure) == nullptr && same(std::string(figure)) &&
         !std::ranges::all_of(all, same);
}

const Target* EvaluationTable::target(std::string_view figure) const {
  const auto found = std::ranges::find(targets, figure, &Target::figure);
  return found != targets.end() ? &*found : nullptr;
}

std::optional<Verdict> EvaluationTable::verdict(const EvaluationEntry& entry) const {
  const Target* wanted = target(entry.figure);
  if (wanted == nullptr || entry.variant == wanted->than) return std::nullopt;
  if (wanted->than.empty()) return verdict_of(*wanted, entry.measured.value);
  const EvaluationEntry* other = find(wanted->than, entry.figure);
  if (other == nullptr) return std::nullopt;
  return verdict_of(*wanted, entry.measured.value - other->measured.value);
}

const EvaluationEntry* EvaluationTable::find(std::string_view variant, std::string_view figure) const {
  for (const EvaluationEntry& entry : entries) {
    if (entry.variant == variant && entry.figure == figure) return &entry;
  }
  return nullptr;
}

}  // namespace gistmill
