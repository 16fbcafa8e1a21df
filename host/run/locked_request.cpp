#include "host/run/locked_request.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "host/diagnostic/failure.hpp"
#include "host/run/run_folder.hpp"

namespace gistmill {

RunRequest locked_request(const RunRequest& request, const char* verb) {
  RunRequest locked = request;
  locked.folder = request.recipe;
  locked.recipe = request.recipe / run_file::kLock;
  if (!std::filesystem::exists(locked.recipe)) {
    throw Failure(ExitCode::recipe,
                  fmt::format("{} holds no run: it has no {}", request.recipe.string(), run_file::kLock),
                  {fmt::format("{} takes the folder of a run, runs/NAME where no other was given", verb)});
  }
  return locked;
}

}  // namespace gistmill
