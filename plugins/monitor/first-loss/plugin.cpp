// The component monitor/first-loss: says what to look at where training begins with a loss that is too high.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <gistmill/plugin.hpp>
#include <string>

#include "plugins/monitor/common/event.hpp"
#include "plugins/monitor/common/state.hpp"

namespace {

using gistmill::Decision;
using gistmill::monitor::Json;
using gistmill::monitor::short_number;

class FirstLoss {
 public:
  explicit FirstLoss(const gistmill::Options& options)
      : limit_(options.number("loss")), steps_(options.integer("steps")) {}

  Decision on_event(std::string_view text) {
    const Json event = gistmill::monitor::parse_event(text);
    if (!gistmill::monitor::is_kind(event, "step")) return {};
    const std::int64_t step = gistmill::monitor::step_of(event);
    const double loss = gistmill::monitor::number_of(event, "loss");
    if (step > steps_ || step <= steps_ - std::max<std::int64_t>(steps_ / 5, 1)) return {};
    if (std::isfinite(loss)) {
      sum_ += loss;
      ++count_;
    }
    if (step == steps_ && count_ > 0) look(sum_ / static_cast<double>(count_));
    return {};
  }

  std::string save_state() const { return gistmill::monitor::state_text({{"sum", sum_}, {"count", count_}}); }
  void load_state(std::string_view bytes) {
    const Json state = gistmill::monitor::state_of(bytes, {{"sum", 0}, {"count", 0}});
    sum_ = state["sum"];
    count_ = state["count"];
  }

 private:
  void look(double loss) const {
    if (loss <= limit_) return;
    gistmill::log(
        GM_LOG_WARNING,
        fmt::format(
            "the loss is {} after {} steps, above {}: are these tokens of the model's own tokenizer, and "
            "sequences as long as its recipe says? `gistmill prepare RECIPE --force` makes them anew",
            short_number(loss), steps_, short_number(limit_)));
  }

  double limit_;
  std::int64_t steps_;
  double sum_ = 0;  // of the steps that are looked at
  std::int64_t count_ = 0;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<FirstLoss>("monitor/first-loss"));
