// Where a run's time went, call by call: totals over all steps and a Chrome trace of each stage's first ones
// (gistmill run --profile). Reads the accounts that PipelineRun keeps anyway; a run without --profile has
// none of this.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/run/step/pipeline_run.hpp"
#include "host/run/step/work.hpp"

namespace gistmill {

class Profile {
 public:
  // Steps of a stage that the trace shows; the totals are over all.
  static constexpr std::int64_t kTracedSteps = 100;

  explicit Profile(GemmPeak peak);

  // What follows belongs to this stage; "" where the recipe has none.
  void begin_stage(const std::string& name);
  void begin_step(std::int64_t step);
  void end_step();
  // The calls of one forward and backward of `run`, within a step.
  void add_calls(const PipelineRun& run);
  // Something else that began then and ends now. Within a step it is a part of the step's time.
  void add(const std::string& name, WorkClock::time_point began, const Work& work = {});

  std::string table() const;  // for people; each line with its newline
  nlohmann::json totals() const;
  // The trace (traceEvents) with the totals. Throws Failure; the file appears whole or not at all.
  void write(const std::filesystem::path& path) const;

 private:
  struct Row {
    std::string name;
    std::string direction;  // "forward", "backward", or "" for what is no call
    bool in_step = true;
    Work work;
  };
  struct Stage {
    std::string name;
    Work steps;
    std::vector<Row> rows;
  };

  void add_call(const std::string& name, const char* direction, const CallWork& call);
  void trace(const std::string& name, const char* category, WorkClock::time_point began, const Work& work);
  Row& row(std::string_view name, std::string_view direction);
  nlohmann::json row_json(const Row& row, const Stage& stage) const;
  std::string stage_table(const Stage& stage) const;
  double microseconds(WorkClock::time_point time) const;

  GemmPeak peak_;
  WorkClock::time_point began_;
  std::vector<Stage> stages_;
  std::int64_t step_ = 0;
  std::int64_t stage_steps_ = 0;  // of the stage, begun in this process
  bool in_step_ = false;
  WorkClock::time_point step_began_;
  Work step_work_;  // of the calls of this step
  nlohmann::json events_ = nlohmann::json::array();
};

// Tells a profile, where there is one, what happened in its scope.
class ProfileScope {
 public:
  ProfileScope(Profile* profile, std::string name)
      : profile_(profile), name_(std::move(name)), began_(WorkClock::now()) {}
  ProfileScope(const ProfileScope&) = delete;
  ProfileScope& operator=(const ProfileScope&) = delete;
  ~ProfileScope() {
    if (profile_ != nullptr) profile_->add(name_, began_, work);
  }

  Work work;  // what was done, if anything is known of it

 private:
  Profile* profile_;
  std::string name_;
  WorkClock::time_point began_;
};

}  // namespace gistmill
