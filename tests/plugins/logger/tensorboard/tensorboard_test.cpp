// The bytes that TensorBoard reads: opened.py checks them with TensorBoard itself.
#include <gmock/gmock.h>

#include <fstream>
#include <gistmill/plugin.hpp>
#include <sstream>

#include "plugins/logger/tensorboard/tensorboard_logger.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::tensorboard {
namespace {

using gistmill::testing::ScratchFolder;
using ::testing::HasSubstr;

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

// As TensorBoard's own RecordWriter 2.21.0 writes it.
TEST(TensorboardRecord, HasTheLengthAndBothMaskedChecksums) {
  EXPECT_EQ(record("abc"), bytes({3, 0, 0, 0, 0, 0, 0, 0, 0xb0, 0x99, 0x49, 0x0e}) + "abc" +
                               bytes({0x6e, 0x57, 0xf1, 0x21}));
}

TEST(TensorboardEvent, IsAProtocolBuffer) {
  EXPECT_EQ(version_event(1.5), bytes({9, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x1a, 13}) + "brain.Event:2");
  EXPECT_EQ(start_event(1.5, 300), bytes({9, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x10, 0xac, 2, 0x3a, 2, 8, 1}));
  EXPECT_EQ(scalars_event({"", 1, 1.5, {{"loss", 0.5}}}),
            bytes({9, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x10, 1, 0x2a, 13, 10, 11, 10, 4}) + "loss" +
                bytes({0x15, 0, 0, 0, 0x3f}));
}

TEST(TensorboardLog, HasAFolderForEachStage) {
  const ScratchFolder folder;
  TensorboardLogger logger(folder / "board");
  logger.on_event(R"({"event":"stage_started","stage":"first","step":0,"time":5})");
  logger.on_event(R"({"event":"step","stage":"first","step":1,"time":6,"loss":0.5,"gradient_norm":null})");
  logger.on_event(R"({"event":"message","text":"no number"})");
  std::ostringstream text;
  text << std::ifstream(folder / "board" / "first" / "events.out.tfevents.5.0.gistmill", std::ios::binary)
              .rdbuf();
  EXPECT_EQ(text.str(), record(version_event(5)) + record(start_event(5, 1)) +
                            record(scalars_event({"first", 1, 6, {{"loss", 0.5}}})));
}

TEST(TensorboardLog, MakesAnotherFileForAProcessOfTheSameSecond) {
  const ScratchFolder folder;
  for (int process = 0; process < 2; ++process) {
    TensorboardLogger(folder / "b").on_event(R"({"event":"stage_started","stage":"","step":0,"time":5})");
  }
  EXPECT_TRUE(std::filesystem::exists(folder / "b" / "events.out.tfevents.5.1.gistmill"));
}

TEST(TensorboardLog, SaysThatItsFolderCannotBe) {
  const ScratchFolder folder;
  std::ofstream(folder / "file") << "x";
  try {
    TensorboardLogger(folder / "file").on_event(R"({"event":"stage_started","stage":"","step":0,"time":5})");
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    EXPECT_THAT(error.what(), HasSubstr("cannot be made: "));
  }
}

}  // namespace
}  // namespace gistmill::tensorboard
