// Checkpoints of stages as starting points; see trained_parameters.hpp.
#include "host/run/trained_parameters.hpp"

#include <fmt/format.h>

#include "host/run/checkpoint.hpp"
#include "host/run/run_folder.hpp"

namespace gistmill {

TrainedParameters::Place TrainedParameters::place_of(const std::string& stage) const {
  const std::filesystem::path path = CheckpointFolder(run_folder_, stage).best_or_latest();
  CheckpointInfo info = verify_checkpoint(path);
  return {path, fmt::format("stage {}, step {}", stage, info.step), std::move(info.uses)};
}

void TrainedParameters::add_stage(const std::string& stage) {
  const Place place = place_of(stage);
  for (const auto& use : place.uses) latest_[use] = place;
}

std::map<std::string, std::string> TrainedParameters::load_into(const Session& session,
                                                                Events& events) const {
  std::map<std::string, std::string> carried;
  for (TensorInstance* instance : session.instances()) {
    if (instance == nullptr || instance->parameters().empty()) continue;
    const PlannedInstance& planned = instance->planned();
    std::string from;
    if (!planned.parameters.empty()) {
      load_parameters(planned.parameters, planned.name, *instance);
      from = planned.parameters;
    } else if (!planned.from.empty()) {
      const std::size_t dot = planned.from.find('.');
      const std::string name = planned.from.substr(dot + 1);
      const Place place = place_of(planned.from.substr(0, dot));
      load_parameters(place.checkpoint, name, *instance);
      from = fmt::format("{} of {}", name, place.text);
    } else if (const auto latest = latest_.find({planned.name, planned.spec->name});
               latest != latest_.end()) {
      load_parameters(latest->second.checkpoint, planned.name, *instance);
      from = carried[planned.name] = latest->second.text;
    }
    if (!from.empty()) events.message("info", fmt::format("{} starts from {}", planned.name, from));
  }
  return carried;
}

}  // namespace gistmill
