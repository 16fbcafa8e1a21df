// Needle prompts as the host gets them: cells in turn, samples that compare, a saved position, bad options.
#include "plugins/dataset/needle/needle.hpp"

#include <gmock/gmock.h>

#include <memory>

#include "tests/plugins/dataset/needle/phrase_file.hpp"
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
using packed::test::PackedDocument;
using test::numbers;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NeedleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    test::write_phrases(scratch_ / "phrases.h5", 2, {5000, 6000});
    std::vector<PackedDocument> documents;
    for (std::int32_t i = 0; i < 30; ++i)
      documents.push_back({"a", "d" + std::to_string(i), {4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3}, 1});
    packed::test::pack(scratch_ / "index.h5", packed::test::pack_table(scratch_ / "packed"), documents);
  }
  std::unique_ptr<Needle> open(const PlainTable& changes = {}, std::uint64_t seed = 1) const {
    PlainTable all = {{"corpus", (scratch_ / "index.h5").string()},
                      {"phrases", (scratch_ / "phrases.h5").string()},
                      {"split", std::string("validation")},
                      {"cells", std::vector<std::string>{"20@0.5", "30@0.1", "30@0.9"}},
                      {"samples", std::int64_t{4}},
                      {"needles", std::int64_t{1}},
                      {"begin", std::int64_t{-1}},
                      {"batch", std::int64_t{3}}};
    for (const auto& [key, value] : changes) all[key] = value;
    auto needle = std::make_unique<Needle>(PlainOptions(all).get());
    gm_start with{};
    with.struct_size = sizeof with;
    with.seed = seed;
    needle->start(Start(&with));
    return needle;
  }
  ScratchFolder scratch_;
};

TEST_F(NeedleTest, GivesEachCellInTurnPaddedToTheLongest) {
  const auto source = open();
  EXPECT_EQ(source->symbol("T"), 30);
  const auto [ids, begins, ends, lengths, depths, samples] = source->next();
  EXPECT_THAT(ids.shape(), ElementsAre(3, 30));
  EXPECT_THAT(numbers<std::int32_t>(lengths), ElementsAre(20, 30, 30));
  EXPECT_THAT(numbers<float>(depths), ElementsAre(0.5f, 0.1f, 0.9f));
  EXPECT_THAT(numbers<std::int32_t>(ends), ElementsAre(20, 30, 30));
  EXPECT_THAT(numbers<std::int32_t>(begins), ElementsAre(18, 28, 28));
  EXPECT_THAT(numbers<std::int32_t>(samples), ElementsAre(0, 0, 0));
  EXPECT_EQ(numbers<std::int32_t>(ids)[19], 9);
  EXPECT_EQ(numbers<std::int32_t>(ids)[20], 0) << "behind a shorter prompt";
}

TEST_F(NeedleTest, TheTextIsAStretchOfThePackedOne) {
  const auto source = open({{"cells", std::vector<std::string>{"40@0"}}, {"batch", std::int64_t{1}}});
  const std::vector<std::int32_t> ids = numbers<std::int32_t>(std::get<0>(source->next()));
  EXPECT_EQ(ids[2] % 4, 0) << "begins with a sequence";
  for (std::size_t i = 3; i < 37; ++i) EXPECT_EQ(ids[i], (ids[i - 1] + 1) % 120);
}

TEST_F(NeedleTest, EndsAfterAllSamplesOfAllCells) {
  const auto source = open();
  for (int i = 0; i < 4; ++i) source->next();
  EXPECT_THROW(source->next(), EndOfData);
}

TEST_F(NeedleTest, TheSeedDecidesAndASavedPositionGoesOn) {
  const auto source = open();
  const auto again = open();
  const auto other = open({}, 2);
  const auto first = numbers<std::int32_t>(std::get<0>(source->next()));
  EXPECT_EQ(numbers<std::int32_t>(std::get<0>(again->next())), first);
  EXPECT_NE(numbers<std::int32_t>(std::get<0>(other->next())), first);
  const auto resumed = open({}, 5);
  resumed->load_state(source->save_state());
  EXPECT_EQ(numbers<std::int32_t>(std::get<0>(resumed->next())),
            numbers<std::int32_t>(std::get<0>(source->next())));
  EXPECT_THROW(resumed->load_state("dataset/needle 1 1 2"), Error) << "no multiple of the batch";
}

TEST_F(NeedleTest, RefusesCellsThatAreNone) {
  for (const char* cell : {"", "20", "20@", "@0.5", "20@1.5", "20@-0.1", "20@0.5x", "x@0.5"}) {
    EXPECT_THAT(refusal_of([&] {
                  open({{"cells", std::vector<std::string>{cell}}});
                }),
                HasSubstr("cells: "))
        << cell;
  }
  EXPECT_THAT(refusal_of([&] {
                open({{"cells", std::vector<std::string>{"20@0.5", "20@.5"}}});
              }),
              HasSubstr("there twice"));
}

TEST_F(NeedleTest, RefusesABatchThatDoesNotDivideThePrompts) {
  EXPECT_THAT(refusal_of([&] {
                open({{"batch", std::int64_t{5}}});
              }),
              HasSubstr("batch is 5 when it should divide"));
}

TEST_F(NeedleTest, RefusesAnotherPipelinesFileAsPhrases) {
  formats::TokenFileWriter writer(scratch_ / "text.h5", "{}");
  const std::int32_t ids[] = {1, 2};
  writer.append(ids, 2, "novels/emma__01.txt", 0);
  writer.commit();
  EXPECT_THAT(refusal_of([&] {
                open({{"phrases", (scratch_ / "text.h5").string()}});
              }),
              HasSubstr("phrases: document 'novels/emma__01.txt' is no phrase"));
}

}  // namespace
}  // namespace gistmill::dataset
