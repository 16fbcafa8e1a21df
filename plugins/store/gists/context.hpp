// What a model reads of a document in a store: a simple policy for programs that choose nothing themselves.
// The newest blocks stand as tokens, older ones as their gists, the oldest as gists of gists; where the model
// knows too few positions, the oldest blocks are left out, and positions count from the first that is not.
// Tokens that the store keeps stand beside the gists, whatever their level.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/store/gists/reader.hpp"

namespace gistmill::gists {

struct Context {
  std::vector<std::int32_t> ids;        // [R]; 0 where a gist stands
  std::vector<std::int32_t> positions;  // [R]
  std::vector<float> gist;              // [M, D]
  std::vector<std::int32_t> places;     // [M], rows of the gists
  std::string document;
  std::uint64_t tokens = 0;    // of the document
  std::uint64_t left_out = 0;  // of these, at its begin
};

// document: "": the last one. recent: tokens that stand as they are, at least. level1: tokens at the end that
// stand as they are or as gists of level 1, at least; what is older and whole stands as gists of level 2
// where the store has them. room: positions. Throws FormatError where there is no such document, or a row is
// damaged.
Context context_of(const GistReader& reader, const std::string& document, std::uint64_t recent,
                   std::uint64_t level1, std::uint64_t room);

}  // namespace gistmill::gists
