// chat by the real program and model: what it answers, over histories that fit and those that do not.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "tests/e2e/pseudo_terminal.hpp"
#include "tests/e2e/small_training.hpp"
#include "tests/plugins/store/focus-labels/synthetic_labels.hpp"

namespace gistmill {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* kRecipe = " '" GISTMILL_SOURCE_DIR "/recipes/focus/chat.toml' ";

class ChatTest : public TrainTest {
 protected:
  std::string variables() const {
    return " --set variables.model='" + model() + "' --set components.teacher.dtype=f32 ";
  }
  Answer chat(const std::string& lines, const std::string& more = "") {
    write("lines.txt", lines);
    return gistmill("chat" + std::string(kRecipe) + variables() + more + " < lines.txt");
  }
  // The events of that name, in order.
  std::vector<json> events(const std::string& lines, const std::string& name, const std::string& more = "") {
    const Answer answer = chat(lines, "--json " + more);
    EXPECT_EQ(answer.code, 0) << answer.err;
    std::vector<json> found;
    std::istringstream out(answer.out);
    for (std::string line; std::getline(out, line);) {
      const json event = json::parse(line);
      if (event["event"] == name) found.push_back(event);
    }
    return found;
  }
  std::string generated(const std::string& prompt) {
    write("prompt.txt", prompt + "\n");  // which a file ends with
    const Answer answer =
        gistmill("generate '" + model() + "' prompt.txt --set teacher.dtype=f32 --max-tokens 24 --json");
    EXPECT_EQ(answer.code, 0) << answer.err;
    return json::parse(answer.out)["text"];
  }
  void expect_refused(const std::string& arguments, int code, const std::string& message) const {
    const Answer answer = gistmill("chat " + arguments);
    EXPECT_EQ(answer.code, code) << answer.err;
    EXPECT_THAT(answer.err, HasSubstr(message));
    EXPECT_EQ(answer.out, "");
  }
};

// What fits stands as tokens; so each answer is that of a pass over all of it, whatever was kept from the
// turns before.
TEST_F(ChatTest, AnswersAsAFreshPassOverAllTurnsDoesWhileAllOfThemFit) {
  // SmolLM2's own, where none is given.
  const std::string system =
      "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n";
  const auto turn = [](const std::string& text) {
    return "<|im_start|>user\n" + text + "<|im_end|>\n<|im_start|>assistant\n";
  };
  const auto answers =
      events("What is the capital of France?\n\nAnd of Spain?\nThank you.\n", "answer", "--max-tokens 24");
  ASSERT_EQ(answers.size(), 3u) << "an empty line is no message";
  std::string all = system + turn("What is the capital of France?");
  EXPECT_EQ(answers[0]["text"], generated(all));
  all += answers[0]["text"].get<std::string>() + "<|im_end|>\n" + turn("And of Spain?");
  EXPECT_EQ(answers[1]["text"], generated(all));
  all += answers[1]["text"].get<std::string>() + "<|im_end|>\n" + turn("Thank you.");
  EXPECT_EQ(answers[2]["text"], generated(all));
}

TEST_F(ChatTest, HoldsAHistoryThatIsLongerThanTheModelsContextWithinItsBudget) {
  std::string text;
  for (int i = 0; i < 6; ++i) text += read(folder_ / "text/0.txt") + read(folder_ / "text/1.txt");
  write("history.txt", text + text);
  const auto contexts =
      events("Who walked home?\n/context\n", "context",
             "--history history.txt --history text/2.txt --max-tokens 40 --set variables.budget=256 "
             "--watch");
  ASSERT_GT(contexts.size(), 2u) << "the history, blocks of the answer, and what was asked for";
  for (const json& context : contexts) {
    EXPECT_GT(context["history"], 8192) << "what SmolLM2 reads";
    EXPECT_LE(context["rows"], 256);
    std::int64_t end = 0;
    for (const json& entry : context["entries"]) {
      EXPECT_EQ(entry["begin"], end) << "nothing of the history is missing";
      end = entry["end"];
    }
    EXPECT_EQ(end, context["cursor"]);
    EXPECT_EQ(context["entries"].back()["level"], 0) << "the newest stands as tokens";
  }
  EXPECT_FALSE(contexts.back()["actions"].empty());
}

TEST_F(ChatTest, ShowsTheAnswerOnStandardOutputAndTheContextBesideIt) {
  const Answer quiet = chat("Hello\n/quit\nnever read\n", "--max-tokens 8");
  EXPECT_EQ(quiet.code, 0) << quiet.err;
  EXPECT_GT(quiet.out.size(), 1u);
  const Answer watched = chat("Hello\n/context\n", "--max-tokens 8 --watch");
  EXPECT_EQ(watched.out, quiet.out);
  EXPECT_THAT(watched.err, HasSubstr("a history of "));
  EXPECT_THAT(watched.err, HasSubstr("tokens behind a history of"));
}

TEST_F(ChatTest, TellsItsCommandsAndGoesOnBehindALineThatIsNotUtf8) {
  const Answer plain = chat("Hello\n", "--max-tokens 8");
  ASSERT_EQ(plain.code, 0) << plain.err;
  const Answer answer = chat("/help\n/cotnext\n\xFF\xFE\nHello\n/quit\nnever read\n", "--max-tokens 8");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out, plain.out) << "the model saw nothing of the lines before";
  EXPECT_THAT(answer.err, HasSubstr("/context  show the working context\n"));
  EXPECT_THAT(answer.err, HasSubstr("there is no command /cotnext\n/context "));
  EXPECT_THAT(answer.err, HasSubstr("the message is not UTF-8\n"));
  const auto refused = events("\xFF\nHello\n", "refused", "--max-tokens 8");
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0]["message"], "the message is not UTF-8");
}

