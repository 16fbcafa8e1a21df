// Level 2 of a store: a gist for K blocks of gists, as documents grow, are made anew, are read and are
// exported.
#include <gmock/gmock.h>

#include <filesystem>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/safetensors.hpp>

#include "plugins/store/gists/context.hpp"
#include "plugins/store/gists/description.hpp"
#include "plugins/store/gists/export.hpp"
#include "plugins/store/gists/growth.hpp"
#include "tests/plugins/store/gists/growing.hpp"
#include "tests/plugins/store/gists/small_store.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"
#include "tests/support/message_of.hpp"

namespace gistmill::gists {
namespace {

namespace fs = std::filesystem;
using gistmill::test::message_of;
using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Ids = std::vector<std::int32_t>;

// A level 2 that is called "l1".
About grouped(const std::string& compressor = "c1", const std::string& level2 = "l1") {
  return about_of(compressor, level2);
}

// A group is 4 blocks of 4 tokens.
class GroupsOfAStore : public ::testing::Test {
 protected:
  std::unique_ptr<Growth> open(const About& about = grouped(), bool refresh = false,
                               Precision precision = Precision::f32) const {
    Shape shape = kSmall;
    shape.precision = precision;
    return std::make_unique<Growth>(path_, shape, about, kUnsettled, refresh);
  }
  // The gist of a group: the sum of the first numbers of its blocks' gists.
  static std::vector<std::uint32_t> compress_groups(Growth& growth) {
    std::vector<std::uint32_t> made;
    while (const std::optional<Group> group = growth.group()) {
      float sum = 0;
      for (std::size_t block = 0; block < 4; ++block) sum += group->gists[block * 6];
      const std::vector<float> gist(6, sum);
      const Ids offsets = {8, 15};
      growth.append_group(gist.data(), offsets.data());
      made.push_back(group->number);
    }
    return made;
  }
  void compress(const Ids& tokens) const {
    const auto growth = open();
    compress_blocks(*growth, "a", tokens);
    compress_groups(*growth);
    growth->close();
  }
  std::vector<float> gist_of_group(std::uint32_t group) const {
    const GistReader reader(path_);
    return read(reader, GistIndex(reader).documents()[0].groups.at(group)).gist;
  }
  ScratchFolder folder_;
  fs::path path_ = folder_ / "store.h5";
};

TEST_F(GroupsOfAStore, AreOfBlocksThatHaveTheirGists) {
  const auto growth = open();
  growth->extend("a", counting(40));  // 9 blocks are settled
  EXPECT_THAT(message_of([&] { growth->group(); }), HasSubstr("before all blocks had theirs"));
  const std::vector<float> gist(9 * 6, 1.5f);
  const Ids offsets(9 * 2, 3);
  growth->append(9, gist.data(), offsets.data());
  const std::optional<Group> group = growth->group();
  ASSERT_TRUE(group);
  EXPECT_EQ(group->number, 0u);
  EXPECT_EQ(group->gists, std::vector<float>(4 * 6, 1.5f));
  EXPECT_EQ(group->offsets, Ids(4 * 2, 3));
  EXPECT_THAT(compress_groups(*growth), ElementsAre(0u, 1u));
  EXPECT_FALSE(growth->group());
  const std::vector<float> more(6, 0);
  EXPECT_THAT(message_of([&] { growth->append_group(more.data(), offsets.data()); }),
              HasSubstr("when no group of blocks is without one"));
}

TEST_F(GroupsOfAStore, ThatGrewAreThoseOfOneMadeAtOnce) {
  compress(counting(70));
  const std::vector<float> at_once = gist_of_group(3);
  EXPECT_EQ(at_once, std::vector<float>(6, 12 + 13 + 14 + 15));
  fs::remove(path_);
  for (const std::int32_t tokens : {10, 35, 36, 69, 70}) compress(counting(tokens));
  EXPECT_EQ(gist_of_group(3), at_once);
  EXPECT_EQ(GistIndex(GistReader(path_)).documents()[0].groups.size(), 4u);
}

TEST_F(GroupsOfAStore, AreMadeOfGistsAsTheStoreRoundsThem) {
  const auto growth = open(grouped(), false, Precision::bf16);
  compress_blocks(*growth, "a", counting(20), 1.0f / 512);
  EXPECT_EQ(growth->group()->gists[6], 1.0f);  // 1 + 1/512 has more bits than bf16
}

TEST_F(GroupsOfAStore, OfAnotherNetworkAreRefusedWithBoth) {
  compress(counting(20));
  EXPECT_THAT(
      message_of([&] { open(grouped("c1", "l2")); }),
      HasSubstr("was made with a second level 'l1' when this run has 'l2'; --refresh makes its gists anew"));
  EXPECT_THAT(message_of([&] { open(grouped("c1", "")); }), HasSubstr("'l1' when this run has none"));
}

TEST_F(GroupsOfAStore, AreMadeAnewWithoutTheirBlocks) {
  compress(counting(40));
  {
    const auto growth = open(grouped("c1", "l2"), true);
    compress_blocks(*growth, "a", growth->tokens(0), 50);  // none is missing: their compressor is the same
    const std::vector<float> gist(6, 7);
    const Ids offsets = {0, 1};
    growth->append_group(gist.data(), offsets.data());
    growth->commit();
  }
  EXPECT_EQ(description_of(GistReader(path_))["level_2_of_other_networks"], 1);
  const auto growth = open(grouped("c1", "l2"), true);
  compress_blocks(*growth, "a", growth->tokens(0));
  EXPECT_THAT(compress_groups(*growth), ElementsAre(1u));
  growth->close();
  const auto said = description_of(GistReader(path_));
  EXPECT_EQ(said["level_2"], "l2");
  EXPECT_EQ(said["replaced_rows"], 0);
  EXPECT_EQ(gist_of_group(0)[0], 7);
  EXPECT_EQ(gist_of_group(1)[0], 4 + 5 + 6 + 7);
}

TEST_F(GroupsOfAStore, AreStaleWhereGistsOfTheirBlocksAreMadeAnew) {
  compress(counting(40));
  const auto growth = open(grouped("c2", "l1"), true);
  compress_blocks(*growth, "a", growth->tokens(0), 10);
  EXPECT_THAT(compress_groups(*growth), ElementsAre(0u, 1u));
  growth->close();
  EXPECT_EQ(gist_of_group(1)[0], 4 + 5 + 6 + 7 + 40);
  EXPECT_FALSE(description_of(GistReader(path_)).contains("level_2_of_other_networks"));
}

TEST_F(GroupsOfAStore, LeaveAStoreThatIsMadeAnewWithoutThem) {
  compress(counting(40));
  const auto growth = open(grouped("c2", ""), true);
  compress_blocks(*growth, "a", growth->tokens(0));
  growth->close();
  const auto said = description_of(GistReader(path_));
  EXPECT_EQ(said["level_2_groups"], 0);
  EXPECT_FALSE(said.contains("level_2"));
}

TEST_F(GroupsOfAStore, StandForWhatIsOldestInWhatAModelReads) {
  compress(counting(40));
  const GistReader reader(path_);
  // 24 tokens at the end are not level 2: group 0 stands for the 16 before; blocks 4 to 7 are gists; then
  // tokens.
  const Context context = context_of(reader, "", 8, 24, 100);
  EXPECT_EQ(context.ids, (Ids{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 132, 133, 134, 135, 136, 137, 138, 139}));
  EXPECT_EQ(context.positions, (Ids{8, 15, 18, 19, 22, 23, 26, 27, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39}));
  EXPECT_EQ(context.gist[0], 0 + 1 + 2 + 3);
  EXPECT_EQ(context.gist[6], 4);
  EXPECT_EQ(context_of(reader, "", 8, 25, 100).places.size(), 16u);  // group 0 would reach into them
  EXPECT_EQ(context_of(reader, "", 8, 0, 100).places.size(), 4u);
}

TEST_F(GroupsOfAStore, StandBetweenTokensThatAreKept) {
  About about = grouped();
  about.keep = "names";
  const auto growth = open(about);
  std::vector<std::uint8_t> kept(20, 0);
  for (const std::size_t token : {0, 8, 9, 15}) kept[token] = 1;
  growth->extend("a", counting(20), kept);
  const std::vector<float> gist(4 * 6, 1.0f);
  const Ids offsets(4 * 2, 3);
  growth->append(4, gist.data(), offsets.data());
  compress_groups(*growth);
  growth->close();
  const Context context = context_of(GistReader(path_), "", 0, 0, 100);
  EXPECT_EQ(context.ids, (Ids{100, 108, 0, 109, 115, 0, 116, 117, 118, 119}));
  EXPECT_EQ(context.positions, (Ids{0, 8, 8, 9, 15, 15, 16, 17, 18, 19}));
}

TEST_F(GroupsOfAStore, AreNotUsedWhereTheirFirstBlockIsLeftOut) {
  compress(counting(40));
  const Context context = context_of(GistReader(path_), "", 0, 0, 33);
  EXPECT_EQ(context.left_out, 8u);
  EXPECT_THAT(context.positions, ElementsAre(2, 3, 6, 7, 16, 23, 24 + 2, 24 + 3, 28, 29, 30, 31));
}

TEST_F(GroupsOfAStore, AreExportedWithTheirPositions) {
  compress(counting(40));
  export_document(GistReader(path_), "a", folder_ / "a.safetensors");
  const formats::Safetensors file(folder_ / "a.safetensors");
  EXPECT_THAT(file.tensor("gists").shape, ElementsAre(9, 2, 3));
  EXPECT_THAT(file.tensor("gists_level2").shape, ElementsAre(2, 2, 3));
  EXPECT_EQ(load<std::int64_t>(file.tensor("positions_level2").data.data() + 2 * 8), 24);
  EXPECT_EQ(load<float>(file.tensor("gists_level2").data.data() + 6 * 4), 4 + 5 + 6 + 7);
}

TEST_F(GroupsOfAStore, ComeAfterTheirBlocks) {
  make_store(path_, 3);
  {
    GistWriter writer(path_);
    const Ids offsets = {0, 15};
    EXPECT_THAT(message_of([&] { writer.append_group(0, 0, gist_of(0).data(), offsets.data(), 1); }),
                HasSubstr("group 0 comes before its blocks"));
    append(writer, 0, 3);
    const Ids wrong = {0, 16};
    EXPECT_THAT(message_of([&] { writer.append_group(0, 0, gist_of(0).data(), wrong.data(), 1); }),
                HasSubstr("a gist stands at 16 of its group when it should be 0 to 15"));
    EXPECT_THAT(message_of([&] { writer.append_group(0, 1, gist_of(0).data(), offsets.data(), 1); }),
                HasSubstr("group 1 comes before its blocks"));
    writer.append_group(0, 0, gist_of(0).data(), offsets.data(), 1);
    writer.commit();
  }
  const GistReader reader(path_);
  EXPECT_EQ(reader.head(4).text, reader.head(3).text);  // of all its tokens
  EXPECT_EQ(reader.name_of(reader.head(4)), "group 0 of 'a'");
  RowHead early = reader.head(4);
  GistIndex index(kSmall);
  index.add_document();
  EXPECT_THAT(message_of([&] { index.add(early, 0); }), HasSubstr("comes before its blocks"));
}

}  // namespace
}  // namespace gistmill::gists
