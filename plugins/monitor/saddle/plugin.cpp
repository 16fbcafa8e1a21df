// The component monitor/saddle: raises the learning rate for a while where training is stuck. The raise is a
// factor of the schedule, which the host keeps, so it lasts for as long as is meant.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <gistmill/plugin.hpp>
#include <string>
#include <vector>

#include "plugins/monitor/common/event.hpp"
#include "plugins/monitor/common/state.hpp"
#include "plugins/monitor/common/window.hpp"

namespace {

using gistmill::Decision;
using gistmill::monitor::Json;
using gistmill::monitor::short_number;
using gistmill::monitor::Window;

// The share by which `now` is better than `before`.
double gain(double before, double now) { return (before - now) / std::max(std::abs(before), 1e-30); }

// One raise of the learning rate after the other.
struct Raise {
  double factor;
  std::int64_t steps;
};

std::vector<Raise> raises_of(const gistmill::Options& options) {
  const std::vector<double> factors = options.numbers("factors");
  const std::vector<std::int64_t> durations = options.integers("durations");
  if (factors.empty()) throw gistmill::Error(GM_ERROR_USER, "needs at least one factor", "factors");
  if (durations.size() != factors.size()) {
    throw gistmill::Error(GM_ERROR_USER,
                          fmt::format("{} durations for {} factors; each factor needs its own",
                                      durations.size(), factors.size()),
                          "durations");
  }
  std::vector<Raise> raises;
  for (std::size_t i = 0; i < factors.size(); ++i) raises.push_back({factors[i], durations[i]});
  return raises;
}

class Saddle {
 public:
  explicit Saddle(const gistmill::Options& options)
      : norm_limit_(options.number("gradient_norm")),
        least_gain_(options.number("improvement")),
        loss_share_(options.number("loss")),
        raises_(raises_of(options)),
        cooldown_(options.integer("cooldown")),
        success_(options.number("success")),
        losses_(static_cast<std::size_t>(options.integer("patience"))),
        norms_(static_cast<std::size_t>(options.integer("patience"))),
        judged_(static_cast<std::size_t>(options.integer("judged"))) {}

  Decision on_event(std::string_view text) {
    const Json event = gistmill::monitor::parse_event(text);
    if (!gistmill::monitor::is_kind(event, "step") || event.value("skipped", false)) return {};
    const double loss = gistmill::monitor::number_of(event, "loss");
    const double norm = gistmill::monitor::number_of(event, "gradient_norm");
    if (!std::isfinite(loss) || !std::isfinite(norm)) return {};
    if (raised_ > 0) return raised_step(loss);
    waiting_ = std::max<std::int64_t>(waiting_ - 1, 0);
    losses_.add(loss);
    norms_.add(norm);
    if (!losses_.full()) return {};
    if (first_ == 0) first_ = losses_.mean();
    return waiting_ == 0 && is_stuck() ? raise() : Decision();
  }

  std::string save_state() const {
    return gistmill::monitor::state_text({{"losses", losses_.values()},
                                          {"norms", norms_.values()},
                                          {"judged", judged_.values()},
                                          {"first", first_},
                                          {"before", before_},
                                          {"raised", raised_},
                                          {"waiting", waiting_},
                                          {"next", next_}});
  }
  void load_state(std::string_view bytes) {
    const Json state = gistmill::monitor::state_of(bytes, {{"losses", Json::array()},
                                                           {"norms", Json::array()},
                                                           {"judged", Json::array()},
                                                           {"first", 0},
                                                           {"before", 0},
                                                           {"raised", 0},
                                                           {"waiting", 0},
                                                           {"next", 0}});
    losses_.set_values(state["losses"]);
    norms_.set_values(state["norms"]);
    judged_.set_values(state["judged"]);
    first_ = state["first"];
    before_ = state["before"];
    raised_ = state["raised"];
    waiting_ = state["waiting"];
    next_ = std::min(state["next"].get<std::size_t>(), raises_.size() - 1);
  }

 private:
  bool is_stuck() const {
    return norms_.mean() < norm_limit_ && losses_.mean() > loss_share_ * first_ &&
           gain(losses_.mean_of_half(0), losses_.mean_of_half(1)) < least_gain_;
  }

  Decision raise() {
    const Raise& now = raises_[next_];
    before_ = losses_.mean_of_half(1);
    raised_ = now.steps;
    judged_.set_values({});
    return Decision::scale(
        now.factor,
        fmt::format("stuck: over {} steps the loss fell by {:.2g} % to {}, with gradients of {}; {} "
                    "times the learning rate for {} steps",
                    losses_.count(), 100 * gain(losses_.mean_of_half(0), before_), short_number(before_),
                    short_number(norms_.mean()), now.factor, now.steps));
  }

  Decision raised_step(double loss) {
    judged_.add(loss);
    if (--raised_ > 0) return {};
    const Raise& over = raises_[next_];
    const double better = gain(before_, judged_.mean());
    const bool helped = better > success_;
    next_ = helped ? 0 : std::min(next_ + 1, raises_.size() - 1);
    waiting_ = cooldown_;
    losses_.set_values({});
    norms_.set_values({});
    return Decision::scale(
        1 / over.factor,
        fmt::format("{}: the loss is {} after {} steps at {} times the learning rate and was {}",
                    helped ? "escaped" : "still stuck", short_number(judged_.mean()), over.steps, over.factor,
                    short_number(before_)));
  }

  double norm_limit_;
  double least_gain_;
  double loss_share_;
  std::vector<Raise> raises_;
  std::int64_t cooldown_;
  double success_;
  Window losses_;  // the last steps that were not raised
  Window norms_;
  Window judged_;             // losses at the end of a raise
  double first_ = 0;          // mean loss of the first window of the stage
  double before_ = 0;         // mean loss before the raise
  std::int64_t raised_ = 0;   // steps that the raise still lasts
  std::int64_t waiting_ = 0;  // steps before the next raise may come
  std::size_t next_ = 0;      // in raises_
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Saddle>("monitor/saddle"));
