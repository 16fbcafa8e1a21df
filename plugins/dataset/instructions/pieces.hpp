// The pieces of text that a sample is tokenized in, and the names by which they are found again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gistmill::dataset {

// In the order in which a sample's pieces follow each other. `instruction` is the instruction's text alone,
// for controls that keep some of its tokens.
enum class Piece { before, instruction, after, completion };
constexpr int kPieces = 4;

// "before/17", of sample 17.
std::string piece_name(Piece piece, std::uint64_t sample);

struct NamedPiece {
  Piece piece = Piece::before;
  std::uint64_t sample = 0;
};
// Throws Error(GM_ERROR_USER, "corpus") where that is no such name.
NamedPiece named_piece(std::string_view name);

}  // namespace gistmill::dataset
