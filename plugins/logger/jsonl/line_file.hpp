// A file that grows by whole lines. Knows nothing of JSON.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <gistmill/files/descriptor.hpp>

namespace gistmill::jsonl {

class LineFile {
 public:
  // Opens `path` for appending, or makes it, and cuts off an incomplete last line. What is no regular file
  // (a pipe, a device) is written to as it is. Throws Error (GM_ERROR_USER where the path cannot be a file,
  // else GM_ERROR_UNAVAILABLE) with the system's reason.
  explicit LineFile(std::filesystem::path path);

  // Hands `line` and a newline to the system in one piece: a crash of the program after this loses nothing,
  // one of the machine may lose the last seconds. Throws Error (GM_ERROR_UNAVAILABLE); the file then ends
  // with the line before, where it is a regular one.
  void append(std::string_view line);

 private:
  [[noreturn]] void fail(const char* action, int error) const;
  void cut_incomplete_line();

  std::filesystem::path path_;
  files::Descriptor file_;
  bool regular_ = false;
};

}  // namespace gistmill::jsonl
