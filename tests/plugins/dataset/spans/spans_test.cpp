// What one call gives: the window, its spans, their targets.
#include "plugins/dataset/spans/spans.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <numeric>
#include <set>

#include "tests/plugins/dataset/spans/spans_options.hpp"
#include "tests/plugins/support/plain_options.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainCall;
using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kT = 1024;

template <class T>
std::vector<T> values(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.size()};
}

// Documents of counting ids: document i holds 10000 i, 10000 i + 1, ...
class SpansTest : public ::testing::Test {
 protected:
  void SetUp() override { prepare({2100, 1024, 500, 3000, 5000}); }

  // The last document is held out.
  void prepare(const std::vector<std::size_t>& lengths) {
    formats::TokenFileWriter writer(folder_ / "c.h5", "{}");
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      std::vector<std::int32_t> ids(lengths[i]);
      std::iota(ids.begin(), ids.end(), static_cast<std::int32_t>(10000 * i));
      writer.append(ids.data(), ids.size(), "doc" + std::to_string(i), i + 1 == lengths.size());
    }
    writer.commit();
  }

  static std::vector<WeightedFile> one(const std::filesystem::path& path) { return {{path.string(), 1}}; }

  PlainTable table(const PlainTable& changes = {}) const {
    return test::spans_options(one(folder_ / "c.h5"), kT, 32, 64, 16, 256, changes);
  }

  std::unique_ptr<Spans> spans(const PlainTable& changes = {}, std::uint64_t seed = 1) const {
    auto made = std::make_unique<Spans>(PlainOptions(table(changes)).get());
    gm_start start{};
    start.struct_size = sizeof start;
    start.seed = seed;
    made->start(Start(&start));
    return made;
  }

  ScratchFolder folder_;
};

TEST_F(SpansTest, ALimitedEpochHasThatManyWindows) {
  const auto source = spans({{"limit", std::int64_t{2}}, {"repeat", false}});
  source->next(PlainCall(1));
  source->next(PlainCall(2));
  EXPECT_THROW(source->next(PlainCall(3)), EndOfData);
}

TEST_F(SpansTest, GivesAWindowOfOneDocumentInOrder) {
  const auto source = spans({{"order", std::string("sequential")}});
  const auto [tokens, starts, targets, mask, document, corpus, own, begin, name] = source->next(PlainCall(1));
  EXPECT_THAT(tokens.shape(), ElementsAre(kT));
  for (std::int32_t i = 0; i < kT; ++i) EXPECT_EQ(values<std::int32_t>(tokens)[i], i);
  EXPECT_THAT(document.shape(), ElementsAre());
  EXPECT_EQ(*document.data<std::int32_t>(), 0);
  const auto second = source->next(PlainCall(1));
  EXPECT_EQ(*std::get<0>(second).data<std::int32_t>(), kT) << "the next window goes on where the first ended";
  const auto third = source->next(PlainCall(1));
  EXPECT_EQ(*std::get<4>(third).data<std::int32_t>(), 1);
  const auto fourth = source->next(PlainCall(1));
  EXPECT_EQ(*std::get<4>(fourth).data<std::int32_t>(), 3) << "document 2 is too short";
}

TEST_F(SpansTest, PutsABeginTokenInPlaceOfTheFirstAndChangesNothingElse) {
  const auto plain = spans({{"first", std::int64_t{1}}})->next(PlainCall(5));
  const auto begun = spans({{"first", std::int64_t{1}}, {"begin", std::int64_t{2}}})->next(PlainCall(5));
  auto expected = values<std::int32_t>(std::get<0>(plain));
  EXPECT_NE(expected[0], 2);
  expected[0] = 2;
  EXPECT_EQ(values<std::int32_t>(std::get<0>(begun)), expected);
  EXPECT_EQ(values<std::int32_t>(std::get<2>(begun)), values<std::int32_t>(std::get<2>(plain)));
  EXPECT_EQ(values<std::int32_t>(std::get<6>(begun)), values<std::int32_t>(std::get<6>(plain)));
}

TEST_F(SpansTest, TargetsAreTheTokensAfterEachSpan) {
  const auto source = spans({{"order", std::string("sequential")}});
  const auto [tokens, starts, targets, mask, document, corpus, own, begin, name] = source->next(PlainCall(5));
  EXPECT_THAT(targets.shape(), ElementsAre(16, 64));
  EXPECT_THAT(mask.shape(), ElementsAre(16, 64));
  const auto start = values<std::int32_t>(starts);
  const auto target = values<std::int32_t>(targets);
  for (std::size_t k = 0; k < 16; ++k) {
    for (std::size_t i = 0; i < 64; ++i) {
      EXPECT_EQ(target[k * 64 + i], start[k] + 32 + static_cast<std::int32_t>(i)) << "ids count up from 0";
    }
  }
  EXPECT_THAT(values<float>(mask), Each(1.0f));
}

