// Prompts for generation: the samples of training, up to their answers.
#include "plugins/dataset/instructions/prompts.hpp"

#include <gmock/gmock.h>

#include "plugins/dataset/instructions/instructions.hpp"
#include "tests/plugins/dataset/instructions/sample_file.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using test::numbers;
using ::testing::ElementsAre;

class InstructionPromptsTest : public ::testing::Test {
 protected:
  InstructionPromptsTest() {
    test::write_samples(scratch_ / "samples.h5",
                        {{}, {.before = 30}, {.before = 4, .completion = 300}, {.completion = 1}});
  }
  template <class Dataset>
  Dataset open(const PlainTable& changes = {}) const {
    Dataset dataset(PlainOptions(test::sample_table(scratch_ / "samples.h5", changes)).get());
    test::start(dataset);
    return dataset;
  }

  ScratchFolder scratch_;
};

TEST_F(InstructionPromptsTest, EndWhereTheAnswerBegins) {
  auto prompts = open<InstructionPrompts>({{"gist_tokens", std::int64_t{2}}, {"batch", std::int64_t{1}}});
  const auto [prompt, padding, places, reference, lengths, sample, instruction, sizes] = prompts.next();
  EXPECT_THAT(numbers<std::int32_t>(prompt), ElementsAre(100, 101, 102, 0, 0, 300, 301));
  EXPECT_THAT(numbers<std::int32_t>(padding), ElementsAre(0));
  EXPECT_THAT(numbers<std::int32_t>(places), ElementsAre(3, 4));
  EXPECT_THAT(numbers<std::int32_t>(reference), ElementsAre(400, 401));
  EXPECT_THAT(numbers<std::int32_t>(lengths), ElementsAre(2));
  EXPECT_THAT(numbers<std::int32_t>(instruction), ElementsAre(200, 201));
}

TEST_F(InstructionPromptsTest, PadPromptsOnTheirLeftAndReferencesOnTheirRight) {
  auto prompts = open<InstructionPrompts>({{"batch", std::int64_t{3}}, {"max_length", std::int64_t{20}}});
  const auto [prompt, padding, places, reference, lengths, sample, instruction, sizes] = prompts.next();
  EXPECT_THAT(numbers<std::int32_t>(sample), ElementsAre(0, 2, 3));
  EXPECT_THAT(prompt.shape(), ElementsAre(3, 7));
  EXPECT_THAT(numbers<std::int32_t>(padding), ElementsAre(1, 0, 1));
  EXPECT_THAT(numbers<std::int32_t>(places), ElementsAre(4, 4, 4));
  EXPECT_THAT(reference.shape(), ElementsAre(3, 300)) << "a reference is never cut";
  EXPECT_THAT(numbers<std::int32_t>(lengths), ElementsAre(2, 300, 1));
  EXPECT_EQ(numbers<std::int32_t>(reference)[2], 0);
}

TEST_F(InstructionPromptsTest, AreOfTheSamplesThatTrainingWouldTake) {
  const PlainTable limits = {{"batch", std::int64_t{1}}, {"max_length", std::int64_t{20}}};
  auto prompts = open<InstructionPrompts>(limits);
  PlainTable with_end = limits;
  with_end["end"] = std::int64_t{2};
  auto samples = open<Instructions>(with_end);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(numbers<std::int32_t>(std::get<5>(prompts.next())),
              numbers<std::int32_t>(std::get<4>(samples.next())));
  }
  EXPECT_THROW(prompts.next(), EndOfData);
  EXPECT_THROW(samples.next(), EndOfData);
}

TEST_F(InstructionPromptsTest, ASavedPositionGoesOn) {
  const PlainTable one = {{"batch", std::int64_t{1}}};
  auto whole = open<InstructionPrompts>(one);
  whole.next();
  auto resumed = open<InstructionPrompts>(one);
  resumed.load_state(whole.save_state());
  EXPECT_EQ(numbers<std::int32_t>(std::get<5>(resumed.next())),
            numbers<std::int32_t>(std::get<5>(whole.next())));
}

}  // namespace
}  // namespace gistmill::dataset
