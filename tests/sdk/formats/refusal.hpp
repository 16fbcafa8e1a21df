// Expectations about what a parser does with bytes.
#pragma once

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gistmill/formats/error.hpp>

#include "tests/support/message_of.hpp"

namespace gistmill::test {

// The message with which `body` refuses; empty where it does not.
template <class Body>
std::string refusal(Body&& body) {
  return message_of<formats::FormatError>(std::forward<Body>(body));
}

}  // namespace gistmill::test
