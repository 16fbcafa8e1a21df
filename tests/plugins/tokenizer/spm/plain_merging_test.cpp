// Both kinds of SentencePiece vocabulary, by scores and by merges, against plain merging of the whole text:
// cut in no pieces, with no table and no cache.
#include "tests/plugins/tokenizer/plain_merging.hpp"

#include <gmock/gmock.h>

#include "plugins/tokenizer/spm/merge_pairs.hpp"
#include "plugins/tokenizer/spm/spm.hpp"

namespace gistmill::spm {
namespace {

using tokenizer::merged_plainly;
using tokenizer::Order;
using tokenizer::RankOf;

const std::string kSp(kSpace);
// Of one to four bytes. No vocabulary has the last three.
const std::vector<std::string> kCharacters = {kSp,
                                              "a",
                                              "b",
                                              "c",
                                              "\n",
                                              "\xC3\xA9",
                                              "\xD0\xB6",
                                              "\xE6\xB1\x89",
                                              "\xE0\xB8\x81",
                                              "\xF0\x9F\x98\x80",
                                              "z",
                                              "\xC3\xA8",
                                              "\xE4\xB8\xAD"};
constexpr std::size_t kKnown = 10;

// Bytes from 0, then characters, then pieces.
struct Case {
  Vocabulary vocabulary;
  std::map<std::string, std::int32_t> ids;
  std::vector<std::string> characters;  // that are tokens
  RankOf rank_of;

  void add(const std::string& token, PieceType type) {
    ids[token] = static_cast<std::int32_t>(vocabulary.tokens.size());
    vocabulary.tokens.add(token);
    vocabulary.types.push_back(type);
  }
};

Case random_case(bool by_scores, Order order, std::mt19937& random) {
  Case made;
  made.vocabulary.source = "x";
  made.vocabulary.by_scores = by_scores;
  made.vocabulary.prefix = Prefix::kNone;
  for (int byte = 0; byte < 256; ++byte)
    made.add(name_of_byte(static_cast<unsigned char>(byte)), PieceType::kByte);
  const std::vector<std::string> symbols(kCharacters.begin(), kCharacters.begin() + kKnown);
  const tokenizer::RandomMerges merges = tokenizer::random_merges(symbols, 10 + random() % 80, order, random);
  // By scores, a character may be part of pieces and no token itself.
  for (const std::string& character : symbols) {
    if (by_scores && random() % 8 == 0) continue;
    made.add(character, PieceType::kNormal);
    made.characters.push_back(character);
  }
  for (const std::string& piece : merges.pieces) made.add(piece, PieceType::kNormal);
  made.vocabulary.model_tokens = made.vocabulary.tokens.size();
  if (!by_scores) {
    for (const auto& [left, right] : merges.pairs) {
      made.vocabulary.merges.add(left);
      made.vocabulary.merges.add(right);
    }
    made.rank_of = merges.rank_of();
    return made;
  }
  std::map<std::string, double> ranks;  // of pieces; some are equal
  const std::size_t equal = 1 + random() % 3;
  for (std::size_t i = 0; i < merges.pieces.size(); ++i) {
    const std::size_t group = (order == Order::kTrained ? i : random() % 50) / equal;
    ranks[merges.pieces[i]] = static_cast<double>(group);
  }
  for (std::size_t id = 0; id < made.vocabulary.tokens.size(); ++id) {
    const auto rank = ranks.find(std::string(made.vocabulary.tokens[id]));
    made.vocabulary.scores.push_back(rank == ranks.end() ? -1000.0f : -static_cast<float>(rank->second));
  }
  made.rank_of = [ranks](const std::string& left, const std::string& right) {
    const auto found = ranks.find(left + right);
    return found == ranks.end() ? std::nullopt : std::optional(found->second);
  };
  return made;
}

// `text` as characters, or bytes where these are none.
std::vector<std::string> characters_of(const std::string& text) {
  std::vector<std::string> characters;
  for (std::size_t at = 0; at < text.size(); at += characters.back().size()) {
    const auto starts = [&](const std::string& known) { return text.compare(at, known.size(), known) == 0; };
    const auto known = std::ranges::find_if(kCharacters, starts);
    characters.push_back(known == kCharacters.end() ? text.substr(at, 1) : *known);
  }
  for (std::string& character : characters) character = character == " " ? kSp : character;
  return characters;
}

// Characters that no merge knows are bytes before anything merges; what is left without a token is spelled
// after.
std::vector<std::int32_t> ids_by_definition(const Case& from, bool by_scores, const std::string& text) {
  std::vector<std::int32_t> ids;
  const auto spell = [&](const std::string& symbol, auto&& add) {
    for (const char c : symbol) add(name_of_byte(static_cast<unsigned char>(c)));
  };
  std::vector<std::string> symbols;
  for (const std::string& character : characters_of(text)) {
    const bool known = from.ids.contains(character) || by_scores;
    if (known) symbols.push_back(character);
    if (!known) spell(character, [&](const std::string& byte) { symbols.push_back(byte); });
  }
  for (const std::string& symbol : merged_plainly(symbols, from.rank_of)) {
    const auto id = from.ids.find(symbol);
    if (id != from.ids.end()) ids.push_back(id->second);
    if (id == from.ids.end())
      spell(symbol, [&](const std::string& byte) { ids.push_back(from.ids.at(byte)); });
  }
  return ids;
}

void compare(bool by_scores, Order order) {
  std::mt19937 random(11);
  std::vector<std::string> parts = kCharacters;
  parts.insert(parts.end(), {" ", "\xFF", "\xE6\xB1", "ab", " a"});
  for (int round = 0; round < 150; ++round) {
    const Case made = random_case(by_scores, order, random);
    const Tokenizer tokenizer(made.vocabulary);
    Encoder encoder(tokenizer);  // one for all texts: its cache must not change a result
    for (int number = 0; number < 40; ++number) {
      const std::string text = tokenizer::random_text(parts, number % 8 == 0 ? 200 : 12, random);
      const std::vector<std::int32_t> expected = ids_by_definition(made, by_scores, text);
      for (const char* const pass : {"first", "again"}) {
        ASSERT_EQ(encoder.encode(text, SpecialTokens::kRecognize), expected)
            << pass << " in round " << round << ", text " << testing::PrintToString(text);
      }
    }
  }
}

TEST(SpmEncoder, GivesWhatPlainMergingByScoresGives) { compare(true, Order::kTrained); }
TEST(SpmEncoder, GivesWhatPlainMergingByScoresInAnyOrderGives) { compare(true, Order::kShuffled); }
TEST(SpmEncoder, GivesWhatPlainMergingByMergesGives) { compare(false, Order::kTrained); }
TEST(SpmEncoder, GivesWhatPlainMergingByMergesInAnyOrderGives) { compare(false, Order::kShuffled); }

}  // namespace
}  // namespace gistmill::spm
