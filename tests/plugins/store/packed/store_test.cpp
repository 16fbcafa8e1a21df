// Packing as the host drives it: what the folder holds afterwards, what a second preparation leaves alone,
// and what is refused.
#include "plugins/store/packed/store.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>
#include <nlohmann/json.hpp>

#include "plugins/store/packed/index.hpp"
#include "plugins/store/packed/shard_reader.hpp"
#include "tests/plugins/store/packed/pack.hpp"
#include "tests/plugins/support/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::packed {
namespace {

namespace fs = std::filesystem;

using gistmill::test::refusal_of;
using gistmill::testing::ScratchFolder;
using test::made_by;
using test::pack;
using test::pack_table;
using test::PackedDocument;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::int32_t> sequence(const ShardReader& shard, std::size_t split, std::uint64_t number) {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(shard.header().length));
  shard.read(split, number, ids.data());
  return ids;
}

class PackedStoreTest : public ::testing::Test {
 protected:
  fs::path folder() const { return scratch_ / "packed"; }
  fs::path index() const { return scratch_ / "index.h5"; }
  Manifest manifest() const { return read_manifest(folder()).value(); }
  ShardReader shard(const std::string& source) const { return ShardReader(folder() / shard_path(source)); }

  std::string check() const {
    const PackedStore store(gistmill::test::PlainOptions(pack_table(folder())).get());
    const Tensor defect = store.check(test::bytes(index().string()));
    const auto* text = defect.data<std::uint8_t>();
    return {text, text + defect.size()};
  }

  const std::vector<PackedDocument> two_ = {{"t/a.jsonl", "t/a.jsonl:1", {1, 2, 3}, 0, "da"},
                                            {"t/a.jsonl", "t/a.jsonl:2", {4, 5, 6, 7}, 0, "da"},
                                            {"t/a.jsonl", "t/a.jsonl:3", {90, 91, 92, 93, 94}, 1, "da"},
                                            {"t/b.jsonl", "t/b.jsonl:1", {70000, 8, 9, 10, 11}, 0, "db"}};
  ScratchFolder scratch_;
};

