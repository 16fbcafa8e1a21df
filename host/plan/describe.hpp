// A plan as people and programs read it: what `gistmill plan` says. Decides nothing.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "host/plan/plan.hpp"

namespace gistmill {

// One block a pipeline, then one an evaluation:
//   train   corpus.T 1024, corpus.K 28, corpus.H 8, S 32, teacher.D 576
//     corpus.next     -> tokens i32[T], spans i32[K]       stateful
//     gist.compress   embeddings -> gist f32[K, G, D]      trains
//   minimizes loss; trains gist; 600 steps
// A size that an instance declares stands with the instance's name, in types only where another one has its
// letter. A size that only a made instance knows stands as "D from teacher", one that steps differ in as "B
// varies".
std::string describe(const Plan& plan);

nlohmann::json to_json(const Plan& plan);

}  // namespace gistmill
