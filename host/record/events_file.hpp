// events.jsonl of a run that may be going on: read forward once, each line when it is whole. Touches nothing
// of the run.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "host/record/record_builder.hpp"

namespace gistmill {

class EventsFile {
 public:
  explicit EventsFile(std::filesystem::path path) : path_(std::move(path)) {}
  ~EventsFile();
  EventsFile(const EventsFile&) = delete;
  EventsFile& operator=(const EventsFile&) = delete;

  // Takes in the lines that came since the last call. What is behind the last line end is left for later: it
  // may be a part of a line, which a run that is resumed takes away again. Where the file is another one, or
  // shorter than what was read, the run started over, and so does the record. False: nothing new. A file that
  // is not there is nothing new either. Throws Failure (ExitCode::failed) where it cannot be read.
  bool read_on();

  const RunRecord& record() const { return builder_.so_far(); }
  bool empty() const { return read_ == 0; }

 private:
  void start_over();
  bool read_lines();

  std::filesystem::path path_;
  RecordBuilder builder_;
  int descriptor_ = -1;  // stays open: so long no other file has the number of this one
  ino_t file_ = 0;       // its number
  off_t read_ = 0;       // bytes: up to the end of the last whole line
};

}  // namespace gistmill
