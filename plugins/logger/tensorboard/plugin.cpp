// logger/tensorboard: a file for each stage of each process.
#include <gistmill/plugin.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "plugins/logger/common/scalars.hpp"
#include "plugins/logger/tensorboard/event_file.hpp"

namespace {

namespace tensorboard = gistmill::tensorboard;

class TensorBoard {
 public:
  explicit TensorBoard(const gistmill::Options& options) : folder_(options.string("folder")) {}

  void on_event(std::string_view json) {
    const gistmill::logging::Reading event = gistmill::logging::read_event(json);
    if (event.start) begin(*event.start);
    if (event.scalars) {
      file(event.scalars->stage, event.scalars->time).append(tensorboard::scalars_event(*event.scalars));
    }
  }

 private:
  // What an earlier process wrote of later steps is void.
  void begin(const gistmill::logging::StageStart& start) {
    file(start.stage, start.time).append(tensorboard::start_event(start.time, start.step + 1));
  }

  tensorboard::EventFile& file(const std::string& stage, double time) {
    std::unique_ptr<tensorboard::EventFile>& file = files_[stage];
    if (file == nullptr) {
      const std::filesystem::path folder(folder_);
      file = std::make_unique<tensorboard::EventFile>(stage.empty() ? folder : folder / stage, time);
    }
    return *file;
  }

  std::string folder_;
  std::map<std::string, std::unique_ptr<tensorboard::EventFile>> files_;  // by stage
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<TensorBoard>("logger/tensorboard"));
