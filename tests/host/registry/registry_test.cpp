// Specification of the search: which files count, in which order, and that a bad one harms nobody.
#include "host/registry/registry.hpp"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"
#include "small_elf.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class Search : public ::testing::Test {
 protected:
  Search() {
    folder_ = fs::path(::testing::TempDir()) /
              (std::string("search-") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Search() override { fs::remove_all(folder_); }

  // A library that offers `components`, which nothing can load.
  fs::path offer(const std::string& file, const std::vector<std::string>& components,
                 const std::string& build = "sdk = '0.1.0'\nabi = '2.0'\n", const std::string& tier = "c",
                 const std::vector<std::string>& needed = {}) {
    std::string text = "[plugin]\nname = 'p'\nversion = '1'\nlicense = 'MIT'\ntier = '" + tier + "'\n";
    if (!build.empty()) text += "[build]\n" + build;
    for (const std::string& component : components) text += "[components.'" + component + "']\n";
    fs::create_directories((folder_ / file).parent_path());
    SmallElf().needs(needed).manifest(text).write(folder_ / file);
    return folder_ / file;
  }

  fs::path folder_;
};

TEST_F(Search, FindsComponentsInTheOrderOfFileNames) {
  offer("b.so", {"loss/kl", "loss/delta-nll"});
  offer("a.so", {"gistnet/mean"});
  const Registry registry({folder_});
  ASSERT_EQ(registry.plugins().size(), 2u);
  EXPECT_EQ(registry.plugins()[0]->path, folder_ / "a.so");
  EXPECT_EQ(registry.find("loss/kl")->role, "loss");
  EXPECT_EQ(registry.file_of("loss/kl")->path, folder_ / "b.so");
  EXPECT_EQ(registry.find("loss/absent"), nullptr);
  EXPECT_EQ(registry.file_of("loss/absent"), nullptr);
  EXPECT_THAT(registry.component_names(), ElementsAre("gistnet/mean", "loss/delta-nll", "loss/kl"));
  EXPECT_THAT(registry.folders(), ElementsAre(folder_));
}

TEST_F(Search, TakesAComponentFromTheFirstFolderThatOffersIt) {
  offer("near/own.so", {"loss/kl"});
  offer("far/all.so", {"loss/kl", "loss/other"});
  const Registry registry({folder_ / "near", folder_ / "far"});
  EXPECT_EQ(registry.file_of("loss/kl")->path, folder_ / "near" / "own.so");
  EXPECT_EQ(registry.file_of("loss/other")->path, folder_ / "far" / "all.so");
  EXPECT_THAT(registry.component_names(), ElementsAre("loss/kl", "loss/other"));
}

TEST_F(Search, ReadsAFolderOnceAndAMissingOneNever) {
  offer("a.so", {"loss/kl"});
  const Registry registry({folder_ / "absent", folder_, folder_ / "."});
  EXPECT_EQ(registry.plugins().size(), 1u);
  EXPECT_TRUE(registry.refused().empty());
}

TEST_F(Search, PassesOverFilesOfOtherNames) {
  offer("a.so.1", {"loss/kl"});
  offer("b.txt", {"loss/kl"});
  const Registry registry({folder_});
  EXPECT_TRUE(registry.plugins().empty());
  EXPECT_TRUE(registry.refused().empty());
}

TEST_F(Search, KeepsTheReasonOfARefusedFileAndGoesOn) {
  std::ofstream(folder_ / "a-text.so") << "not a library";
  offer("b-damaged.so", {"no slash"});
  offer("c-future.so", {"loss/kl"}, "sdk = '9.0.0'\nabi = '3.3'\nmore = 1\n");
  offer("d-sound.so", {"loss/kl"});
  const Registry registry({folder_});
  ASSERT_EQ(registry.plugins().size(), 1u);
  ASSERT_EQ(registry.refused().size(), 3u);
  EXPECT_EQ(registry.refused()[0].path, folder_ / "a-text.so");
  EXPECT_EQ(registry.refused()[0].reason, "not a plugin: not a shared library");
  EXPECT_EQ(registry.refused()[1].reason,
            "plugin.toml:9:13: 'no slash' cannot name a component: write role/name, as in \"gistnet/mean\"");
  EXPECT_EQ(registry.refused()[2].reason,
            "plugin.toml:8:7: the plugin is built for ABI 3.3 when this program has ABI 2.0");
}

class SearchPath : public ::testing::Test {
 protected:
  // Variables as they were are nobody's business here: each test is a process of its own in ctest.
  void SetUp() override {
    ::unsetenv("GISTMILL_PLUGIN_PATH");
    ::unsetenv("XDG_DATA_HOME");
    ::unsetenv("HOME");
  }
};

TEST_F(SearchPath, IsWhatIsAskedForBesideTheRecipeInTheVariableOfTheUserAndBesideTheProgram) {
  ::setenv("GISTMILL_PLUGIN_PATH", "/opt/one::/opt/two", 1);
  ::setenv("HOME", "/home/ada", 1);
  const std::vector<fs::path> folders = Registry::search_path({"asked"}, "recipes/mine");
  ASSERT_EQ(folders.size(), 6u);
  EXPECT_EQ(folders[0], "asked");
  EXPECT_EQ(folders[1], "recipes/mine/plugins");
  EXPECT_EQ(folders[2], "/opt/one");
  EXPECT_EQ(folders[3], "/opt/two");
  EXPECT_EQ(folders[4], "/home/ada/.local/share/gistmill/plugins");
  EXPECT_TRUE(folders[5].is_absolute());
  EXPECT_THAT(folders[5].string(), ::testing::EndsWith("/lib/gistmill/plugins"));
}

TEST_F(SearchPath, HasNothingOfAUserWithoutAHome) {
  EXPECT_EQ(Registry::search_path({}, "r").size(), 2u);
  EXPECT_EQ(Registry::search_path({}).size(), 1u) << "no recipe, no folder beside it";
  ::setenv("HOME", "relative", 1);
  EXPECT_EQ(Registry::search_path({}).size(), 1u);
}

// ---- what the manifest and the ELF file alone forbid: refused before anything is loaded ----

TEST_F(Search, RefusesToLoadAnUnknownComponentWithTheNearest) {
  offer("a.so", {"loss/kl", "gistnet/mean"});
  std::ofstream(folder_ / "b.so") << "text";
  Registry registry({folder_});
  const gm_host host{};
  try {
    registry.load("gistnet/maen", host);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::plugin);
    EXPECT_EQ(std::string(failure.what()),
              "no plugin offers 'gistnet/maen'\n"
              "  did you mean 'gistnet/mean'? the registry takes: gistnet/mean loss/kl\n"
              "  refused " +
                  (folder_ / "b.so").string() + ": not a plugin: not a shared library");
  }
}

