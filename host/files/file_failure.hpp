// What the system refused to do with a file, as a failure of the program: the same words, and what to do as a
// note.
#pragma once

#include <filesystem>
#include <utility>

#include <gistmill/files/error.hpp>
#include <gistmill/formats/error.hpp>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

inline Failure failure_of(const files::FileError& error, ExitCode code = ExitCode::failed) {
  return error.note.empty() ? Failure(code, error.what()) : Failure(code, error.what(), {error.note});
}

// Runs `body`. What the SDK and the standard library throw about files becomes Failure (ExitCode::failed).
template <class Body>
decltype(auto) or_failure(Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const files::FileError& error) {
    throw failure_of(error);
  } catch (const formats::FormatError& error) {
    throw Failure(ExitCode::failed, error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    throw Failure(ExitCode::failed, error.what());
  }
}

}  // namespace gistmill
