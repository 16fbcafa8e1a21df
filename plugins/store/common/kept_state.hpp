// The beginning of what a store that goes on after a stop has kept of itself, in words.
#pragma once

#include <sstream>
#include <string>
#include <string_view>

#include <gistmill/plugin/values.hpp>

namespace gistmill::store {

// The words behind the store's name and version. Throws Error (user) where they are of another store or
// version.
inline std::istringstream words_of_state(std::string_view state, const std::string& store, int version) {
  std::istringstream words{std::string(state)};
  std::string found_store;
  int found_version = 0;
  words >> found_store >> found_version;
  if (!words || found_store != store || found_version != version)
    throw Error(GM_ERROR_USER, "what an earlier preparation kept is " +
                                   (words ? found_store + " " + std::to_string(found_version) : "damaged") +
                                   " when it should be " + store + " " + std::to_string(version));
  return words;
}

}  // namespace gistmill::store
