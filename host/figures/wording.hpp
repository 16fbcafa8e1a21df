// How figures, numbers and outcomes are said: the words that the terminal table and the page share.
// Not the layout of either.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/figures/evaluation.hpp"

namespace gistmill {

// "delta_nll.32" -> port "delta_nll", label "32". Without a point the label is empty.
struct FigureName {
  std::string port;
  std::string label;
};
FigureName split_figure(std::string_view figure);

// What stands behind a value in the brackets of with_error: "standard error", "95 % interval by bootstrap";
// "" where nothing does in any entry of `port`'s figures.
std::string error_title(const EvaluationTable& table, std::string_view port);

std::string figure_title(
    const Figure& figure);                      // "delta-NLL in nats", "sum of hits"; without title: the port
std::string figure_unit(const Figure& figure);  // "nats" or ""; a count has none
std::string column_title(const Figure& figure);  // "H = 32"; the label where nobody says what it is of

// What tells the figure from the table's others: "H = 32", and where these are not all of one kind
// "delta-NLL, H = 32".
std::string title_in(const EvaluationTable& table, const Figure& figure);

// "0.565 (0.019)"; "0.565" where the error is NaN, "-" where the value is; "0.565 [0.529, 0.601]" where the
// estimate has an interval of its own. Fewer decimals for greater values, none for a count.
std::string with_error(const Estimate& estimate, Aggregate aggregate = Aggregate::mean);
// "-0.060 (0.009)", "+0.010 (0.009)"
std::string signed_with_error(const Estimate& estimate, Aggregate aggregate = Aggregate::mean);
// "+0.061": a measured value less the one that was published; "-" where it is none.
std::string difference_from(const Published& published, const Estimate& measured, Aggregate aggregate);
std::string percent(double share);  // "55 %", "-3 %"; "-" for NaN

std::string duration(double seconds);   // "48 s", "4:02 min", "1:02:33 h"
std::string short_count(double count);  // "600", "14.1 k", "2.95 M"

// "512 spans of 64 documents", of the headline's first entry; "512 spans taken as independent" where nothing
// clusters them; "" without entries.
std::string sample_size(const EvaluationTable& table);

// What the evaluation says of each trained variant about the headline figure, one plain sentence each, no
// final period: "contextual beats last 1 in place by 0.060 nats at H = 32, 6.7 standard errors". What
// distinguishable_from_zero denies is called not distinguishable. Empty where nothing trained.
std::vector<std::string> outcomes(const EvaluationTable& table);

}  // namespace gistmill
