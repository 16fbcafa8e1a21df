// Writes an example file, which appears under its name with commit() or not at all: what is appended waits in
// unnamed files of the same folder, so a process that dies leaves nothing behind. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "plugins/store/examples/layout.hpp"

namespace gistmill::examples {

struct Example {
  std::int32_t split = 0;             // 0 train, 1 validation
  std::int32_t document = 0;          // its number in the corpus; those of a split ascend
  std::int32_t begin = 0;             // first token of the block in it
  std::string_view name;              // of the document
  const std::int32_t* ids = nullptr;  // [T] the window; its first S are the block
  const float* hidden = nullptr;      // [S, D] of the block
};

class ExampleFileWriter {
 public:
  // provenance: a JSON object. Throws files::FileError where the folder takes no files.
  ExampleFileWriter(std::filesystem::path path, std::string provenance, const Shape& shape);
  ~ExampleFileWriter();
  ExampleFileWriter(const ExampleFileWriter&) = delete;
  ExampleFileWriter& operator=(const ExampleFileWriter&) = delete;

  // Throws FormatError: another split than 0 or 1, a negative id, a name of more than 1024 bytes; and
  // files::FileError.
  void append(const Example& example);

  const Shape& shape() const;
  std::array<SplitCounts, kSplits> counts() const;

  // Durable and visible when it returns. Throws FormatError where nothing was appended, files::FileError
  // otherwise; then the folder is as before.
  void commit();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace gistmill::examples
