// Batches of windows: what comes, in which order, and going on where it stopped.
#include "plugins/dataset/spans/batches.hpp"

#include <gmock/gmock.h>

#include <numeric>
#include <set>

#include "tests/plugins/support/plain_options.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using ::testing::HasSubstr;

// Three training documents of 70, 35 and 40 tokens: windows of 10 are 7, 3 and 4.
class BatchesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    formats::TokenFileWriter writer(folder_ / "c.h5", "{}");
    for (const std::size_t length : {70, 35, 40}) {
      std::vector<std::int32_t> ids(length);
      std::iota(ids.begin(), ids.end(), next_);
      next_ += 1000;
      writer.append(ids.data(), ids.size(), "doc" + std::to_string(next_), false);
    }
    writer.commit();
  }
  Batches make(const PlainTable& changes = {}) const {
    PlainTable table = {{"corpus", std::vector<WeightedFile>{{(folder_ / "c.h5").string(), 1}}},
                        {"split", std::string("train")},
                        {"length", std::int64_t{10}},
                        {"batch", std::int64_t{4}},
                        {"order", std::string("shuffle")},
                        {"window", std::string("all")},
                        {"repeat", true}};
    for (const auto& [key, value] : changes) table[key] = value;
    return Batches(PlainOptions(table).get());
  }
  static std::vector<std::int32_t> firsts(Batches& batches) {
    const auto [ids, documents, corpora] = batches.next();
    EXPECT_EQ(ids.shape(), (std::vector<std::int64_t>{4, 10}));
    std::vector<std::int32_t> result;
    for (int row = 0; row < 4; ++row) {
      const auto* window = ids.data<std::int32_t>() + row * 10;
      for (int i = 0; i < 10; ++i) EXPECT_EQ(window[i], window[0] + i);
      EXPECT_EQ(documents.data<std::int32_t>()[row], window[0] / 1000);
      EXPECT_EQ(corpora.data<std::int32_t>()[row], 0);
      result.push_back(window[0]);
    }
    return result;
  }

  ScratchFolder folder_;
  std::int32_t next_ = 0;
};

TEST_F(BatchesTest, HoldEveryWindowOncePerEpoch) {
  Batches batches = make();
  std::multiset<std::int32_t> seen;
  for (int i = 0; i < 7; ++i) {
    for (const std::int32_t first : firsts(batches)) seen.insert(first);
  }
  EXPECT_EQ(seen.size(), 28u);  // two epochs of 14 windows
  for (const std::int32_t first : seen) EXPECT_EQ(seen.count(first), 2u) << first;
}

TEST_F(BatchesTest, EndWithTheLastFullBatchWhereOnePassIsAskedFor) {
  Batches batches = make({{"repeat", false}});
  for (int i = 0; i < 3; ++i) firsts(batches);
  EXPECT_THROW(batches.next(), EndOfData);
}

TEST_F(BatchesTest, GoOnWhereTheyStopped) {
  Batches batches = make();
  firsts(batches);
  const std::string state = batches.save_state();
  const auto expected = firsts(batches);
  Batches again = make();
  again.load_state(state);
  EXPECT_EQ(firsts(again), expected);
  Batches other = make({{"length", std::int64_t{12}}});
  EXPECT_THROW(other.load_state(state), Error);
}

TEST_F(BatchesTest, NameTheirOwnOptionWhereNoDocumentIsLongEnough) {
  try {
    make({{"length", std::int64_t{100}}});
    ADD_FAILURE() << "was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.key, "length");
  }
}

TEST_F(BatchesTest, RefuseABatchThatOnePassCannotFill) {
  try {
    make({{"batch", std::int64_t{15}}, {"repeat", false}});
    ADD_FAILURE() << "was not refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("batch is 15 when one pass has 14 windows of 10 tokens"));
  }
}

}  // namespace
}  // namespace gistmill::dataset
