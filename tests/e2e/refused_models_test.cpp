// What the verbs on models say of files that they do not take.
#include <sys/stat.h>

#include "tests/e2e/model_verbs.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(ModelVerbsTest, PipeIsNoModelAndIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  expect_refused(ask("inspect pipe"), 3, "pipe is neither a file nor a folder");
}

TEST_F(ModelVerbsTest, MissingModelIsSaidOnce) {
  const Answer answer = ask("tokenize nowhere.gguf");
  expect_refused(answer, 3, "nowhere.gguf: there is no such file or folder");
  EXPECT_EQ(answer.err.find("nowhere.gguf"), answer.err.rfind("nowhere.gguf"));
}

TEST_F(ModelVerbsTest, ModelThatNoComponentTakesShowsEveryReason) {
  write("other", "words\n");
  const Answer answer = ask("tokenize other");
  expect_refused(answer, 3, "no tokenizer takes other\n");
  EXPECT_THAT(answer.err,
              HasSubstr("  tokenizer/letters: the first line is 'words' when it should be 'letters'\n"));
  EXPECT_THAT(answer.err,
              HasSubstr("  tokenizer/digits: the first line is 'words' when it should be 'digits'\n"));
}

TEST_F(ModelVerbsTest, RefusedModelHasTheReasonOfTheComponentThatReadsItsKind) {
  write("torn", "letters\ntorn 1\n");
  const Answer answer = ask("tokenize torn");
  expect_refused(
      answer, 3,
      "torn: is torn in letters\n"
      "  so says tokenizer/letters, which reads models of this kind; --why shows what the others say\n");
  EXPECT_THAT(answer.err, Not(HasSubstr("digits")));
  const Answer why = ask("tokenize torn --why");
  expect_refused(why, 3, "torn: is torn in letters\n");
  EXPECT_THAT(why.err, HasSubstr("\n  tokenizer/digits: is torn in digits\n"));
}

// What is fine is shown, and the exit code tells that not all is.
TEST_F(ModelVerbsTest, InspectOfAModelWithAFaultExitsWithThree) {
  write("torn", "letters\ntorn 1\n");
  const Answer answer = ask("inspect torn --set tokenizer.model=m");
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.out, HasSubstr("torn: is torn in letters"));
  EXPECT_THAT(answer.out, HasSubstr("tokenizer/letters"));
  const Answer other = ask("inspect m --set tokenizer.model=torn");
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.out, HasSubstr("teacher/letters"));
  EXPECT_EQ(ask("inspect torn --json --set tokenizer.model=m").code, 3);
}

TEST_F(ModelVerbsTest, WhyNamesAllWhereAllSayTheSame) {
  std::filesystem::create_directory(folder_ / "empty");
  const Answer plain = gistmill("tokenize empty");
  expect_refused(plain, 3, "empty: has no tokenizer, expected tokenizer.json");
  EXPECT_THAT(plain.err, Not(HasSubstr("all say the same")));
  EXPECT_THAT(gistmill("tokenize empty --why").err,
              HasSubstr("\n  all say the same: tokenizer/bpe and tokenizer/spm and tokenizer/unigram\n"));
}

TEST_F(ModelVerbsTest, GarbageIsRefusedWithoutSteeringTheTerminal) {
  write("garbage", std::string("\x1b]0;title\x07\x00\xff", 12));
  const Answer answer = ask("tokenize garbage");
  expect_refused(answer, 3, "\\x1b]0;title\\x07");
  EXPECT_THAT(answer.err, Not(HasSubstr("\x1b")));
}

TEST_F(ModelVerbsTest, GarbageIsRefusedWithoutC1Controls) {
  write("garbage",
        "\xC2\x9B"
        "2J\x9B"
        "2J");
  const Answer answer = ask("tokenize garbage");
  expect_refused(answer, 3, "\\xc2\\x9b2J\\x9b2J");
  EXPECT_THAT(answer.err, Not(HasSubstr("\x9B")));
}

TEST_F(ModelVerbsTest, ModelThatNoLanguageModelTakesNamesTheirRoles) {
  write("other", "words\n");
  const Answer answer = ask_strangers("score other --set tokenizer.model=m", "printf hello | ");
  expect_refused(answer, 3, "no student or teacher takes other\n");
  EXPECT_THAT(answer.err, HasSubstr("student/echo: the first line is not 'echo'"));
  EXPECT_THAT(answer.err, Not(HasSubstr("judge/words"))) << "its score is another operation";
}

}  // namespace
}  // namespace gistmill
