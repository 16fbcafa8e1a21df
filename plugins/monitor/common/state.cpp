// See state.hpp.
#include "plugins/monitor/common/state.hpp"

#include <fmt/format.h>

#include <gistmill/plugin/values.hpp>

namespace gistmill::monitor {

namespace {

constexpr int kFormat = 1;

bool is_like(const nlohmann::json& value, const nlohmann::json& example) {
  if (example.is_array()) return value.is_array();
  return value.is_number() || value.is_null();
}

}  // namespace

std::string state_text(nlohmann::json state) {
  state["format"] = kFormat;
  return state.dump();
}

nlohmann::json state_of(std::string_view bytes, const nlohmann::json& example) {
  nlohmann::json state = nlohmann::json::parse(bytes, nullptr, false);
  if (!state.is_object() || !state.contains("format"))
    throw Error(GM_ERROR_USER, "the saved state is not one of this monitor");
  if (state["format"] != kFormat)
    throw Error(GM_ERROR_USER, fmt::format("the saved state has format {} when it should be {}",
                                           state["format"].dump(), kFormat));
  for (const auto& [key, value] : example.items()) {
    if (!state.contains(key) || !is_like(state[key], value))
      throw Error(GM_ERROR_USER, fmt::format("the saved state has no valid '{}'", key));
  }
  return state;
}

}  // namespace gistmill::monitor
