// One number a line, each once, through resumed runs.
#include "plugins/logger/csv/csv_logger.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <gistmill/plugin.hpp>

#include "tests/sdk/token_file/scratch_folder.hpp"
#include "tests/support/file_bytes.hpp"

namespace gistmill::csv {
namespace {

using gistmill::testing::ScratchFolder;

class CsvLog : public ::testing::Test {
 protected:
  std::string path() const { return folder_ / "figures.csv"; }
  // A process that logs these events and ends.
  void run(const std::vector<std::string>& events) const {
    CsvLogger logger(path());
    logger.start();
    for (const std::string& event : events) logger.on_event(event);
  }
  std::string contents() const { return gistmill::test::bytes_of(path()); }
  static std::string begin(int step) {
    return R"({"event":"stage_started","stage":"a","time":1,"step":)" + std::to_string(step) + "}";
  }
  static std::string step(int number, const std::string& loss = "0.5") {
    return R"({"event":"step","stage":"a","time":2.25,"step":)" + std::to_string(number) + R"(,"loss":)" +
           loss + "}";
  }
  ScratchFolder folder_;
};

TEST_F(CsvLog, HasALineForEachNumberOfStepsAndEvaluations) {
  run({begin(0),
       R"({"event":"step","stage":"a","step":1,"steps":9,"time":2,"loss":0.1,"losses":{"apart":3}})",
       R"({"event":"evaluation","stage":"a","step":1,"time":3,"name":"heldout","entries":[
           {"variant":"mean, \"raw\"","figure":"delta_nll.32","value":0.25},
           {"variant":"none","figure":"delta_nll.32","value":null}]})"});
  EXPECT_EQ(contents(),
            "stage,step,name,value,time\n"
            "a,1,loss,0.1,2\n"
            "a,1,losses/apart,3,2\n"
            "a,1,\"heldout/delta_nll.32/mean, \"\"raw\"\"\",0.25,3\n");
}

TEST_F(CsvLog, HasEveryStepOfAResumedRunOnce) {
  run({begin(0), step(1), step(2), step(3)});
  run({begin(1), step(2, "0.75")});
  EXPECT_EQ(contents(), "stage,step,name,value,time\na,1,loss,0.5,2.25\na,2,loss,0.75,2.25\n");
}

TEST_F(CsvLog, KeepsTheStepsOfOtherStages) {
  run({begin(0), step(5)});
  run({R"({"event":"stage_started","stage":"b","time":1,"step":0})"});
  EXPECT_EQ(contents(), "stage,step,name,value,time\na,5,loss,0.5,2.25\n");
}

TEST_F(CsvLog, LosesALineThatACrashCutShort) {
  run({begin(0), step(1)});
  std::ofstream(path(), std::ios::app) << "a,2,lo";
  run({begin(1), step(2)});
  EXPECT_EQ(contents(), "stage,step,name,value,time\na,1,loss,0.5,2.25\na,2,loss,0.5,2.25\n");
}

TEST_F(CsvLog, SaysThatItsFileCannotBe) {
  CsvLogger logger(folder_.path());
  try {
    logger.start();
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
  }
}

}  // namespace
}  // namespace gistmill::csv
