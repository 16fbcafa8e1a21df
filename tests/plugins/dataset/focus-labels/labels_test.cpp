// Batches of a label file: what a batch holds, the order, the splits, resuming, and what is refused.
#include "plugins/dataset/focus-labels/labels.hpp"

#include <gmock/gmock.h>

#include <set>

#include "tests/plugins/store/focus-labels/synthetic_labels.hpp"
#include "tests/plugins/support/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using labels::test::SyntheticSession;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
std::vector<T> values(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.size()};
}
std::vector<std::int32_t> numbers(const Tensor& tensor) { return values<std::int32_t>(tensor); }

gm_start start_of(std::uint64_t seed) {
  gm_start start{};
  start.struct_size = sizeof start;
  start.seed = seed;
  return start;
}

class LabelBatches : public ::testing::Test {
 protected:
  void SetUp() override { labels::test::write_labels(path_, {.sessions = 4}); }

  FocusLabels make(const PlainTable& changes = {}, std::uint64_t seed = 3) const {
    PlainTable all = {
        {"labels", std::string()},     {"file", path_.string()},   {"utility", std::string("nll")},
        {"split", std::string("all")}, {"validation", 0.1},        {"hold_out", std::vector<std::string>{}},
        {"salt", std::string()},       {"batch", std::int64_t{3}}, {"order", std::string("sequential")},
        {"limit", std::int64_t{0}},    {"repeat", false},          {"tail", std::int64_t{3}},
        {"teacher", std::string()},    {"gistnet", std::string()}, {"drift", std::string("refuse")}};
    for (const auto& [key, value] : changes) all[key] = value;
    FocusLabels made(PlainOptions(all).get());
    const gm_start start = start_of(seed);
    made.start(Start(&start));
    return made;
  }
  std::string refusal(const PlainTable& changes) const {
    return gistmill::test::refusal_of([&] { make(changes); });
  }
  // Sessions and cursors of all contexts until the end.
  static std::vector<std::pair<int, int>> contexts(FocusLabels& labels) {
    std::vector<std::pair<int, int>> seen;
    try {
      for (;;) {
        const auto batch = labels.next();
        for (std::size_t i = 0; i < 3; ++i)
          seen.emplace_back(numbers(std::get<13>(batch))[i], numbers(std::get<8>(batch))[i]);
      }
    } catch (const EndOfData&) {
    }
    return seen;
  }

  testing::ScratchFolder folder_;
  std::filesystem::path path_ = folder_ / "labels.h5";
};

TEST_F(LabelBatches, HoldContextsOneBehindTheOtherWithTheVectorsOfTheirEntries) {
  FocusLabels made = make();
  const auto [counts, levels, starts, residency, last_action, utilities, vectors, tail, cursor, budget,
              tail_tokens, block, base_loss, session, document] = made.next();
  EXPECT_THAT(numbers(cursor), ElementsAre(8, 16, 24));
  EXPECT_THAT(numbers(budget), ElementsAre(24, 24, 24));
  EXPECT_THAT(numbers(block), ElementsAre(4));
  EXPECT_THAT(numbers(session), ElementsAre(0, 0, 0));
  SyntheticSession own(0, {});
  std::int64_t entry = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    own.grow();
    own.grow();
    const labels::Snapshot& made_up = own.snapshot();
    ASSERT_EQ(numbers(counts)[i], static_cast<std::int32_t>(made_up.entries.count));
    for (std::size_t e = 0; e < made_up.entries.count; ++e, ++entry) {
      const std::int32_t start = made_up.entries.starts[e];
      EXPECT_EQ(levels.data<std::int32_t>()[entry], made_up.entries.levels[e]);
      EXPECT_EQ(starts.data<std::int32_t>()[entry], start);
      const float* expected =
          made_up.entries.levels[e] == 2 ? made_up.level_2 + start / 16 * 6 : made_up.level_1 + start / 4 * 6;
      for (int d = 0; d < 6; ++d) EXPECT_EQ(vectors.data<float>()[entry * 6 + d], expected[d]);
    }
  }
  EXPECT_EQ(utilities.shape(), (std::vector<std::int64_t>{entry, 2}));
}

