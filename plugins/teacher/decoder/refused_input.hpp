// How the decoder refuses what a call brings: an error of kind user that names the port.
#pragma once

#include <cstdint>
#include <gistmill/plugin/values.hpp>
#include <string>

namespace gistmill::decoder {

[[noreturn]] inline void refuse(const std::string& message, const char* port) {
  throw Error(GM_ERROR_USER, message, port);
}

// A number as a message has it.
inline std::string text(std::int64_t number) { return std::to_string(number); }

}  // namespace gistmill::decoder