TEST_F(ChatTest, TakesALineThatNamesAFileForAMessage) {
  EXPECT_EQ(events("/etc/hosts is a file.\n /quit\n/\n", "answer", "--max-tokens 1").size(), 3u);
}

// No model is there: that is said later.
TEST_F(ChatTest, SaysThatItsAddressIsTakenBeforeItLoadsTheModel) {
  const int other = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(other, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(other, 1), 0);
  getsockname(other, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const std::string chat = std::string(kRecipe) + " --set variables.model=nothing.gguf --http 127.0.0.1:";
  expect_refused(chat + port, 1, "nothing can listen at 127.0.0.1 port " + port);
  close(other);
  expect_refused(chat + port, 3, "nothing.gguf");
}

TEST_F(ChatTest, GoesThroughWhatARunHasTrained) {
  labels::test::write_labels(folder_ / "labels.h5",
                             {.sessions = 4, .blocks = 8, .hidden = 576, .budget = 40});
  std::string values = variables();
  for (const char* value : {"components.contexts.labels=\"\"", "components.contexts.file=labels.h5",
                            "components.contexts.hold_out=[\"doc1*\"]", "components.heldout.labels=\"\"",
                            "components.heldout.file=labels.h5", "components.heldout.hold_out=[\"doc1*\"]"})
    values += " --set '" + std::string(value) + "'";
  const Answer run = gistmill("run '" GISTMILL_SOURCE_DIR
                              "/recipes/focus/lens-short.toml' --folder run --set run.steps=2 "
                              "--set evaluations.heldout.steps=1" +
                              values);
  ASSERT_EQ(run.code, 0) << run.err;
  write("lines.txt", "Hello\n/context\n");
  write("history.txt", read(folder_ / "text/0.txt"));
  const Answer answer = gistmill(
      "chat run --json --history history.txt --max-tokens 4 --set components.session.budget=300 < lines.txt");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("learner starts from stage"));
  EXPECT_THAT(answer.out, HasSubstr("\"event\":\"answer\""));
  const std::size_t context = answer.out.find("{\"event\":\"context\"");
  ASSERT_NE(context, std::string::npos) << answer.out;
  bool scored = false;
  const json shown = json::parse(answer.out.substr(context));
  for (const json& entry : shown["entries"]) scored = scored || !entry["score"].is_null();
  EXPECT_TRUE(scored) << "by the lensnet of the run" << answer.out;
}

