// A disk that is full or breaks, at every system call in turn: what a run writes stands whole, old or new,
// and nothing half made beside it; the message names the file and the reason; what only saves time is done
// without. A program of its own, for it puts failing system calls before the C library's.
#include <gmock/gmock.h>

#include <cerrno>
#include <functional>
#include <utility>

#include <gistmill/formats/token_file.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/run/checkpoint.hpp"
#include "tests/host/run/pages_fixture.hpp"
#include "tests/sdk/files/failing_calls.hpp"

namespace gistmill {

namespace {

using ::testing::AllOf;
using ::testing::Each;
using testing::FailingCalls;
using testing::Fault;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
namespace fs = std::filesystem;

class DiskFaults : public PagesTest, public ::testing::WithParamInterface<Fault> {
 protected:
  std::string reason() const {
    return GetParam().error == EIO ? "input/output error" : "no space left on device";
  }

  static int count_calls(const fs::path& folder, const std::function<void()>& body) {
    const FailingCalls calls(folder);
    body();
    return calls.seen();
  }

  // The text of the failure that call number `call` on `folder` leads to; "" where it leads to none.
  std::string failure_of(const fs::path& folder, int call, const std::function<void()>& body) const {
    const FailingCalls calls(folder, call, GetParam());
    try {
      body();
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::failed);
      return failure.what();
    }
    return "";
  }

  void expect_named(const std::string& failure, const fs::path& folder) const {
    EXPECT_THAT(failure, AllOf(HasSubstr(folder.string()), HasSubstr(reason()), Not(HasSubstr(".tmp"))));
  }

  // All below `folder`, hidden names too.
  static std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    if (!fs::exists(folder)) return names;
    for (const auto& each : fs::recursive_directory_iterator(folder))
      names.push_back(fs::relative(each.path(), folder).string());
    return names;
  }
  static void expect_nothing_half_made(const fs::path& folder) {
    for (const std::string& name : names_in(folder)) EXPECT_THAT(name, Not(HasSubstr(".tmp")));
  }

  // What the run said as warnings, a line each.
  std::vector<std::string> warnings() const {
    std::vector<std::string> found;
    std::istringstream lines(talk_);
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("warning: ", 0) == 0) found.push_back(line);
    }
    return found;
  }
};

class CheckpointFaults : public DiskFaults {
 protected:
  void SetUp() override {
    DiskFaults::SetUp();
    recipe("[run]\nsteps = 2\n[checkpoints]\nevery = 1\n");
  }
  void train(bool resume) {
    RunRequest asked = request(folder_ / "recipe.toml");
    asked.resume = resume;
    run(asked);
  }
  fs::path checkpoints() const { return folder_ / "run/checkpoints"; }
  std::string result() const { return read(checkpoints() / "step-000002/parameters.safetensors"); }

  // Every checkpoint that has its name is whole.
  int whole_checkpoints() const {
    int count = 0;
    std::error_code missing;
    for (const auto& each : fs::directory_iterator(checkpoints(), missing)) {
      EXPECT_NO_THROW(verify_checkpoint(each.path()));
      ++count;
    }
    return count;
  }
};

TEST_P(CheckpointFaults, EndTheRunWithWholeCheckpointsFromWhichItGoesOnBitForBit) {
  const int calls = count_calls(checkpoints(), [&] { train(false); });
  EXPECT_GT(calls, 60);
  const std::string expected = result();
  int before = 0;
  for (int call = 0; call < calls; ++call) {
    SCOPED_TRACE(call);
    fs::remove_all(folder_ / "run");
    const std::string failure = failure_of(checkpoints(), call, [&] { train(false); });
    expect_nothing_half_made(checkpoints());
    const int whole = whole_checkpoints();
    if (!failure.empty()) {
      EXPECT_GE(whole, before) << "a failure takes no checkpoint that was there";
      before = whole;
      expect_named(failure, checkpoints());
      train(true);
    }
    EXPECT_EQ(result(), expected);
  }
}

TEST_P(CheckpointFaults, WhileOneIsReadEndTheRunOrLeaveItAnEarlierOne) {
  train(false);
  const std::string expected = result();
  const auto interrupt = [&] {  // after the first step
    fs::remove_all(folder_ / "run/checkpoints/step-000002");
    fs::remove(folder_ / "run/summary.json");
  };
  interrupt();
  const int calls = count_calls(checkpoints(), [&] { train(true); });
  for (int call = 0; call < calls; ++call) {
    SCOPED_TRACE(call);
    interrupt();
    const std::string failure = failure_of(checkpoints(), call, [&] { train(true); });
    expect_nothing_half_made(checkpoints());
    EXPECT_GE(whole_checkpoints(), 1);
    if (!failure.empty()) {
      EXPECT_THAT(failure,
                  AllOf(HasSubstr(checkpoints().string()), HasSubstr(reason()), Not(HasSubstr(".tmp"))));
      train(true);
    }
    EXPECT_EQ(result(), expected);
  }
}

