// A store while texts grow: which blocks need gists, what is refused, gists made anew, what a model reads.
#include "plugins/store/gists/growth.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/safetensors.hpp>

#include "plugins/store/gists/context.hpp"
#include "plugins/store/gists/description.hpp"
#include "plugins/store/gists/export.hpp"
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

constexpr std::uint64_t kNoLevel2 = 1u << 20;  // more tokens than any document has

class GrowingStore : public ::testing::Test {
 protected:
  std::unique_ptr<Growth> open(const About& about = about_of(), bool refresh = false) const {
    return std::make_unique<Growth>(path_, kSmall, about, kUnsettled, refresh);
  }
  void compress(const Ids& tokens) const {
    const auto growth = open();
    compress_blocks(*growth, "a", tokens);
    growth->close();
  }
  ScratchFolder folder_;
  fs::path path_ = folder_ / "store.h5";
};

TEST_F(GrowingStore, GivesGistsToWholeBlocksThatAreSettled) {
  const auto growth = open();
  const Missing missing = compress_blocks(*growth, "a", counting(13));
  EXPECT_EQ(missing.first, 0u);
  EXPECT_EQ(missing.end, 2u);  // 12 tokens are whole blocks, but the last 2 of the text are not settled
  EXPECT_EQ(growth->tokens(0), counting(13));
  growth->close();
  EXPECT_EQ(GistReader(path_).rows(), 4u);  // two blocks, and 5 tokens in two rows
}

TEST_F(GrowingStore, AsksForNewBlocksAlone) {
  compress(counting(13));
  const auto growth = open();
  Ids longer = counting(23);
  longer[12] = 7;  // the last token of the text before has become another
  const Missing missing = compress_blocks(*growth, "a", longer);
  EXPECT_EQ(missing.first, 2u);
  EXPECT_EQ(missing.end, 5u);
  EXPECT_EQ(growth->tokens(0), longer);
}

TEST_F(GrowingStore, DoesNotGrowByATextThatIsTheSame) {
  compress(counting(13));
  const auto size = fs::file_size(path_);
  compress(counting(13));
  EXPECT_EQ(fs::file_size(path_), size);
}

TEST_F(GrowingStore, RefusesATextThatChangedAndNamesTheBlock) {
  compress(counting(22));
  Ids changed = counting(30);
  changed[9] = 7;
  const auto growth = open();
  EXPECT_THAT(message_of([&] { compress_blocks(*growth, "a", changed); }),
              HasSubstr("'a' has changed in block 2 (tokens 8 to 11)"));
}

TEST_F(GrowingStore, RefusesATextThatShrankAndNamesTheBlock) {
  compress(counting(22));
  const auto growth = open();
  EXPECT_THAT(message_of([&] { compress_blocks(*growth, "a", counting(11)); }),
              HasSubstr("'a' has shrunk: it ends in block 2 with 11 tokens"));
}

TEST_F(GrowingStore, LeavesTheStoreAsItWasWhereATextIsRefused) {
  compress(counting(22));
  const auto size = fs::file_size(path_);
  {
    const auto growth = open();
    message_of([&] { compress_blocks(*growth, "a", counting(11)); });
  }
  EXPECT_EQ(fs::file_size(path_), size);
  EXPECT_EQ(GistReader(path_).rows(), 6u);
}

TEST_F(GrowingStore, HoldsSeveralDocumentsThatGrowInTurn) {
  const auto growth = open();
  compress_blocks(*growth, "a", counting(10));
  compress_blocks(*growth, "b", counting(15));
  compress_blocks(*growth, "a", counting(19));
  EXPECT_EQ(growth->tokens(0), counting(19));
  EXPECT_EQ(growth->tokens(1), counting(15));
}

TEST_F(GrowingStore, RefusesAnotherModelAndCompressorWithBoth) {
  compress(counting(13));
  About other = about_of();
  other.model = "m2";
  EXPECT_THAT(message_of([&] { open(other); }),
              HasSubstr("was made with model 'm1' when this run has 'm2'; write to another file"));
  EXPECT_THAT(message_of([&] { open(other, true); }), HasSubstr("model 'm1' when this run has 'm2'"));
  EXPECT_THAT(message_of([&] { open(about_of("c2")); }),
              HasSubstr("compressor 'c1' when this run has 'c2'; --refresh makes its gists anew"));
  Shape wide = kSmall;
  wide.width = 4;
  EXPECT_THAT(message_of([&] { Growth(path_, wide, about_of(), kUnsettled, false); }),
              HasSubstr("2 gists of 3 numbers when this makes blocks of 4 tokens, 2 gists of 4 numbers"));
}

