#include "host/plan/roles.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <functional>

#include "tests/host/plan/plan_fixture.hpp"

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kRole = R"(doc = "compresses"
[operations.compress]
inputs.embeddings = { type = "float[K, S, D]" }
outputs.gist = { type = "f32[K, G, D]", gradient = true, doc = "stands for the span" }
outputs.offsets = { type = "i32[K, G]", optional = true }
[operations.expand]
required = false
inputs.gist = { type = "f32[K, G, D]", gradient = true }
)";

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Failure& failure) {
    std::string text = failure.origin().text() + (failure.origin().known() ? ": " : "") + failure.message();
    for (const std::string& note : failure.notes()) text += "\n" + note;
    return text;
  }
  return "";
}

// What is wrong with a component `gistnet/x` that has these operations.
std::string check(const std::string& operations) {
  const Manifest manifest = parse_manifest(R"([plugin]
name = "x"
version = "0.1.0"
license = "MIT"
tier = "c"
[components."gistnet/x"]
doc = "under test"
)" + operations,
                                           "plugin.toml");
  const Role role = parse_role(kRole, "gistnet", "gistnet.toml");
  return message_of([&] { check_role(manifest.components[0], role); });
}

constexpr const char* kCompress = "[components.\"gistnet/x\".operations.compress]\neffect = \"pure\"\n";

TEST(Role, IsReadFromItsFile) {
  const Role role = parse_role(kRole, "gistnet", "gistnet.toml");
  EXPECT_EQ(role.name, "gistnet");
  EXPECT_EQ(role.doc, "compresses");
  ASSERT_EQ(role.operations.size(), 2u);
  EXPECT_TRUE(role.operations[0].required);
  EXPECT_FALSE(role.operations[1].required);
  EXPECT_EQ(role.operations[0].spec.outputs[0].doc, "stands for the span");
  EXPECT_TRUE(role.operations[0].spec.outputs[1].optional);
}

TEST(Role, RefusesKeysAndTypesThatItDoesNotKnow) {
  EXPECT_THAT(message_of([] { parse_role("doc = \"x\"\n[operations.a]\ndok = \"y\"\n", "x", "x.toml"); }),
              HasSubstr("x.toml:3:1: "));
  EXPECT_THAT(message_of([] {
                parse_role("doc = \"x\"\n[operations.a]\ninputs.b = { type = \"f33[K]\" }\n", "x", "x.toml");
              }),
              HasSubstr("x.toml:3:21: "));
  EXPECT_THAT(message_of([] { parse_role("[operations.a]\n", "x", "x.toml"); }), HasSubstr("doc"));
}

TEST(Role, IsKeptByAComponentWithItsOperationsAndPorts) {
  EXPECT_EQ(check(std::string(kCompress) + "inputs.embeddings = { type = \"f32[K, S, D]\" }\n"
                                           "inputs.more = { type = \"f32[K]\" }\n"
                                           "outputs.gist = { type = \"f32[K, 1, D]\", gradient = true }\n"
                                           "outputs.extra = { type = \"f32[K]\" }\n"),
            "");
}

TEST(Role, IsBrokenByAMissingOperation) {
  EXPECT_EQ(check("[components.\"gistnet/x\".operations.squeeze]\neffect = \"pure\"\n"),
            "gistnet/x does not offer compress, which role gistnet requires\ngistnet/x offers: squeeze");
}

TEST(Role, IsBrokenByAMissingOutput) {
  EXPECT_EQ(check(std::string(kCompress) + "outputs.gost = { type = \"f32[K, G, D]\" }\n"),
            "gistnet/x does not write 'gist' in compress, which role gistnet requires");
}

TEST(Role, IsBrokenByAnotherType) {
  EXPECT_EQ(check(std::string(kCompress) + "outputs.gist = { type = \"f32[K, D]\", gradient = true }\n"),
            "output 'gist' of gistnet/x.compress is f32[K, D] when role gistnet has it f32[K, G, D]");
  EXPECT_EQ(
      check(std::string(kCompress) + "inputs.embeddings = { type = \"i32[K, S, D]\" }\n"
                                     "outputs.gist = { type = \"f32[K, G, D]\", gradient = true }\n"),
      "input 'embeddings' of gistnet/x.compress is i32[K, S, D] when role gistnet has it float[K, S, D]");
}

TEST(Role, IsBrokenByAMissingGradient) {
  EXPECT_EQ(check(std::string(kCompress) + "outputs.gist = { type = \"f32[K, G, D]\" }\n"),
            "gistnet/x does not take a gradient at output 'gist' of compress, which role gistnet requires");
}

TEST(Role, HoldsAnOptionalOperationToItsPortsWhereItIsOffered) {
  EXPECT_EQ(check(std::string(kCompress) + "outputs.gist = { type = \"f32[K, G, D]\", gradient = true }\n"
                                           "[components.\"gistnet/x\".operations.expand]\neffect = \"pure\"\n"
                                           "inputs.gist = { type = \"f32[K, G, D]\" }\n"),
            "gistnet/x does not give a gradient at input 'gist' of expand, which role gistnet requires");
}

class Roles : public PlanTest {};

TEST_F(Roles, AreCheckedWhereAComponentIsUsed) {
  catalog.roles = {parse_role("doc = \"x\"\n[operations.decode]\n", "gistnet", "gistnet.toml")};
  EXPECT_EQ(
      failure_of("[components]\ngist = { use = \"gistnet/refine\" }\n"),
      "gistnet/refine does not offer decode, which role gistnet requires\ngistnet/refine offers: compress");
  EXPECT_EQ(failure_of("[components]\nloss = { use = \"loss/delta-nll\" }\n"), "") << "a role without a file";
}

TEST_F(Roles, OfAFolderAreReadByName) {
  write("b.toml", "doc = \"second\"\n");
  write("a.toml", "doc = \"first\"\n");
  write("README.md", "not a role");
  std::vector<std::string> names;
  for (const Role& role : load_roles(folder)) names.push_back(role.name);
  EXPECT_THAT(names, ElementsAre("a", "b"));
  EXPECT_TRUE(load_roles(folder / "none").empty());
}

TEST_F(Roles, OfTheSdkFitTheComponentsOfTheseTests) {
  catalog.roles = load_roles(std::filesystem::path(GISTMILL_SOURCE_DIR) / "sdk" / "roles");
  std::vector<std::string> names;
  for (const Role& role : catalog.roles) names.push_back(role.name);
  EXPECT_THAT(names, ElementsAre("dataset", "gistnet", "logger", "loss", "metric", "optimizer", "store",
                                 "teacher", "tokenizer", "transform"));
  EXPECT_EQ(failure_of(std::string(kComponents) + kTrainPipeline), "");
}

// Every manifest under plugins/ keeps its role: the same check that a plan makes.
TEST_F(Roles, OfTheSdkFitEveryComponentOfThisRepository) {
  const std::filesystem::path source = GISTMILL_SOURCE_DIR;
  const auto roles = load_roles(source / "sdk" / "roles");
  std::size_t checked = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source / "plugins")) {
    if (entry.path().filename() != "plugin.toml") continue;
    std::ifstream stream(entry.path());
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const Manifest manifest = parse_manifest(text, entry.path().string());
    for (const ComponentSpec& component : manifest.components) {
      for (const Role& role : roles) {
        if (role.name != component.role) continue;
        EXPECT_EQ(message_of([&] { check_role(component, role); }), "") << entry.path();
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 0u);
}

}  // namespace
}  // namespace gistmill
