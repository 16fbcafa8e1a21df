// Every system call of a commit fails once, the n-th of them in the n-th attempt: each time an error in
// words, nothing left in the folder, an older file untouched, and HDF5 able to go on (and to end) without a
// crash.
#include <gistmill/formats/token_file.hpp>

#include <gmock/gmock.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/sdk/files/failing_calls.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::formats {
namespace {

using gistmill::testing::FailingCalls;
using gistmill::testing::ScratchFolder;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void write(const std::filesystem::path& path, const char* name) {
  TokenFileWriter writer(path, "{}");
  const std::vector<std::int32_t> ids(40000, 7);
  for (int i = 0; i < 3; ++i) writer.append(ids.data(), ids.size(), name, 0);
  writer.commit();
}

// Answers how many calls there were to fail.
int faults_survived(bool lasting) {
  const ScratchFolder folder;
  write(folder / "x.h5", "old");
  for (int call = 0;; ++call) {
    try {
      const FailingCalls calls(folder.path(), call, {EIO, lasting});
      write(folder / "x.h5", "new");
      EXPECT_LE(calls.seen(), call) << "a failure of call " << call << " went unnoticed";
    } catch (const WriteError& error) {
      EXPECT_THAT(error.what(), HasSubstr((folder / "x.h5").string() + ": input/output error")) << call;
      EXPECT_THAT(folder.names(), ElementsAre("x.h5")) << call;
      const TokenFileReader file(folder / "x.h5");
      EXPECT_NO_THROW(file.verify()) << call;
      EXPECT_THAT(file.name(0), AnyOf("old", "new")) << call;
      continue;
    }
    EXPECT_EQ(TokenFileReader(folder / "x.h5").name(0), "new");
    return call;
  }
}

TEST(TokenFileFaults, AnyCallThatFailsOnceIsReportedAndLeavesAWholeFile) {
  EXPECT_GT(faults_survived(false), 6);
}

TEST(TokenFileFaults, AnyCallFromWhichOnAllFailIsReportedAndLeavesAWholeFile) {
  EXPECT_GT(faults_survived(true), 6);
}

TEST(TokenFileFaults, ANetworkDiskThatCannotSyncFoldersTakesTheFileAllTheSame) {
  const ScratchFolder folder;
  for (const int error : {EINVAL, ENOTSUP}) {
    testing::fail_folder_syncs(error);
    EXPECT_NO_THROW(write(folder / "x.h5", "new"));
    EXPECT_EQ(TokenFileReader(folder / "x.h5").name(0), "new");
  }
  testing::fail_folder_syncs(EIO);
  EXPECT_THROW(write(folder / "x.h5", "newer"), WriteError);
  testing::fail_folder_syncs(0);
}

}  // namespace
}  // namespace gistmill::formats
