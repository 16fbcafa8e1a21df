// Git LFS keeps large files outside of a repository; a clone without them has small text files in their
// places.
#pragma once

#include <string_view>

namespace gistmill::formats {

inline constexpr std::string_view kLfsPointerStart = "version https://git-lfs.github.com/spec/";

// Whether a file that begins with these bytes is such a pointer. They should be as many as kLfsPointerStart
// has.
constexpr bool is_lfs_pointer(std::string_view begin) {
  return begin.substr(0, kLfsPointerStart.size()) == kLfsPointerStart;
}

}  // namespace gistmill::formats
