#include "plugins/dataset/instructions/sample_tokens.hpp"

#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {

SampleTokens::SampleTokens(const std::filesystem::path& path) : file_(path) {
  for (std::size_t i = 0; i < file_.documents(); ++i) {
    const NamedPiece piece = named_piece(file_.name(i));
    if (i % kPieces == 0) first_.push_back(i);
    if (piece.piece == static_cast<Piece>(i % kPieces) && piece.sample == first_.size() - 1) continue;
    throw Error(GM_ERROR_USER,
                "piece '" + std::string(file_.name(i)) + "' stands where '" +
                    piece_name(static_cast<Piece>(i % kPieces), first_.size() - 1) +
                    "' should be: the prepared file is not of one dataset/instruction-texts",
                "corpus");
  }
  if (file_.documents() == 0 || file_.documents() % kPieces != 0)
    throw Error(GM_ERROR_USER, "the prepared file ends within a sample", "corpus");
}

std::int64_t SampleTokens::length(std::size_t sample, Piece piece) const {
  return static_cast<std::int64_t>(file_.length(first_[sample] + static_cast<std::size_t>(piece)));
}

SampleTokens::Ids SampleTokens::read(std::size_t sample, Piece piece) const {
  const std::size_t document = first_[sample] + static_cast<std::size_t>(piece);
  Ids ids(file_.length(document));
  file_.read(document, 0, ids.size(), ids.data());
  return ids;
}

}  // namespace gistmill::dataset
