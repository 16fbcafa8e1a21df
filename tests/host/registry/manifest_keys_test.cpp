// Specification of which keys a manifest may have: every one that parsing finds, and few others.
#include "host/registry/manifest_keys.hpp"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>

#include <gistmill/files/transfer.hpp>

#include "host/recipe/toml.hpp"
#include "host/registry/found_plugins.hpp"
#include "small_elf.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

TEST(ManifestKeys, AreFoundHoweverTheyAreWritten) {
  for (const char* toml : {"model = 1", "options.model = {}", "options . model=1", "options.\"model\" = 1",
                           "['a b'.'model']", "o={model={}}", "[o.model]", "\"mod\\u0065l\" = 1",
                           "\"\\U0000006dodel\" = 1", "a = 1\nmodel = 2", "model"}) {
    EXPECT_TRUE(ManifestKeys(toml).may_have("model")) << toml;
  }
  for (const char* toml :
       {"[components.\"gistnet/mean\"]", "components = { 'gistnet/mean' = {} }",
        "doc = 'of http://a/b'\n[components . \"gistnet/mean\"]", "[components.\"gistnet\\u002fmean\"]"}) {
    EXPECT_TRUE(ManifestKeys(toml).may_have("gistnet/mean")) << toml;
  }
  for (const char* strange : {"", "a\"b", "a'b", "a\\b", "a\nb", "loss/a'b"})
    EXPECT_TRUE(ManifestKeys("x = 1").may_have(strange)) << "may need an escape: " << strange;
}

TEST(ManifestKeys, AreNotFoundInWordsThatAreLonger) {
  for (const char* toml :
       {"", "m = 1", "models = 1", "remodel = 1", "my-model = 1", "model_file = 1", "Model = 1"})
    EXPECT_FALSE(ManifestKeys(toml).may_have("model")) << toml;
  for (const char* toml : {"", "[components.\"gistnet/mean-2\"]", "[components.\"a-gistnet/mean\"]",
                           "# gistnet/mean", "doc = \"gistnet/mean is another\"", "['gistnet'.mean]"})
    EXPECT_FALSE(ManifestKeys(toml).may_have("gistnet/mean")) << toml;
}

// Every key of the tree.
void expect_keys(const Value& value, const ManifestKeys& keys, const fs::path& file) {
  if (const auto* list = value.get_if<Value::List>()) {
    for (const Value& item : *list) expect_keys(item, keys, file);
  }
  const auto* table = value.get_if<Value::Table>();
  if (table == nullptr) return;
  for (const auto& [key, entry] : *table) {
    EXPECT_TRUE(keys.may_have(key)) << file << ": " << key;
    expect_keys(entry, keys, file);
  }
}

TEST(ManifestKeys, AreAllThatTheManifestsOfOurPluginsHave) {
  int manifests = 0;
  for (const auto& entry : fs::recursive_directory_iterator(GISTMILL_SOURCE_DIR "/plugins")) {
    if (entry.path().filename() != "plugin.toml") continue;
    ++manifests;
    const std::string text = files::read_all(entry.path());
    expect_keys(parse_toml(text, entry.path().string(), ExitCode::plugin), ManifestKeys(text), entry.path());
  }
  EXPECT_GT(manifests, 50);
}

class FoundPluginsTest : public ::testing::Test {
 protected:
  // A library with a manifest of these components, each with an operation.
  void offer(const std::string& file, const std::string& components, const std::string& operation = "run") {
    std::string text = "[plugin]\nname = 'p'\nversion = '1'\nlicense = 'MIT'\ntier = 'c'\n" + components;
    text += "operations." + operation + ".effect = 'pure'\n";
    SmallElf().manifest(text).write(folder_ / file);
    libraries_.push_back(folder_ / file);
  }
  FoundPlugins found() const { return {libraries_, {}, {}, {}}; }

  testing::ScratchFolder folder_;
  std::vector<fs::path> libraries_;
};

TEST_F(FoundPluginsTest, AreParsedWhereTheyMayHoldWhatIsAskedFor) {
  offer("a.so", "[components.'loss/kl']\n");
  offer("b.so", "[components.'gistnet/mean']\n", "compress");
  FoundPlugins plugins = found();
  EXPECT_EQ(plugins.parsed(), 0u);
  EXPECT_EQ(plugins.offering("gistnet/absent"), nullptr);
  EXPECT_EQ(plugins.parsed(), 0u);
  EXPECT_EQ(plugins.offering("gistnet/mean")->path, folder_ / "b.so");
  EXPECT_EQ(plugins.having({"compress"}).size(), 1u);
  EXPECT_EQ(plugins.parsed(), 1u);
  EXPECT_EQ(plugins.all().size(), 2u);
  EXPECT_EQ(plugins.parsed(), 2u);
  EXPECT_EQ(plugins.having({"run"}).front()->path, folder_ / "a.so");
}

TEST_F(FoundPluginsTest, AnswerTheSameWhateverWasAskedForBefore) {
  offer("a.so", "[components.'loss/kl']\n[components.'no slash']\n");  // refused, so it offers nothing
  offer("b.so", "[components.'loss/kl']\n");
  offer("c.so", "[components.'loss/kl']\n");
  FoundPlugins plugins = found();
  EXPECT_EQ(plugins.offering("loss/kl")->path, folder_ / "b.so");
  ASSERT_EQ(plugins.refused().size(), 1u);
  EXPECT_EQ(plugins.refused()[0].path, folder_ / "a.so");
  FoundPlugins whole = found();
  ASSERT_EQ(whole.refused().size(), 1u);
  EXPECT_EQ(whole.refused()[0].reason, plugins.refused()[0].reason);
  EXPECT_EQ(whole.offering("loss/kl")->path, folder_ / "b.so");
  EXPECT_EQ(whole.all().size(), plugins.all().size());
}

}  // namespace
}  // namespace gistmill
