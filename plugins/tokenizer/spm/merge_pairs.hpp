// From scores to merges: SentencePiece merges any neighbors whose text together is a piece, the piece of the
// highest score first. Written out as pairs of symbols, this is byte-pair merging like any other.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "plugins/tokenizer/common/merges.hpp"
#include "plugins/tokenizer/spm/vocabulary.hpp"

namespace gistmill::spm {

// The symbol of a character; makes one where there is none.
using SymbolOf = std::function<std::int32_t(std::int32_t code)>;

// Two symbols that merge.
struct ScoredPair {
  std::int32_t left, right;
  tokenizer::Merge merge;
};

// In no order; pieces of equal score have equal rank. Throws formats::FormatError.
std::vector<ScoredPair> pairs_by_scores(const Vocabulary& vocabulary, const SymbolOf& symbol_of);
// The same as a table.
tokenizer::MergeTable merges_by_scores(const Vocabulary& vocabulary, const SymbolOf& symbol_of);

}  // namespace gistmill::spm
