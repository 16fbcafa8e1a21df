// What pieces became, found again; and that no piece is taken for another.
#include "plugins/tokenizer/common/piece_cache.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace gistmill::tokenizer {
namespace {

PieceCache::Key key_of(std::string_view piece) {
  return PieceCache::key_of(piece, piece.data() + piece.size());
}

TEST(PieceCache, HasOneKeyForAPieceWhateverLiesBehindIt) {
  const std::string text = "the same piece with more text behind it";
  for (std::size_t size = 1; size <= PieceCache::kBytes; ++size) {
    const std::string_view piece = std::string_view(text).substr(0, size);
    EXPECT_EQ(PieceCache::key_of(piece, text.data() + text.size()), key_of(piece));
    EXPECT_NE(key_of(piece), key_of(std::string_view(text).substr(0, size - 1)));
  }
  EXPECT_NE(key_of("a"), key_of(std::string("a\0", 2)));
}

TEST(PieceCache, KeepsTheTwoPiecesOfASetThatWereUsedLast) {
  PieceCache::Set set;
  const auto ids = [&](const char* piece) {
    const PieceCache::Entry* const entry = PieceCache::find(set, key_of(piece));
    return entry == nullptr
               ? std::vector<std::int32_t>{}
               : std::vector<std::int32_t>(entry->ids.begin(), entry->ids.begin() + entry->count);
  };
  PieceCache::insert(set, key_of("a"), {1});
  PieceCache::insert(set, key_of("b"), {2, 3});
  EXPECT_EQ(ids("a"), std::vector<std::int32_t>({1}));
  PieceCache::insert(set, key_of("c"), {4});
  EXPECT_EQ(ids("b"), std::vector<std::int32_t>());
  EXPECT_EQ(ids("a"), std::vector<std::int32_t>({1}));
  EXPECT_EQ(ids("c"), std::vector<std::int32_t>({4}));
}

TEST(PieceCache, ForgetsAndHasRoomForMoreAsItGrows) {
  const auto known = [](PieceCache& cache) {
    int count = 0;
    for (int i = 0; i < 5000; ++i) {
      const PieceCache::Key key = key_of(std::to_string(i));
      count += PieceCache::find(*cache.set_of(key), key) != nullptr ? 1 : 0;
    }
    return count;
  };
  const auto fill = [](PieceCache& cache) {
    for (int i = 0; i < 5000; ++i) {
      const PieceCache::Key key = key_of(std::to_string(i));
      PieceCache::insert(*cache.set_of(key), key, {i});
    }
  };
  PieceCache cache;
  fill(cache);
  const int before = known(cache);
  EXPECT_GT(before, 500);
  cache.grow();
  EXPECT_EQ(known(cache), 0);
  fill(cache);
  EXPECT_GT(known(cache), 4 * before);
}

TEST(LongPieceCache, TakesNoPieceForAnother) {
  LongPieceCache cache;
  const std::string longest(LongPieceCache::kBytes, 'x');
  LongPieceCache::Entry& entry = *cache.entry_of(longest);
  EXPECT_FALSE(entry.has(longest));
  entry.remember(longest, {5, 6});
  EXPECT_TRUE(entry.has(longest));
  EXPECT_FALSE(entry.has(longest.substr(1)));
  entry.remember(longest.substr(30), {7});
  EXPECT_FALSE(entry.has(longest));
  EXPECT_TRUE(entry.has(longest.substr(30)));
}

}  // namespace
}  // namespace gistmill::tokenizer
