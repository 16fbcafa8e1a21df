// What the system refused to do with a file: which file, what was tried, why.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace gistmill::files {

// "no such file or directory": the system's words for an error number, in lowercase as every message.
std::string error_text(int error);

// "cannot write runs/a/report.html: no space left on device"
struct FileError : std::runtime_error {
  // `action` is a verb with what goes before the path: "write", "create a file for".
  FileError(const std::string& action, const std::filesystem::path& path, int error, std::string note = "");

  int error;         // errno
  std::string note;  // what to know or do, where there is something; not in what()
};

}  // namespace gistmill::files
