// The component monitor/numerics: z-scores of loss and gradient norm, before each update.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <gistmill/plugin.hpp>
#include <string>
#include <utility>
#include <vector>

#include "plugins/monitor/common/event.hpp"
#include "plugins/monitor/common/state.hpp"
#include "plugins/monitor/common/window.hpp"

namespace {

using gistmill::Decision;
using gistmill::monitor::Json;
using gistmill::monitor::Window;

class Numerics {
 public:
  explicit Numerics(const gistmill::Options& options)
      : warmup_(std::min(options.integer("warmup"), options.integer("steps"))),
        loss_limit_(options.number("loss")),
        norm_limit_(options.number("gradient_norm")),
        most_skips_(options.integer("skips")),
        most_rewinds_(options.integer("rewinds")),
        scale_(options.number("scale")),
        losses_(static_cast<std::size_t>(options.integer("steps"))),
        norms_(static_cast<std::size_t>(options.integer("steps"))) {}

  Decision on_event(std::string_view text) {
    const Json event = gistmill::monitor::parse_event(text);
    if (!gistmill::monitor::is_kind(event, "gradient")) return {};
    const double loss = gistmill::monitor::number_of(event, "loss");
    const double norm = gistmill::monitor::number_of(event, "gradient_norm");
    std::string reason = spike("loss", loss, losses_, loss_limit_);
    if (reason.empty()) reason = spike("gradient norm", norm, norms_, norm_limit_);
    if (!reason.empty()) return deal_with(reason);
    losses_.add(loss);
    norms_.add(norm);
    skips_ = 0;
    return {};
  }

  std::string save_state() const {
    return gistmill::monitor::state_text(
        {{"losses", losses_.values()}, {"norms", norms_.values()}, {"skips", skips_}, {"rewinds", rewinds_}});
  }
  void load_state(std::string_view bytes) {
    const Json state = gistmill::monitor::state_of(
        bytes, {{"losses", Json::array()}, {"norms", Json::array()}, {"skips", 0}, {"rewinds", 0}});
    std::vector<double> losses = state["losses"];
    std::vector<double> norms = state["norms"];
    losses_.set_values(std::move(losses));
    norms_.set_values(std::move(norms));
    skips_ = state["skips"];
    rewinds_ = state["rewinds"];
  }

 private:
  // What is wrong with the value; empty: nothing.
  std::string spike(const char* name, double value, const Window& window, double limit) const {
    if (!std::isfinite(value)) return fmt::format("the {} is not finite", name);
    if (limit == 0 || window.count() < static_cast<std::size_t>(warmup_)) return "";
    const double deviations = window.deviations(value);
    if (deviations <= limit) return "";
    return fmt::format("the {} {} is {} standard deviations above {}, its mean over {} steps", name,
                       gistmill::monitor::short_number(value), gistmill::monitor::short_number(deviations),
                       gistmill::monitor::short_number(window.mean()), window.count());
  }

  Decision deal_with(const std::string& reason) {
    if (skips_ < most_skips_) {
      ++skips_;
      return Decision::skip(reason);
    }
    skips_ = 0;
    if (rewinds_ < most_rewinds_) {
      ++rewinds_;
      return Decision::rewind(scale_, fmt::format("{}, after {} skipped in a row", reason, most_skips_));
    }
    return Decision::fail(fmt::format("{}, after {} rewinds", reason, most_rewinds_));
  }

  std::int64_t warmup_;
  double loss_limit_;  // standard deviations
  double norm_limit_;
  std::int64_t most_skips_;
  std::int64_t most_rewinds_;
  double scale_;
  Window losses_;  // of good steps
  Window norms_;
  std::int64_t skips_ = 0;  // in a row
  std::int64_t rewinds_ = 0;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Numerics>("monitor/numerics"));