TEST_F(SpansTest, SaysFromWhereInWhichDocumentTheWindowIs) {
  const auto source = spans({{"order", std::string("sequential")}});
  const auto name_of = [](const Tensor& name) {
    return std::string(reinterpret_cast<const char*>(name.data<std::uint8_t>()),
                       static_cast<std::size_t>(name.size()));
  };
  const auto first = source->next(PlainCall(1));
  const auto second = source->next(PlainCall(2));
  EXPECT_EQ(*std::get<7>(first).data<std::int32_t>(), 0);
  EXPECT_EQ(*std::get<7>(second).data<std::int32_t>(), kT);
  EXPECT_EQ(name_of(std::get<8>(first)), name_of(std::get<8>(second)));
  const auto third = source->next(PlainCall(3));
  EXPECT_EQ(*std::get<7>(third).data<std::int32_t>(), 0);
  EXPECT_NE(name_of(std::get<8>(third)), name_of(std::get<8>(first)));
}

TEST_F(SpansTest, GivesTheTokensOfEachSpan) {
  const auto source = spans({{"order", std::string("sequential")}});
  const auto [tokens, starts, targets, mask, document, corpus, own, begin, name] = source->next(PlainCall(5));
  EXPECT_THAT(own.shape(), ElementsAre(16, 32));
  const auto start = values<std::int32_t>(starts);
  const auto token = values<std::int32_t>(own);
  for (std::size_t k = 0; k < 16; ++k) {
    for (std::size_t i = 0; i < 32; ++i)
      EXPECT_EQ(token[k * 32 + i], start[k] + static_cast<std::int32_t>(i)) << "ids count up from 0";
  }
}

TEST_F(SpansTest, MasksTargetsPastTheEndOfTheWindow) {
  const auto source = spans({{"order", std::string("sequential")},
                             {"full_horizon", false},
                             {"document", std::int64_t{128}},
                             {"first", std::int64_t{32}},
                             {"spans", std::int64_t{2}}});
  source->next(PlainCall(5));  // its ids begin with 0, which is what masked targets hold
  const auto [tokens, starts, targets, mask, document, corpus, own, begin, name] = source->next(PlainCall(5));
  EXPECT_THAT(values<std::int32_t>(starts), ElementsAre(32, 64));
  const auto target = values<std::int32_t>(targets);
  const auto exists = values<float>(mask);
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(target[i], 128 + 64 + i);
    EXPECT_EQ(exists[i], 1.0f);
    EXPECT_EQ(target[64 + i], i < 32 ? 128 + 96 + i : 0);
    EXPECT_EQ(exists[64 + i], i < 32 ? 1.0f : 0.0f);
  }
}

TEST_F(SpansTest, NeverMixesSplits) {
  const auto source = spans({{"split", std::string("validation")}});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(*std::get<4>(source->next(PlainCall(i))).data<std::int32_t>(), 4);
}

TEST_F(SpansTest, PlacesSpansByTheKeyOfTheCallAlone) {
  const auto one = spans();
  const auto two = spans();
  EXPECT_EQ(values<std::int32_t>(std::get<1>(one->next(PlainCall(5)))),
            values<std::int32_t>(std::get<1>(two->next(PlainCall(5)))));
  EXPECT_NE(values<std::int32_t>(std::get<1>(one->next(PlainCall(6)))),
            values<std::int32_t>(std::get<1>(two->next(PlainCall(7)))));
}

TEST_F(SpansTest, FixedSpansBelongToTheWindowWhateverTheKeyTheSeedAndTheEpoch) {
  const PlainTable fixed = {{"placement", std::string("fixed")}};
  std::map<std::int32_t, std::set<std::vector<std::int32_t>>> seen;  // by the window's first id
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto source = spans(fixed, seed);
    for (std::uint64_t key = 0; key < 10; ++key) {
      const auto step = source->next(PlainCall(100 * seed + key));
      seen[*std::get<0>(step).data<std::int32_t>()].insert(values<std::int32_t>(std::get<1>(step)));
    }
  }
  std::set<std::vector<std::int32_t>> different;
  for (const auto& [window, spans_of_it] : seen) {
    EXPECT_EQ(spans_of_it.size(), 1u) << "window from id " << window;
    different.insert(*spans_of_it.begin());
  }
  EXPECT_EQ(different.size(), seen.size()) << "and differ from window to window";
}

