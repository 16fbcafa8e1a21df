// What a component says as it refuses an option, a file or a batch.
#pragma once

#include <string>
#include <utility>

#include <gistmill/plugin/values.hpp>

#include "tests/support/message_of.hpp"

namespace gistmill::test {

// The error that `body` throws; status GM_OK where nothing was thrown.
template <class Body>
Error error_of(Body&& body) {
  try {
    std::forward<Body>(body)();
  } catch (const Error& error) {
    return error;
  }
  return {GM_OK, ""};
}

// Its key and message: "batch: batch is 0 when it should be 1 or more"; "" where nothing was thrown.
template <class Body>
std::string refusal_of(Body&& body) {
  const Error error = error_of(std::forward<Body>(body));
  return error.code == GM_OK ? "" : error.key + ": " + error.what();
}

}  // namespace gistmill::test
