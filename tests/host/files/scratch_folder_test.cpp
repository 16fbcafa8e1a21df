// A folder of one process's own.
#include "host/files/scratch_folder.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(ScratchFolderTest, TwoOfOnePurposeAreTwoFoldersThatOnlyThisUserReads) {
  const ScratchFolder first("test");
  const ScratchFolder second("test");
  EXPECT_NE(first.path(), second.path());
  EXPECT_EQ(fs::status(first.path()).permissions(), fs::perms::owner_all);
  EXPECT_THAT(first.path().filename().string(), HasSubstr("gistmill-test-"));
}

TEST(ScratchFolderTest, IsGoneWithWhatIsInIt) {
  fs::path path;
  {
    const ScratchFolder scratch("test");
    path = scratch.path();
    fs::create_directory(path / "inner");
    std::ofstream(path / "inner" / "file") << "text";
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(ScratchFolderTest, SaysWhereNoneCanBeMade) {
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  setenv("TMPDIR", "/nowhere/at/all", 1);
  std::string said;
  try {
    const ScratchFolder scratch("test");
  } catch (const Failure& failure) {
    said = failure.message();
  }
  before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", kept.c_str(), 1);
  EXPECT_THAT(said, AllOf(HasSubstr("cannot make a folder"), HasSubstr("TMPDIR")));
}

}  // namespace
}  // namespace gistmill
