// The component monitor/average: an exponential moving average of a figure, and the best one so far.
#include <fmt/format.h>

#include <gistmill/plugin.hpp>
#include <optional>
#include <string>

#include "plugins/monitor/common/event.hpp"
#include "plugins/monitor/common/state.hpp"

namespace {

using gistmill::Decision;
using gistmill::monitor::Json;

Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }
std::optional<double> number_if(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional<double>(value);
}

class Average {
 public:
  explicit Average(const gistmill::Options& options)
      : choice_{options.string("evaluation"), options.string("figure")},
        weight_(2.0 / (static_cast<double>(options.integer("checks")) + 1.0)) {}

  Decision on_event(std::string_view text) {
    auto check = gistmill::monitor::check_of(gistmill::monitor::parse_event(text), choice_);
    if (!check) return {};
    average_ = average_ ? *average_ + weight_ * (check->value - *average_) : check->value;
    check->value = *average_;
    if (best_ && !check->is_better_than(*best_)) return {};
    const std::string before = best_ ? ", before " + gistmill::monitor::short_number(*best_) : "";
    best_ = average_;
    return Decision::mark_best(fmt::format("the average of {} is {}{}", check->figure,
                                           gistmill::monitor::short_number(*average_), before));
  }

  std::string save_state() const {
    return gistmill::monitor::state_text(
        {{"average", number_or_null(average_)}, {"best", number_or_null(best_)}});
  }
  void load_state(std::string_view bytes) {
    const Json state = gistmill::monitor::state_of(bytes, {{"average", 0}, {"best", 0}});
    average_ = number_if(state["average"]);
    best_ = number_if(state["best"]);
  }

 private:
  gistmill::monitor::FigureChoice choice_;
  double weight_;  // of a new value
  std::optional<double> average_;
  std::optional<double> best_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Average>("monitor/average"));
