// One point as a process: its folder, the lock that says somebody runs it, the program that trains.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gistmill/files/descriptor.hpp>

namespace gistmill {

// Folders of all points lie together, whichever sweep made them: a point that one sweep has finished is done
// for all others.
std::filesystem::path point_folder(const std::filesystem::path& points, const std::string& id);

// Whether a run in the folder has finished: it has its summary.
bool is_finished(const std::filesystem::path& folder);

// Writes the recipe of a point into its folder, which exists. Throws Failure.
void write_point(const std::filesystem::path& folder, const std::string& recipe);

// Writes beside it the shortest recipe that fails as the run in the folder did. False where it cannot be
// made, which is no reason to stop. `plugin_folders`: as --plugins.
bool write_failing_recipe(const std::filesystem::path& folder,
                          const std::vector<std::filesystem::path>& plugin_folders);
// The recipe that repeats the failure: that one, or the point's own.
std::filesystem::path failing_recipe_in(const std::filesystem::path& folder);

// The lock of a point's folder, which is made where it is missing, or none where another process has it. Held
// until the descriptor and all that inherited it are closed: the system sees to it, however a process ends.
std::optional<files::Descriptor> lock_point(const std::filesystem::path& folder);

struct TrialEnd {
  int code = -1;  // exit code; -1 where a signal ended it
  int signal = 0;
  double seconds = 0;
  std::string said;  // the last lines of its standard error
};

// A running `gistmill run`.
class Trial {
 public:
  // Starts `program` run on the point's recipe, in `working_folder`, with `arguments` after it. It inherits
  // `lock`, and is stopped (SIGTERM) should this process die. Its output goes to trial.log of the folder.
  // Throws Failure where it cannot be started.
  Trial(const std::filesystem::path& program, const std::filesystem::path& folder,
        const std::filesystem::path& working_folder, const std::vector<std::string>& arguments,
        const files::Descriptor& lock);

  // Waits for its end. `stop`: set where a signal came to this process; it is passed on once.
  TrialEnd wait(const volatile std::sig_atomic_t& stop);

 private:
  std::filesystem::path folder_;
  pid_t process_ = -1;
};

}  // namespace gistmill