TEST_F(SpansTest, EvenSpansAreTheSameInEveryWindow) {
  const auto source = spans({{"placement", std::string("even")}, {"spans", std::int64_t{2}}});
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(values<std::int32_t>(std::get<1>(source->next(PlainCall(i)))), ElementsAre(416, 768));
  }
}

TEST_F(SpansTest, EndsAfterOnePassWhereItDoesNotRepeat) {
  const auto source = spans({{"repeat", false}});
  std::set<std::int32_t> first_ids;
  for (int i = 0; i < 5; ++i) first_ids.insert(*std::get<0>(source->next(PlainCall(i))).data<std::int32_t>());
  EXPECT_THAT(first_ids, ElementsAre(0, 1024, 10000, 30000, 31024));
  EXPECT_THROW(source->next(PlainCall(9)), EndOfData);
  EXPECT_THROW(source->next(PlainCall(9)), EndOfData);
}

TEST_F(SpansTest, GoesOnFromItsStateWithTheSameBits) {
  const auto whole = spans({}, 7);
  for (int i = 0; i < 8; ++i) whole->next(PlainCall(i));
  const auto resumed = spans({}, 7);
  resumed->load_state(whole->save_state());
  for (int i = 8; i < 20; ++i) {
    const auto expected = whole->next(PlainCall(i));
    const auto found = resumed->next(PlainCall(i));
    EXPECT_EQ(values<std::int32_t>(std::get<0>(found)), values<std::int32_t>(std::get<0>(expected)));
    EXPECT_EQ(values<std::int32_t>(std::get<1>(found)), values<std::int32_t>(std::get<1>(expected)));
  }
}

TEST_F(SpansTest, RefusesTheStateOfOtherTextOrOtherWindows) {
  const std::string state = spans()->save_state();
  EXPECT_THROW(spans({{"document", std::int64_t{512}}})->load_state(state), Error);
  prepare({2100, 1024, 500, 3000, 5001});
  EXPECT_THROW(spans()->load_state(state), Error);
}

TEST_F(SpansTest, MayHaveMoreSpansWhereTheStrideIsSmaller) {
  EXPECT_THROW(spans({{"spans", std::int64_t{64}}, {"horizon", std::int64_t{8}}}), Error);
  const auto source =
      spans({{"spans", std::int64_t{64}}, {"horizon", std::int64_t{8}}, {"stride", std::int64_t{8}}});
  EXPECT_EQ(std::get<1>(source->next(PlainCall(1))).size(), 64);
}

TEST_F(SpansTest, PointsAtTheOptionThatIsWrong) {
  const auto key = [&](const PlainTable& changes) -> std::string {
    try {
      spans(changes);
    } catch (const Error& error) {
      return error.key;
    }
    return "accepted";
  };
  EXPECT_EQ(key({{"document", std::int64_t{4000}}}), "document") << "train documents have at most 3000";
  EXPECT_EQ(key({{"spans", std::int64_t{23}}}), "spans");
  EXPECT_EQ(key({{"corpus", one(folder_ / "missing.h5")}}), "corpus");
}

TEST_F(SpansTest, FindsADamagedFileBeforeTheFirstStep) {
  std::string bytes;
  {
    std::ifstream in(folder_ / "c.h5", std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  const std::string ids("\x10\x27\x11\x27\x12\x27", 6);  // 10000, 10001, 10002
  const std::size_t at = bytes.find(ids);
  ASSERT_NE(at, std::string::npos);
  bytes[at] = '\x20';
  std::ofstream(folder_ / "c.h5", std::ios::binary | std::ios::trunc) << bytes;
  try {
    spans();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the file is damaged, prepare the text again"));
    EXPECT_EQ(error.key, "corpus");
  }
}

TEST_F(SpansTest, HasTheDigestOfThePreparedFile) {
  EXPECT_EQ(spans()->digest(), formats::TokenFileReader(folder_ / "c.h5").digest());
}

// A step of the smallest teacher takes milliseconds; the data must not show beside it.
TEST_F(SpansTest, TakesMicrosecondsAStep) {
  const auto source = spans();
  const PlainCall call(1);
  const auto begin = std::chrono::steady_clock::now();
  constexpr int kSteps = 2000;
  for (int i = 0; i < kSteps; ++i) source->next(call);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  RecordProperty("microseconds_per_step", std::to_string(took.count() / kSteps));
  EXPECT_LT(took.count() / kSteps, 1000) << "about 5 in an optimized build";
}

}  // namespace
}  // namespace gistmill::dataset
