// A file of TensorBoard: records (tensorflow/core/lib/io/record_writer.h) of protocol buffers Event
// (tensorflow/core/util/event.proto), of which scalars and the start of a session are written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <gistmill/files/descriptor.hpp>

#include "plugins/logger/common/scalars.hpp"

namespace gistmill::tensorboard {

// One record: length, its checksum, the bytes, their checksum.
std::string record(std::string_view bytes);

// The events of the format's version, of the start of a session at `step`, which voids what earlier files of
// the folder hold of that step and later ones, and of numbers.
std::string version_event(double time);
std::string start_event(double time, std::int64_t step);
std::string scalars_event(const logging::Scalars& scalars);

// Grows by whole records, each of which is handed to the system in one piece.
class EventFile {
 public:
  // Makes a new file in `folder`, which is made where it is missing; TensorBoard reads the files of a folder
  // in the order of their names, which begin with `time`. Throws Error (GM_ERROR_USER where the path cannot
  // be a folder, else GM_ERROR_UNAVAILABLE).
  EventFile(const std::filesystem::path& folder, double time);

  // Throws Error (GM_ERROR_UNAVAILABLE).
  void append(std::string_view event);

 private:
  std::filesystem::path path_;
  files::Descriptor file_;
};

}  // namespace gistmill::tensorboard