class Refusal : public Search {
 protected:
  std::string refusal(const std::string& build, const std::string& tier,
                      const std::vector<std::string>& needed = {}) {
    const fs::path file = offer("a.so", {"loss/kl"}, build, tier, needed);
    Registry registry({folder_});
    const gm_host host{};
    try {
      registry.load("loss/kl", host);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::plugin);
      EXPECT_EQ(failure.origin().file, file.string());
      EXPECT_EQ(failure.notes().size(), 1u) << "what to do";
      return failure.message();
    }
    return "no refusal";
  }
};

TEST_F(Refusal, OfATierCPluginThatNeedsLibTorch) {
  const std::string build = "sdk = '0.1.0'\nabi = '2.0'\n";
  EXPECT_EQ(refusal(build, "c", {"libc.so.6", "libtorch_cpu.so"}),
            "needs libtorch_cpu.so when its manifest has tier \"c\"");
  EXPECT_EQ(refusal(build, "c", {"libc10.so"}), "needs libc10.so when its manifest has tier \"c\"");
}

TEST_F(Refusal, OfAnotherLibTorch) {
  const std::string text =
      refusal("sdk = '0.1.0'\nabi = '2.0'\ntorch = '1.13.1'\ncxx11_abi = true\n", "libtorch");
  if (text == "needs LibTorch when this program is built without it") return;
  EXPECT_THAT(text, ::testing::StartsWith("built against LibTorch 1.13.1 when this program has 2."));
}

TEST_F(Refusal, OfAManifestThatNoBuildCompleted) {
  EXPECT_EQ(refusal("", "c"), "the manifest has no [build] table, so its ABI is unknown");
}

TEST_F(Refusal, OfALibraryThatTheLinkerRefuses) {
  EXPECT_THAT(refusal("sdk = '0.1.0'\nabi = '2.0'\n", "c"),
              ::testing::MatchesRegex("cannot be loaded: .*/a.so: .*"));
}

}  // namespace
}  // namespace gistmill
