// Which prepared files have to wait until a run gets to them, since they are made with parameters that an
// earlier part of the run trains. Told from the plans alone.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "host/plan/parts.hpp"

namespace gistmill {

struct AwaitedParameters {
  std::string instance;
  std::string stage;
};

// The instance of part number `index` starts from what this stage trains; its name is empty where no stage
// does.
std::string awaited_stage(const std::vector<Part>& parts, std::size_t index, const PlannedInstance& instance);

// What the file of `pipeline` waits for in part number `index`, with what the files wait for that it is made
// from. Empty: it can be made at any time.
std::vector<AwaitedParameters> awaited_by(const std::vector<Part>& parts, std::size_t index,
                                          const std::string& pipeline);

// "it reads gist, which stage refine trains"
std::string to_text(const std::vector<AwaitedParameters>& awaited);

// The instances of part number `index` that read such a file: every pass of the stage has another one.
std::set<std::string> read_anew(const std::vector<Part>& parts, std::size_t index);

}  // namespace gistmill
