// Numbers as comma-separated values, one a line (RFC 4180).
#pragma once

#include <string>
#include <string_view>

#include <gistmill/files/descriptor.hpp>

#include "plugins/logger/common/scalars.hpp"

namespace gistmill::csv {

class CsvLogger {
 public:
  explicit CsvLogger(std::string path) : path_(std::move(path)) {}

  // Opens the file or makes it. Throws Error: GM_ERROR_USER where the path cannot be a file, else
  // GM_ERROR_UNAVAILABLE.
  void start();

  // Throws Error (GM_ERROR_UNAVAILABLE) where lines cannot be written; then none of them is there.
  void on_event(std::string_view json);

 private:
  void append(std::string_view lines);
  void take_out_after(const logging::StageStart& start);
  [[noreturn]] void fail(const char* action, int error) const;

  std::string path_;
  files::Descriptor file_;
};

}  // namespace gistmill::csv
