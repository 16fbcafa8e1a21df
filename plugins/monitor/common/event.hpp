// What monitors read from events (docs/events.md).
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace gistmill::monitor {

using Json = nlohmann::json;

// An empty object where the text is none.
Json parse_event(std::string_view text);

bool is_kind(const Json& event, std::string_view kind);
std::int64_t step_of(const Json& event);

// NaN where the key is missing, or null, which stands for what is not finite.
double number_of(const Json& event, const char* key);

// Three digits that matter.
std::string short_number(double value);

// One figure of one evaluation.
struct Check {
  std::string figure;
  double value = 0;
  bool higher_is_better = false;

  // Whether it is better than `other`, an earlier value of the same figure.
  bool is_better_than(double other) const { return higher_is_better ? value > other : value < other; }
};

// Which figure is meant. An empty word leaves it open: any evaluation, its headline figure.
struct FigureChoice {
  std::string evaluation;
  std::string figure;
};

// What the event says of the figure: of the first variant that trains, else of the first. Nothing where the
// event is no such evaluation, or the value is not finite. Throws Error where the evaluation has no such
// figure.
std::optional<Check> check_of(const Json& event, const FigureChoice& choice);

}  // namespace gistmill::monitor
