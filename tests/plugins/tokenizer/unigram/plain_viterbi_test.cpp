// The fast segmentation against the plain one: every piece at every place of the whole text, in a table, with
// no trie, nothing settled on the way, no cut and no cache.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "plugins/tokenizer/unigram/unigram.hpp"

namespace gistmill::unigram {
namespace {

using Ids = std::vector<std::int32_t>;

// Of one to four bytes; the last three are in no piece.
const std::vector<std::string> kCharacters = {
    " ", "a",        "b",           "c", "\n", "\xC3\xA9", "\xE6\xB1\x89", "\xF0\x9F\x98\x80",
    "z", "\xC3\xA8", "\xE4\xB8\xAD"};
constexpr std::size_t kKnown = 8;
constexpr std::size_t kLongest = 16;  // bytes of a piece

Vocabulary random_vocabulary(Library library, bool bytes, std::mt19937& random) {
  Vocabulary made;
  made.source = "x";
  made.library = library;
  made.prefix = sentencepiece::Prefix::kNone;
  made.unknown = 0;
  made.byte_fallback = bytes;
  const auto add = [&](const std::string& text, PieceType type, double score) {
    made.tokens.add(text);
    made.types.push_back(type);
    made.scores.push_back(library == Library::kSentencePiece ? static_cast<double>(static_cast<float>(score))
                                                             : score);
  };
  add("<unk>", PieceType::kUnknown, 0);
  for (int byte = 0; bytes && byte < 256; ++byte)
    add(sentencepiece::name_of_byte(static_cast<unsigned char>(byte)), PieceType::kByte, 0);
  std::map<std::string, bool> seen;
  const std::size_t pieces = 5 + random() % 60;
  const unsigned different = 1 + random() % 40;  // scores: few of them make many ties
  for (std::size_t i = 0; i < pieces; ++i) {
    std::string piece;
    for (std::size_t part = 0, parts = 1 + random() % 4; part < parts; ++part)
      piece += sentencepiece::with_escaped_spaces(kCharacters[random() % kKnown]);
    if (!seen.emplace(piece, true).second) continue;
    const bool user_defined = library == Library::kSentencePiece && random() % 16 == 0;
    add(piece, user_defined ? PieceType::kUserDefined : PieceType::kNormal,
        -0.1 - 0.37 * static_cast<double>(random() % different));
  }
  made.model_tokens = made.tokens.size();
  return made;
}

double rounded(const Vocabulary& vocabulary, double score) {
  const bool single = vocabulary.library == Library::kSentencePiece;
  return single ? static_cast<double>(static_cast<float>(score)) : score;
}

struct Way {
  double score = 0;
  std::size_t from = std::string::npos;
  std::int32_t id = -1;
};

// Of a text with U+2581 for its spaces, by the definition of encode_optimized in both libraries.
Ids ids_by_definition(const Vocabulary& vocabulary, const std::string& text) {
  const bool sentencepiece = vocabulary.library == Library::kSentencePiece;
  std::map<std::string, std::int32_t> ids;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    const PieceType type = vocabulary.types[i];
    if (sentencepiece && type != PieceType::kNormal && type != PieceType::kUserDefined) continue;
    ids[std::string(vocabulary.tokens[i])] = static_cast<std::int32_t>(i);
    if (type == PieceType::kUserDefined) continue;
    least = std::min(least, vocabulary.scores[i]);
  }
  if (std::isinf(least) && sentencepiece) least = std::numeric_limits<float>::max();
  const double unknown = rounded(vocabulary, least - 10);
  std::vector<Way> ways(text.size() + 1);
  ways[0].from = 0;
  for (std::size_t start = 0, size = 0; start < text.size(); start += size) {
    for (size = 1; start + size < text.size() && (text[start + size] & 0xC0) == 0x80;) ++size;
    if (sentencepiece && std::abs(ways[start].score) > 100000) {
      const double offset = ways[start].score;
      for (std::size_t i = start; i < ways.size(); ++i)
        if (ways[i].from != std::string::npos) ways[i].score = rounded(vocabulary, ways[i].score - offset);
    }
    const double so_far = ways[start].score;
    const auto go = [&](std::size_t end, std::int32_t id, double score) {
      score = rounded(vocabulary, score);
      if (ways[end].from == std::string::npos || score > ways[end].score) ways[end] = {score, start, id};
    };
    for (std::size_t end = start + 1; end <= std::min(text.size(), start + kLongest); ++end) {
      const auto piece = ids.find(text.substr(start, end - start));
      if (piece == ids.end()) continue;
      const auto id = static_cast<std::size_t>(piece->second);
      const bool user_defined = vocabulary.types[id] == PieceType::kUserDefined;
      const double own = rounded(vocabulary, 0.1 * static_cast<double>(end - start - 1));
      go(end, piece->second, (user_defined ? own : vocabulary.scores[id]) + so_far);
    }
    if (!ids.contains(text.substr(start, size))) go(start + size, -1, unknown + so_far);
  }
  std::vector<std::pair<std::string, std::int32_t>> parts;  // text and id, unknown ones joined
  for (std::size_t end = text.size(); end > 0; end = ways[end].from) {
    const std::string part = text.substr(ways[end].from, end - ways[end].from);
    if (ways[end].id < 0 && !parts.empty() && parts.back().second < 0)
      parts.back().first.insert(0, part);
    else
      parts.emplace_back(part, ways[end].id);
  }
  Ids result;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (part->second >= 0 || !vocabulary.byte_fallback) {
      result.push_back(std::max(part->second, 0));
      continue;
    }
    for (const char c : part->first) result.push_back(1 + static_cast<unsigned char>(c));
  }
  return result;
}

TEST(UnigramEncoder, GivesTheIdsOfPlainViterbi) {
  std::mt19937 random(3);
  for (int round = 0; round < 400; ++round) {
    const Library library = round % 2 == 0 ? Library::kTokenizers : Library::kSentencePiece;
    const bool apart = random() % 2 == 0;
    Vocabulary vocabulary = random_vocabulary(library, random() % 2 == 0, random);
    vocabulary.words_apart = apart;
    const Tokenizer tokenizer(vocabulary);
    Encoder encoder(tokenizer);
    for (int i = 0; i < 20; ++i) {
      std::string text;
      for (std::size_t part = 0, parts = random() % 60; part < parts; ++part)
        text += kCharacters[random() % kCharacters.size()];
      Ids expected;
      std::size_t start = 0;
      for (std::size_t at = 1; at <= text.size(); ++at) {
        if (text.empty() || (at < text.size() && !(apart && text[at] == ' '))) continue;
        const Ids part =
            ids_by_definition(vocabulary, sentencepiece::with_escaped_spaces(text.substr(start, at - start)));
        expected.insert(expected.end(), part.begin(), part.end());
        start = at;
      }
      ASSERT_EQ(encoder.encode(text, SpecialTokens::kAsText), expected)
          << "round " << round << ", text '" << text << "'";
    }
  }
}

// Sums of single precision depend on what came before, however far.
TEST(UnigramEncoder, AddsOverTheWholeText) {
  std::mt19937 random(5);
  Vocabulary vocabulary = random_vocabulary(Library::kSentencePiece, false, random);
  const Tokenizer tokenizer(vocabulary);
  std::string text;
  for (int i = 0; i < 60000; ++i) text += kCharacters[random() % kKnown];
  Ids expected = ids_by_definition(vocabulary, sentencepiece::with_escaped_spaces(text));
  EXPECT_EQ(Encoder(tokenizer).encode(text, SpecialTokens::kAsText), expected);
}

}  // namespace
}  // namespace gistmill::unigram
