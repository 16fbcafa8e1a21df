// Batches of packed sequences: what they hold, in which order they come, and going on from a saved position.
#include "plugins/dataset/packed/packed.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "tests/plugins/dataset/packed/reading.hpp"
#include "tests/plugins/store/packed/pack.hpp"
#include "tests/plugins/support/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::test::refusal_of;
using gistmill::testing::ScratchFolder;
using packed::test::pack;
using packed::test::pack_table;
using packed::test::PackedDocument;
using test::next;
using test::packed_table;
using test::PackedBatch;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PackedTest : public ::testing::Test {
 protected:
  void make(const std::vector<PackedDocument>& documents, const std::string& tail = "drop") {
    pack(scratch_ / "index.h5", pack_table(scratch_ / "packed", {{"tail", tail}}), documents);
  }
  // Twenty sequences of train; the first id of each is its number.
  void make_twenty() {
    std::vector<PackedDocument> documents;
    for (std::int32_t i = 0; i < 20; ++i)
      documents.push_back({i < 12 ? "a" : "b", "d" + std::to_string(i), {i, 100, 100, 100}});
    make(documents);
  }
  std::unique_ptr<Packed> open(const PlainTable& changes = {}, std::uint64_t seed = 1) const {
    auto packed = std::make_unique<Packed>(PlainOptions(packed_table(scratch_ / "packed", changes)).get());
    test::start(*packed, seed);
    return packed;
  }
  static std::vector<std::int32_t> first_ids(Packed& packed, std::size_t batches) {
    std::vector<std::int32_t> found;
    for (std::size_t i = 0; i < batches; ++i) found.push_back(next(packed).ids[0]);
    return found;
  }

  ScratchFolder scratch_;
};

