// Preparing: a pipeline whose last instance is a store turns text into one file, named by all that it depends
// on (host/identity/corpus_identity.hpp), so that another text, option or build of a plugin makes another
// file and nothing is ever stale. A pipeline may read what another one prepared.
#pragma once

#include <filesystem>
#include <string>

#include "host/plan/plan.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"
#include "host/run/step/events.hpp"
#include "host/run/step/session.hpp"

namespace gistmill {

struct PreparedFile {
  std::filesystem::path path;
  bool made = false;           // false: it was there
  std::int64_t documents = 0;  // that went in, where made
};

enum class WhereMissing { make, refuse };

// The file of pipeline `name`, made now where it is not there. `corpora` answers the files of other pipelines
// that it reads. Throws Failure where the pipeline has no store or a step fails; then nothing is left behind.
// `missing` refuse: throws where it is not there.
PreparedFile prepare(const Recipe& recipe, const Plan& plan, const std::string& name, Registry& registry,
                     Events& events, const Session::PreparedPath& corpora,
                     WhereMissing missing = WhereMissing::make);

}  // namespace gistmill
