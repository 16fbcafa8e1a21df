// From the ports of contract `lensnet` to what a network reads. Checks that they fit one another.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>

#include <gistmill/torch.hpp>

#include "plugins/focus/common/batch.hpp"
#include "plugins/lensnet/dual-cross/network.hpp"

namespace gistmill::lensnet {

// The arrays of one call: counts, cursor, protected_tail i32[B]; levels, starts i32[M]; block i32[], all in
// main memory.
struct ContextPorts {
  at::Tensor counts, levels, starts, block, cursor, protected_tail;
};

// Throws Error(GM_ERROR_USER) where they are no contexts. `ports` outlive it.
focus::ContextBatch contexts_of(const ContextPorts& ports);

// [M, 3] f32: level / 2, width / K^2, and the distance from the entry's end to the cursor as a share of the
// history.
at::Tensor features_of(const focus::ContextBatch& contexts);

// The vector of each entry of one context, [N, D]: of a block that of its gist. level1 [P, D], level2 [Q, D].
at::Tensor vectors_of(const focus::Entries& entries, const at::Tensor& level1, const at::Tensor& level2);

// The tail gists of one context, as dataset/focus-labels gives them: at most `count`, [its gists, D].
at::Tensor tail_of(const focus::Entries& entries, std::int64_t count, const at::Tensor& level1,
                   const at::Tensor& level2);

// What the network learns of each tail gist's place: 0 for that of level 2, count - 1 for the newest. i64
// [its gists].
at::Tensor places_of(const focus::Entries& entries, std::int64_t count);

}  // namespace gistmill::lensnet