TEST_F(GrowingStore, MakesGistsAnewBlockByBlockAndGoesOnAfterAKill) {
  compress(counting(22));
  {
    const auto growth = open(about_of("c2"), true);
    const Missing missing = growth->extend("a", growth->tokens(0));
    EXPECT_EQ(missing.first, 0u);
    EXPECT_EQ(missing.end, 5u);
    const std::vector<float> gist(6, 50);
    const Ids offsets = {0, 1};
    for (int i = 0; i < 2; ++i) growth->append(1, gist.data(), offsets.data());
    growth->commit();
  }
  const auto mixed = description_of(GistReader(path_));
  EXPECT_EQ(mixed["mixed_compressors"].size(), 2u);
  EXPECT_EQ(mixed["replaced_rows"], 2);
  const auto growth = open(about_of("c2"), true);
  const Missing rest = compress_blocks(*growth, "a", growth->tokens(0), 50);
  EXPECT_EQ(rest.first, 2u);
  growth->close();
  const GistReader reader(path_);
  const auto clean = description_of(reader);
  EXPECT_EQ(clean["compressor"], "c2");
  EXPECT_FALSE(clean.contains("mixed_compressors"));
  EXPECT_EQ(clean["replaced_rows"], 0);
  EXPECT_EQ(read(reader, 1).gist[0], 50);
  EXPECT_EQ(read(reader, 3).gist[0], 53);
  EXPECT_THAT(folder_.names(), ElementsAre("store.h5"));
}

