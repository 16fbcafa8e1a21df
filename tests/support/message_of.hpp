// What code says as it refuses.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace gistmill::test {

// The message of the `Exception` that `body` throws, which is never empty; "" where nothing is thrown.
// Another exception fails the test by itself.
template <class Exception = std::exception, class Body>
std::string message_of(Body&& body) {
  try {
    std::forward<Body>(body)();
  } catch (const Exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace gistmill::test
