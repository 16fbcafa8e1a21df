#include "plugins/logger/tensorboard/tensorboard_logger.hpp"

namespace gistmill::tensorboard {

void TensorboardLogger::on_event(std::string_view json) {
  const logging::Reading event = logging::read_event(json);
  if (event.start) {  // what an earlier process wrote of later steps is void
    file(event.start->stage, event.start->time).append(start_event(event.start->time, event.start->step + 1));
  }
  if (event.scalars) file(event.scalars->stage, event.scalars->time).append(scalars_event(*event.scalars));
}

EventFile& TensorboardLogger::file(const std::string& stage, double time) {
  std::unique_ptr<EventFile>& file = files_[stage];
  if (file == nullptr) file = std::make_unique<EventFile>(stage.empty() ? folder_ : folder_ / stage, time);
  return *file;
}

}  // namespace gistmill::tensorboard
