// Which windows a corpus has, and in which order they come.
#include "plugins/dataset/spans/windows.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include <gistmill/formats/token_file.hpp>
#include <gistmill/plugin/values.hpp>

#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::Pair;

// A file of documents with these lengths, all of one split but the last.
formats::TokenFileReader corpus(const ScratchFolder& folder, const std::vector<std::size_t>& lengths) {
  formats::TokenFileWriter writer(folder / "c.h5", "{}");
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const std::vector<std::int32_t> ids(lengths[i], static_cast<std::int32_t>(i));
    writer.append(ids.data(), ids.size(), "doc" + std::to_string(i), i + 1 == lengths.size());
  }
  writer.commit();
  return formats::TokenFileReader(folder / "c.h5");
}

std::vector<std::pair<std::uint32_t, std::uint64_t>> pairs(const std::vector<Window>& windows) {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> all;
  for (const Window& window : windows) all.emplace_back(window.document, window.begin);
  return all;
}

TEST(FindWindows, CutsDocumentsIntoWindowsThatDoNotOverlap) {
  const ScratchFolder folder;
  const auto file = corpus(folder, {10, 9, 31, 20, 30});
  EXPECT_THAT(pairs(find_windows(file, 0, 10, false)),
              ElementsAre(Pair(0, 0), Pair(2, 0), Pair(2, 10), Pair(2, 20), Pair(3, 0), Pair(3, 10)));
  EXPECT_THAT(pairs(find_windows(file, 1, 10, false)), ElementsAre(Pair(4, 0), Pair(4, 10), Pair(4, 20)));
}

TEST(FindWindows, TakesTheFirstOfEachDocumentWhereOnlyThatIsAskedFor) {
  const ScratchFolder folder;
  EXPECT_THAT(pairs(find_windows(corpus(folder, {10, 9, 31, 1}), 0, 10, true)),
              ElementsAre(Pair(0, 0), Pair(2, 0)));
}

TEST(FindWindows, MayBeLimitedToSomeThatAreSpreadEvenly) {
  const ScratchFolder folder;
  const auto all = find_windows(corpus(folder, {10, 9, 31, 20, 30}), 0, 10, false);
  EXPECT_THAT(pairs(limit_windows(all, 2)), ElementsAre(Pair(0, 0), Pair(2, 20)));
  EXPECT_THAT(pairs(limit_windows(all, 4)), ElementsAre(Pair(0, 0), Pair(2, 0), Pair(2, 20), Pair(3, 0)));
  EXPECT_EQ(pairs(limit_windows(all, 0)), pairs(all));
  EXPECT_EQ(pairs(limit_windows(all, 7)), pairs(all));
}

TEST(FindWindows, NamesTheLongestDocumentWhereNoneIsLongEnough) {
  const ScratchFolder folder;
  try {
    find_windows(corpus(folder, {10, 31, 9, 2000}), 0, 1024, false);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(
        error.what(),
        "the longest of 3 train documents, 'doc1', has 31 tokens when a window needs 1024; take a smaller "
        "document length or longer texts");
    EXPECT_EQ(error.key, "document");
  }
}

TEST(FindWindows, SaysWhereASplitHasNoDocument) {
  const ScratchFolder folder;
  try {
    find_windows(corpus(folder, {2000}), 0, 1024, false);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "none of 1 documents is in the train split");
    EXPECT_EQ(error.key, "split");
  }
}

std::vector<std::size_t> take(WindowOrder& order, std::size_t count) {
  std::vector<std::size_t> windows;
  for (std::size_t window = 0; windows.size() < count && order.next(window);) windows.push_back(window);
  return windows;
}

TEST(WindowOrder, IsThatOfTheFileWhereItIsSequential) {
  WindowOrder order(3, false, true);
  EXPECT_THAT(take(order, 7), ElementsAre(0, 1, 2, 0, 1, 2, 0));
}

TEST(WindowOrder, EndsAfterOnePassWhereItDoesNotRepeat) {
  WindowOrder order(3, false, false);
  EXPECT_THAT(take(order, 7), ElementsAre(0, 1, 2));
  std::size_t window = 0;
  EXPECT_FALSE(order.next(window)) << "and stays at its end";
}

TEST(WindowOrder, ShuffledGivesEveryWindowOnceAnEpochInAnotherOrderEachTime) {
  WindowOrder order(100, true, true);
  order.set_seed(7);
  const auto first = take(order, 100);
  const auto second = take(order, 100);
  EXPECT_NE(first, second);
  EXPECT_EQ(std::set<std::size_t>(first.begin(), first.end()).size(), 100u);
  EXPECT_EQ(std::set<std::size_t>(second.begin(), second.end()).size(), 100u);
}

TEST(WindowOrder, IsThatOfRunsThatWereSavedBefore) {
  WindowOrder order(8, true, true);
  order.set_seed(9);
  EXPECT_THAT(take(order, 8), ElementsAre(3, 1, 2, 6, 0, 5, 4, 7));
  EXPECT_THAT(take(order, 8), ElementsAre(4, 6, 3, 2, 1, 5, 0, 7));
}

TEST(WindowOrder, IsDecidedByTheSeedAlone) {
  const auto with_seed = [](std::uint64_t seed) {
    WindowOrder order(100, true, true);
    order.set_seed(seed);
    return take(order, 250);
  };
  EXPECT_EQ(with_seed(7), with_seed(7));
  EXPECT_NE(with_seed(7), with_seed(8));
}

TEST(WindowOrder, GoesOnFromAPlaceAsIfNothingHadHappened) {
  for (const std::size_t taken : {0, 1, 99, 100, 101, 230}) {
    WindowOrder whole(100, true, true);
    whole.set_seed(7);
    take(whole, taken);

    WindowOrder resumed(100, true, true);
    resumed.set_seed(7);
    resumed.seek(whole.epoch(), whole.place());
    if (taken > 0) {
      EXPECT_EQ(resumed.latest(), whole.latest()) << "after " << taken;
    }
    EXPECT_EQ(take(resumed, 150), take(whole, 150)) << "after " << taken;
  }
}

}  // namespace
}  // namespace gistmill::dataset
