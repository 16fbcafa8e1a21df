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

std::optional<StartingParameters> TrainedParameters::start_of(const PlannedInstance& instance) const {
  if (auto named = named_parameters(instance)) return named;
  if (!instance.from.empty()) {
    const std::size_t dot = instance.from.find('.');
    const std::string name = instance.from.substr(dot + 1);
    const Place& place = place_of(instance.from.substr(0, dot), instance.origin);
    return StartingParameters{place.checkpoint, name, fmt::format("{} of {}", name, place.text)};
  }
  const auto latest = latest_.find({instance.name, instance.spec->name});
  if (latest == latest_.end()) return std::nullopt;
  return StartingParameters{latest->second.checkpoint, instance.name, latest->second.text};
}

std::map<std::string, std::string> TrainedParameters::load_into(const Session& session,
                                                                Events& events) const {
  return load_into(session.instances(), session.recipe(), events);
}

std::map<std::string, std::string> TrainedParameters::load_into(const std::vector<TensorInstance*>& instances,
                                                                const Recipe& recipe, Events& events) const {
  std::map<std::string, std::string> carried;
  for (TensorInstance* instance : instances) {
    if (instance == nullptr || instance->parameters().empty()) continue;
    const PlannedInstance& planned = instance->planned();
    const std::optional<StartingParameters> start = start_of(planned);
    if (!start) continue;
    load_parameters(start->path, start->name, *instance);
    if (planned.parameters.empty() && planned.from.empty()) carried[planned.name] = start->text;
    events.message("info", fmt::format("{} starts from {}", planned.name, start->text));
    if (planned.parameters.empty()) continue;
    for (const std::string& change : changed_components(planned.parameters, recipe))
      events.message("info", change);
  }
  return carried;
}

}  // namespace gistmill
