// See slow_calls.hpp.
#include "host/run/slow_calls.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gistmill {

namespace {

constexpr double kSourceShare = 0.25;
constexpr double kConstantShare = 0.5;

bool is_source(const PlannedCall& call) {
  return call.operation->effect == Effect::stateful && call.operation->inputs.empty();
}

// Whether its results depend on what it is given alone, so that they could be kept.
bool is_constant(const PlannedCall& call) {
  return call.operation->effect == Effect::pure && call.kind == CallClass::forward && !call.cached;
}

}  // namespace

std::vector<std::string> slow_calls(const PlannedPipeline& pipeline,
                                    const std::vector<CallAccount>& accounts) {
  double all = 0;
  for (const CallAccount& account : accounts)
    all += account.forward.total.seconds + account.backward.total.seconds;
  std::vector<std::string> lines;
  if (all <= 0) return lines;
  for (std::size_t i = 0; i < std::min(accounts.size(), pipeline.calls.size()); ++i) {
    const PlannedCall& call = pipeline.calls[i];
    const Work& work = accounts[i].forward.total;
    const double share = work.seconds / all;
    const std::string takes = fmt::format("{} takes {:.0f} % of a step", call.name, 100 * share);
    if (is_source(call) && share > kSourceShare) {
      lines.push_back(takes +
                      ": the data come slower than they are used; a copy on a local disk often helps, "
                      "and `gistmill run --profile` shows each call");
    } else if (is_constant(call) && share > kConstantShare) {
      lines.push_back(
          fmt::format("{0}, and the same inputs always give the same: if texts come again, keep it with "
                      "pipelines.{1}.cache = [\"{2}\"]",
                      takes, pipeline.name, call.name));
    }
  }
  return lines;
}

}  // namespace gistmill
