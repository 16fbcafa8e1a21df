// The event log holds whole lines only, through crashes, resumed runs and full disks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <gistmill/plugin.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "plugins/logger/jsonl/jsonl_logger.hpp"
#include "tests/host/report/scratch_folder.hpp"
#include "tests/support/file_bytes.hpp"

namespace gistmill::jsonl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class JsonlLog : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_ / "events.jsonl"; }

  void given(const std::string& contents) const { std::ofstream(path(), std::ios::binary) << contents; }

  std::string contents() const { return gistmill::test::bytes_of(path()); }

  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    std::istringstream text(contents());
    for (std::string line; std::getline(text, line);) out.push_back(line);
    return out;
  }

  // A process that writes these events and ends.
  void run(const std::vector<std::string>& events) const {
    JsonlLogger logger(path());
    logger.start();
    for (const std::string& event : events) logger.on_event(event);
  }

  ScratchFolder folder_;
};

std::string step(int number) { return R"({"event":"step","step":)" + std::to_string(number) + "}"; }

TEST_F(JsonlLog, HoldsOneLineAnEvent) {
  run({step(1), step(2)});
  EXPECT_EQ(contents(), step(1) + "\n" + step(2) + "\n");
}

TEST_F(JsonlLog, IsThereAsSoonAsTheEventIsOver) {
  JsonlLogger logger(path());
  logger.start();
  logger.on_event(step(1));
  EXPECT_EQ(contents(), step(1) + "\n");
}

TEST_F(JsonlLog, GoesOnWhereTheLastProcessEnded) {
  run({step(1)});
  run({step(2)});
  EXPECT_THAT(lines(), ElementsAre(step(1), step(2)));
}

TEST_F(JsonlLog, CutsOffALineThatACrashCutShort) {
  given(step(1) + "\n" + R"({"event":"st)");
  run({step(2)});
  EXPECT_THAT(lines(), ElementsAre(step(1), step(2)));
}

TEST_F(JsonlLog, CutsOffAnIncompleteLineOfAnyLength) {
  for (const std::size_t length : {1U, 65535U, 65536U, 65537U, 200'000U}) {
    given(step(1) + "\n" + std::string(length, 'x'));
    run({});
    EXPECT_EQ(contents(), step(1) + "\n") << length;
  }
}

TEST_F(JsonlLog, StartsAnewWhereNoLineIsComplete) {
  given(R"({"event":)");
  run({step(1)});
  EXPECT_THAT(lines(), ElementsAre(step(1)));
}

TEST_F(JsonlLog, LeavesCompleteFilesAsTheyAre) {
  given(step(1) + "\n\n" + step(2) + "\n");
  run({});
  EXPECT_EQ(contents(), step(1) + "\n\n" + step(2) + "\n");
}

TEST_F(JsonlLog, TakesNewlinesOutOfAnEvent) {
  run({"{\"event\": \"message\",\r\n  \"text\": \"a\\nb\"}"});
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(lines()[0])["text"], "a\nb");
}

TEST_F(JsonlLog, LeavesOutProgress) {
  run({step(1), R"({"event":"progress","done":3})", step(2)});
  EXPECT_THAT(lines(), ElementsAre(step(1), step(2)));
}

TEST_F(JsonlLog, RefusesWhatIsNotAnEvent) {
  EXPECT_THROW(run({"[1]"}), Error);
  EXPECT_THROW(run({"{\"event\":"}), Error);
  EXPECT_EQ(contents(), "");
}

TEST_F(JsonlLog, NamesAFolderThatIsNotThere) {
  JsonlLogger logger(folder_ / "missing/events.jsonl");
  try {
    logger.start();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    EXPECT_EQ(error.key, "file");
    EXPECT_THAT(error.what(), HasSubstr("missing/events.jsonl cannot be opened: no such file or directory"));
  }
}

TEST_F(JsonlLog, RefusesAFolderInPlaceOfAFile) {
  JsonlLogger logger(folder_.path());
  EXPECT_THROW(logger.start(), Error);
}

TEST(JsonlLogOnAFullDisk, IsSaidOnce) {
  JsonlLogger logger("/dev/full");
  logger.start();
  try {
    logger.on_event(step(1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_UNAVAILABLE);
    EXPECT_THAT(error.what(), HasSubstr("no space left on device"));
  }
  EXPECT_NO_THROW(logger.on_event(step(2)));
  EXPECT_NO_THROW(logger.on_event(step(3)));
}

// Lets files grow to `bytes` only, as a full disk would; gives it back at the end.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limited{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST_F(JsonlLog, KeepsNoPartOfALineThatDidNotFit) {
  JsonlLogger logger(path());
  logger.start();
  logger.on_event(step(1));
  {
    const FileSizeLimit limit(step(1).size() + 10);
    EXPECT_THROW(logger.on_event(step(2)), Error);
    EXPECT_NO_THROW(logger.on_event(step(3)));
  }
  EXPECT_EQ(contents(), step(1) + "\n");
}

TEST_F(JsonlLog, TellsHowManyEventsAreMissing) {
  JsonlLogger logger(path());
  logger.start();
  {
    const FileSizeLimit limit(5);
    EXPECT_THROW(logger.on_event(step(1)), Error);
    logger.on_event(step(2));
  }
  logger.on_event(R"({"event":"step","time":7.5,"step":3})");
  ASSERT_EQ(lines().size(), 2U);
  const auto message = nlohmann::json::parse(lines()[0]);
  EXPECT_EQ(message["event"], "message");
  EXPECT_EQ(message["time"], 7.5);
  EXPECT_EQ(message["text"], "2 events before this could not be written");
  logger.on_event(step(4));
  EXPECT_EQ(lines().size(), 3U);
}

}  // namespace
}  // namespace gistmill::jsonl
