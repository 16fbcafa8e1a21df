// What is refused before anything is copied; tests/e2e/installed_plugins_test runs the program.
#include "host/distribution/installed_plugins.hpp"

#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"
#include "host/files/scratch_folder.hpp"
#include "tests/host/registry/small_elf.hpp"
#include "tests/support/message_of.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using ::testing::HasSubstr;

class Installation : public ::testing::Test {
 protected:
  fs::path library(const std::string& file, const std::string& name,
                   const std::vector<std::string>& needed = {}) {
    const fs::path path = scratch_.path() / file;
    fs::create_directories(path.parent_path());
    SmallElf()
        .needs(needed)
        .manifest("[plugin]\nname = '" + name +
                  "'\nversion = '1'\nlicense = 'MIT'\ntier = 'c'\n[build]\nsdk = '0.1.0'\nabi = '2.0'\n"
                  "[components.'loss/" +
                  path.stem().string() + "']\n")
        .write(path);
    return path;
  }
  std::string refusal(const fs::path& source) const {
    return message_of<Failure>([&] {
      install_plugins({source, folder_, {}, false}, Registry(std::vector<fs::path>()));
    });
  }

  ScratchFolder scratch_{"test"};
  const fs::path folder_ = scratch_.path() / "installed";
};

TEST_F(Installation, TakesThePluginsNameForItsFile) {
  const std::vector<InstalledPlugin> installed = install_plugins(
      {library("a.so", "sharp-margin"), folder_, {}, false}, Registry(std::vector<fs::path>()));
  ASSERT_EQ(installed.size(), 1u);
  EXPECT_EQ(installed[0].file, folder_ / "sharp-margin.so");
  EXPECT_TRUE(fs::exists(folder_ / "sharp-margin.so"));
}

TEST_F(Installation, RefusesANameThatWouldLeaveTheFolder) {
  for (const char* name : {"../outside", "a/b", "..", ".hidden", "", "a b"})
    EXPECT_THAT(refusal(library("a.so", name)), HasSubstr("cannot name a file")) << name;
  EXPECT_THAT(refusal(library("a.so", std::string(300, 'n'))), HasSubstr("cannot name a file"));
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(Installation, RefusesWhatTheProgramWouldRefuseToLoad) {
  EXPECT_THAT(refusal(library("a.so", "torch-in-c", {"libtorch.so"})), HasSubstr("needs libtorch.so"));
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(Installation, CopiesNothingOfAFolderWhereOneIsRefused) {
  library("both/a.so", "fine");
  library("both/b.so", "torch-in-c", {"libc10.so"});
  EXPECT_THAT(refusal(scratch_.path() / "both"), HasSubstr("b.so: needs libc10.so"));
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(Installation, RefusesTwoFilesOfOnePlugin) {
  library("both/a.so", "same");
  library("both/b.so", "same");
  EXPECT_THAT(refusal(scratch_.path() / "both"), HasSubstr("two files there are plugin same"));
}

}  // namespace
}  // namespace gistmill
