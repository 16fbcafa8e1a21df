// What the parts of one process share: the recipe and its stages, the registry, the run folder, the loggers.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/recipe/lock.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"
#include "host/run/events.hpp"
#include "host/run/library.hpp"
#include "host/run/machine.hpp"
#include "host/run/profile.hpp"
#include "host/run/session.hpp"

namespace gistmill {

// A stage, or the recipe itself with the empty name.
struct Part {
  std::string name;
  Recipe recipe;
};

// The stages in their order, then the recipe itself where it trains or has no stages. An evaluation of the
// whole recipe takes the place of a stage's of the same name that would run at the stage's end.
std::vector<Part> parts_of(const Recipe& recipe);

struct RunContext {
  // Loads the recipe, reads manifests and checks the recipe's [lock], if it has one; plugins talk to the user
  // from here on. `asked` outlives this.
  explicit RunContext(const RunRequest& asked);
  ~RunContext();
  RunContext(const RunContext&) = delete;
  RunContext& operator=(const RunContext&) = delete;

  // Prepared files of one recipe, each looked up once. `of` outlives the result.
  Session::PreparedPath prepared(const Recipe& of);

  // Makes the run folder ready, or throws Failure saying why it is not. A run that goes on needs the plugins
  // that it began with.
  void open_folder();
  // The JSONL file that is always written, and the recipe's loggers.
  void open_loggers();
  std::vector<LockedPlugin> locked_plugins(const std::vector<Part>& parts) const;
  void emit_started(const std::vector<Part>& parts, const std::vector<LockedPlugin>& plugins, bool resumed);

  const RunRequest& request;
  Recipe recipe;
  Registry registry;
  std::vector<Role> roles;
  std::filesystem::path folder;
  std::vector<std::unique_ptr<Instance>> loggers;
  Events events;
  Machine machine;                                              // once set up
  std::unique_ptr<Profile> profile;                             // where one is asked for
  std::map<std::string, std::filesystem::path> prepared_paths;  // "recipe:pipeline"
  std::vector<std::string> lock_notes;                          // of check_lock, not said yet

 private:
  void check_lock_of(const Recipe& of);
  void say_lock_notes();
};

}  // namespace gistmill
