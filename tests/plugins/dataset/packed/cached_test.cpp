// dataset/cached: packed sequences with a teacher's tokens, and what of a cache is refused.
#include "plugins/dataset/packed/cached.hpp"

#include <gmock/gmock.h>

#include "plugins/store/topk/store.hpp"
#include "tests/plugins/dataset/packed/reading.hpp"
#include "tests/plugins/store/packed/pack.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using packed::test::pack;
using packed::test::pack_table;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kLength = 4;

class CachedSequences : public ::testing::Test {
 protected:
  void SetUp() override {
    pack(scratch_ / "index.h5", pack_table(scratch_ / "packed"),
         {{"a", "one", {1, 2, 3, 4, 5, 6, 7, 8}}, {"b", "two", {9, 10, 11, 12}}});
  }

  // A cache of these sequences, [numbers, ids]; three tokens of a row.
  void make_cache(const std::vector<std::pair<std::int32_t, std::vector<std::int32_t>>>& sequences) const {
    topk::TopkStore store(
        PlainOptions({{"form", std::string("exact")}, {"checked", std::int64_t{2}}, {"tolerance", 1e-3}})
            .get());
    store.begin(cache(),
                R"({"calls": [{"call": "t.topk"}, {"call": "c.append", "reads": {"topk_ids": "0.topk_ids"}}],
"instances": {"t": {"component": "teacher/llama", "options": {}, "contents": "abcdef012345"}}})");
    for (const auto& [number, ids] : sequences) {
      const auto length = static_cast<std::int64_t>(ids.size());
      std::vector<std::int32_t> tokens;
      std::vector<float> values;
      for (std::int64_t row = 0; row < length; ++row) {
        for (std::int32_t k = 0; k < 3; ++k) {
          tokens.push_back(100 * number + 10 * static_cast<std::int32_t>(row) + k);
          values.push_back(-1.0f - static_cast<float>(k));
        }
      }
      store.append(Tensor::of(ids, {1, length}), Tensor::of(std::vector<std::int32_t>{number}, {1}),
                   Tensor::of(tokens, {1, length, 3}), Tensor::of(values, {1, length, 3}),
                   Tensor::of<float>({2.0f}, {}));
    }
    store.commit();
  }
  void make_whole_cache() const { make_cache({{0, {1, 2, 3, 4}}, {2, {9, 10, 11, 12}}, {1, {5, 6, 7, 8}}}); }

  std::string cache() const { return (scratch_ / "cache.h5").string(); }
  Cached open(const PlainTable& changes = {}) const {
    PlainTable table = test::packed_table(scratch_ / "packed", {{"topk", std::string()},
                                                                {"file", cache()},
                                                                {"tokens", std::int64_t{0}},
                                                                {"temperature", 0.0},
                                                                {"teacher", std::string()},
                                                                {"missing", std::string("refuse")}});
    for (const auto& [key, value] : changes) table[key] = value;
    return Cached(PlainOptions(table).get());
  }
  static void start(Cached& cached, std::uint64_t seed = 1) {
    gm_start with{};
    with.struct_size = sizeof with;
    with.seed = seed;
    cached.start(Start(&with));
  }
  // Of the next sequence: its number, its first token, and the first of the teacher's.
  static std::vector<std::int32_t> next(Cached& cached) {
    const auto batch = cached.next();
    return {std::get<3>(batch).data<std::int32_t>()[0], std::get<0>(batch).data<std::int32_t>()[0],
            std::get<5>(batch).data<std::int32_t>()[0]};
  }
  std::string refusal(const PlainTable& changes, const std::string& key) const {
    try {
      Cached cached = open(changes);
      start(cached);
      while (true) cached.next();
    } catch (const Error& error) {
      EXPECT_EQ(error.key, key);
      return error.what();
    } catch (const EndOfData&) {
      return "nothing was refused";
    }
  }

  ScratchFolder scratch_;
};

