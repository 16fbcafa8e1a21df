// One prompt: where the needle stands, what is asked, and what has no room.
#include "plugins/dataset/needle/haystack.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <set>

#include <gistmill/plugin/values.hpp>

#include "tests/plugins/dataset/needle/phrase_file.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class HaystackTest : public ::testing::Test {
 protected:
  HaystackTest() : phrases_(made()) {}
  std::filesystem::path made() const {
    test::write_phrases(scratch_ / "phrases.h5", 3, {5000, 6000, 7000, 8000});
    return scratch_ / "phrases.h5";
  }
  // 0, 1, 2, ...: each token of the text is its place.
  NeedlePrompt prompt(const NeedleTask& task) const {
    return make_prompt(task, phrases_, [](std::uint64_t, std::int64_t count) {
      std::vector<std::int32_t> text(static_cast<std::size_t>(count));
      std::iota(text.begin(), text.end(), 0);
      return text;
    });
  }
  static std::vector<std::int32_t> without_phrases(const NeedlePrompt& prompt) {
    std::vector<std::int32_t> text;
    std::copy_if(prompt.ids.begin(), prompt.ids.begin() + prompt.answer, std::back_inserter(text),
                 [](std::int32_t id) { return id < 1000; });
    return text;
  }
  // Tokens of text before the first needle of the subject that is asked for.
  static std::int64_t before_asked(const NeedlePrompt& prompt) {
    const std::int32_t asked = prompt.ids[static_cast<std::size_t>(prompt.answer - 1)] - 2000;
    std::int64_t text = 0;
    for (const std::int32_t id : prompt.ids) {
      if (id == 1000 + asked) return text;
      text += id < 1000 ? 1 : 0;
    }
    return -1;
  }

  ScratchFolder scratch_;
  PhraseTokens phrases_;
};

TEST_F(HaystackTest, HasTheLengthThatIsAskedForAndEndsWithQuestionAndAnswer) {
  const NeedlePrompt made = prompt({.length = 105, .depth = 0.5, .key = 7});
  ASSERT_EQ(made.ids.size(), 105u);
  EXPECT_EQ(made.answer, 103);
  const std::int32_t subject = made.ids[102] - 2000;
  const auto needle = std::find(made.ids.begin(), made.ids.end(), 1000 + subject);
  ASSERT_NE(needle, made.ids.end());
  EXPECT_EQ(needle[1], made.ids[103]) << "the number that stands in the text is the answer";
  EXPECT_EQ(made.ids[104], 9);
}

TEST_F(HaystackTest, PutsTheNeedleAtItsDepthOfTheText) {
  for (const double depth : {0.0, 0.1, 0.5, 0.9, 1.0})
    EXPECT_EQ(before_asked(prompt({.length = 105, .depth = depth, .key = 7})), std::llround(depth * 100));
}

TEST_F(HaystackTest, LosesNoTokenOfTheText) {
  std::vector<std::int32_t> whole(100);
  std::iota(whole.begin(), whole.end(), 0);
  EXPECT_EQ(without_phrases(prompt({.length = 105, .depth = 0.3, .key = 7})), whole);
}

TEST_F(HaystackTest, OtherNeedlesHaveOtherNamesAndNumbersAndStandTheSameAtEachDepth) {
  const auto needles = [&](double depth) {
    std::vector<std::int32_t> found;
    const NeedlePrompt made = prompt({.length = 200, .depth = depth, .needles = 3, .key = 7});
    for (const std::int32_t id : made.ids) {
      if (id >= 1000 && id < 2000) found.push_back(id);
    }
    std::sort(found.begin(), found.end());
    return found;
  };
  EXPECT_THAT(needles(0.2), ElementsAre(1000, 1001, 1002));
  EXPECT_EQ(before_asked(prompt({.length = 200, .depth = 1.0, .needles = 3, .key = 7})), 191);
}

TEST_F(HaystackTest, TheSameKeyAsksTheSameAtEachDepthAndAnotherKeyOtherThings) {
  const auto ends = [&](std::uint64_t key, double depth) {
    const NeedlePrompt made = prompt({.length = 50, .depth = depth, .key = key});
    return std::vector<std::int32_t>(made.ids.begin() + made.answer - 1, made.ids.end());
  };
  EXPECT_EQ(ends(7, 0.1), ends(7, 0.9));
  std::set<std::vector<std::int32_t>> asked;
  for (std::uint64_t key = 0; key < 40; ++key) asked.insert(ends(key, 0.5));
  EXPECT_GT(asked.size(), 6u) << "of 12 pairs of a name and a number";
}

TEST_F(HaystackTest, BeginsWithTheTokenThatTheModelExpects) {
  const NeedlePrompt made = prompt({.length = 105, .depth = 0.0, .key = 7, .begin = 1});
  EXPECT_EQ(made.ids[0], 1);
  EXPECT_EQ(made.ids.size(), 105u);
}

TEST_F(HaystackTest, RefusesALengthWithoutRoomForText) {
  EXPECT_NO_THROW(prompt({.length = 6, .depth = 0.5, .key = 7}));
  try {
    prompt({.length = 5, .depth = 0.5, .key = 7});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("a length of 5 tokens leaves no room for text"));
    EXPECT_EQ(error.key, "cells");
  }
}

TEST_F(HaystackTest, RefusesMoreNeedlesThanNames) {
  try {
    prompt({.length = 100, .depth = 0.5, .needles = 4, .key = 7});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("needles is 4 when the phrases have 3 names"));
  }
}

}  // namespace
}  // namespace gistmill::dataset
