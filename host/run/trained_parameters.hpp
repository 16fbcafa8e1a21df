// What a run has trained so far, by instance and component: the checkpoints that later parts start from. The
// values stay on disk, so a run that goes on finds the same ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/plan/parts.hpp"
#include "host/prepare/starting_parameters.hpp"
#include "host/run/ranks.hpp"
#include "host/run/step/events.hpp"
#include "host/run/step/session.hpp"

namespace gistmill {

class TrainedParameters {
 public:
  // `ranks`: as CheckpointFolder's.
  explicit TrainedParameters(std::filesystem::path run_folder, Ranks* ranks = nullptr)
      : run_folder_(std::move(run_folder)), ranks_(ranks) {}

  // A pass of a stage has ended: what it hands on is the latest of everything that it trained. Throws Failure
  // where no checkpoint of it can be read.
  void add_part(const Part& part);

  // Whether a pass of it has ended.
  bool has_stage(const std::string& stage) const { return stages_.contains(stage); }

  // What an instance starts from now: the file that the recipe names, the stage that it is taken from, else
  // the latest of an instance of that name and component; none: nothing trained it. Throws Failure where that
  // stage trained nothing yet.
  std::optional<StartingParameters> start_of(const PlannedInstance& instance) const;

  // Puts these in place before the first step, and says each. Answers where the latest ones are from, by
  // instance: "stage refine, step 190". Throws Failure.
  std::map<std::string, std::string> load_into(const Session& session, Events& events) const;
  // The same of any instances of `recipe`; null ones are passed over.
  std::map<std::string, std::string> load_into(const std::vector<TensorInstance*>& instances,
                                               const Recipe& recipe, Events& events) const;

 private:
  struct Place {
    std::filesystem::path checkpoint;
    std::string text;                         // "stage refine, step 190"
    std::map<std::string, std::string> uses;  // instance -> component
  };

  const Place& place_of(const std::string& stage, const Origin& named_at) const;

  std::filesystem::path run_folder_;
  Ranks* ranks_;
  std::map<std::pair<std::string, std::string>, Place> latest_;  // by instance, component
  std::map<std::string, Place> stages_;                          // by stage: of its last pass
};

}  // namespace gistmill
