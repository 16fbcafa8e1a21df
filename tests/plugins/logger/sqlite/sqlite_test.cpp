// Rows of a database that runs share, each once, through resumed runs.
#include "plugins/logger/sqlite/sqlite_logger.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <gistmill/plugin.hpp>
#include <thread>

#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::sqlite {
namespace {

using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;

class SqliteLog : public ::testing::Test {
 protected:
  std::string path() const { return folder_ / "figures.sqlite"; }
  // A process that logs these events of a run and ends.
  void run(const std::string& folder, const std::vector<std::string>& events) const {
    SqliteLogger logger(path());
    logger.start();
    logger.on_event(R"({"event":"run_started","run_folder":")" + folder + "\"}");
    for (const std::string& event : events) logger.on_event(event);
  }
  // "run|stage|step|name|value" of every row.
  std::vector<std::string> rows() const {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    std::vector<std::string> found;
    const auto take = [](void* to, int count, char** values, char**) {
      std::string row = values[0];
      for (int i = 1; i < count; ++i) row += std::string("|") + values[i];
      static_cast<std::vector<std::string>*>(to)->push_back(row);
      return 0;
    };
    const char* query = "select run, stage, step, name, value from figures order by run, stage, step, name";
    EXPECT_EQ(sqlite3_exec(database, query, take, &found, nullptr), SQLITE_OK);
    sqlite3_close(database);
    return found;
  }
  static std::string begin(int step) {
    return R"({"event":"stage_started","stage":"a","time":1,"step":)" + std::to_string(step) + "}";
  }
  static std::string step(int number, const std::string& loss = "0.5") {
    return R"({"event":"step","stage":"a","time":2,"step":)" + std::to_string(number) + R"(,"loss":)" + loss +
           "}";
  }
  ScratchFolder folder_;
};

TEST_F(SqliteLog, HasARowForEachNumber) {
  run("runs/a", {begin(0), step(1), R"({"event":"evaluation","stage":"a","step":1,"time":3,"name":"heldout",
                  "entries":[{"variant":"mean","figure":"delta_nll.32","value":0.25}]})"});
  EXPECT_THAT(rows(), ElementsAre("runs/a|a|1|heldout/delta_nll.32/mean|0.25", "runs/a|a|1|loss|0.5"));
}

TEST_F(SqliteLog, HasEveryStepOfAResumedRunOnceAndLeavesOtherRunsAlone) {
  run("runs/b", {begin(0), step(3)});
  run("runs/a", {begin(0), step(1), step(2), step(3)});
  run("runs/a", {begin(1), step(2, "0.75")});
  EXPECT_THAT(rows(), ElementsAre("runs/a|a|1|loss|0.5", "runs/a|a|2|loss|0.75", "runs/b|a|3|loss|0.5"));
}

TEST_F(SqliteLog, TakesTheRowsOfRunsThatLogAtOnce) {
  const auto log = [&](const std::string& folder) {
    std::vector<std::string> events = {begin(0)};
    for (int number = 1; number <= 40; ++number) events.push_back(step(number));
    run(folder, events);
  };
  std::thread other(log, "runs/b");
  log("runs/a");
  other.join();
  EXPECT_EQ(rows().size(), 80u);
}

TEST_F(SqliteLog, RefusesAFileThatIsNoDatabase) {
  std::ofstream(path()) << std::string(5000, 'x');
  try {
    run("runs/a", {});
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    EXPECT_STREQ(error.what(), (path() + ": file is not a database").c_str());
  }
}

}  // namespace
}  // namespace gistmill::sqlite
