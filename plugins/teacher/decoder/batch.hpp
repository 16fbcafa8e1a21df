// A batch of texts: what each token may see, and where it stands.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gistmill::decoder {

// B texts of T tokens, padded where they differ in length (the mask says where).
struct Batch {
  at::Tensor ids;   // integers[B, T]
  at::Tensor mask;  // [B, T, T], nonzero where row i may see column j; undefined: all. Taken together with
                    // causality; a row that may see nothing sees itself (padding)
  at::Tensor positions;   // integers[B, T]; undefined: 0, 1, ..
  at::Tensor embeddings;  // f32[B, T, D], in place of those of the ids; undefined: none. Gets a gradient
};

// bool[B, T, T]: causal and mask, and the diagonal where a row would see nothing. window: a row sees no token
// whose position is its own less this, or lower; 0: it sees all.
at::Tensor allowed_of(const Batch& batch, std::int64_t window = 0);

// The batch's positions, or 0, 1, .. for each text: integers[B, T].
at::Tensor positions_of(const Batch& batch);

}  // namespace gistmill::decoder
