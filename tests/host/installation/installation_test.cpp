// Where the program's parts lie and which LibTorch that is; tests/install tries it with an installed program.
#include "host/diagnostic/failure.hpp"
#include "host/installation/folders.hpp"
#include "host/installation/library_on_demand.hpp"
#include "host/installation/libtorch.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <type_traits>

#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

class Installation : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "include/torch/headeronly");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write_header(const std::string& text) {
    std::ofstream(folder_ / "include/torch/headeronly/version.h") << text;
  }

  gistmill::testing::ScratchFolder scratch_;
  fs::path folder_ = scratch_ / "installation";
};

TEST_F(Installation, LiesBesideTheProgramsOwnFolder) {
  const ProgramFolders folders = program_folders();
  const fs::path prefix = GISTMILL_BUILD_DIR;  // this test lies in its tests/, as the program in its bin/
  EXPECT_EQ(folders.plugins, fs::canonical(prefix) / "lib/gistmill/plugins");
}

TEST_F(Installation, LoadsAPartOfTheProgramWhenItIsAskedFor) {
  using Door = void (*)(const fs::path*, std::optional<std::string>*);
  const auto read = door<std::remove_pointer_t<Door>>("token-file", "gistmill_read_provenance");
  const fs::path nothing = folder_ / "nothing.h5";
  std::optional<std::string> provenance = "as it was";
  read(&nothing, &provenance);
  EXPECT_EQ(provenance, "as it was");
  EXPECT_EQ(read, door<std::remove_pointer_t<Door>>("token-file", "gistmill_read_provenance"));
}

TEST_F(Installation, SaysWhichPartOfTheProgramCannotBeLoaded) {
  const auto failure_of = [](const char* library, const char* name) {
    try {
      address_in_library(library, name);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::failed);
      EXPECT_THAT(failure.notes(), ::testing::ElementsAre("install gistmill again"));
      return failure.message();
    }
    return std::string("it was loaded");
  };
  const std::string file = program_folders().library("lost").string();
  EXPECT_EQ(failure_of("lost", "gistmill_lost"),
            "the lost library cannot be loaded: " + file +
                ": cannot open shared object file: No such file or directory");
  EXPECT_THAT(failure_of("token-file", "gistmill_lost"),
              ::testing::MatchesRegex("the token-file library cannot be loaded: .*: undefined symbol: "
                                      "gistmill_lost"));
}

TEST_F(Installation, ReadsTheVersionOfLibTorchFromItsHeaders) {
  write_header(
      "#pragma once\n\n/// The major version.\n#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR "
      "13\n"
      "#define TORCH_VERSION_PATCH 0\n#define TORCH_VERSION \\\n  \"2.13.0\"\n"
      "#define ID ((0ULL + TORCH_VERSION_MAJOR) << 56) | TORCH_VERSION_MINOR\n");
  EXPECT_EQ(libtorch_version(folder_), "2.13.0");
}

TEST_F(Installation, KnowsNoVersionOfALibTorchWithoutHeaders) {
  EXPECT_EQ(libtorch_version(folder_ / "nowhere"), "");
}

}  // namespace
}  // namespace gistmill
