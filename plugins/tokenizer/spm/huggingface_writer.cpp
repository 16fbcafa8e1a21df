// SentencePiece BPE as tokenizer.json: what huggingface.cpp reads back as the same tokenizer.
#include <algorithm>
#include <tuple>
#include <utility>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/sentencepiece/huggingface_writer.hpp"
#include "plugins/tokenizer/spm/merge_pairs.hpp"
#include "plugins/tokenizer/spm/spm.hpp"
#include "plugins/tokenizer/spm/vocabulary.hpp"

namespace gistmill::spm {
namespace {

std::string_view text_of(const Vocabulary& vocabulary, std::int32_t id) {
  return vocabulary.tokens[static_cast<std::size_t>(id)];
}

std::string printable_token(const Vocabulary& vocabulary, std::int32_t id) {
  return "token " + std::to_string(id) + ", " + formats::printable(text_of(vocabulary, id));
}

// The symbols of a piece's characters: normal tokens, or numbers behind all tokens where there are none.
SymbolOf symbols_of(const Vocabulary& vocabulary, const tokenizer::StringIndex& ids) {
  return [&](std::int32_t code) {
    std::string text;
    text::append_utf8(text, code);
    const std::int32_t id = ids.find(text);
    const bool normal = id >= 0 && vocabulary.types[static_cast<std::size_t>(id)] == PieceType::kNormal;
    return normal ? id : static_cast<std::int32_t>(vocabulary.tokens.size()) + code;
  };
}

// Pieces of equal score: of all in a text the first one counts, whatever piece it makes. By ranks one piece
// counts before the other, wherever it stands.
struct EqualScores {
  std::size_t begin = 0, end = 0;  // of the sorted pairs; the same: there are none
};

EqualScores equal_scores(const Vocabulary& vocabulary, const std::vector<ScoredPair>& sorted) {
  EqualScores found;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const ScoredPair &before = sorted[i - 1], &pair = sorted[i];
    if (before.merge.rank != pair.merge.rank || before.merge.id == pair.merge.id) continue;
    if (sorted.back().merge.rank != pair.merge.rank) {
      vocabulary.fail(printable_token(vocabulary, before.merge.id) + ", and " +
                      printable_token(vocabulary, pair.merge.id) +
                      ", have the same score: the first in a text counts, which tokenizer.json cannot say");
    }
    const auto first = std::ranges::lower_bound(sorted, pair.merge.rank, {},
                                                [](const ScoredPair& each) { return each.merge.rank; });
    return {static_cast<std::size_t>(first - sorted.begin()), sorted.size()};
  }
  return found;
}

// Llama 2 has runs of spaces of equal score, the lowest of all: they merge when nothing else does, so that
// only spaces are left beside each other, and runs of every length are all that there is to try.
void check_runs(const Vocabulary& vocabulary, const std::vector<ScoredPair>& sorted,
                const tokenizer::StringTable& merges) {
  const EqualScores equal = equal_scores(vocabulary, sorted);
  if (equal.begin == equal.end) return;
  std::size_t longest = 0;
  for (std::size_t i = equal.begin; i < equal.end; ++i) {
    std::string_view piece = text_of(vocabulary, sorted[i].merge.id);
    longest = std::max(longest, piece.size() / kSpace.size());
    while (piece.starts_with(kSpace)) piece.remove_prefix(kSpace.size());
    if (piece.empty()) continue;
    vocabulary.fail(printable_token(vocabulary, sorted[i].merge.id) +
                    ", has the score of another, and is no run of spaces: the first in a text counts, which "
                    "tokenizer.json cannot say");
  }
  Vocabulary by_ranks = vocabulary;
  by_ranks.by_scores = false;
  by_ranks.merges = merges;
  const Tokenizer expected(vocabulary), found(by_ranks);
  Encoder expected_encoder(expected), found_encoder(found);
  for (std::size_t length = 1; length <= 8 * longest; ++length) {
    const std::string run(length, ' ');
    if (expected_encoder.encode(run, SpecialTokens::kAsText) ==
        found_encoder.encode(run, SpecialTokens::kAsText))
      continue;
    vocabulary.fail("cuts a run of " + std::to_string(length) +
                    " spaces by equal scores in a way that tokenizer.json cannot say");
  }
}

void check_characters(const Vocabulary& vocabulary, const std::vector<ScoredPair>& pairs) {
  const auto size = static_cast<std::int32_t>(vocabulary.tokens.size());
  for (const ScoredPair& pair : pairs) {
    if (pair.left < size && pair.right < size) continue;
    vocabulary.fail(printable_token(vocabulary, pair.merge.id) +
                    ", has a character that is no token itself, which tokenizer.json cannot say");
  }
}

// Where pieces merge by scores, the merges that transformers' own conversion writes: the highest score first,
// and those into one piece by the ids of its parts.
tokenizer::StringTable merges_of(const Vocabulary& vocabulary) {
  if (!vocabulary.by_scores) return vocabulary.merges;
  const tokenizer::StringIndex ids = index_of(vocabulary);
  std::vector<ScoredPair> pairs = pairs_by_scores(vocabulary, symbols_of(vocabulary, ids));
  std::ranges::sort(pairs, {}, [](const ScoredPair& pair) {
    return std::tuple(pair.merge.rank, pair.merge.id, pair.left, pair.right);
  });
  check_characters(vocabulary, pairs);
  tokenizer::StringTable merges;
  for (const ScoredPair& pair : pairs) {
    merges.add(text_of(vocabulary, pair.left));
    merges.add(text_of(vocabulary, pair.right));
  }
  check_runs(vocabulary, pairs, merges);
  return merges;
}

// To `tokenizers` a character that is a token is that token, whatever its type.
void check_unused(const Vocabulary& vocabulary) {
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const std::string_view piece = vocabulary.tokens[id];
    if (vocabulary.types[id] != PieceType::kUnused || piece.empty()) continue;
    if (text::first_character(piece).size == piece.size()) {
      vocabulary.fail(printable_token(vocabulary, static_cast<std::int32_t>(id)) +
                      ", is a character of type unused, which tokenizer.json cannot say");
    }
  }
}

nlohmann::json unknown_of(const Vocabulary& vocabulary) {
  const std::int32_t unknown = vocabulary.unknown >= 0 ? vocabulary.unknown : vocabulary.named.unk;
  if (unknown < 0 || !vocabulary.is_own(static_cast<std::size_t>(unknown))) return nullptr;
  return std::string(text_of(vocabulary, unknown));
}

}  // namespace

tokenizer::HuggingFaceFiles huggingface_files(const Vocabulary& vocabulary) {
  check_unused(vocabulary);
  nlohmann::json parts = sentencepiece::space_parts(vocabulary);
  nlohmann::json model = tokenizer::bpe_model(vocabulary, merges_of(vocabulary));
  model["unk_token"] = unknown_of(vocabulary);
  model["dropout"] = nullptr;
  model["continuing_subword_prefix"] = nullptr;
  model["end_of_word_suffix"] = nullptr;
  model["fuse_unk"] = vocabulary.by_scores || vocabulary.fuse_unknown;
  model["byte_fallback"] = vocabulary.byte_fallback;
  model["ignore_merges"] = vocabulary.ignore_merges;
  parts["model"] = std::move(model);
  return tokenizer::huggingface_files(vocabulary, std::move(parts));
}

}  // namespace gistmill::spm