TEST_F(PackedStoreTest, PutsDocumentsOneAfterTheOtherAndKeepsTheirBoundaries) {
  pack(index(), pack_table(folder()), two_);
  const ShardReader a = shard("t/a.jsonl");
  EXPECT_EQ(a.tokens(0), 7u);
  EXPECT_THAT(sequence(a, 0, 0), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(sequence(a, 0, 1), ElementsAre(5, 6, 7, 0));
  EXPECT_EQ(a.size(0, 1), 3);
  EXPECT_THAT(a.begins(0), ElementsAre(0, 3));
  EXPECT_THAT(a.names(0), ElementsAre("t/a.jsonl:1", "t/a.jsonl:2"));
  EXPECT_THAT(sequence(a, 1, 0), ElementsAre(90, 91, 92, 93));
  EXPECT_EQ(a.header().source_digest, "da");
  EXPECT_NO_THROW(a.verify());
}

TEST_F(PackedStoreTest, KeepsIdsThatTwoBytesDoNotHold) {
  pack(index(), pack_table(folder()), two_);
  EXPECT_THAT(sequence(shard("t/b.jsonl"), 0, 0), ElementsAre(70000, 8, 9, 10));
}

TEST_F(PackedStoreTest, PutsTheSeparatorBehindEachDocument) {
  pack(index(), pack_table(folder(), {{"separator", std::vector<std::int64_t>{0, 99}}}),
       {{"a", "a", {1, 2}}, {"a", "empty", {}}, {"a", "b", {3}}});
  EXPECT_THAT(sequence(shard("a"), 0, 0), ElementsAre(1, 2, 0, 99));
  EXPECT_THAT(shard("a").begins(0), ElementsAre(0, 4));
  EXPECT_EQ(shard("a").tokens(0), 7u);
}

TEST_F(PackedStoreTest, FilesWhoseNamesDifferInASlashAloneHaveShardsOfTheirOwn) {
  pack(index(), pack_table(folder()), {{"a-b.jsonl", "x", {1, 1, 1, 1}}, {"a/b.jsonl", "y", {2, 2, 2, 2}}});
  EXPECT_THAT(sequence(shard("a-b.jsonl"), 0, 0), ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(sequence(shard("a/b.jsonl"), 0, 0), ElementsAre(2, 2, 2, 2));
}

TEST_F(PackedStoreTest, RefusesANameThatLeadsOutOfTheFolder) {
  for (const char* name : {"../a", "/a", "a/../../b", "a//b", "./a", ""}) {
    EXPECT_THAT(refusal_of([&] {
                  pack(index(), pack_table(folder()), {{name, "x", {1, 2, 3, 4}}});
                }),
                HasSubstr("no path that a shard can be named from"))
        << name;
  }
}

TEST_F(PackedStoreTest, TheManifestSaysWhatWasPackedAndHow) {
  pack(index(), pack_table(folder()), two_);
  const nlohmann::json json = nlohmann::json::parse(files::read_all(folder() / "manifest.json"));
  EXPECT_EQ(json["tokenizer"], "small.gguf");
  EXPECT_EQ(json["tokenizer_digest"], "v1");
  EXPECT_EQ(json["max_seq_length"], 4);
  EXPECT_EQ(json["labels_shifted"], false);
  EXPECT_EQ(json["input_path"], nlohmann::json({"texts"}));
  EXPECT_EQ(json["output_path"], folder().string());
  EXPECT_EQ(json["files_processed"], 2);
  EXPECT_EQ(
      json["splits"]["train"],
      nlohmann::json({{"path", "shards"}, {"shards", 2}, {"sequences", 2}, {"samples", 3}, {"tokens", 8}}));
  EXPECT_EQ(json["splits"]["validation"]["sequences"], 1);
}

TEST_F(PackedStoreTest, PaddingCountsTheShortSequenceToo) {
  pack(index(), pack_table(folder(), {{"tail", std::string("pad")}}), two_);
  EXPECT_EQ(manifest().totals(0).sequences, 4u);
  EXPECT_EQ(manifest().totals(0).tokens, 12u);
}

TEST_F(PackedStoreTest, JoinedRestsMakeSequencesOfTheirOwnWithTheirDocumentsNames) {
  pack(index(), pack_table(folder(), {{"tail", std::string("join")}}), two_);
  const ShardReader rests(folder() / "rests.h5");
  EXPECT_THAT(sequence(rests, 0, 0), ElementsAre(5, 6, 7, 11));
  EXPECT_THAT(rests.names(0), ElementsAre("t/a.jsonl:2", "t/b.jsonl:1"));
  EXPECT_EQ(manifest().totals(0).sequences, 3u);
  EXPECT_EQ(manifest().totals(0).tokens, 12u) << "no token of train is lost: 7 + 5";
  EXPECT_EQ(manifest().totals(0).samples, 3u) << "a document counts once";
}

TEST_F(PackedStoreTest, AFileThatIsPackedIsLeftAloneAndANewOneIsAdded) {
  pack(index(), pack_table(folder()), {two_[0], two_[1], two_[2]});
  const auto written = fs::last_write_time(folder() / shard_path("t/a.jsonl"));
  pack(index(), pack_table(folder()), two_, made_by("v1", "another digest of all files"));
  EXPECT_EQ(fs::last_write_time(folder() / shard_path("t/a.jsonl")), written);
  EXPECT_EQ(manifest().sources.size(), 2u);
}

TEST_F(PackedStoreTest, AFileThatIsPackedNeedsOnlyItsMark) {
  pack(index(), pack_table(folder()), two_);
  pack(index(), pack_table(folder()), {{"t/a.jsonl", "", {}, -1, "da"}, {"t/b.jsonl", "", {}, -1, "db"}});
  EXPECT_EQ(read_index(index()).manifest.totals(0).sequences, 2u);
  EXPECT_THAT(refusal_of([&] {
                pack(index(), pack_table(folder()), {{"t/c.jsonl", "", {}, -1, "dc"}});
              }),
              HasSubstr("said to be packed, but not in"));
}

TEST_F(PackedStoreTest, AFileThatChangedIsPackedAgain) {
  pack(index(), pack_table(folder()), {{"a", "a", {1, 2, 3, 4}, 0, "old"}});
  pack(index(), pack_table(folder()), {{"a", "a", {5, 6, 7, 8}, 0, "new"}});
  EXPECT_THAT(sequence(shard("a"), 0, 0), ElementsAre(5, 6, 7, 8));
  EXPECT_EQ(manifest().sources.size(), 1u);
}

TEST_F(PackedStoreTest, AShardThatIsMissingIsPackedAgain) {
  pack(index(), pack_table(folder()), two_);
  fs::remove(folder() / shard_path("t/b.jsonl"));
  pack(index(), pack_table(folder()), two_);
  EXPECT_NO_THROW(shard("t/b.jsonl").verify());
}

TEST_F(PackedStoreTest, TellsThatItsFolderIsAsItWasMade) {
  pack(index(), pack_table(folder(), {{"tail", std::string("join")}}), two_);
  EXPECT_EQ(check(), "");
}

TEST_F(PackedStoreTest, TellsWhichShardIsMissingAndHowManyOthersAre) {
  pack(index(), pack_table(folder(), {{"tail", std::string("join")}}), two_);
  fs::remove(folder() / shard_path("t/b.jsonl"));
  EXPECT_EQ(check(),
            "the manifest names '" + (folder() / "shards/t/b.jsonl.h5").string() + "', which is missing");
  fs::remove(folder() / shard_path("t/a.jsonl"));
  fs::remove(folder() / "rests.h5");
  EXPECT_THAT(check(), HasSubstr("a.jsonl.h5', which is missing; 2 other files are missing or damaged too"));
}

TEST_F(PackedStoreTest, TellsOfAShardThatWasCutShortOrPackedAnew) {
  pack(index(), pack_table(folder()), two_);
  const fs::path path = folder() / shard_path("t/b.jsonl");
  fs::resize_file(path, fs::file_size(path) - 1);
  EXPECT_THAT(check(), HasSubstr("b.jsonl.h5' is not a readable packed file"));
  pack(scratch_ / "other.h5", pack_table(folder()), {{"t/b.jsonl", "x", {1, 1, 1, 1}, 0, "new"}});
  EXPECT_THAT(check(), HasSubstr("was changed since the manifest was written"));
}

TEST_F(PackedStoreTest, TellsOfALostManifestAndFindsItAgain) {
  pack(index(), pack_table(folder()), two_);
  const nlohmann::json before = nlohmann::json::parse(files::read_all(folder() / "manifest.json"));
  for (const bool lost : {true, false}) {
    if (lost) {
      fs::remove(folder() / "manifest.json");
    } else {
      fs::resize_file(folder() / "manifest.json", 100);
    }
    EXPECT_THAT(check(), HasSubstr("manifest.json"));
    pack(index(), pack_table(folder()), {{"t/a.jsonl", "", {}, -1, "da"}, {"t/b.jsonl", "", {}, -1, "db"}});
    EXPECT_EQ(nlohmann::json::parse(files::read_all(folder() / "manifest.json")), before);
  }
}

TEST_F(PackedStoreTest, TellsOfAnIndexThatIsNone) {
  EXPECT_THAT(check(), HasSubstr("index.h5"));
  files::write_file(index(), "text");
  EXPECT_THAT(check(), HasSubstr("is not a readable index of packed files"));
}

TEST_F(PackedStoreTest, TwoCannotPackIntoAFolderAtOnce) {
  PackedStore first(gistmill::test::PlainOptions(pack_table(folder())).get());
  first.begin(index(), made_by("v1"));
  const std::string said = refusal_of([&] { pack(scratch_ / "other.h5", pack_table(folder()), two_); });
  EXPECT_THAT(said, HasSubstr("'" + folder().string() + "' is being packed by process " +
                              std::to_string(getpid()) + "; wait until it has ended"));
  for (const PackedDocument& document : two_) test::append(first, document);
  first.commit();
  pack(scratch_ / "other.h5", pack_table(folder()), two_);
}

TEST_F(PackedStoreTest, AKillLeavesTheSourcesThatWereFinished) {
  {
    PackedStore store(gistmill::test::PlainOptions(pack_table(folder())).get());
    store.begin(index(), made_by("v1"));
    for (const PackedDocument& document : two_) test::append(store, document);
  }
  EXPECT_FALSE(fs::exists(index()));
  ASSERT_EQ(manifest().sources.size(), 1u);
  EXPECT_EQ(manifest().sources[0].name, "t/a.jsonl");
  EXPECT_FALSE(fs::exists(folder() / shard_path("t/b.jsonl")));
  pack(index(), pack_table(folder()), {{"t/a.jsonl", "", {}, -1, "da"}, two_[3]});
  EXPECT_EQ(manifest().totals(0).sequences, 2u);
}

TEST_F(PackedStoreTest, AFileThatIsGoneIsKeptAndNotRead) {
  pack(index(), pack_table(folder()), two_);
  pack(index(), pack_table(folder()), {two_[3]});
  EXPECT_TRUE(manifest().find("t/a.jsonl")->left_out);
  EXPECT_EQ(manifest().totals(0).sequences, 1u);
  pack(index(), pack_table(folder()), two_);
  EXPECT_FALSE(manifest().find("t/a.jsonl")->left_out);
}

TEST_F(PackedStoreTest, RefusesAFolderOfAnotherTokenizerNamingBoth) {
  pack(index(), pack_table(folder()), two_);
  const std::string said = refusal_of([&] { pack(index(), pack_table(folder()), two_, made_by("v2")); });
  EXPECT_THAT(said, HasSubstr("folder: "));
  EXPECT_THAT(
      said,
      HasSubstr("tokenizer/bpe {} with v1 of 'small.gguf' when this recipe has tokenizer/bpe {} with v2"));
  pack(index(), pack_table(folder(), {{"replace", true}}), two_, made_by("v2"));
  EXPECT_EQ(manifest().tokenizer_digest, "v2");
}

TEST_F(PackedStoreTest, RefusesAFolderOfAnotherLengthNamingBoth) {
  pack(index(), pack_table(folder()), two_);
  EXPECT_THAT(refusal_of([&] {
                pack(index(), pack_table(folder(), {{"max_seq_length", std::int64_t{3}}}), two_);
              }),
              HasSubstr("max_seq_length: '" + folder().string() +
                        "' is packed with max_seq_length 4 when this recipe has 3"));
}

TEST_F(PackedStoreTest, AnotherBuildOrOptionOfTheSourcePacksAllAgain) {
  pack(index(), pack_table(folder()), {{"a", "a", {1, 2, 3, 4}}});
  pack(index(), pack_table(folder()), {{"a", "a", {5, 6, 7, 8}}}, made_by("v1", "s", "another build"));
  EXPECT_THAT(sequence(shard("a"), 0, 0), ElementsAre(5, 6, 7, 8));
}

TEST_F(PackedStoreTest, AnotherTailPacksNothingAgain) {
  pack(index(), pack_table(folder()), two_);
  const std::string tails = R"("options":{"tail":"drop"})";
  std::string padded = made_by("v1");
  padded.replace(padded.find(tails), tails.size(), R"("options":{"tail":"pad"})");
  const auto written = fs::last_write_time(folder() / shard_path("t/a.jsonl"));
  pack(index(), pack_table(folder(), {{"tail", std::string("pad")}}), two_, padded);
  EXPECT_EQ(fs::last_write_time(folder() / shard_path("t/a.jsonl")), written);
  EXPECT_EQ(manifest().totals(0).sequences, 4u);
}

TEST_F(PackedStoreTest, WhatTheHostAsksToMakeAgainIsPackedAgainWhateverIsThere) {
  pack(index(), pack_table(folder()), {{"a", "a", {1, 2, 3, 4}}});
  pack(index(), pack_table(folder()), {{"a", "a", {5, 6, 7, 8}}},
       R"({"again":true,)" + made_by("v2").substr(1));
  EXPECT_THAT(sequence(shard("a"), 0, 0), ElementsAre(5, 6, 7, 8));
  EXPECT_THAT(read_index(index()).provenance, ::testing::Not(HasSubstr("again")));
}

TEST_F(PackedStoreTest, RefusesDocumentsOfOneFileInTwoPlaces) {
  EXPECT_THAT(refusal_of([&] {
                pack(index(), pack_table(folder()), {two_[0], two_[3], two_[1]});
              }),
              HasSubstr("documents of 't/a.jsonl' come in two places"));
}

TEST_F(PackedStoreTest, AFileWithoutTokensIsPackedOnceToo) {
  const std::vector<PackedDocument> documents = {{"a", "a", {1, 2, 3, 4}}, {"none", "none", {}}};
  pack(index(), pack_table(folder()), documents);
  EXPECT_EQ(shard("none").sequences(0), 0u);
  EXPECT_NO_THROW(shard("none").verify());
  EXPECT_EQ(manifest().totals(0).samples, 1u);
  pack(index(), pack_table(folder()), {documents[0], {"none", "", {}, -1}});
  EXPECT_EQ(manifest().sources.size(), 2u);
}

TEST_F(PackedStoreTest, RefusesTextsThatFillNoSequence) {
  EXPECT_THAT(refusal_of([&] {
                pack(index(), pack_table(folder()), {{"a", "a", {1, 2, 3}}});
              }),
              HasSubstr("no sequence of 4 tokens in 1 files"));
}

TEST_F(PackedStoreTest, TheIndexFindsItsFolderWhereBothWereMoved) {
  fs::create_directories(scratch_ / "here/prepared");
  pack(scratch_ / "here/prepared/index.h5", pack_table(scratch_ / "here/packed"), two_);
  fs::rename(scratch_ / "here", scratch_ / "there");
  const Index moved = read_index(scratch_ / "there/prepared/index.h5");
  EXPECT_EQ(moved.folder, scratch_ / "there/packed");
  EXPECT_EQ(moved.provenance, made_by("v1"));
}

}  // namespace
}  // namespace gistmill::packed