TEST_F(ChatTest, StopsAnAnswerWithCtrlCAndEndsWithTheNextOne) {
  const std::string program = std::string(GISTMILL_BUILD_DIR) + "/bin/gistmill";
  // So hot that no token is likelier than another: it does not end by itself.
  PseudoTerminal terminal(
      "'" + program + "' chat" + kRecipe + variables() + "--max-tokens 4000 --temperature 100", 100);
  ASSERT_TRUE(terminal.shows("> ", 60)) << terminal.seen();
  terminal.type("Count from one to ten thousand.\r");
  const std::size_t asked = terminal.seen().size();
  ASSERT_TRUE(terminal.shows("\r\n", 20));
  for (int i = 0; i < 200 && terminal.seen().size() < asked + 80; ++i)
    terminal.shows("nothing like this", 0.1);
  terminal.type("\x03");
  terminal.shows("nothing like this", 1);
  EXPECT_TRUE(terminal.seen().ends_with("> ")) << "it asks for the next message: " << terminal.seen();
  terminal.type("\x03");
  EXPECT_EQ(terminal.finish(), 130);
}

// S3.13: what is read, what is said, what is opened for it; recorded, and played again.
TEST_F(ChatTest, PlaysTheWalkthroughAndItsRecordReplaysByteForByte) {
  const std::string demo =
      "focus demo '" GISTMILL_SOURCE_DIR "/recipes/focus/walkthrough.toml' --max-tokens 16" + variables();
  const Answer told = gistmill(demo + "--record kept");
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.err, HasSubstr("> Add logging to the `fetchUser` helper."));
  EXPECT_FALSE(told.out.empty());
  std::istringstream events(read(folder_ / "kept/events.jsonl"));
  bool asked = false, opened = false;
  for (std::string line; std::getline(events, line);) {
    const json event = json::parse(line);
    if (event["event"] == "message") asked = true;
    if (event["event"] != "context" || !asked) continue;
    // The helper's own lines stand as tokens, or were opened for the question.
    for (const json& action : event["actions"])
      opened = opened || (action["action"] == "opened" && action["score"] > 0.2);
    EXPECT_LE(event["rows"], 512);
  }
  EXPECT_TRUE(opened);
  for (const char* picture : {"before", "read", "after"})
    EXPECT_THAT(read(folder_ / "kept" / ("turn-01-" + std::string(picture) + ".svg")), HasSubstr("</svg>"));
  const Answer replay = gistmill("prepare '" GISTMILL_SOURCE_DIR
                                 "/recipes/focus/replay.toml' --set variables.trace=kept/trace.jsonl "
                                 "--set variables.again=again.jsonl --set variables.page=page.html");
  ASSERT_EQ(replay.code, 0) << replay.err;
  EXPECT_EQ(read(folder_ / "again.jsonl"), read(folder_ / "kept/trace.jsonl"));
  EXPECT_EQ(gistmill(demo + "--record kept").code, 1) << "nothing is overwritten";
  expect_refused("nothing", 3, "nothing");
  const Answer untold = gistmill("focus demo" + std::string(kRecipe) + variables());
  EXPECT_EQ(untold.code, 3);
  EXPECT_THAT(untold.err, HasSubstr("tells no session: it has no variable 'message'"));
}

TEST_F(ChatTest, RefusesWhatCannotBeTalkedTo) {
  const std::string recipe = kRecipe + variables();
  expect_refused(recipe + "--history nothing.txt", 3, "nothing.txt: no such file");
  expect_refused("nothing", 3, "nothing");
  expect_refused("text", 3, "text holds no run");
  expect_refused(
      "'" GISTMILL_SOURCE_DIR "/recipes/gistnet/contextual.toml' --set variables.model='" + model() + "'", 3,
      "has no pipeline that a conversation can go through");
  expect_refused(
      recipe + "--history text/0.txt --set variables.budget=8190", 3,
      "a budget of 8190 rows when the model knows 8192 positions, so that it should be 8128 or less");
  expect_refused(recipe + "--max-tokens none", 2, "--max-tokens is 'none' when it should be a number from 1");
  expect_refused(recipe + "--http 0.0.0.0:8080", 2, "an address that other machines may reach");
  expect_refused(recipe + "--http 8080", 2, "an address and a port, such as 127.0.0.1:8080");
  expect_refused(recipe + "--allow-remote", 2, "--allow-remote needs --http");
}

}  // namespace
}  // namespace gistmill
