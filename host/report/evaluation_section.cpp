// Every final evaluation: the headline's ladder large, those of the other horizons small, and the table.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>

#include "host/figures/wording.hpp"
#include "host/report/grid_chart.hpp"
#include "host/report/html_text.hpp"
#include "host/report/ladder_chart.hpp"
#include "host/report/page_sections.hpp"
#include "host/report/target_table.hpp"
#include "host/report/trade_off_chart.hpp"

namespace gistmill {
namespace {

std::vector<std::string> trained_variants(const EvaluationTable& table) {
  std::vector<std::string> out;
  for (const EvaluationEntry& entry : table.entries) {
    if (entry.trained && std::ranges::find(out, entry.variant) == out.end()) out.push_back(entry.variant);
  }
  return out;
}

// One wide picture alone, several in two columns.
std::string ladder_cards(const EvaluationTable& table, const std::vector<std::string>& figures) {
  const int width = figures.size() == 1 ? 900 : 460;
  std::string out;
  for (const std::string& figure : figures) {
    const std::string svg = ladder_svg(table, figure, trained_variants(table), width);
    if (!svg.empty()) out += fmt::format("<div class='card'>{}</div>\n", svg);
  }
  return figures.size() == 1 || out.empty() ? out : "<div class='row two'>\n" + out + "</div>\n";
}

// Two quantities a figure: a grid for each variant, in place of a ladder for each cell.
std::string grids(const EvaluationTable& table) {
  std::string out;
  for (const std::string& port : grid_ports(table)) {
    std::string cards;
    for (const std::string& variant : ladder_order(table)) {
      const std::string svg = grid_svg(table, port, variant, 460);
      if (!svg.empty()) cards += fmt::format("<div class='card'>{}</div>\n", svg);
    }
    const std::vector<std::string> figures = table.figures();
    const auto figure = std::ranges::find_if(
        figures, [&](const std::string& name) { return split_figure(name).port == port; });
    out += fmt::format("<h3>{}</h3>\n<div class='row two'>\n{}</div>\n",
                       escaped(figure_title(table.figure(*figure))), cards);
  }
  return out;
}

// One figure over another: a picture each.
std::string trade_offs(const EvaluationTable& table) {
  std::string out;
  for (const std::string& port : trade_off_ports(table)) {
    const std::string svg = trade_off_svg(table, port, trained_variants(table), 900);
    if (!svg.empty()) out += fmt::format("<div class='card'>{}</div>\n", svg);
  }
  return out;
}

std::string ladders(const EvaluationTable& table) {
  const std::string headline = table.headline_figure();
  const std::vector<std::string> gridded = grid_ports(table);
  std::vector<std::string> alike;   // the same at other columns
  std::vector<std::string> others;  // which the table has too: they are opened by who wants to see them
  for (const std::string& figure : table.figures()) {
    if (figure == headline || std::ranges::find(gridded, split_figure(figure).port) != gridded.end())
      continue;
    (split_figure(figure).port == split_figure(headline).port ? alike : others).push_back(figure);
  }
  const std::string folded = ladder_cards(table, others);
  return ladder_cards(table, {headline}) + ladder_cards(table, alike) +
         (folded.empty()
              ? ""
              : fmt::format("<details>\n<summary>Pictures of {} other figure{}</summary>\n{}</details>\n",
                            others.size(), others.size() == 1 ? "" : "s", folded));
}

// "0.256 <span class='error'>(0.018)</span>"
std::string cell(const std::optional<Estimate>& estimate, Aggregate aggregate, bool with_sign) {
  if (!estimate) return "";
  std::string text = with_sign ? signed_with_error(*estimate, aggregate) : with_error(*estimate, aggregate);
  const std::size_t bracket = text.find_first_of("([");
  if (bracket == std::string::npos) return text;
  return text.substr(0, bracket) + "<span class='error'>" + text.substr(bracket) + "</span>";
}

// One of the columns that each figure has in a table.
struct Column {
  std::string_view title;
  std::string (*cell)(const EvaluationEntry&, Aggregate);  // "" where the entry has nothing for it
};

// "57.779", and how a measured value compares: "+0.061 agrees".
std::string published_cell(const EvaluationEntry& entry, Aggregate aggregate) {
  if (!entry.published) return "";
  return with_error({entry.published->value, std::nan(""), 0, 0}, aggregate);
}

std::string difference_cell(const EvaluationEntry& entry, Aggregate aggregate) {
  if (!entry.published) return "";
  std::string text = difference_from(*entry.published, entry.measured, aggregate);
  const auto agreed = agrees(*entry.published, entry.measured.value);
  if (!agreed) return text;
  return fmt::format("{} <span class='verdict {}'>{}</span>", text, *agreed ? "met" : "missed",
                     *agreed ? "agrees" : "differs");
}

constexpr std::array kValues = {
    Column{"value (error)", [](const EvaluationEntry& entry,
                               Aggregate aggregate) { return cell(entry.measured, aggregate, false); }},
    Column{"recovered",
           [](const EvaluationEntry& entry, Aggregate) {
             return entry.recovered ? percent(entry.recovered->value) : std::string();
           }},
    Column{"published", published_cell},
    Column{"less published", difference_cell},
};
constexpr std::array kComparisons = {
    Column{"paired (error)", [](const EvaluationEntry& entry,
                                Aggregate aggregate) { return cell(entry.paired, aggregate, true); }},
    Column{"binding gap", [](const EvaluationEntry& entry,
                             Aggregate aggregate) { return cell(entry.binding_gap, aggregate, true); }},
};

// Variants in rows, the given columns of every figure side by side. Columns and rows that stay empty are
// left out; "" where all do.
class FiguresTable {
 public:
  FiguresTable(const EvaluationTable& table, std::vector<std::string> figures,
               std::span<const Column> columns)
      : table_(table), trained_(trained_variants(table)), figures_(std::move(figures)) {
    for (const Column& column : columns) {
      const auto fills = [&](const EvaluationEntry& entry) {
        return std::ranges::find(figures_, entry.figure) != figures_.end() && !text(column, entry).empty();
      };
      if (std::ranges::any_of(table.entries, fills)) columns_.push_back(column);
    }
  }

