// A file of TensorBoard for each stage of each process.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "plugins/logger/common/scalars.hpp"
#include "plugins/logger/tensorboard/event_file.hpp"

namespace gistmill::tensorboard {

class TensorboardLogger {
 public:
  explicit TensorboardLogger(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Throws Error, as EventFile.
  void on_event(std::string_view json);

 private:
  EventFile& file(const std::string& stage, double time);

  std::filesystem::path folder_;
  std::map<std::string, std::unique_ptr<EventFile>> files_;  // by stage
};

}  // namespace gistmill::tensorboard
