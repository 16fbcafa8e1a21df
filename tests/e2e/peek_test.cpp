// prepare --peek: what stands in the samples stands in the text, in this order, and nothing of it steers a
// terminal.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/small_training.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Peek : public TrainTest {
 protected:
  std::string recipe(const std::string& name) const {
    return "'" GISTMILL_SOURCE_DIR "/recipes/gistnet/" + name + ".toml'" + small();
  }
};

TEST_F(Peek, ShowsSpansOfTheTextWithWhatStandsBeforeAndBehindThem) {
  const Answer answer = gistmill("prepare " + recipe("contextual") + " --peek 3 --json");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto json = nlohmann::json::parse(answer.out);
  EXPECT_EQ(json["files"].size(), 1u);
  const auto& part = json["samples"].back();
  EXPECT_EQ(part["call"], "corpus.next");
  ASSERT_EQ(part["samples"].size(), 3u);
  for (const auto& sample : part["samples"]) {
    const std::string text = sample["before"]["text"].get<std::string>() +
                             sample["span"]["text"].get<std::string>() +
                             sample["targets"]["text"].get<std::string>();
    EXPECT_THAT(read(folder_ / sample["document"].get<std::string>()), HasSubstr(text));
    EXPECT_EQ(sample["span"]["tokens"].size(), 32u);
    EXPECT_GE(sample["begin"], 32);
  }
  const Answer again = gistmill("prepare " + recipe("contextual") + " --peek 3 --json");
  EXPECT_EQ(nlohmann::json::parse(again.out)["samples"], json["samples"]);
}

TEST_F(Peek, IsSafeToPrint) {
  std::filesystem::remove_all(folder_ / "text");
  for (int number = 0; number < 12; ++number) {
    std::string text;
    for (int line = 0; line < 80; ++line)
      text +=
          "line \x1b[31m of \x07 many \xC2\x9B"
          "2J words\n";
    write("text/\x1b]0;" + std::to_string(number) + "\x07.txt", text);
  }
  const Answer answer = gistmill("prepare " + recipe("contextual") + " --peek 2");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("corpus.next of pipeline train\ntext/\\x1b]0;"));
  EXPECT_THAT(answer.out, HasSubstr("  span     ["));
  EXPECT_THAT(answer.out, HasSubstr("words\\nline"));
  for (const char* control : {"\x1b", "\x07", "\xC2\x9B"}) EXPECT_THAT(answer.out, Not(HasSubstr(control)));
}

TEST_F(Peek, OfPreparedExamplesShowsEachInItsOwnWindow) {
  const Answer answer =
      gistmill("prepare " + recipe("sample") +
               " --set components.heldout.horizon=8 --set components.blocks.limit=6"
               " --set components.blocks.batch=5 --set components.examples.spans=4 --peek 2 --json");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto json = nlohmann::json::parse(answer.out);
  const auto& part = json["samples"].back();
  EXPECT_EQ(part["call"], "examples.next");
  ASSERT_EQ(part["samples"].size(), 2u);
  for (const auto& sample : part["samples"]) {
    EXPECT_EQ(sample["span"]["tokens"].size(), 4u);
    EXPECT_EQ(sample["targets"]["tokens"].size(), 4u);
    EXPECT_EQ(sample["before"]["text"], "");
    EXPECT_THAT(
        read(folder_ / sample["document"].get<std::string>()),
        HasSubstr(sample["span"]["text"].get<std::string>() + sample["targets"]["text"].get<std::string>()));
  }
}

TEST_F(Peek, TakesANumber) {
  for (const char* number : {"0", "-1", "x", "1001", "3x"}) {
    const Answer answer = gistmill("prepare " + recipe("contextual") + " --peek=" + number);
    EXPECT_EQ(answer.code, 2);
    EXPECT_THAT(answer.err, HasSubstr("when it should be a number from 1 to 1000"));
  }
}

}  // namespace
}  // namespace gistmill
