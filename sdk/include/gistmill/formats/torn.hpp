// What is said of a file that ends before it should.
#pragma once

#include <string>
#include <string_view>

#include <gistmill/formats/error.hpp>

namespace gistmill::formats {

inline constexpr const char* kTorn = "; it may be a download that was cut short: fetch it again";

// Runs `body`, which reads a whole file of JSON, and adds that to its refusal of one that ends too early.
template <class Body>
decltype(auto) telling_of_torn_json(Body&& body) {
  try {
    return body();
  } catch (const FormatError& refusal) {
    const std::string_view message = refusal.what();
    if (message.find(": is not JSON: the end when") == message.npos) throw;
    throw FormatError(std::string(message) + kTorn);
  }
}

}  // namespace gistmill::formats