TEST_F(PackedTest, GivesIdsWithTheBoundariesOfTheirDocuments) {
  make({{"a", "one", {1, 2, 3}}, {"a", "two", {4, 5}}, {"a", "three", {6, 7, 8}}});
  const auto packed = open({{"batch", std::int64_t{2}}});
  const PackedBatch batch = next(*packed);
  EXPECT_THAT(batch.ids, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(batch.boundaries, ElementsAre(1, 0, 0, 1, 0, 1, 0, 0));
  EXPECT_THAT(batch.counts, ElementsAre(1, 1, 1, 1, 1, 1, 1, 1));
  EXPECT_THAT(batch.sequence, ElementsAre(0, 1));
  EXPECT_THAT(batch.document, ElementsAre(0, 1)) << "the second begins within document two";
  EXPECT_EQ(packed->symbol("T"), 4);
  EXPECT_THROW(next(*packed), EndOfData);
}

TEST_F(PackedTest, PaddingDoesNotCount) {
  make({{"a", "one", {1, 2, 3, 4, 5}}}, "pad");
  const auto packed = open({{"batch", std::int64_t{2}}});
  const PackedBatch batch = next(*packed);
  EXPECT_THAT(batch.ids, ElementsAre(1, 2, 3, 4, 5, 0, 0, 0));
  EXPECT_THAT(batch.counts, ElementsAre(1, 1, 1, 1, 1, 0, 0, 0));
}

TEST_F(PackedTest, JoinedRestsComeLast) {
  make({{"a", "one", {1, 2, 3, 4, 5}}, {"b", "two", {6, 7, 8}}}, "join");
  const auto packed = open({{"batch", std::int64_t{2}}});
  const PackedBatch batch = next(*packed);
  EXPECT_THAT(batch.ids, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(batch.boundaries, ElementsAre(1, 0, 0, 0, 1, 1, 0, 0));
}

TEST_F(PackedTest, ValidationIsNumberedAfterTrain) {
  make({{"a", "one", {1, 2, 3, 4}}, {"a", "two", {5, 6, 7, 8}, 1}});
  const PackedBatch batch = next(*open({{"split", std::string("validation")}}));
  EXPECT_THAT(batch.ids, ElementsAre(5, 6, 7, 8));
  EXPECT_THAT(batch.sequence, ElementsAre(1));
  EXPECT_THAT(batch.document, ElementsAre(1));
}

TEST_F(PackedTest, AnEpochHasEverySequenceOnceInAnOrderOfTheSeed) {
  make_twenty();
  const PlainTable shuffled = {{"order", std::string("shuffle")}, {"repeat", true}};
  std::vector<std::int32_t> one = first_ids(*open(shuffled, 1), 20);
  EXPECT_EQ(first_ids(*open(shuffled, 1), 20), one);
  EXPECT_NE(first_ids(*open(shuffled, 2), 20), one);
  std::sort(one.begin(), one.end());
  std::vector<std::int32_t> all(20);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(one, all);
}

TEST_F(PackedTest, GoesOnFromASavedPositionAsItWouldHave) {
  make_twenty();
  const PlainTable shuffled = {
      {"order", std::string("shuffle")}, {"repeat", true}, {"batch", std::int64_t{3}}};
  const auto whole = open(shuffled);
  first_ids(*whole, 9);  // into the second epoch
  const std::string state = whole->save_state();
  const auto resumed = open(shuffled, 7);
  resumed->load_state(state);
  EXPECT_EQ(resumed->save_state(), state);
  EXPECT_EQ(first_ids(*resumed, 10), first_ids(*whole, 10));
}

TEST_F(PackedTest, ASavedPositionOfOtherDataIsRefused) {
  make_twenty();
  const std::string state = open()->save_state();
  const auto fewer = open({{"limit", std::int64_t{5}}});
  EXPECT_THAT(refusal_of([&] { fewer->load_state(state); }), HasSubstr("20 sequences of"));
  EXPECT_THAT(refusal_of([&] { fewer->load_state("dataset/spans 2 x"); }),
              HasSubstr("not written by this version"));
  EXPECT_THAT(refusal_of([&] { fewer->load_state("dataset/packed 1 x 1 5 0 9"); }), HasSubstr("damaged"));
}

TEST_F(PackedTest, ALimitIsSpreadOverAllSequences) {
  make_twenty();
  EXPECT_THAT(first_ids(*open({{"limit", std::int64_t{4}}}), 4), ElementsAre(0, 5, 10, 15));
}

TEST_F(PackedTest, ReadsTheIndexThatThePipelineMade) {
  make_twenty();
  const auto packed = open({{"corpus", (scratch_ / "index.h5").string()}, {"folder", std::string()}});
  EXPECT_EQ(next(*packed).ids[0], 0);
}

TEST_F(PackedTest, RefusesBothCorpusAndFolderAndNeither) {
  make_twenty();
  EXPECT_THAT(refusal_of([&] {
                open({{"corpus", (scratch_ / "index.h5").string()}});
              }),
              HasSubstr("both corpus and folder"));
  EXPECT_THAT(refusal_of([&] { open({{"folder", std::string()}}); }), HasSubstr("neither corpus nor folder"));
}

TEST_F(PackedTest, RefusesAnotherLengthNamingBoth) {
  make_twenty();
  EXPECT_THAT(refusal_of([&] {
                open({{"length", std::int64_t{8}}});
              }),
              HasSubstr("length: length is 8 when"));
  EXPECT_THAT(refusal_of([&] { open({{"length", std::int64_t{8}}}); }), HasSubstr("max_seq_length 4"));
  EXPECT_NO_THROW(open({{"length", std::int64_t{4}}}));
}

TEST_F(PackedTest, RefusesDataOfAnotherTokenizerThanTheRecipesNamingBoth) {
  make_twenty();
  const auto packed = open();
  EXPECT_EQ(next(*packed, packed::test::bytes("v1")).ids[0], 0);
  const std::string said = refusal_of([&] { next(*packed, packed::test::bytes("v2")); });
  EXPECT_THAT(said, HasSubstr("tokenizer: "));
  EXPECT_THAT(said, HasSubstr("of 'small.gguf', v1, when the recipe's is v2"));
}

TEST_F(PackedTest, RefusesToMeasureWhatIsTrainedOn) {
  make({{"a", "one", {1, 2, 3, 4}, 0, "da"}, {"a", "two", {5, 6, 7, 8}, 1, "da"}});
  const std::string folder = (scratch_ / "packed").string();
  EXPECT_THAT(refusal_of([&] {
                open({{"apart_from", folder}});
              }),
              HasSubstr("apart_from: 'a' of '" + folder + "' is in the train split of '" + folder + "' too"));
  EXPECT_NO_THROW(open({{"apart_from", folder}, {"split", std::string("validation")}}));
  pack(scratch_ / "copy.h5", pack_table(scratch_ / "copy"), {{"renamed", "one", {1, 2, 3, 4}, 0, "da"}});
  EXPECT_THAT(refusal_of([&] {
                open({{"apart_from", folder}, {"folder", (scratch_ / "copy").string()}});
              }),
              HasSubstr("'renamed'"))
      << "the same file in another folder";
}

TEST_F(PackedTest, RefusesABatchThatOnePassDoesNotFill) {
  make_twenty();
  EXPECT_THAT(refusal_of([&] {
                open({{"batch", std::int64_t{21}}});
              }),
              HasSubstr("one pass has 20 sequences"));
}

TEST_F(PackedTest, RefusesASplitWithoutSequences) {
  make_twenty();
  EXPECT_THAT(refusal_of([&] {
                open({{"split", std::string("validation")}});
              }),
              HasSubstr("has no validation sequence"));
}

}  // namespace
}  // namespace gistmill::dataset
