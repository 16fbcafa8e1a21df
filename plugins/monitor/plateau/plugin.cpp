// The component monitor/plateau: compares the mean of a figure over `steps` steps with that of the steps
// before.
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <gistmill/plugin.hpp>
#include <optional>
#include <string>
#include <utility>

#include "plugins/monitor/common/event.hpp"
#include "plugins/monitor/common/state.hpp"

namespace {

using gistmill::Decision;
using gistmill::monitor::Json;

class Plateau {
 public:
  explicit Plateau(const gistmill::Options& options)
      : choice_{options.string("evaluation"), options.string("figure")},
        steps_(options.integer("steps")),
        least_(options.number("least")) {}

  Decision on_event(std::string_view text) {
    const Json event = gistmill::monitor::parse_event(text);
    const auto point = point_of(event);
    if (!point || !std::isfinite(point->value)) return {};
    const std::int64_t step = gistmill::monitor::step_of(event);
    const std::int64_t block = (step - 1) / steps_;
    Decision decision;
    if (block > block_) decision = close(*point, step);  // where no point stood at its very end
    block_ = block;
    sum_ += point->value;
    ++count_;
    return step % steps_ == 0 ? close(*point, step) : decision;
  }

  std::string save_state() const {
    return gistmill::monitor::state_text(
        {{"block", block_}, {"sum", sum_}, {"count", count_}, {"before", before_ ? Json(*before_) : Json()}});
  }
  void load_state(std::string_view bytes) {
    const Json state =
        gistmill::monitor::state_of(bytes, {{"block", 0}, {"sum", 0}, {"count", 0}, {"before", 0}});
    block_ = state["block"];
    sum_ = state["sum"];
    count_ = state["count"];
    before_ = state["before"].is_null() ? std::nullopt : std::optional<double>(state["before"]);
  }

 private:
  std::optional<gistmill::monitor::Check> point_of(const Json& event) const {
    if (choice_.figure != "loss") return gistmill::monitor::check_of(event, choice_);
    if (!gistmill::monitor::is_kind(event, "step")) return std::nullopt;
    return gistmill::monitor::Check{"loss", gistmill::monitor::number_of(event, "loss")};
  }

  // A block of steps is over.
  Decision close(const gistmill::monitor::Check& point, std::int64_t step) {
    if (count_ == 0) return {};
    const double mean = sum_ / static_cast<double>(count_);
    const std::optional<double> before = std::exchange(before_, mean);
    sum_ = 0;
    count_ = 0;
    if (!before) return {};
    const double gain = point.higher_is_better ? mean - *before : *before - mean;
    if (gain >= least_ * std::abs(*before)) return {};
    return Decision::advance(
        fmt::format("{} is {} over the {} steps to step {} and was {} over those before: less "
                    "than {:.3g} % better",
                    point.figure, gistmill::monitor::short_number(mean), steps_, step,
                    gistmill::monitor::short_number(*before), 100 * least_));
  }

  gistmill::monitor::FigureChoice choice_;
  std::int64_t steps_;
  double least_;
  std::int64_t block_ = 0;  // number of the steps that are added up now, from 0
  double sum_ = 0;
  std::int64_t count_ = 0;
  std::optional<double> before_;  // mean of the block before
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Plateau>("monitor/plateau"));
