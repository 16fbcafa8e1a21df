// How this folder refuses a file: the plugin's error, of kind user, about the option `model`.
#pragma once

#include <cstdint>
#include <gistmill/formats/error.hpp>
#include <span>
#include <string>
#include <utility>

namespace gistmill::decoder {

[[noreturn]] void refuse(const std::string& message);

// "[3, 4]"
std::string text(std::span<const std::int64_t> shape);

// Throws where the shapes differ: "<file>: tensor '<name>' has shape .. when it should be ..".
void check_shape(const std::string& file, const std::string& name, std::span<const std::int64_t> found,
                 std::span<const std::int64_t> expected);

// Runs `body`, turning what the file formats refuse into the plugin's error.
template <class Body>
decltype(auto) mended(Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const formats::FormatError& failure) {
    refuse(failure.what());
  }
}

}  // namespace gistmill::decoder
