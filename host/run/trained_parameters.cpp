// Checkpoints of stages as starting points; see trained_parameters.hpp.
#include "host/run/trained_parameters.hpp"

#include <fmt/format.h>

#include "host/run/checkpoint.hpp"
#include "host/run/earlier_recipe.hpp"
#include "host/run/run_folder.hpp"

namespace gistmill {

const TrainedParameters::Place& TrainedParameters::place_of(const std::string& stage,
                                                            const Origin& named_at) const {
  const auto found = stages_.find(stage);
  if (found != stages_.end()) return found->second;
  throw Failure(ExitCode::recipe, named_at, fmt::format("stage '{}' has trained nothing yet", stage),
                {"take parameters from a stage that runs earlier"});
}

void TrainedParameters::add_part(const Part& part) {
  const CheckpointFolder checkpoints(run_folder_, part.name, ranks_);
  const std::filesystem::path path =
      part.take == Take::last ? checkpoints.last() : checkpoints.best_or_latest();
  CheckpointInfo info = verify_checkpoint(path);
  const Place place{path, fmt::format("stage {}, step {}", part.name, info.step), std::move(info.uses)};
  for (const auto& use : place.uses) latest_[use] = place;
  stages_[part.stage] = place;
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
      const Place& place = place_of(planned.from.substr(0, dot), planned.origin);
      load_parameters(place.checkpoint, name, *instance);
      from = fmt::format("{} of {}", name, place.text);
    } else if (const auto latest = latest_.find({planned.name, planned.spec->name});
               latest != latest_.end()) {
      load_parameters(latest->second.checkpoint, planned.name, *instance);
      from = carried[planned.name] = latest->second.text;
    }
    if (from.empty()) continue;
    events.message("info", fmt::format("{} starts from {}", planned.name, from));
    if (planned.parameters.empty()) continue;
    for (const std::string& change : changed_components(planned.parameters, session.recipe()))
      events.message("info", change);
  }
  return carried;
}

}  // namespace gistmill
