// A conversation in a folder, and a working context as a picture.
#include "host/chat/chat_record.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "host/chat/context_picture.hpp"
#include "host/diagnostic/failure.hpp"
#include "tests/host/chat/fake_chat_model.hpp"
#include "tests/support/file_bytes.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class ChatRecordTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::string read(const char* name) const { return test::bytes_of(folder_ / name); }

  const fs::path folder_ =
      fs::path(::testing::TempDir()) / (std::string("gistmill-chat-record-") +
                                        ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ChatRecordTest, KeepsEventsPicturesAndTheTrace) {
  test::FakeChatModel model;
  model.append(model.encode("twelve bytes"));
  ChatRecord record(folder_ / "new/one");
  record.event({{"event", "message"}, {"text", "a?"}});
  record.event({{"event", "answer"}, {"text", "\xFF"}});
  record.picture("turn-01-before", model.view(), 0);
  record.finish(model);
  EXPECT_EQ(read("new/one/events.jsonl"),
            "{\"event\":\"message\",\"text\":\"a?\"}\n{\"event\":\"answer\",\"text\":\"\uFFFD\"}\n");
  EXPECT_EQ(read("new/one/trace.jsonl"), "a trace of 12");
  EXPECT_THAT(read("new/one/turn-01-before.svg"), HasSubstr("<svg"));
}

TEST_F(ChatRecordTest, OverwritesNothing) {
  fs::create_directories(folder_);
  const ChatRecord empty(folder_);
  std::ofstream(folder_ / "mine.txt") << "mine";
  EXPECT_THROW(ChatRecord{folder_}, Failure);
}

TEST(ContextPicture, DrawsEachEntryAndMarksWhatWasDoneLately) {
  ContextView view;
  view.history = view.cursor = 64;
  view.entries = {{2, 0, 32, std::nullopt, -1, 5}, {1, 32, 48, 0.25, -1, 2}, {0, 48, 64, -0.5, 0, 1}};
  view.actions = {{-1, 0, 32, -0.31, 48}, {1, 32, 48, 0.42, 64}};
  const std::string all = svg_picture(view, 0), late = svg_picture(view, 48);
  for (const char* part : {"class=\"l0\"", "class=\"l1\"", "class=\"l2\"", ">+0.42<", "class=\"up\""}) {
    EXPECT_THAT(all, HasSubstr(part));
    EXPECT_THAT(late, HasSubstr(part));
  }
  EXPECT_THAT(all, HasSubstr(">-0.31<"));
  EXPECT_THAT(late, Not(HasSubstr(">-0.31<"))) << "that was before";
  EXPECT_THAT(svg_picture({}, 0), HasSubstr("a history of 0 tokens"));
}

}  // namespace
}  // namespace gistmill
