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

std::string figure_title(std::string_view port);     // "delta-NLL in nats"; unknown ports: as they are
std::string figure_unit(std::string_view port);      // "nats" or ""
std::string column_title(const FigureName& figure);  // "H = 32"; unknown ports: the label

// "0.565 (0.019)"; "0.565" where the error is NaN, "-" where the value is.
std::string with_error(const Estimate& estimate);
std::string signed_with_error(const Estimate& estimate);  // "-0.060 (0.009)", "+0.010 (0.009)"
std::string percent(double share);                        // "55 %", "-3 %"; "-" for NaN

std::string duration(double seconds);         // "48 s", "4:02 min", "1:02:33 h"
std::string short_count(double count);        // "600", "14.1 k", "2.95 M"
std::string bytes_text(std::uint64_t bytes);  // "1.3 GB"; decimal units

// "512 spans of 64 documents", of the headline's first entry; "" without entries.
std::string sample_size(const EvaluationTable& table);

// What the evaluation says of each trained variant about the headline figure, one plain sentence each, no
// final period: "contextual beats last 1 in place by 0.060 nats at H = 32, 6.7 standard errors". What
// distinguishable_from_zero denies is called not distinguishable. Empty where nothing trained.
std::vector<std::string> outcomes(const EvaluationTable& table);

}  // namespace gistmill