TEST_F(CachedSequences, ComeWithWhatTheTeacherSaidOfThem) {
  make_whole_cache();
  Cached cached = open();
  start(cached);
  EXPECT_EQ(cached.symbol("T"), kLength);
  EXPECT_EQ(cached.symbol("Q"), 3);
  EXPECT_THAT(next(cached), ElementsAre(0, 1, 0));
  EXPECT_THAT(next(cached), ElementsAre(1, 5, 100));
  const auto batch = cached.next();
  EXPECT_THAT(test::numbers<std::int32_t>(std::get<5>(batch)),
              ElementsAre(200, 201, 202, 210, 211, 212, 220, 221, 222, 230, 231, 232));
  EXPECT_EQ(std::get<6>(batch).data<float>()[4], -2.0f);
  EXPECT_EQ(*std::get<7>(batch).data<float>(), 2.0f);
  EXPECT_THROW(cached.next(), EndOfData);
}

TEST_F(CachedSequences, ComeWithFewerTokensWhereFewerAreAskedFor) {
  make_whole_cache();
  Cached cached = open({{"tokens", std::int64_t{1}}});
  start(cached);
  EXPECT_EQ(cached.symbol("Q"), 1);
  EXPECT_THAT(test::numbers<std::int32_t>(std::get<5>(cached.next())), ElementsAre(0, 10, 20, 30));
  EXPECT_THAT(refusal({{"tokens", std::int64_t{4}}}, "tokens"),
              HasSubstr("tokens is 4 when the teacher's cache has 3 of each row"));
}

TEST_F(CachedSequences, GoOnWhereTheyStopped) {
  make_whole_cache();
  const PlainTable shuffled = {{"order", std::string("shuffle")}, {"repeat", true}};
  Cached whole = open(shuffled);
  start(whole, 7);
  for (int i = 0; i < 4; ++i) next(whole);
  Cached resumed = open(shuffled);
  start(resumed, 7);
  resumed.load_state(whole.save_state());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(next(resumed), next(whole));
}

TEST_F(CachedSequences, ThatAreNotInTheCacheAreRefusedOrLeftOut) {
  make_cache({{0, {1, 2, 3, 4}}, {2, {9, 10, 11, 12}}});
  EXPECT_THAT(refusal({}, "topk"),
              HasSubstr("sequence 1 is not in the teacher's cache; make the cache again: "
                        "`gistmill prepare RECIPE --force`"));
  Cached cached = open({{"missing", std::string("leave-out")}});
  start(cached);
  EXPECT_THAT(next(cached), ElementsAre(0, 1, 0));
  EXPECT_THAT(next(cached), ElementsAre(2, 9, 200));
  EXPECT_THROW(cached.next(), EndOfData);
}

TEST_F(CachedSequences, OfACacheOfAnotherTextAreRefused) {
  make_cache({{0, {1, 2, 3, 4}}, {1, {5, 6, 7, 9}}, {2, {9, 10, 11, 12}}});
  EXPECT_THAT(refusal({}, "topk"),
              HasSubstr("sequence 1 is not the text that the teacher's cache was made from"));
}

TEST_F(CachedSequences, OfACacheOfAnotherLengthAreRefused) {
  make_cache({{0, {1, 2, 3}}, {1, {4, 5, 6}}, {2, {7, 8, 9}}});
  EXPECT_THAT(refusal({}, "topk"),
              HasSubstr("the teacher's cache is of sequences of 3 tokens when these have 4"));
}

TEST_F(CachedSequences, OfACacheOfAnotherTeacherOrTemperatureAreRefused) {
  make_whole_cache();
  EXPECT_EQ(refusal({{"teacher", std::string("abcdef")}, {"temperature", 2.0}}, ""), "nothing was refused");
  EXPECT_THAT(refusal({{"teacher", std::string("fedcba")}}, "teacher"),
              HasSubstr("the cache is of another teacher"));
  EXPECT_THAT(refusal({{"temperature", 1.0}}, "temperature"),
              HasSubstr("temperature is 1.000000 when the teacher's cache was made at 2.000000"));
}

TEST_F(CachedSequences, AreRefusedWithoutACache) {
  EXPECT_THAT(refusal({}, "file"), HasSubstr("cache.h5"));
  EXPECT_THAT(refusal({{"file", std::string()}}, "topk"), HasSubstr("neither topk nor file"));
}

}  // namespace
}  // namespace gistmill::dataset