TEST_F(GrowingStore, ShowsAModelTheNewestAsTokensAndOlderOnesAsGists) {
  compress(counting(22));
  const Context context = context_of(GistReader(path_), "", 7, kNoLevel2, 100);
  // Blocks 0 to 2 as two gists each; block 3, of which the last 7 tokens begin, and what follows as tokens.
  EXPECT_EQ(context.ids, (Ids{0, 0, 0, 0, 0, 0, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121}));
  EXPECT_EQ(context.positions, (Ids{2, 3, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21}));
  EXPECT_EQ(context.places, (Ids{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(context.gist[6], 1.0f);
  EXPECT_EQ(context.left_out, 0u);
}

TEST_F(GrowingStore, ShowsTokensThatAreKeptBesideTheirGist) {
  About about = about_of();
  about.keep = "names";
  const auto growth = open(about);
  std::vector<std::uint8_t> kept(22, 0);
  for (const std::size_t token : {1, 2, 3, 8, 9, 10, 11, 13}) kept[token] = 1;
  growth->extend("a", counting(22), kept);
  for (int block = 0; block < 5; ++block) {
    const std::vector<float> gist(6, static_cast<float>(block));
    const Ids offsets = {2, 3};
    growth->append(1, gist.data(), offsets.data());
  }
  growth->close();
  const Context context = context_of(GistReader(path_), "", 6, kNoLevel2, 100);
  // Tokens 1 to 3 around and before the gists of block 0, at 2 and 3; block 2, of which all are kept, as
  // tokens.
  EXPECT_EQ(context.ids,
            (Ids{101, 102, 0, 103, 0, 0, 0, 108, 109, 110, 111, 113, 0, 0, 116, 117, 118, 119, 120, 121}));
  EXPECT_EQ(context.positions, (Ids{1, 2, 2, 3, 3, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21}));
  EXPECT_EQ(context.places, (Ids{2, 4, 5, 6, 12, 13}));
  EXPECT_EQ(context.gist[6], 1.0f);
  EXPECT_EQ(context.gist[12], 3.0f);
  EXPECT_EQ(description_of(GistReader(path_))["kept"], "names: 8 tokens");
}

TEST_F(GrowingStore, ShowsBlocksThatAreKeptWholeAsTheirTokens) {
  About about = about_of();
  about.keep = "names";
  about.keep_blocks = "above 0.5 nats by confidence/x 1";
  const auto growth = open(about);
  std::vector<std::uint8_t> kept(22, 0);
  kept[5] = 1;
  growth->extend("a", counting(22), kept);
  for (int block = 0; block < 5; ++block) {
    const std::vector<float> gist(6, static_cast<float>(block));
    const Ids offsets = {2, 3};
    const std::uint8_t whole = block == 0 || block == 2 ? 1 : 0;
    growth->append(1, gist.data(), offsets.data(), &whole);
  }
  growth->close();
  const Context context = context_of(GistReader(path_), "", 6, kNoLevel2, 100);
  // Blocks 0 and 2 as tokens, block 1 as gists with the word that stays, block 3 as gists.
  EXPECT_EQ(context.ids,
            (Ids{100, 101, 102, 103, 105, 0, 0, 108, 109, 110, 111, 0, 0, 116, 117, 118, 119, 120, 121}));
  EXPECT_EQ(context.places, (Ids{5, 6, 11, 12}));
  const auto description = description_of(GistReader(path_));
  EXPECT_EQ(description["kept"], "names: 1 tokens") << "of other blocks";
  EXPECT_EQ(description["blocks_kept"], "above 0.5 nats by confidence/x 1");
  EXPECT_EQ(description["kept_blocks"], 2u);
}

TEST_F(GrowingStore, RefusesToKeepBlocksByAnotherRule) {
  compress(counting(13));
  About about = about_of();
  about.keep_blocks = "above 0.5 nats by confidence/x 1";
  EXPECT_THAT(
      message_of([&] { open(about); }),
      HasSubstr("keeps no blocks as tokens when this would keep blocks (above 0.5 nats by confidence/x 1); "
                "leave --keep-above out, or --refresh makes its gists anew"));
  EXPECT_EQ(open(about, true)->extend("a", counting(13)).first, 0u) << "all are made anew";
}

TEST_F(GrowingStore, RefusesToKeepOtherWordsThanItDoes) {
  compress(counting(13));
  About about = about_of();
  about.keep = "names";
  EXPECT_THAT(message_of([&] { open(about); }),
              HasSubstr("keeps no words as tokens when this would keep words (names); leave --keep out, or "
                        "--refresh makes"));
  const auto growth = open(about, true);
  EXPECT_THAT(message_of([&] {
                growth->extend("a", counting(13), {1, 0});
              }),
              HasSubstr("is said of 2 when there are 13"));
  EXPECT_EQ(growth->extend("a", counting(13), std::vector<std::uint8_t>(13, 0)).first, 0u);
}

TEST_F(GrowingStore, LeavesTheOldestOutWhereThereIsNoRoom) {
  compress(counting(22));
  const Context context = context_of(GistReader(path_), "a", 0, kNoLevel2, 15);
  EXPECT_EQ(context.left_out, 8u);
  EXPECT_EQ(context.positions.front(), 2);
  EXPECT_EQ(context.positions.back(), 13);
  EXPECT_EQ(context.places.size(), 6u);
  EXPECT_THAT(message_of([&] { context_of(GistReader(path_), "b", 0, kNoLevel2, 15); }),
              HasSubstr("holds no document 'b'"));
  EXPECT_THAT(message_of([&] { context_of(GistReader(path_), "a", 0, kNoLevel2, 1); }),
              HasSubstr("room for 1"));
}

TEST_F(GrowingStore, IsExportedWithPositionsAndTokens) {
  compress(counting(22));
  export_document(GistReader(path_), "a", folder_ / "a.safetensors");
  const formats::Safetensors file(folder_ / "a.safetensors");
  EXPECT_THAT(file.tensor("gists").shape, ElementsAre(5, 2, 3));
  EXPECT_THAT(file.tensor("positions").shape, ElementsAre(5, 2));
  EXPECT_THAT(file.tensor("ids").shape, ElementsAre(22));
  EXPECT_EQ(load<std::int64_t>(file.tensor("positions").data.data() + std::size_t{3} * 8), 7);
  EXPECT_EQ(load<std::int32_t>(file.tensor("ids").data.data() + std::size_t{21} * 4), 121);
  EXPECT_EQ(load<float>(file.tensor("gists").data.data() + std::size_t{6} * 4), 1.0f);
  EXPECT_EQ(file.metadata().at("document"), "a");
  export_document(GistReader(path_), "", folder_ / "a.npy");
  EXPECT_EQ(fs::file_size(folder_ / "a.npy"), 128u + 5 * 2 * 3 * 4);
  EXPECT_THAT(
      message_of([&] { export_document(GistReader(path_), "", folder_ / "a.bin"); }),
      HasSubstr("ends with '.bin' when gists are exported as .safetensors, .npy or .pt, or as a folder"));
}

TEST_F(GrowingStore, SaysWhatItHoldsAndWhichBlocksAreDamaged) {
  compress(counting(22));
  const GistReader whole(path_);
  const auto at = static_cast<std::streamoff>(whole.slot().rows_at + 2 * whole.layout().bytes + 60);
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(at);
  file.put('x');
  file.close();
  const auto said = description_of(GistReader(path_));
  EXPECT_EQ(said["tokens"], 22);
  EXPECT_EQ(said["level_1_blocks"], 5);
  EXPECT_EQ(said["documents"]["a"], 22);
  EXPECT_EQ(said["damaged"], std::vector<std::string>{"block 2 of 'a'"});
}

}  // namespace
}  // namespace gistmill::gists
