// Expectations about what a parser does with bytes.
#pragma once

#include <string>

#include <gmock/gmock.h>
#include <gistmill/formats/error.hpp>

namespace gistmill::test {

// The message with which `body` refuses; empty where it does not.
template <class Body>
std::string refusal(Body&& body) {
  try {
    body();
  } catch (const formats::FormatError& error) {
    return error.what();
  }
  return {};
}

}  // namespace gistmill::test
