// A batch of texts: what each token may see, where it stands, and what stands in a token's place.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "plugins/teacher/decoder/gist_cache.hpp"

namespace gistmill::decoder {

// B texts of T tokens, padded where they differ in length (the mask says where).
struct Batch {
  at::Tensor ids;   // integers[B, T]
  at::Tensor mask;  // [B, T, T], nonzero where row i may see column j; undefined: all. Taken together with
                    // causality; a row that may see nothing sees itself (padding)
  at::Tensor positions;   // integers[B, T]; undefined: 0, 1, ..
  at::Tensor embeddings;  // f32[B, T, D], in place of those of the ids; undefined: none. Gets a gradient
  // f32[B, G, D], in place of the embeddings at gist_places; undefined: none. Gets a gradient
  at::Tensor gist = {};
  // integers[B, G]: the columns of the gist, ascending; a row of -1: this text has none
  at::Tensor gist_places = {};
  // What stands before all columns, and every row sees; positions then count from the one behind it. Of as
  // many texts, or of one for all. Null: nothing
  std::shared_ptr<const GistCache> cache = {};
};

// bool[B, T, T]: causal and mask, and the diagonal where a row would see nothing. window: a row sees no token
// whose position is its own less this, or lower; 0: it sees all.
at::Tensor allowed_of(const Batch& batch, std::int64_t window = 0);

// Throws Error (user) where the places of a gist are not as Batch says, or where its vectors are given
// without places.
void check_gist(const Batch& batch);
// Throws Error (user) where places are given without vectors.
void expect_vectors(const Batch& batch);

// embeddings f32[B T, D], one for each token of the batch -> the same with the gist at its places.
at::Tensor with_gist(const Batch& batch, const at::Tensor& embeddings);

// The batch's positions, or 0, 1, .. for each text, counted on from its cache: integers[B, T].
at::Tensor positions_of(const Batch& batch);

}  // namespace gistmill::decoder
