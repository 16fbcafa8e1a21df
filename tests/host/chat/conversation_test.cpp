// What a conversation reads of its messages, and how its answers come.
#include "host/chat/conversation.hpp"

#include <gmock/gmock.h>

#include "tests/host/chat/fake_chat_model.hpp"

namespace gistmill {
namespace {

using test::FakeChatModel;
using ::testing::ElementsAre;

class ConversationTest : public ::testing::Test {
 protected:
  Answer say(const std::string& text) {
    std::vector<Message> messages = conversation_.messages();
    messages.push_back({"user", text});
    return say(messages);
  }
  Answer say(const std::vector<Message>& messages) {
    pieces_.clear();
    return conversation_.answer(messages, sampling_,
                                {[this](std::string_view more) {
                                   pieces_.emplace_back(more);
                                   return wanted_;
                                 },
                                 [this] { ++changes_; }},
                                &cancel_);
  }

  FakeChatModel model_;
  Conversation conversation_{model_};
  Sampling sampling_;
  std::vector<std::string> pieces_;
  volatile std::int32_t cancel_ = 0;
  bool wanted_ = true;
  int changes_ = 0;
};

TEST_F(ConversationTest, ReadsWhatIsNewOfTheTemplateAndKeepsItsAnswers) {
  model_.answers = {"yes", "no"};
  EXPECT_EQ(say("a?").text, "yes");
  EXPECT_EQ(model_.text(), "<user>a?</><assistant>yes");
  const std::int64_t before = model_.appended;
  EXPECT_EQ(say("b?").text, "no");
  EXPECT_EQ(model_.text(), "<user>a?</><assistant>yes</><user>b?</><assistant>no");
  EXPECT_EQ(model_.appended - before, std::ssize(std::string("</><user>b?</><assistant>no")));
}

TEST_F(ConversationTest, StandsBehindTheTextThatWasReadAsADocument) {
  model_.answers = {"yes"};
  conversation_.read("long ago");
  conversation_.read(", later");
  say("a?");
  EXPECT_EQ(model_.text(), "^long ago, later<user>a?</><assistant>yes");
}

TEST_F(ConversationTest, BeginsAnewBehindThatTextWhereMessagesDoNotGoOn) {
  model_.answers = {"yes", "no"};
  conversation_.read("long ago");
  say("a?");
  say(std::vector<Message>{{"system", "be brief"}, {"user", "c?"}});
  EXPECT_EQ(model_.text(), "^long ago<system>be brief</><user>c?</><assistant>no");
}

TEST_F(ConversationTest, BeginsAnewBehindAnAnswerThatFailed) {
  model_.answers = {"yes"};
  model_.fails = ExitCode::plugin;
  EXPECT_THROW(say("a?"), Failure);
  model_.fails.reset();
  EXPECT_EQ(say("b?").text, "yes");
  EXPECT_EQ(model_.text(), "<user>b?</><assistant>yes");
}

TEST_F(ConversationTest, TakesATemplateThatTrimsAnswers) {
  model_.answers = {"  yes", "no"};
  model_.trims = true;
  say("a?");
  say("b?");
  EXPECT_EQ(model_.text(), "<user>a?</><assistant>  yes</><user>b?</><assistant>no");
}

TEST_F(ConversationTest, ReadsTheNewMessagesAloneWhereATemplateWritesEarlierAnswersInAnotherWay) {
  model_.answers = {"yes", "no"};
  model_.hides_answers = true;
  say("a?");
  say("b?");
  EXPECT_EQ(model_.text(), "<user>a?</><assistant>yes<user>b?</><assistant>no");
}

TEST_F(ConversationTest, WritesLinesWhereTheModelHasNoTemplate) {
  model_.answers = {" yes", " no"};
  model_.has_template = false;
  say("a?");
  say("b?");
  EXPECT_EQ(model_.text(), "^\nUser: a?\n\nAssistant: yes\nUser: b?\n\nAssistant: no");
}

TEST_F(ConversationTest, GivesAnAnswerInWholeCharactersAsItComes) {
  model_.answers = {"a\xC3\xA9\xE2\x82\xACz\xC3"};
  EXPECT_EQ(say("?").text, "a\xC3\xA9\xE2\x82\xACz\xC3");
  EXPECT_THAT(pieces_, ElementsAre("a", "\xC3\xA9", "\xE2\x82\xAC", "z", "\xC3"));
}

TEST_F(ConversationTest, GoesOnBehindAnAnswerThatIsNotUtf8) {
  model_.answers = {"a\xE9(\xC3", "no"};
  say("a?");
  EXPECT_EQ(conversation_.messages().back().content, "a\xEF\xBF\xBD(\xEF\xBF\xBD");
  EXPECT_EQ(say("b?").text, "no");
  EXPECT_EQ(model_.text(), "<user>a?</><assistant>a\xE9(\xC3</><user>b?</><assistant>no")
      << "what was read is what the model said";
}

TEST_F(ConversationTest, SaysHowAnAnswerEnded) {
  model_.answers = {"yes", "endless", "endless"};
  EXPECT_EQ(say("a?").end, Answer::End::stop);
  sampling_.most = 3;
  const Answer cut = say("b?");
  EXPECT_EQ(cut.end, Answer::End::length);
  EXPECT_EQ(cut.text, "end");
  wanted_ = false;
  EXPECT_EQ(say("c?").end, Answer::End::canceled);
  EXPECT_EQ(pieces_.size(), 1u);
}

TEST_F(ConversationTest, EndsAnAnswerBeforeATextThatStopsIt) {
  model_.answers = {"one.two", "no"};
  sampling_.stop = {"?", "."};
  const Answer answer = say("a?");
  EXPECT_EQ(answer.text, "one");
  EXPECT_EQ(answer.end, Answer::End::stop);
  EXPECT_EQ(model_.text(), "<user>a?</><assistant>one");
  const std::int64_t before = model_.appended;
  model_.answers = {"no"};
  say("b?");
  EXPECT_EQ(model_.text(), "<user>a?</><assistant>one</><user>b?</><assistant>no");
  EXPECT_EQ(model_.appended - before, std::ssize(std::string("</><user>b?</><assistant>no")))
      << "nothing is read twice";
}

TEST_F(ConversationTest, TellsNothingThatMayBecomeATextThatStopsIt) {
  model_.answers = {"a</b></i>c"};
  sampling_.stop = {"</i>", "i>c"};
  EXPECT_EQ(say("a?").text, "a</b>");
  EXPECT_THAT(pieces_, ElementsAre("a", "</b", ">"));
  model_.answers = {"a</i"};
  EXPECT_EQ(say("b?").text, "a</i") << "it never became one";
}

TEST_F(ConversationTest, ReadsAnAnswerAnewThatEndedWithinWhatWasRead) {
  model_.answers = {"one</i>two"};
  sampling_.stop = {"</i>"};
  EXPECT_EQ(say("a?").text, "one");
  model_.answers = {"no"};
  say("b?");
  EXPECT_EQ(model_.text(), "<user>a?</><assistant>one</><user>b?</><assistant>no");
}

TEST_F(ConversationTest, KeepsOfAnAnswerThatWasStoppedWhatCame) {
  model_.answers = {"endless", "no"};
  model_.during = [&] { cancel_ = model_.answers.front() == "ess" ? 1 : 0; };
  const Answer stopped = say("a?");
  EXPECT_EQ(stopped.end, Answer::End::canceled);
  EXPECT_EQ(stopped.text, "endl");
  cancel_ = 0;
  model_.answers = {"no"};
  model_.during = nullptr;
  EXPECT_EQ(say("b?").text, "no");
  EXPECT_EQ(model_.text(), "<user>a?</><assistant>endl</><user>b?</><assistant>no");
}

TEST_F(ConversationTest, SaysWhenTheWorkingContextHasChanged) {
  model_.answers = {"12345678"};
  say("a?");
  EXPECT_EQ(changes_, 3) << "the message, and two blocks of the answer";
}

TEST_F(ConversationTest, GoesOnBehindAMessageThatTheTemplateDoesNotTake) {
  model_.answers = {"yes", "no"};
  model_.refuses = "b?";
  say("a?");
  EXPECT_THROW(say("b?"), RefusedMessages);
  say("c?");
  EXPECT_EQ(model_.text(), "<user>a?</><assistant>yes</><user>c?</><assistant>no");
}

TEST_F(ConversationTest, RefusesAMessageThatIsNotUtf8AndStaysAsItWas) {
  EXPECT_THROW(say("\xFF"), RefusedMessages);
  EXPECT_EQ(model_.appended, 0);
}

}  // namespace
}  // namespace gistmill
