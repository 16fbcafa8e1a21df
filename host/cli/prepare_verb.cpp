// prepare: in this process, which has LibTorch only where a plugin needs it; with --peek in the run library.
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/machine/threads.hpp"
#include "host/prepare/prepare_recipe.hpp"

namespace gistmill {

namespace {

WhereMissing missing_of(const Command& command) {
  if (command.has("force") && command.has("skip-existing"))
    throw Failure(ExitCode::usage,
                  "--force makes all again and --skip-existing what is missing: one of them");
  if (command.has("force")) return WhereMissing::make_again;
  return command.has("skip-existing") ? WhereMissing::repair : WhereMissing::make;
}

}  // namespace

ExitCode run_prepare(const Command& command) {
  if (command.has("peek") && command.has("force"))
    throw Failure(ExitCode::usage, "--peek shows what is there and --force makes it again: one at a time");
  if (command.has("peek")) return run_compute_verb(command, RunVerb::peek);
  set_up_openmp();  // a plugin may load LibTorch
  PrepareRequest request;
  request.recipe = command.arguments.front();
  request.overrides = command.overrides();
  request.plugin_folders = command.plugin_folders();
  request.others = command.has("ignore-lock") ? OtherPlugins::say : OtherPlugins::refuse;
  request.missing = missing_of(command);
  request.talk = print_talk;
  const PreparedAnswer answer = prepare_recipe(request);
  print_answer(command.json() ? answer.files.dump(2) + "\n" : answer.text);
  return ExitCode::ok;
}

}  // namespace gistmill
