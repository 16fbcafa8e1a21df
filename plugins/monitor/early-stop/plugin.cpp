// The component monitor/early-stop: counts how often in a row a figure became worse.
#include <fmt/format.h>

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

class EarlyStop {
 public:
  explicit EarlyStop(const gistmill::Options& options)
      : choice_{options.string("evaluation"), options.string("figure")}, checks_(options.integer("checks")) {}

  Decision on_event(std::string_view text) {
    const auto check = gistmill::monitor::check_of(gistmill::monitor::parse_event(text), choice_);
    if (!check) return {};
    const std::optional<double> before = std::exchange(last_, check->value);
    const bool worse = before && check->value != *before && !check->is_better_than(*before);
    worse_ = worse ? worse_ + 1 : 0;
    if (worse_ < checks_) return {};
    return Decision::stop(fmt::format("{} became worse {} time{} in a row, the last time from {} to {}",
                                      check->figure, worse_, worse_ == 1 ? "" : "s",
                                      gistmill::monitor::short_number(*before),
                                      gistmill::monitor::short_number(check->value)));
  }

  std::string save_state() const {
    return gistmill::monitor::state_text({{"last", last_ ? Json(*last_) : Json()}, {"worse", worse_}});
  }
  void load_state(std::string_view bytes) {
    const Json state = gistmill::monitor::state_of(bytes, {{"last", 0}, {"worse", 0}});
    last_ = state["last"].is_null() ? std::nullopt : std::optional<double>(state["last"]);
    worse_ = state["worse"];
  }

 private:
  gistmill::monitor::FigureChoice choice_;
  std::int64_t checks_;
  std::optional<double> last_;
  std::int64_t worse_ = 0;  // times in a row
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<EarlyStop>("monitor/early-stop"));
