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
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

struct PreparedFile {
  std::filesystem::path path;
  bool made = false;           // false: it was there
  std::int64_t documents = 0;  // that went in, where made
};

enum class WhereMissing { make, refuse, make_again };

// Who hears of it.
struct PrepareListener {
  std::function<void(std::string_view level, const std::string& text)> message;
  std::function<void(nlohmann::json fields)> progress;  // as of the event; may be empty
};

// Answers the file of another pipeline.
using PreparedPath = std::function<std::filesystem::path(const Plan&, const std::string& pipeline)>;

// The file of pipeline `name`, made now where it is not there. `corpora` answers the files of other pipelines
// that it reads. Throws Failure where the pipeline has no store or a step fails; then nothing is left behind.
// `missing` refuse: throws where it is not there; make_again: made also where it is there, and the store is
// told by `"again": true` in its provenance, for it may keep more than this file.
PreparedFile prepare(const Recipe& recipe, const Plan& plan, const std::string& name, Registry& registry,
                     const PrepareListener& listener, const PreparedPath& corpora,
                     WhereMissing missing = WhereMissing::make);

}  // namespace gistmill
