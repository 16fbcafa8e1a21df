// Events to lines: which ones are written, and what happens where they cannot be.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "plugins/logger/jsonl/line_file.hpp"

namespace gistmill::jsonl {

class JsonlLogger {
 public:
  explicit JsonlLogger(std::filesystem::path path);

  void start();  // opens the file; throws as LineFile

  // Writes the event as one line, unless it is of kind progress. The first of several failures in a row is
  // thrown, the others are silent; when writing works again, a message event tells how many events are
  // missing. Throws Error (GM_ERROR_MISUSE) where `json` is no JSON object.
  void on_event(std::string_view json);

 private:
  std::filesystem::path path_;
  std::unique_ptr<LineFile> file_;
  std::uint64_t missing_ = 0;  // events since the last one that was written
};

}  // namespace gistmill::jsonl
