// Preparing: a pipeline whose last instance is a store turns text into one file, named by all that it depends
// on (host/identity/corpus_identity.hpp), so that another text, option or build of a plugin makes another
// file and nothing is ever stale. A pipeline may read what another one prepared.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "host/plan/plan.hpp"
#include "host/prepare/starting_parameters.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

struct PreparedFile {
  std::filesystem::path path;
  bool made = false;           // false: it was there
  std::int64_t documents = 0;  // that went in, where made
};

// What becomes of a file that is not there, and of one that is there and damaged:
enum class WhereMissing {
  make,        // made; refused, naming what is wrong and what to do
  repair,      // made; made again
  make_again,  // made, whatever is there
  refuse,      // refused; refused
};

// Who hears of it.
struct PrepareListener {
  std::function<void(std::string_view level, const std::string& text)> message;
  std::function<void(nlohmann::json fields)> progress;  // as of the event; may be empty
};

// Answers the file of another pipeline.
using PreparedPath = std::function<std::filesystem::path(const Plan&, const std::string& pipeline)>;

// What a preparation reads beside what its own options name.
struct PreparedFrom {
  PreparedPath corpora;     // the files of other pipelines
  StartingPoints starting;  // trained parameters, which are part of what the file is named by
};

// The file of pipeline `name`, made now where it is not there. Whether one that is there is as it was made,
// its store's operation `check` tells, where it has one. Where another process makes it, waits for that.
// Throws Failure where the pipeline has no store or a step fails; then nothing is left behind. For make_again
// the store is told by `"again": true` in its provenance, for it may keep more than this file.
PreparedFile prepare(const Recipe& recipe, const Plan& plan, const std::string& name, Registry& registry,
                     const PrepareListener& listener, const PreparedFrom& from,
                     WhereMissing missing = WhereMissing::make);

}  // namespace gistmill
