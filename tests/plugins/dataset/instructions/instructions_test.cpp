// Batches as the host gets them: padding, places, targets, order, a saved position, what is left out.
#include "plugins/dataset/instructions/instructions.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <set>

#include "tests/plugins/dataset/instructions/sample_file.hpp"
#include "tests/plugins/support/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using test::numbers;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Batch {
  std::vector<std::int64_t> shape;
  std::vector<std::int32_t> ids, padding, places, samples, instruction, instruction_lengths;
  std::vector<float> counts, behind;
};

class InstructionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    test::write_samples(file(), {{}, {.before = 4, .completion = 3}, {}, {.split = 1}});
  }
  std::filesystem::path file() const { return scratch_ / "samples.h5"; }

  std::unique_ptr<Instructions> open(const PlainTable& changes = {}, std::uint64_t seed = 1) const {
    auto dataset = std::make_unique<Instructions>(PlainOptions(test::sample_table(file(), changes)).get());
    test::start(*dataset, seed);
    return dataset;
  }
  static Batch next(Instructions& dataset) {
    const auto [ids, padding, places, counts, samples, instruction, lengths, behind] = dataset.next();
    return {ids.shape(),
            numbers<std::int32_t>(ids),
            numbers<std::int32_t>(padding),
            numbers<std::int32_t>(places),
            numbers<std::int32_t>(samples),
            numbers<std::int32_t>(instruction),
            numbers<std::int32_t>(lengths),
            numbers<float>(counts),
            numbers<float>(behind)};
  }
  std::string refusal(const PlainTable& changes) const {
    return gistmill::test::refusal_of([&] { open(changes); });
  }

  ScratchFolder scratch_;
};

TEST_F(InstructionsTest, PadsShorterRowsOnTheirLeft) {
  const Batch batch = next(*open({{"gist_tokens", std::int64_t{2}}, {"end", std::int64_t{2}}}));
  EXPECT_THAT(batch.shape, ElementsAre(2, 12));
  EXPECT_THAT(batch.ids, ElementsAre(0, 0, 100, 101, 102, 0, 0, 300, 301, 400, 401, 2,  //
                                     1100, 1101, 1102, 1103, 0, 0, 1300, 1301, 1400, 1401, 1402, 2));
  EXPECT_THAT(batch.padding, ElementsAre(2, 0));
  EXPECT_THAT(batch.places, ElementsAre(5, 6, 4, 5));
  EXPECT_THAT(batch.samples, ElementsAre(0, 1));
}

TEST_F(InstructionsTest, CountsTheCompletionAndItsEndAsTargets) {
  const Batch batch = next(*open({{"end", std::int64_t{2}}}));
  EXPECT_THAT(batch.counts, ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1,  //
                                        0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1));
}

TEST_F(InstructionsTest, MarksAllThatStandsBehindTheGistTokens) {
  EXPECT_THAT(next(*open({{"gist_tokens", std::int64_t{2}}, {"end", std::int64_t{2}}})).behind,
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1,  //
                          0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1));
  const Batch without = next(*open({{"gist_tokens", std::int64_t{0}}, {"end", std::int64_t{2}}}));
  EXPECT_EQ(without.behind, without.counts);
}

TEST_F(InstructionsTest, GivesTheInstructionsTokensAlone) {
  const Batch batch = next(*open());
  EXPECT_THAT(batch.instruction, ElementsAre(200, 201, 1200, 1201));
  EXPECT_THAT(batch.instruction_lengths, ElementsAre(2, 2));
}

TEST_F(InstructionsTest, WithoutGistTokensHasNoPlaces) {
  const Batch batch = next(*open({{"gist_tokens", std::int64_t{0}}}));
  EXPECT_THAT(batch.places, ElementsAre());
  EXPECT_THAT(batch.shape, ElementsAre(2, 9));
}

TEST_F(InstructionsTest, ATruncatedPromptHasNoGistInAnyRow) {
  const Batch batch = next(*open({{"gist_tokens", std::int64_t{2}}, {"truncate_prompt", std::int64_t{1}}}));
  EXPECT_THAT(batch.places, Each(-1));
  EXPECT_THAT(batch.ids, ElementsAre(0, 201, 300, 301, 400, 401, 1201, 1300, 1301, 1400, 1401, 1402));
}

TEST_F(InstructionsTest, ASplitIsOfItsOwnSamples) {
  const auto dataset = open({{"split", std::string("validation")}, {"batch", std::int64_t{1}}});
  EXPECT_THAT(next(*dataset).samples, ElementsAre(3));
  EXPECT_THROW(dataset->next(), EndOfData);
}

TEST_F(InstructionsTest, EndsWithoutSamplesThatDoNotFillABatch) {
  const auto dataset = open();
  next(*dataset);
  EXPECT_THROW(dataset->next(), EndOfData);
}

TEST_F(InstructionsTest, EveryEpochHasEachSampleOnceInAnOrderOfTheSeed) {
  test::write_samples(file(), std::vector<test::SampleSizes>(24));
  const PlainTable shuffled = {
      {"order", std::string("shuffle")}, {"repeat", true}, {"batch", std::int64_t{4}}};
  const auto epoch = [&](Instructions& dataset) {
    std::vector<std::int32_t> samples;
    for (int i = 0; i < 6; ++i) {
      const Batch batch = next(dataset);
      samples.insert(samples.end(), batch.samples.begin(), batch.samples.end());
    }
    return samples;
  };
  const auto dataset = open(shuffled);
  const auto first = epoch(*dataset);
  EXPECT_EQ(std::set<std::int32_t>(first.begin(), first.end()).size(), 24u);
  EXPECT_NE(epoch(*dataset), first);
  EXPECT_EQ(epoch(*open(shuffled)), first);
  EXPECT_NE(epoch(*open(shuffled, 2)), first);
}

