#include "host/diagnostic/exit_codes.hpp"

namespace gistmill {

const std::vector<ExitCodeMeaning>& exit_codes() {
  static const std::vector<ExitCodeMeaning> kCodes = {
      {ExitCode::ok, "done", "done"},
      {ExitCode::failed, "failed", "failed: a file, the disk, a plugin's call"},
      {ExitCode::usage, "usage", "wrong verb, option or argument"},
      {ExitCode::recipe, "recipe, model or input invalid", "a recipe, a model or an input is invalid"},
      {ExitCode::plugin, "plugin refused", "a plugin was refused, or is not the one that a lock names"},
      {ExitCode::does_not_fit, "does not fit", "the plan does not fit into memory"},
      {ExitCode::numerics, "NaN or infinity, or worse than --against",
       "a value is NaN or infinite: the message names the last good checkpoint; or a run is worse than its "
       "baseline (`run --against`)"},
      {ExitCode::stopped, "stopped after saving",
       "stopped after saving; a run continues with `--resume`, a preparation when it is asked for again"},
      {ExitCode::interrupted, "interrupted",
       "interrupted before saving; `--resume` continues from the last checkpoint"}};
  return kCodes;
}

}  // namespace gistmill
