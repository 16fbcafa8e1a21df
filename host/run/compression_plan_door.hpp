// What `plan --compress` asks the run library for: for texts of which length the compressor of a run pays.
#pragma once

#include <cstdint>
#include <vector>

#include "host/run/library.hpp"

namespace gistmill {

struct CompressionPlanRequest {
  RunRequest run;                     // `recipe`: the folder of a run
  std::vector<std::int64_t> lengths;  // of texts, in tokens; one at least, each from 1
  std::int64_t new_tokens = 1;        // that a reading makes, from 1
  // How a store is read (docs/gist-store.md).
  std::int64_t recent = 1;  // tokens at a text's end that stand as they are
  std::int64_t level1 = 1;  // tokens at its end that no gist of level 2 stands for
  double kept = 0;          // share of the older tokens that stay beside their gists, 0 to 1
};

}  // namespace gistmill

// Throws gistmill::Failure; both sides are built together. Main thread.
extern "C" __attribute__((visibility("default"))) void gistmill_plan_compression(
    const gistmill::CompressionPlanRequest* request, gistmill::RunOutcome* outcome);
