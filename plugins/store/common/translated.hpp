// From what files and formats throw to the ABI's errors: for stores, and datasets that read what they wrote.
#pragma once

#include <filesystem>
#include <utility>

#include <gistmill/files/error.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/plugin/values.hpp>

namespace gistmill::store {

// Answers what `body` answers. A file that is not what it should be is the fault of option `key`; one that
// cannot be written is nobody's.
template <class Body>
auto translated(const char* key, Body&& body) -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const files::FileError& error) {
    throw Error(GM_ERROR_UNAVAILABLE, error.what() + (error.note.empty() ? "" : "; " + error.note));
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(GM_ERROR_UNAVAILABLE,
                "cannot make folder '" + error.path1().string() + "': " + error.code().message());
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), key);
  }
}

}  // namespace gistmill::store
