// A trace as lines of JSON, each with a check of itself and all before it: a trace that was changed, or ends
// too early, is noticed at its line. docs/focus.md has the format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/focus/trace/record.hpp"

namespace gistmill::focus {

// Makes the text of a trace, line by line.
class TraceText {
 public:
  TraceText();

  void add(const BlockRecord& record);

  // The whole text, with its last line. Once, last.
  std::string finish();

 private:
  void line(const std::string& object);

  std::string text_;
  std::string check_;
  std::int64_t blocks_ = 0;
  std::int64_t sessions_ = 0;
};

// Reads one. `text` outlives it. name: how the file is called in messages. All throw formats::FormatError as
// "<name>:<line>: ...".
class TraceLines {
 public:
  // Reads the first line: it is no trace, or of another version.
  TraceLines(std::string_view text, std::string name);

  // The next block; nothing behind the last, where the trace is known to be whole.
  std::optional<BlockRecord> next();

  // "<name>:<line>" of the block that came last.
  std::string place() const { return name_ + ":" + std::to_string(line_); }

 private:
  std::string_view line();
  [[noreturn]] void fail(const std::string& what) const;
  void read_end(std::string_view object);

  std::string_view text_;
  std::string name_;
  std::string check_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;  // counted from 1
  std::int64_t blocks_ = 0;
  std::int64_t sessions_ = 0;
  bool ended_ = false;
};

}  // namespace gistmill::focus