  std::string html() const {
    if (columns_.empty()) return "";
    std::string out = "<div class='scroll'><table>" + head() + "<tbody>\n";
    for (const std::string& variant : ladder_order(table_)) out += row(variant);
    return out + "</tbody></table></div>\n";
  }

 private:
  std::string text(const Column& column, const EvaluationEntry& entry) const {
    return column.cell(entry, table_.figure(entry.figure).spec.aggregate);
  }

  std::string head() const {
    std::string groups = "<tr><th></th>";
    std::string names = "<tr><th></th>";
    for (const std::string& figure : figures_) {
      groups += fmt::format("<th class='group first' colspan='{}'>{}</th>", columns_.size(),
                            escaped(title_in(table_, table_.figure(figure))));
      for (const Column& column : columns_)
        names += fmt::format("<th{}>{}</th>", first(column), column.title);
    }
    return "<thead>" + groups + "</tr>" + names + "</tr></thead>\n";
  }

  std::string row(const std::string& variant) const {
    std::string cells;
    bool empty = true;
    for (const std::string& figure : figures_) {
      const EvaluationEntry* entry = table_.find(variant, figure);
      for (const Column& column : columns_) {
        const std::string shown = entry != nullptr ? text(column, *entry) : "";
        empty = empty && shown.empty();
        cells += fmt::format("<td{}>{}</td>", first(column), shown);
      }
    }
    if (empty) return "";
    const auto place = std::ranges::find(trained_, variant);
    if (place == trained_.end()) return "<tr><td>" + escaped(variant) + "</td>" + cells + "</tr>\n";
    return fmt::format("<tr class='trained'><td><span class='swatch f{}'></span>{}</td>{}</tr>\n",
                       (place - trained_.begin()) % 6, escaped(variant), cells);
  }

  std::string_view first(const Column& column) const {
    return column.title == columns_.front().title ? " class='first'" : "";
  }

