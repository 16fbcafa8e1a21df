// The head pass of the CPU, fused: logits exist as one tile of f32 in the cache of a core, never in memory.
#pragma once

#include "plugins/loss/substitution/head_pass.hpp"

namespace gistmill::substitution {

// Whether head_pass_in_tiles takes this head: on the CPU, f32, or bf16 where the processor multiplies it.
bool tiles_handle(const at::Tensor& head);

// As head_pass. The same bits for the same number of threads. Beside its results it holds, for each thread,
// 1024 x D f32 and about 1.5 MB of tiles.
HeadPass head_pass_in_tiles(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                            double temperature, MeanRow mean_row);

}  // namespace gistmill::substitution
