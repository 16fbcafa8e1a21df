// What the parts of one process share: the recipe and its stages, the registry, the run folder, the loggers.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/machine/machine.hpp"
#include "host/prepare/planned_recipe.hpp"
#include "host/prepare/prepared_corpora.hpp"
#include "host/recipe/lock.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"
#include "host/run/library.hpp"
#include "host/run/profile.hpp"
#include "host/run/ranks.hpp"
#include "host/run/step/events.hpp"
#include "host/run/step/session.hpp"

namespace gistmill {

struct RunContext : PlannedRecipe {
  // Plugins talk to the user from here on; of several ranks, those of rank 0. `asked` outlives this. Joins
  // the ranks that a launcher started for the verb run. Throws Failure as PlannedRecipe, and as Ranks.
  explicit RunContext(const RunRequest& asked);
  ~RunContext();
  RunContext(const RunContext&) = delete;
  RunContext& operator=(const RunContext&) = delete;

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
  std::filesystem::path folder;
  std::vector<std::unique_ptr<TensorInstance>> loggers;
  Events events;
  Ranks ranks;
  Machine machine;                   // once set up
  std::unique_ptr<Profile> profile;  // where one is asked for
  PreparedCorpora prepared;
  std::map<std::string, std::string> content_digests;  // by component and options

 private:
  void check_run_before(const std::filesystem::path& lock);
  void say_lock_notes();
};

}  // namespace gistmill
