// Byte-level BPE against plain merging of each piece: with no table and no cache.
#include "tests/plugins/tokenizer/plain_merging.hpp"

#include <gmock/gmock.h>

#include "plugins/tokenizer/bpe/bpe.hpp"
#include "plugins/tokenizer/bpe/byte_alphabet.hpp"

namespace gistmill::bpe {
namespace {

using tokenizer::Order;

std::vector<std::string> bytes_of(std::string_view text) {
  std::vector<std::string> bytes;
  for (const char c : text) bytes.emplace_back(1, c);
  return bytes;
}

void compare(Order order, bool ignore_merges) {
  std::mt19937 random(13);
  const std::vector<std::string> parts = {" ", "a", "b",  "c",  "\xC3\xA9", "\xE6\xB1\x89",
                                          "1", "!", "\n", "ab", " a"};
  std::string all;
  for (const std::string& part : parts) all += part;
  std::vector<std::string> symbols = bytes_of(all);
  std::ranges::sort(symbols);
  symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
  for (int round = 0; round < 150; ++round) {
    const tokenizer::RandomMerges merges =
        tokenizer::random_merges(symbols, 10 + random() % 80, order, random);
    Vocabulary vocabulary;
    vocabulary.source = "x";
    vocabulary.ignore_merges = ignore_merges;
    std::map<std::string, std::int32_t> ids;
    for (const auto& tokens : {symbols, merges.pieces}) {
      for (const std::string& token : tokens) {
        ids[token] = static_cast<std::int32_t>(vocabulary.tokens.size());
        vocabulary.tokens.add(to_byte_alphabet(token));
      }
    }
    vocabulary.model_tokens = vocabulary.tokens.size();
    for (const auto& [left, right] : merges.pairs) {
      vocabulary.merges.add(to_byte_alphabet(left));
      vocabulary.merges.add(to_byte_alphabet(right));
    }
    const Tokenizer tokenizer(vocabulary);
    Encoder encoder(tokenizer);  // one for all texts: its cache must not change a result
    const tokenizer::RankOf rank_of = merges.rank_of();
    for (int number = 0; number < 40; ++number) {
      const std::string text = tokenizer::random_text(parts, number % 8 == 0 ? 200 : 12, random);
      std::vector<std::int32_t> expected;
      Splitter splitter(vocabulary.pre_tokenizer, text);
      for (std::string_view piece = splitter.next(); !piece.empty(); piece = splitter.next()) {
        const bool whole = ignore_merges && ids.contains(std::string(piece));
        for (const std::string& symbol :
             whole ? std::vector{std::string(piece)} : tokenizer::merged_plainly(bytes_of(piece), rank_of))
          expected.push_back(ids.at(symbol));
      }
      for (const char* const pass : {"first", "again"}) {
        ASSERT_EQ(encoder.encode(text, SpecialTokens::kRecognize), expected)
            << pass << " in round " << round << ", text " << testing::PrintToString(text);
      }
    }
  }
}

TEST(BpeEncoder, GivesWhatPlainMergingGives) { compare(Order::kTrained, false); }
TEST(BpeEncoder, GivesWhatPlainMergingInAnyOrderGives) { compare(Order::kShuffled, false); }
TEST(BpeEncoder, TakesWholePiecesAndElseWhatPlainMergingGives) { compare(Order::kTrained, true); }

}  // namespace
}  // namespace gistmill::bpe
