// Items of two runs, kept in files and compared.
#include "host/figures/measured_items.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "host/diagnostic/failure.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// One variant, one figure.
MeasuredItems items(const std::vector<std::string>& keys, const std::vector<double>& values,
                    const std::vector<std::int64_t>& clusters) {
  MeasuredItems items;
  items.rows.name = "heldout";
  items.rows.figures = {{"delta.32", {}}};
  items.rows.cluster = "document";
  items.rows.variants.push_back({"gist", "", true, {values}, clusters, keys});
  return items;
}

ItemsOf of(const MeasuredItems& run) { return {&run, "gist", "delta.32"}; }

class MeasuredItemsTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  gistmill::testing::ScratchFolder scratch_;
  std::filesystem::path folder_ = scratch_ / "run";
};

TEST_F(MeasuredItemsTest, AreReadAsTheyWereWritten) {
  MeasuredItems written = items({"a.0", "a.1", "b.0"}, {0.1, kNan, 1.0 / 3.0}, {7, 7, 9});
  written.stage = "refine";
  written.rows.items = "spans";
  // Another variant, of which one item is another.
  written.rows.variants.push_back({"other", "", false, {{1.0, 2.0}}, {7, 8}, {"a.0", "c.0"}});
  const auto path = items_file(folder_, "refine", "heldout");
  EXPECT_EQ(path, folder_ / "items/refine/heldout.jsonl");
  write_items(path, written);
  const std::vector<MeasuredItems> all = read_items_of(folder_);
  const MeasuredItems* read = find_items(all, "refine", "heldout");
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(find_items(all, "", "heldout"), nullptr);
  EXPECT_EQ(read->rows.items, "spans");
  EXPECT_EQ(read->rows.cluster, "document");
  const auto& gist = read->rows.variants.at(0);
  EXPECT_THAT(gist.keys, ElementsAre("a.0", "a.1", "b.0"));
  EXPECT_THAT(gist.clusters, ElementsAre(7, 7, 9));
  EXPECT_EQ(gist.rows.at(0).at(2), 1.0 / 3.0);
  EXPECT_TRUE(std::isnan(gist.rows.at(0).at(1)));
  const auto& other = read->rows.variants.at(1);
  EXPECT_THAT(other.keys, ElementsAre("a.0", "c.0"));
  EXPECT_THAT(other.rows.at(0), ElementsAre(1.0, 2.0));
}

TEST_F(MeasuredItemsTest, AFileThatIsNoneIsRefusedWithItsLine) {
  write_items(items_file(folder_, "", "heldout"), items({"a.0"}, {0.1}, {7}));
  std::ofstream(items_file(folder_, "", "heldout"), std::ios::app) << "{\"item\":\n";
  try {
    read_items_of(folder_);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("heldout.jsonl:2"));
    EXPECT_THAT(failure.what(), HasSubstr("is no file of measured items"));
  }
}

TEST_F(MeasuredItemsTest, OfAFolderThatKeepsNoneAreNone) { EXPECT_TRUE(read_items_of(folder_).empty()); }

TEST(PairedChange, IsOverTheItemsThatBothMeasuredWhateverTheirOrder) {
  const MeasuredItems first = items({"a", "b", "c", "only"}, {1.0, 2.0, 3.0, 100.0}, {1, 2, 3, 4});
  const MeasuredItems second = items({"c", "a", "b"}, {3.3, 1.1, 2.2}, {3, 1, 2});
  const auto change = paired_change(of(first), of(second), Aggregate::mean);
  ASSERT_TRUE(change);
  EXPECT_NEAR(change->value, 0.2, 1e-12);
  EXPECT_EQ(change->items, 3);
  // Differences 0.1, 0.2, 0.3: s = 0.1.
  EXPECT_NEAR(change->standard_error, 0.1 / std::sqrt(3.0), 1e-12);
  EXPECT_EQ(shared_items(of(first), of(second)).not_shared, 1);
}

TEST(PairedChange, LetsTheItemsOfAClusterVaryTogether) {
  const MeasuredItems first = items({"a", "b", "c", "d"}, {0, 0, 0, 0}, {1, 1, 2, 2});
  const MeasuredItems second = items({"a", "b", "c", "d"}, {0.1, 0.1, 0.3, 0.3}, {1, 1, 2, 2});
  // Two documents that differ by 0.2: each is 0.1 from the mean, and there are two.
  EXPECT_NEAR(paired_change(of(first), of(second), Aggregate::mean)->standard_error, 0.1, 1e-12);
}

TEST(PairedChange, NeedsItemsOfBoth) {
  const MeasuredItems first = items({"a", "b"}, {1, 2}, {1, 2});
  const MeasuredItems second = items({"c", "d"}, {1, 2}, {1, 2});
  const MeasuredItems without_keys = items({}, {1, 2}, {1, 2});
  EXPECT_FALSE(paired_change(of(first), of(second), Aggregate::mean));
  EXPECT_FALSE(paired_change(of(first), of(without_keys), Aggregate::mean));
  EXPECT_FALSE(paired_change(of(first), {&first, "gist", "delta.64"}, Aggregate::mean));
  EXPECT_FALSE(paired_change(of(first), {nullptr, "gist", "delta.32"}, Aggregate::mean));
}

}  // namespace
}  // namespace gistmill