  const EvaluationTable& table_;
  std::vector<std::string> trained_;
  std::vector<std::string> figures_;
  std::vector<Column> columns_;
};

// As many tables as it takes for each to fit onto a page.
std::string figures_tables(const EvaluationTable& table, std::span<const Column> columns) {
  constexpr std::ptrdiff_t kFigures = 4;
  std::vector<std::string> figures = table.figures();
  std::erase_if(figures, [&](const std::string& figure) { return table.is_shared(figure); });
  std::string out;
  for (auto first = figures.begin(); first != figures.end();) {
    const auto last = first + std::min(kFigures, figures.end() - first);
    out += FiguresTable(table, {first, last}, columns).html();
    first = last;
  }
  return out;
}

std::string legend(const EvaluationTable& table) {
  const Figure headline = table.figure(table.headline_figure());
  const bool intervals = std::ranges::any_of(
      table.entries, [](const EvaluationEntry& entry) { return entry.measured.interval.has_value(); });
  std::string out =
      fmt::format("{} over {}; {} is better. {}.", figure_title(headline), sample_size(table),
                  to_text(headline.spec.better),
                  intervals ? "Bars: one standard error; brackets: 95 % intervals by bootstrap over clusters"
                            : "Bars and brackets: one standard error");
  if (!table.reference.empty() && !table.ceiling.empty()) {
    out += fmt::format(" Recovered: 0 % is {}, 100 % is {}.", table.reference, table.ceiling);
  } else if (!table.reference.empty()) {
    out += fmt::format(" Recovered: share of the cost of {} that is won back.", table.reference);
  }
  if (!table.paired.empty()) out += fmt::format(" Dashed: {}.", table.paired);
  return "<p class='soft'>" + escaped(out) + "</p>\n";
}

// "below 0 is better", "below 0 is better, above 0 in rouge, hits"
std::string better_side(const EvaluationTable& table) {
  std::string above;
  bool below = false;
  for (const std::string& name : table.figures()) {
    const bool higher = table.figure(name).spec.better == Better::higher;
    below = below || !higher;
    if (higher) above += (above.empty() ? "" : ", ") + name;
  }
  if (above.empty()) return "below 0 is better";
  return below ? "below 0 is better, above 0 in " + above : "above 0 is better";
}

// "NLL in nats is 1.234 (0.056), whatever the variant."
std::string shared_figures(const EvaluationTable& table) {
  std::string out;
  for (const std::string& name : table.figures()) {
    if (!table.is_shared(name)) continue;
    const Figure figure = table.figure(name);
    const std::string value =
        with_error(table.find(table.variants().front(), name)->measured, figure.spec.aggregate);
    out += fmt::format("<p class='soft'>{} ({}) is {}, whatever the variant.</p>\n",
                       escaped(figure_title(figure)), escaped(name), value);
  }
  return out;
}

std::string tables(const EvaluationTable& table) {
  const std::string comparisons = figures_tables(table, kComparisons);
  std::string out = figures_tables(table, kValues) + shared_figures(table);
  if (comparisons.empty()) return out;
  std::string note = "On the same " + table.items + ".";
  if (!table.paired.empty())
    note += " Paired: difference from " + table.paired + ", " + better_side(table) + ".";
  note +=
      " Binding gap: cost of another item's gist in place of its own; near 0, a gist says nothing about its "
      "item.";
  return out + "<p class='soft spaced'>" + escaped(note) + "</p>\n" + comparisons;
}

}  // namespace

std::string evaluation_section(const RunRecord& record) {
  std::string out;
  for (const EvaluationTable& table : record.evaluations) {
    if (table.entries.empty()) continue;
    std::string title = table.name;
    if (!table.stage.empty()) title += fmt::format(", stage {}", table.stage);
    if (table.step > 0) title += fmt::format(", step {}", table.step);
    out +=
        fmt::format("<section>\n<h2>{}</h2>\n{}{}{}</section>\n", escaped(title), legend(table),
                    target_table(table) + trade_offs(table) + ladders(table) + grids(table), tables(table));
  }
  return out;
}

}  // namespace gistmill
