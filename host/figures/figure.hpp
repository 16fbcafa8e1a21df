// What a manifest says of a figure: how one number is made of the items' numbers, which way is better, and
// how it is called. All that the host knows of a figure; no figure of any plugin is named here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill {

enum class Aggregate {
  mean,
  sum,
  p95,             // 95th percentile, linear between the two nearest items (statistics.hpp)
  max,             // the greatest
  count,           // items that have a value: those whose number is not NaN
  geometric_mean,  // of positive numbers, such as ratios: exp of the mean logarithm
};
enum class Better { lower, higher };

const char* to_text(Aggregate aggregate);  // as manifests and events write it
const char* to_text(Better better);
std::optional<Aggregate> aggregate_of(std::string_view text);  // none: no such word
std::optional<Better> better_of(std::string_view text);
const std::vector<std::string>& aggregate_names();
const std::vector<std::string>& better_names();

struct FigureSpec {
  Aggregate aggregate = Aggregate::mean;
  Better better = Better::lower;
  std::string unit;    // "nats"; empty: none
  std::string title;   // "delta-NLL"; empty: the port's name
  std::string column;  // what the columns' labels are values of, "H" for "H = 32"; empty: labels alone
  std::optional<double> ideal;  // the figure where nothing is lost, as the manifest says
  bool optional = false;        // a variant may have no value for any item: it was not measured there
  std::string over{};           // the figure that a report draws it over, column by column; empty: none

  // Where a recovered share is 1: `ideal`, else 0 where lower is better; nobody knows where higher is.
  std::optional<double> nothing_lost() const;
  bool operator==(const FigureSpec&) const = default;
};

// A column of an evaluation's table.
struct Figure {
  std::string name;  // "delta_nll.32": slot, point, column's label
  FigureSpec spec;
  bool operator==(const Figure&) const = default;
};

// Whether `value` is strictly better than `other`; never where either is NaN.
bool is_better(Better better, double value, double other);

}  // namespace gistmill
