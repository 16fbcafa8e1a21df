// The worst and the best items of each trained variant: the item itself, then what follows it, each token on
// a background that says what it lost.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <gistmill/text/utf8.hpp>

#include "host/figures/wording.hpp"
#include "host/report/html_text.hpp"
#include "host/report/page_sections.hpp"

namespace gistmill {
namespace {

// A token's background, by its value: from the first bound on that is not above it.
struct Shade {
  double from;
  std::string_view css_class;  // "": none
  std::string_view label;
};
constexpr std::array kShades = {Shade{3.0, "h4", "3 and more"}, Shade{1.0, "h3", "1 to 3"},
                                Shade{0.3, "h2", "0.3 to 1"},   Shade{0.1, "h1", "0.1 to 0.3"},
                                Shade{-0.1, "", "near 0"},      Shade{-0.3, "g1", "-0.1 to -0.3"},
                                Shade{-1.0, "g2", "to -1"},     Shade{-1e300, "g3", "below -1"}};

std::string_view shade_of(double value) {
  const auto found = std::ranges::find_if(kShades, [&](const Shade& shade) { return value >= shade.from; });
  return found == kShades.end() ? "" : found->css_class;  // NaN
}

// Line ends as a sign, so that a strip stays a strip.
std::string on_one_line(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("⏎") : std::string(1, c);
  return escaped(out);
}

std::string token_span(const std::string& text, double value, std::string_view unit) {
  const std::string_view shade = shade_of(value);
  return fmt::format("<span{} title='{:.2f}{}'>{}</span>",
                     shade.empty() ? "" : fmt::format(" class='{}'", shade), value, escaped(unit),
                     on_one_line(text));
}

// Tokens that share a character are one: their values are added.
std::string strip(const Example& example, const std::string& unit) {
  std::string out = "<p class='strip mono'>";
  if (!example.text.empty()) out += fmt::format("<span class='own'>{}</span> ▸ ", on_one_line(example.text));
  std::string text;
  double value = 0.0;
  bool numbered = false;
  for (std::size_t i = 0; i < example.tokens.size(); ++i) {
    text += example.tokens[i].text;
    if (!std::isnan(example.tokens[i].value)) value += example.tokens[i].value;
    numbered = numbered || !std::isnan(example.tokens[i].value);
    const bool last = i + 1 == example.tokens.size();
    if (!last && !text::is_utf8(text) && text.size() < 4) continue;
    out += numbered ? token_span(text, value, unit) : on_one_line(text);
    text.clear();
    value = 0.0;
    numbered = false;
  }
  return out + "</p>\n";
}

std::string scale() {
  std::string out = "<p class='soft scale'>";
  for (auto shade = kShades.rbegin(); shade != kShades.rend(); ++shade) {
    out += shade->css_class.empty()
               ? fmt::format("<span>{}</span> ", shade->label)
               : fmt::format("<span class='{}'>{}</span> ", shade->css_class, shade->label);
  }
  return out + "</p>\n";
}

// " 1.230 against 0.888": what its tokens cost in the mean, and what they cost by `less`.
std::string means(const Example& example) {
  if (!std::isfinite(example.mean) || !std::isfinite(example.mean_less)) return "";
  return fmt::format(", {:.3f} against {:.3f}", example.mean, example.mean_less);
}

// Of one variant, one end.
std::string group(const EvaluationExamples& kept, const std::string& variant, bool best,
                  const Figure& figure) {
  std::string out;
  const std::string unit = figure_unit(figure);
  for (const Example& example : kept.examples) {
    if (example.variant != variant || example.best != best) continue;
    out += fmt::format(
        "<div class='example'><p><span class='figure'>{:.3f}</span> <span class='soft'>{}{}</span></p>{}"
        "</div>\n",
        example.value, escaped(unit), means(example), strip(example, unit.empty() ? "" : " " + unit));
  }
  if (out.empty()) return "";
  return fmt::format("<h3>{}, {}</h3>\n<div class='card'>\n{}</div>\n", escaped(variant),
                     best ? "best" : "worst", out);
}

const EvaluationTable* table_of(const RunRecord& record, const EvaluationExamples& kept) {
  const auto found = std::ranges::find_if(record.evaluations, [&](const EvaluationTable& table) {
    return table.name == kept.evaluation && table.stage == kept.stage;
  });
  return found == record.evaluations.end() ? nullptr : &*found;
}

std::string section_of(const RunRecord& record, const EvaluationExamples& kept) {
  const EvaluationTable* table = table_of(record, kept);
  const Figure figure = table != nullptr ? table->figure(kept.figure) : Figure{kept.figure, {}};
  const std::string items = table != nullptr ? table->items : "items";
  std::string out;
  std::string before;
  for (const Example& example : kept.examples) {
    if (example.variant == before) continue;
    before = example.variant;
    out += group(kept, example.variant, false, figure) + group(kept, example.variant, true, figure);
  }
  if (out.empty()) return "";
  const std::string column = column_title(figure);
  const std::string title = fmt::format("Worst and best {}: {}{}", items, kept.evaluation,
                                        kept.stage.empty() ? "" : ", stage " + kept.stage);
  const std::string note = fmt::format(
      "By {}{}. In gray what was replaced; behind it the tokens that follow, on a background that says what "
      "each of them lost{}. Those below 0 gained.",
      figure_title(figure), column.empty() ? "" : ", " + column,
      figure_unit(figure).empty() ? "" : ", in " + figure_unit(figure));
  return fmt::format("<section>\n<h2>{}</h2>\n<p class='soft'>{}</p>\n{}{}</section>\n", escaped(title),
                     escaped(note), scale(), out);
}

}  // namespace

std::string example_section(const RunRecord& record) {
  std::string out;
  for (const EvaluationExamples& kept : record.examples) out += section_of(record, kept);
  return out;
}

}  // namespace gistmill
