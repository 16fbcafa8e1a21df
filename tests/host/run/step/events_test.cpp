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

using EventsTest = RunTest;

// No file of this process may grow beyond so many bytes.
void limit_files(rlim_t bytes) {
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  setrlimit(RLIMIT_FSIZE, &limit);
}

TEST_F(EventsTest, ALoggerOnAFullDiskIsNamedOnceAndGoesOnWhenThereIsRoom) {
  std::signal(SIGXFSZ, SIG_IGN);
  Registry registry({std::string(GISTMILL_BUILD_DIR) + "/lib/gistmill/plugins"});
  ComponentUse use;
  use.name = "log";
  use.use = "logger/jsonl";
  Value::Table options;
  options.emplace_back("file", Value((folder_ / "log.jsonl").string(), Origin{}));
  use.options = Value(std::move(options), Origin{});
  const auto logger = make_instance(use, registry);
  logger->start_on(at::kCPU, {}, 0);
  Events events([this](std::string_view line) { talk_ += std::string(line) + "\n"; });
  events.add(*logger, false);

  events.emit("first", {});
  limit_files(std::filesystem::file_size(folder_ / "log.jsonl"));
  events.emit("lost", {});
  events.emit("lost", {});
  limit_files(RLIM_INFINITY);
  events.emit("last", {});

  EXPECT_THAT(talk_, HasSubstr("warning: log misses events: "));
  EXPECT_EQ(talk_.find("misses"), talk_.rfind("misses"));
  const std::string text = read(folder_ / "log.jsonl");
  EXPECT_THAT(text, HasSubstr("2 events before this could not be written"));
  EXPECT_THAT(text, HasSubstr("\"event\":\"last\""));
}

}  // namespace
}  // namespace gistmill
