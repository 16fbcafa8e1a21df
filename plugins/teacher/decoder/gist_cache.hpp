// What a prompt leaves behind when nothing but its gist is kept (arXiv 2304.08467): the object
// decoder.gist-cache/1. Texts that continue from it need the prompt no more: under a gist mask they see
// nothing else of it. Letters as in config.hpp.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gistmill::decoder {

// Whose keys and values these are: hexadecimal digests, "none" where there is none.
struct GistOrigin {
  std::string model;
  std::string adapter;
  std::string gist;    // its vectors; none: the ids' own embeddings
  std::string prompt;  // ids and positions up to the last gist token
};

// Immutable once it is made.
struct GistCache {
  std::vector<at::Tensor> keys_values;  // a layer each, compute[B, G, 2 J E]: keys (rotated), then values
  at::Tensor positions;                 // i64[B, G], in main memory: where the gist stands
  GistOrigin origin;

  std::int64_t texts() const { return positions.size(0); }
  std::int64_t gists() const { return positions.size(1); }
  // i64[B]: of the token that follows.
  at::Tensor next() const;
  std::uint64_t bytes() const;  // of keys and values
};

}  // namespace gistmill::decoder
