// run, evaluate, prepare, plan, export: loads the run library, and with it LibTorch, only now.
#include <dlfcn.h>
#include <fmt/format.h>

#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/run/library.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

using RunVerbFunction = decltype(&gistmill_run_verb);

// The library is never unloaded: tensors and plugins live until the process ends.
RunVerbFunction load_run_library() {
  const fs::path path = program_folders().run_library;
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw Failure(ExitCode::failed, fmt::format("the run library cannot be loaded: {}", dlerror()),
                  {"build it with scripts/setup.sh and cmake --build, or install the program again"});
  }
  return reinterpret_cast<RunVerbFunction>(dlsym(library, "gistmill_run_verb"));
}

RunVerb verb_of(const std::string& name) {
  if (name == "run") return RunVerb::run;
  if (name == "evaluate") return RunVerb::evaluate;
  if (name == "prepare") return RunVerb::prepare;
  if (name == "export") return RunVerb::export_run;
  return RunVerb::plan;
}

}  // namespace

ProgramFolders program_folders() {
  const fs::path prefix = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
  fs::path roles = prefix / "share/gistmill/roles";
  return {prefix / "lib/gistmill/libgistmill-run.so", prefix / "lib/gistmill/plugins", std::move(roles)};
}

ExitCode run_compute_verb(const Command& command) {
  RunRequest request;
  request.verb = verb_of(command.verb);
  request.recipe = command.arguments.front();
  request.overrides = command.overrides();
  request.folder = command.value("folder").value_or("");
  request.roles = program_folders().roles;
  request.plugin_folders = command.plugin_folders();
  request.resume = command.has("resume");
  request.fresh = command.has("fresh");
  request.command = command.words;
  request.command.insert(request.command.begin(), "gistmill");
  request.talk = print_talk;
  request.merge = command.has("merge");
  if (command.arguments.size() > 1) request.target = command.arguments[1];
  // The recipe is checked before LibTorch is loaded: a typing mistake is answered at once.
  const bool is_recipe = request.verb != RunVerb::plan && request.verb != RunVerb::export_run;
  if (is_recipe) check_recipe(command, request.recipe);
  RunOutcome outcome;
  load_run_library()(&request, &outcome);
  print_answer(command.json() ? outcome.json : outcome.text);
  return outcome.code;
}

}  // namespace gistmill