TEST_F(InstructionsTest, ASavedPositionGoesOnExactly) {
  test::write_samples(file(), std::vector<test::SampleSizes>(10));
  const PlainTable shuffled = {
      {"order", std::string("shuffle")}, {"repeat", true}, {"batch", std::int64_t{3}}};
  const auto whole = open(shuffled);
  for (int steps = 0; steps < 9; ++steps) {
    const auto resumed = open(shuffled, 99);
    resumed->load_state(whole->save_state());
    const Batch expected = next(*whole);
    const Batch batch = next(*resumed);
    EXPECT_EQ(batch.samples, expected.samples);
    EXPECT_EQ(batch.ids, expected.ids);
    EXPECT_EQ(resumed->save_state(), whole->save_state());
  }
  EXPECT_THROW(open({{"limit", std::int64_t{5}}})->load_state(whole->save_state()), Error) << "other samples";
}

TEST_F(InstructionsTest, ALimitIsSpreadEvenly) {
  test::write_samples(file(), std::vector<test::SampleSizes>(10));
  const auto dataset = open({{"limit", std::int64_t{4}}, {"batch", std::int64_t{4}}});
  EXPECT_THAT(next(*dataset).samples, ElementsAre(0, 2, 5, 7));
  EXPECT_THROW(dataset->next(), EndOfData);
}

TEST_F(InstructionsTest, LeavesOutPromptsThatLeaveNoRoomForAnAnswer) {
  test::write_samples(file(), {{}, {.before = 40}, {.completion = 90}, {}});
  const auto dataset = open({{"max_length", std::int64_t{20}}, {"batch", std::int64_t{3}}});
  const Batch batch = next(*dataset);
  EXPECT_THAT(batch.samples, ElementsAre(0, 2, 3));
  EXPECT_THAT(batch.shape, ElementsAre(3, 20)) << "the long completion is cut";
}

TEST_F(InstructionsTest, AControlHasTheSameSamplesAsTheWholePrompt) {
  test::write_samples(file(), {{}, {.before = 40}, {}});
  const PlainTable limits = {{"max_length", std::int64_t{20}}, {"truncate_prompt", std::int64_t{1}}};
  EXPECT_THAT(next(*open(limits)).samples, ElementsAre(0, 2));
}

TEST_F(InstructionsTest, RoomForGistTokensMakesTheSamplesTheSameForEveryK) {
  test::write_samples(file(), {{}, {.before = 12}, {}});
  const auto samples = [&](std::int64_t k, std::int64_t reserve) {
    return next(*open({{"max_length", std::int64_t{20}}, {"gist_tokens", k}, {"reserve", reserve}})).samples;
  };
  EXPECT_THAT(samples(1, 0), ElementsAre(0, 1));
  EXPECT_THAT(samples(10, 0), ElementsAre(0, 2));
  EXPECT_THAT(samples(1, 10), ElementsAre(0, 2));
}

TEST_F(InstructionsTest, RefusesWhereNoPromptFits) {
  EXPECT_EQ(refusal({{"max_length", std::int64_t{6}}}),
            "max_length: the prompt of each of 3 samples takes at least 6 tokens, which leaves no room for "
            "an answer");
}

TEST_F(InstructionsTest, RefusesABatchThatOnePassDoesNotFill) {
  EXPECT_EQ(refusal({{"batch", std::int64_t{4}}}), "batch: batch is 4 when one pass has 3 samples");
}

TEST_F(InstructionsTest, RefusesASplitWithoutSamples) {
  test::write_samples(file(), {{}});
  EXPECT_EQ(refusal({{"split", std::string("validation")}}),
            "split: the prepared file has no validation samples");
}

TEST_F(InstructionsTest, RefusesTheFileOfAnotherPipeline) {
  formats::TokenFileWriter writer(file(), "{}");
  const std::int32_t id = 5;
  writer.append(&id, 1, "novels/emma.txt", 0);
  writer.commit();
  EXPECT_THAT(refusal({}), HasSubstr("corpus: document 'novels/emma.txt' is no piece of"));
}

TEST_F(InstructionsTest, RefusesAFileWithoutAllPieces) {
  const auto with = [&](const std::vector<std::string>& names) {
    formats::TokenFileWriter writer(file(), "{}");
    const std::int32_t id = 5;
    for (const std::string& name : names) writer.append(&id, 1, name, 0);
    writer.commit();
    return refusal({});
  };
  EXPECT_THAT(with({"before/0", "after/0"}), HasSubstr("'after/0' stands where 'instruction/0' should be"));
  EXPECT_THAT(with({"before/1"}), HasSubstr("'before/1' stands where 'before/0' should be"));
  EXPECT_THAT(with({"before/0"}), HasSubstr("ends within a sample"));
  EXPECT_THAT(with({"before/x"}), HasSubstr("is no piece"));
}

}  // namespace
}  // namespace gistmill::dataset