TEST_F(LabelBatches, ShowTheNewestGistsThatAreComplete) {
  FocusLabels made = make();
  const auto batch = made.next();
  const float* young = std::get<7>(batch).data<float>();
  for (int d = 0; d < 6; ++d) EXPECT_EQ(young[12 + d], 0) << "two blocks in all, no gist of level 2 yet";
  SyntheticSession own(0, {});
  for (int i = 0; i < 6; ++i) own.grow();
  const labels::Snapshot& last = own.snapshot();
  const float* tail = std::get<7>(batch).data<float>() + 2 * 3 * 6;
  for (int d = 0; d < 6; ++d) {
    EXPECT_EQ(tail[d], last.level_2[d]);
    EXPECT_EQ(tail[6 + d], last.level_1[4 * 6 + d]);
    EXPECT_EQ(tail[12 + d], last.level_1[5 * 6 + d]);
  }
}

TEST_F(LabelBatches, ByDivergenceHaveTheOtherUtilities) {
  FocusLabels nll = make(), kl = make({{"utility", std::string("kl")}});
  const std::vector<float> one = values<float>(std::get<5>(nll.next()));
  const std::vector<float> other = values<float>(std::get<5>(kl.next()));
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(std::isnan(one[i]), std::isnan(other[i]));
    if (!std::isnan(one[i])) {
      EXPECT_EQ(other[i], 2 * one[i]);
    }
  }
  labels::test::write_labels(path_, {.with_kl = false});
  EXPECT_THAT(refusal({{"utility", std::string("kl")}}),
              HasSubstr("utility: none of 18 contexts has a utility by kl"));
}

TEST_F(LabelBatches, OfAnEpochHaveEveryContextOnceInAnOrderOfTheSeed) {
  const PlainTable shuffled = {{"order", std::string("shuffle")}};
  FocusLabels sequential = make(), one = make(shuffled), same = make(shuffled), other = make(shuffled, 4);
  const auto in_order = contexts(sequential), a = contexts(one);
  EXPECT_EQ(a, contexts(same));
  EXPECT_NE(a, contexts(other));
  EXPECT_NE(a, in_order);
  EXPECT_EQ(std::set(a.begin(), a.end()), std::set(in_order.begin(), in_order.end()));
  EXPECT_EQ(in_order.size(), 24u);
}

TEST_F(LabelBatches, GoOnWhereTheyWere) {
  const PlainTable options = {{"order", std::string("shuffle")}, {"repeat", true}};
  FocusLabels one = make(options);
  for (int i = 0; i < 11; ++i) one.next();  // into the second epoch
  FocusLabels two = make(options, 99);
  two.load_state(one.save_state());
  for (int i = 0; i < 9; ++i)
    EXPECT_EQ(values<float>(std::get<6>(one.next())), values<float>(std::get<6>(two.next())));
  EXPECT_THROW(two.load_state("dataset/focus 1 a 3 0 0"), Error);
  FocusLabels fewer = make({{"limit", std::int64_t{4}}});
  EXPECT_THROW(fewer.load_state(one.save_state()), Error);
}

TEST_F(LabelBatches, HoldWholeDocumentsOut) {
  const auto sessions = [&](const std::string& split) {
    FocusLabels made = make({{"split", split}, {"hold_out", std::vector<std::string>{"doc[12]"}}});
    std::set<int> found;
    for (const auto& [session, cursor] : contexts(made)) found.insert(session);
    return found;
  };
  EXPECT_THAT(sessions("train"), ElementsAre(0, 3));
  EXPECT_THAT(sessions("validation"), ElementsAre(1, 2));
  EXPECT_THAT(sessions("all"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(refusal({{"split", std::string("validation")}, {"validation", 0.0}}),
              HasSubstr("split: none of 4 documents is in the validation split"));
}

TEST_F(LabelBatches, OfAnotherGistnetOrTeacherAreRefused) {
  EXPECT_THAT(refusal({{"gistnet", std::string("refine")}}),
              HasSubstr("gistnet: the labels are of another gistnet: unknown does not contain 'refine'"));
  EXPECT_THAT(refusal({{"teacher", std::string("0123")}}), HasSubstr("teacher: the labels are of another"));
}

TEST_F(LabelBatches, NeedOneFileAndEnoughContexts) {
  EXPECT_THAT(refusal({{"file", std::string()}}), HasSubstr("labels: neither labels nor file"));
  EXPECT_THAT(refusal({{"labels", std::string("a")}}), HasSubstr("labels: both labels and file"));
  EXPECT_THAT(refusal({{"file", (folder_ / "none.h5").string()}}), HasSubstr("none.h5"));
  EXPECT_THAT(refusal({{"batch", std::int64_t{25}}}), HasSubstr("batch: there are 24 contexts, too few"));
}

}  // namespace
}  // namespace gistmill::dataset
