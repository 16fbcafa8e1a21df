#include "plugins/metric/delta-nll/targets.hpp"

#include <charconv>
#include <gistmill/plugin.hpp>
#include <limits>

namespace gistmill::delta_nll {
namespace {

// The number that `text` is as a whole, at least 0; else NaN.
double number_of(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size() && value >= 0;
  return whole ? value : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::vector<Range> ranges_of(const std::vector<std::string>& texts, const char* key) {
  std::vector<Range> ranges;
  for (const std::string& text : texts) {
    const std::size_t dash = text.find('-');
    Range range;
    range.from = number_of(text.substr(0, dash));
    if (dash != std::string::npos && dash + 1 == text.size()) {
      range.to = std::numeric_limits<double>::infinity();
    } else {
      range.to = dash == std::string::npos ? std::numeric_limits<double>::quiet_NaN()
                                           : number_of(text.substr(dash + 1));
    }
    if (!(range.from <= range.to)) {
      throw Error(GM_ERROR_USER,
                  "'" + text + "' is no range; write \"5-32\", or \"33-\" for all from there on", key);
    }
    ranges.push_back(range);
  }
  if (ranges.empty())
    throw Error(GM_ERROR_USER, std::string(key) + " is empty when it should name one or more", key);
  return ranges;
}

}  // namespace gistmill::delta_nll
