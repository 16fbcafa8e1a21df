// Events to loggers: one that fails is named once and goes on when it can.
#include "host/run/step/events.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "host/registry/registry.hpp"
#include "host/run/step/session.hpp"
#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// No file of this process may grow beyond so many bytes.
void limit_files(rlim_t bytes) {
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  setrlimit(RLIMIT_FSIZE, &limit);
}

// One logger, logger/jsonl on log.jsonl.
class EventsTest : public RunTest {
 protected:
  void SetUp() override {
    RunTest::SetUp();
    std::signal(SIGXFSZ, SIG_IGN);
    ComponentUse use;
    use.name = "log";
    use.use = "logger/jsonl";
    Value::Table options;
    options.emplace_back("file", Value(file().string(), Origin{}));
    use.options = Value(std::move(options), Origin{});
    logger_ = make_instance(use, registry_);
    logger_->start_on(at::kCPU, {}, 0);
  }
  void TearDown() override {
    there_is_room();
    RunTest::TearDown();
  }

  std::filesystem::path file() const { return folder_ / "log.jsonl"; }
  void the_disk_is_full() const { limit_files(std::filesystem::file_size(file())); }
  static void there_is_room() { limit_files(RLIM_INFINITY); }

  Registry registry_{{std::string(GISTMILL_BUILD_DIR) + "/lib/gistmill/plugins"}};
  std::unique_ptr<TensorInstance> logger_;
  Events events_{[this](std::string_view line) { talk_ += std::string(line) + "\n"; }};
};

TEST_F(EventsTest, ALoggerOnAFullDiskIsNamedOnceAndGoesOnWhenThereIsRoom) {
  events_.add(*logger_, false);
  events_.emit("first", {});
  the_disk_is_full();
  events_.emit("lost", {});
  events_.emit("lost", {});
  there_is_room();
  events_.emit("last", {});

  EXPECT_THAT(talk_, HasSubstr("warning: log misses events: "));
  EXPECT_EQ(talk_.find("misses"), talk_.rfind("misses"));
  const std::string text = read(file());
  EXPECT_THAT(text, HasSubstr("2 events before this could not be written"));
  EXPECT_THAT(text, HasSubstr("\"event\":\"last\""));
}

TEST_F(EventsTest, AMessageIsSaidExactlyWhereNoLoggerThatShowsMessagesTookIt) {
  events_.add(*logger_, true);
  events_.message("info", "shown before");
  EXPECT_EQ(talk_, "");
  the_disk_is_full();
  events_.message("warning", "missed", "scale");
  there_is_room();
  events_.message("info", "shown after");

  EXPECT_THAT(talk_, HasSubstr("warning: scale: missed\n"));
  EXPECT_THAT(talk_, Not(HasSubstr("shown")));
}

}  // namespace
}  // namespace gistmill
