// What the parts of one process share: the recipe and its stages, the registry, the run folder, the loggers.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/machine/machine.hpp"
#include "host/plan/parts.hpp"
#include "host/recipe/lock.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"
#include "host/run/library.hpp"
#include "host/run/profile.hpp"
#include "host/run/step/events.hpp"
#include "host/run/step/session.hpp"
#include "host/run/two_sides.hpp"

namespace gistmill {

// What decides a prepared file within one process: its folder, and the calls with their instances.
std::string prepared_key(const Recipe& recipe, const Plan& plan, const std::string& pipeline);

struct RunContext {
  // Loads the recipe, reads manifests, checks the recipe's [lock], if it has one, and plans every part;
  // plugins talk to the user from here on. `asked` outlives this.
  explicit RunContext(const RunRequest& asked);
  ~RunContext();
  RunContext(const RunContext&) = delete;
  RunContext& operator=(const RunContext&) = delete;

  // Prepared files of one recipe, each looked up once, also where several parts ask for it. `of` outlives
  // the result.
  Session::PreparedPath prepared(const Recipe& of);
  // Warns where another corpus of this process splits the same texts in another way.
  void keep_prepared(const std::string& key, const std::filesystem::path& path);

  // Makes the run folder ready, or throws Failure saying why it is not. A run that goes on needs the recipe
  // and the plugins that it began with.
  void open_folder();
  // The JSONL file that is always written, and the recipe's loggers.
  void open_loggers();
  // The digest of the files that an instance reads; computed once for all parts that have one like it.
  const std::string& content_digest(const TensorInstance& instance);

  std::size_t stage_count() const;  // parts that are stages of the run
  std::vector<LockedPlugin> locked_plugins() const;
  void emit_started(const std::vector<LockedPlugin>& plugins, bool resumed);

  const RunRequest& request;
  Recipe recipe;
  Registry registry;
  std::vector<Part> parts;  // what runs in turn
  std::filesystem::path folder;
  std::vector<std::unique_ptr<TensorInstance>> loggers;
  Events events;
  Machine machine;                                              // once set up
  std::unique_ptr<Profile> profile;                             // where one is asked for
  std::map<std::string, std::filesystem::path> prepared_paths;  // by what decides the file
  TwoSides two_sides;                                           // of these
  std::map<std::string, std::string> content_digests;           // by component and options
  std::vector<std::string> lock_notes;                          // of check_lock, not said yet

 private:
  void check_lock_of(const Recipe& of);
  void check_run_before(const std::filesystem::path& lock);
  void say_lock_notes();
};

}  // namespace gistmill
