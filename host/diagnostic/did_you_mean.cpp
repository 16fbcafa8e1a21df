// The only place that asks "did you mean"; nearest() of failure.hpp decides which name is near.
#include "host/diagnostic/did_you_mean.hpp"

#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

std::vector<std::string> did_you_mean(std::string_view name, const std::vector<std::string>& candidates,
                                      std::vector<std::string> notes, std::string_view mark) {
  const std::string meant = nearest(name, candidates);
  if (!meant.empty()) notes.insert(notes.begin(), fmt::format("did you mean '{}{}'?", mark, meant));
  return notes;
}

}  // namespace gistmill
