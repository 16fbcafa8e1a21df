// The compressor that a run trained, of level 1 and where there is one of level 2, with its best parameters,
// and what identifies it: for programs that use what a run trained.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "host/run/gist_pass.hpp"
#include "host/run/group_pass.hpp"
#include "host/run/run_context.hpp"
#include "host/run/step/session.hpp"

namespace gistmill {

struct TrainedCompressor {
  std::unique_ptr<Session> session;
  std::unique_ptr<GistPass> pass;
  std::filesystem::path checkpoint;  // with the parameters of level 1

  std::unique_ptr<Session> group_session;
  std::unique_ptr<GroupPass> group;  // null: the run trained none

  // Texts that are the same where what they name is, whatever the build of the program.
  std::string model() const;       // what the compressor reads
  std::string compressor() const;  // level 1
  std::string level2() const;      // "" without one
  std::string confidence() const;  // "" without what predicts a gist's cost
  std::string position() const;    // where a gist stands in its block
};

// Of a run with stages the last compressor that was trained, by the latest parameters that any stage gave it.
// The context outlives it. with_confidence: the pass also predicts what gists cost, as a stage learned it,
// with the compressor as that stage had it. Throws Failure where the run trained none.
TrainedCompressor trained_compressor(RunContext& context, bool with_confidence = false);

}  // namespace gistmill