class CacheFaults : public DiskFaults {
 protected:
  void SetUp() override {
    DiskFaults::SetUp();
    cached(R"(["reader.read", "reader.sum"])");
  }
  fs::path prepared() const { return folder_ / "prepared"; }
  fs::path entries() const { return prepared() / "calls"; }

  void train() {
    talk_.clear();
    fs::remove_all(folder_ / "run");
    run(request(folder_ / "recipe.toml"));
  }
  // Each says which file and why. Two where both reading and keeping fail.
  void expect_few_warnings() const {
    EXPECT_LE(warnings().size(), GetParam().lasting ? 2u : 1u) << talk_;
    EXPECT_THAT(warnings(), Each(AllOf(HasSubstr(entries().string()), HasSubstr(reason()))));
  }
};

TEST_P(CacheFaults, WhileResultsAreKeptCostOnlyTime) {
  const int calls = count_calls(entries(), [&] { train(); });
  EXPECT_GT(calls, 30);
  const std::vector<double> expected = losses();
  ASSERT_THAT(expected, SizeIs(4));
  for (int call = 0; call < calls; ++call) {
    SCOPED_TRACE(call);
    fs::remove_all(prepared());
    EXPECT_EQ(failure_of(entries(), call, [&] { train(); }), "");
    EXPECT_EQ(losses(), expected);
    expect_few_warnings();
    expect_nothing_half_made(entries());
    train();
    EXPECT_EQ(losses(), expected);
    EXPECT_THAT(warnings(), IsEmpty()) << "what was kept is whole";
  }
}

TEST_P(CacheFaults, WhileResultsAreReadCostOnlyTime) {
  train();
  const std::vector<double> expected = losses();
  const int calls = count_calls(entries(), [&] { train(); });
  EXPECT_GT(calls, 3);
  for (int call = 0; call < calls; ++call) {
    SCOPED_TRACE(call);
    EXPECT_EQ(failure_of(entries(), call, [&] { train(); }), "");
    EXPECT_EQ(losses(), expected);
    EXPECT_FALSE(warnings().empty());
    expect_few_warnings();
    expect_nothing_half_made(entries());
    train();
    EXPECT_EQ(losses(), expected);
    EXPECT_THAT(warnings(), IsEmpty());
  }
}

TEST_P(DiskFaults, OfAPreparedCorpusLeaveItWholeOrNotThere) {
  const fs::path prepared = folder_ / "prepared";
  RunRequest asked = request(write("recipe.toml", R"(
[components]
codes = { use = "test/codes" }
store = { use = "store/tokens" }
corpus = { use = "dataset/spans", corpus = "prepare" }

[pipelines.prepare]
steps = ["codes.next", "store.append"]

[run]
prepared = ")" + prepared.string() + "\"\n"));
  asked.plugin_folders.push_back(fs::path(GISTMILL_BUILD_DIR) / "tests/codes/first");
  const auto prepare = [&] { return prepare_files(asked)[0]["path"].get<std::string>(); };
  std::string path;
  const int calls = count_calls(prepared, [&] { path = prepare(); });
  EXPECT_GT(calls, 8);
  const std::string expected = read(path);
  for (int call = 0; call < calls; ++call) {
    SCOPED_TRACE(call);
    fs::remove_all(prepared);
    const std::string failure = failure_of(prepared, call, prepare);
    if (!failure.empty()) expect_named(failure, prepared);
    for (const std::string& name : names_in(prepared)) EXPECT_EQ(prepared / name, path);
    prepare();
    EXPECT_EQ(read(path), expected);
  }
}

TEST_P(DiskFaults, OfAnExportLeaveAWholeFolderOrNone) {
  run(request(recipe()));
  RunRequest asked = request(folder_ / "run");
  asked.verb = RunVerb::export_run;
  const fs::path around = folder_ / "exports";
  asked.target = around / "out";
  const int calls = count_calls(around, [&] { run(asked); });
  EXPECT_GT(calls, 5);
  const std::string expected = read(asked.target / "a.txt");
  EXPECT_FALSE(expected.empty());
  for (int call = 0; call < calls; ++call) {
    SCOPED_TRACE(call);
    fs::remove_all(around);
    const std::string failure = failure_of(around, call, [&] { run(asked); });
    EXPECT_FALSE(failure.empty());
    expect_named(failure, around);
    expect_nothing_half_made(around);
    if (fs::exists(asked.target)) {
      EXPECT_EQ(read(asked.target / "a.txt"), expected);
      fs::remove_all(asked.target);
    }
    run(asked);
    EXPECT_EQ(read(asked.target / "a.txt"), expected);
  }
}

const auto kFaults =
    ::testing::Values(Fault{EIO, false}, Fault{ENOSPC, true});  // a bad block; a disk that is full
INSTANTIATE_TEST_SUITE_P(All, DiskFaults, kFaults);
INSTANTIATE_TEST_SUITE_P(All, CheckpointFaults, kFaults);
INSTANTIATE_TEST_SUITE_P(All, CacheFaults, kFaults);

}  // namespace
}  // namespace gistmill
