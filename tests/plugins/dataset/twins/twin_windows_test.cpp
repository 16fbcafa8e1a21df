// What one call gives: a window, its twin, spans around the statement, targets with the recall.
#include "plugins/dataset/twins/twin_windows.hpp"

#include <gmock/gmock.h>

#include <numeric>
#include <set>

#include "tests/plugins/support/plain_options.hpp"
#include "tests/plugins/support/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using ::testing::HasSubstr;

constexpr std::int64_t kT = 256;
constexpr std::int64_t kH = 64;

class TwinWindowsTest : public ::testing::Test {
 protected:
  // Counting ids, but for the values at places 200 and 240.
  static Ids text(std::int32_t value) {
    Ids ids(500);
    std::iota(ids.begin(), ids.end(), 1000);
    ids[200] = ids[240] = value;
    return ids;
  }

  struct Text {
    std::string name;
    Ids ids;
    std::int32_t split = 1;
  };

  void prepare(const std::vector<Text>& texts) {
    formats::TokenFileWriter writer(folder_ / "c.h5", "{}");
    for (const Text& text : texts) writer.append(text.ids.data(), text.ids.size(), text.name, text.split);
    writer.commit();
  }
  void prepare_two_pairs() {
    prepare({{"a.txt#1-noisy", text(1)},
             {"a.txt#2-twin-a", text(1)},
             {"a.txt#2-twin-b", text(2)},
             {"b.txt#1-twin-a", text(7), 0},
             {"b.txt#1-twin-b", text(8), 0},
             {"c.txt#1-twin-a", text(3)},
             {"c.txt#1-twin-b", text(4)}});
  }

  std::unique_ptr<TwinWindows> twins(const PlainTable& changes = {}) const {
    PlainTable all = {{"corpus", std::vector<WeightedFile>{{(folder_ / "c.h5").string(), 1}}},
                      {"split", std::string("validation")},
                      {"document", kT},
                      {"span", std::int64_t{32}},
                      {"horizon", kH},
                      {"spans", std::int64_t{2}},
                      {"first", std::int64_t{64}},
                      {"repeat", false}};
    for (const auto& [key, value] : changes) all[key] = value;
    auto made = std::make_unique<TwinWindows>(PlainOptions(all).get());
    gm_start start{};
    start.struct_size = sizeof start;
    start.seed = 1;
    made->start(Start(&start));
    return made;
  }

  Error refusal(const PlainTable& changes = {}) const {
    return gistmill::test::error_of([&] { twins(changes); });
  }

  ScratchFolder folder_;
};

template <class T>
std::vector<T> values(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.size()};
}

TEST_F(TwinWindowsTest, GiveEachTextOfAPairOnceAsTheOwnOneThenEnd) {
  prepare_two_pairs();
  const auto source = twins();
  std::multiset<std::int32_t> pairs;
  std::set<std::int32_t> own_values;
  for (int i = 0; i < 4; ++i) {
    const auto [tokens, twin, spans, targets, mask, recall, document, own] = source->next();
    pairs.insert(*document.data<std::int32_t>());
    const Ids ids = values<std::int32_t>(tokens);
    const Ids other = values<std::int32_t>(twin);
    std::vector<std::int32_t> differ;
    for (std::size_t at = 0; at < ids.size(); ++at)
      if (ids[at] != other[at]) differ.push_back(ids[at]);
    ASSERT_EQ(differ.size(), 2u);
    EXPECT_EQ(differ[0], differ[1]);
    own_values.insert(differ[0]);
  }
  EXPECT_EQ(pairs, (std::multiset<std::int32_t>{1, 1, 5, 5}));
  EXPECT_EQ(own_values, (std::set<std::int32_t>{1, 2, 3, 4})) << "and not those of the other split";
  EXPECT_THROW(source->next(), EndOfData);
}

TEST_F(TwinWindowsTest, MarkTheRecalledValueAmongTheTargets) {
  prepare_two_pairs();
  const auto [tokens, twin, spans, targets, mask, recall, document, own] = twins()->next();
  const Ids start = values<std::int32_t>(spans);
  const Ids ids = values<std::int32_t>(tokens);
  const Ids target = values<std::int32_t>(targets);
  const auto marked = values<float>(recall);
  const auto exists = values<float>(mask);
  const Ids span = values<std::int32_t>(own);
  ASSERT_EQ(start.size(), 2u);
  for (std::size_t k = 0; k < start.size(); ++k) {
    EXPECT_EQ(std::count_if(&span[k * 32], &span[k * 32] + 32, [](int id) { return id < 10; }), 1);
    for (std::size_t i = 0; i < kH; ++i) {
      const std::size_t at = static_cast<std::size_t>(start[k]) + 32 + i;
      EXPECT_EQ(exists[k * kH + i], at < kT ? 1 : 0);
      EXPECT_EQ(target[k * kH + i], at < kT ? ids[at] : 0);
      EXPECT_EQ(marked[k * kH + i], at < kT && ids[at] < 10 ? 1 : 0) << "target " << i;
    }
  }
}

TEST_F(TwinWindowsTest, GoOnFromTheirState) {
  prepare_two_pairs();
  const auto source = twins();
  source->next();
  const auto resumed = twins();
  resumed->load_state(source->save_state());
  EXPECT_EQ(values<std::int32_t>(std::get<0>(resumed->next())),
            values<std::int32_t>(std::get<0>(source->next())));
  const auto other = twins({{"spans", std::int64_t{1}}});
  EXPECT_THROW(other->load_state(source->save_state()), Error);
}

TEST_F(TwinWindowsTest, SayWhatIsMissing) {
  prepare({{"a.txt#1-noisy", text(1)}, {"a.txt#2-twin-a", text(1)}, {"a.txt#3-twin-b", text(2)}});
  const Error none = refusal();
  EXPECT_EQ(none.key, "corpus");
  EXPECT_THAT(none.what(), HasSubstr("none of 3 documents begins a pair of the validation split"));

  prepare_two_pairs();
  const Error small = refusal({{"horizon", std::int64_t{4}}});
  EXPECT_EQ(small.key, "document");
  EXPECT_THAT(small.what(), HasSubstr("none of 2 pairs has room for 2 spans of 32 tokens"));
  const std::string path = (folder_ / "c.h5").string();
  EXPECT_EQ(refusal({{"corpus", std::vector<WeightedFile>{{path, 1}, {path, 2}}}}).key, "corpus");
}

}  // namespace
}  // namespace gistmill::dataset
