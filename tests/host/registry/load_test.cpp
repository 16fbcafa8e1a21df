// Specification of loading, with real libraries: a sound one in plain C, and one for each fault.
#include <fstream>

#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"
#include "host/files/digest.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

gm_host host() { return {sizeof(gm_host), GM_ABI_MAJOR, GM_ABI_MINOR, "0.1.0", nullptr}; }

fs::path folder_of(const std::string& fault) {
  return fs::path(GISTMILL_BUILD_DIR) / "tests" / "faulty" / fault;
}

TEST(Loading, GivesInterfaceManifestAndDigestOfASoundPlugin) {
  Registry registry({folder_of("sound")});
  const gm_host us = host();
  const LoadedComponent component = registry.load("loss/plain", us);
  EXPECT_EQ(component.spec, registry.find("loss/plain"));
  EXPECT_EQ(component.file->path, folder_of("sound") / "faulty-sound.so");
  EXPECT_EQ(component.digest->hex(), sha256_file(component.file->path));
  EXPECT_EQ(component.interface->count(), 1u);
}

TEST(Loading, KnowsTheDigestOfTheFileItLoadedAfterAnotherTookItsName) {
  const fs::path folder = fs::path(testing::TempDir()) / "replaced-library";
  fs::remove_all(folder);
  fs::create_directories(folder);
  const fs::path library = folder / "faulty-sound.so";
  fs::copy_file(folder_of("sound") / "faulty-sound.so", library);
  const std::string digest = sha256_file(library);
  Registry registry({folder});
  const gm_host us = host();
  const LoadedComponent component = registry.load("loss/plain", us);
  fs::remove(library);
  std::ofstream(library) << "another build";
  EXPECT_EQ(component.digest->hex(), digest);
}

TEST(Loading, HappensOnce) {
  Registry registry({folder_of("sound")});
  Registry other({folder_of("sound")});
  const gm_host us = host();
  EXPECT_EQ(registry.load("loss/plain", us).interface, registry.load("loss/plain", us).interface);
  EXPECT_EQ(registry.load("loss/plain", us).interface, other.load("loss/plain", us).interface);
}

TEST(Loading, AnswersNoExtensionWhereThePluginOffersNone) {
  Registry registry({folder_of("sound")});
  const gm_host us = host();
  EXPECT_EQ(registry.load("loss/plain", us).interface->extension(nullptr, "gm.params/1"), nullptr);
}

TEST(Loading, TakesWhatAnOlderTableLacksAsNull) {
  Registry registry({folder_of("older-table")});
  const gm_host us = host();
  const LoadedComponent component = registry.load("loss/plain", us);
  EXPECT_EQ(component.interface->extension(nullptr, "gm.params/1"), nullptr);
  EXPECT_NE(component.interface->tape_release, nullptr);
}

struct Fault {
  const char* name;
  const char* message;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class FaultyPlugin : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultyPlugin, IsRefusedWithWhatWasFoundAndExpected) {
  Registry registry({folder_of(GetParam().name)});
  ASSERT_EQ(registry.plugins().size(), 1u);
  const gm_host us = host();
  try {
    registry.load("loss/plain", us);
    FAIL() << "it was loaded";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::plugin);
    EXPECT_EQ(failure.message(), GetParam().message);
    EXPECT_EQ(failure.origin().file, registry.plugins()[0]->path.string());
    EXPECT_EQ(failure.notes().size(), 1u) << "what to do";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, FaultyPlugin,
    ::testing::Values(
        Fault{"other-major", "built for ABI 3.0 when this program has ABI 2.0"},
        Fault{"newer-minor", "needs ABI 2.1 or later when this program has ABI 2.0"},
        Fault{"short-entry", "its gm_plugin has 32 bytes when it should have 40 or more"},
        Fault{"other-manifest", "its gm_plugin.manifest differs from the manifest in section .gistmill"},
        Fault{"init-fails", "its init failed: the license server is asleep"},
        Fault{"no-interface", "it does not offer the interface gm.component/1"},
        Fault{"lacks-create", "its gm.component/1 lacks create"},
        Fault{"too-old-table", "its gm.component/1 lacks forward"},
        Fault{"other-component",
              "the library describes component 'loss/other', which the manifest does not have"},
        Fault{"other-operation",
              "operation 0 of loss/plain is 'values' in the library and 'value' in the manifest"},
        Fault{"other-inputs",
              "loss/plain.value has 3 inputs and 1 outputs in the library, 2 and 1 in the manifest"},
        Fault{"fewer-operations", "loss/plain has 1 operations in the library and 2 in the manifest"},
        Fault{"no-vjp",
              "the manifest promises gradients of loss/plain.value, which has no vjp in the library"},
        Fault{
            "vjp-missing",
            "the library says that loss/plain.value has a vjp, and lacks the functions vjp or tape_release"},
        Fault{"no-symbol", "it exports no symbol gm_plugin"}));

}  // namespace
}  // namespace gistmill
