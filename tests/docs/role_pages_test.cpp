// docs/plugins/: a page for each role that `gistmill plugins new` knows. Its code is what the project begins
// with, its manifest too, and its recipe is valid with that plugin.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/docs/page.hpp"
#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

const fs::path kSource = GISTMILL_SOURCE_DIR;

struct Block {
  std::string language;
  std::string text;
};

std::vector<Block> blocks_of(const std::string& page) {
  std::vector<Block> blocks;
  bool inside = false;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), ""});
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

class RolePages : public ProgramTest {
 protected:
  static std::set<std::string> roles() {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(kSource / "sdk/roles")) {
      if (entry.path().filename() != "project") names.insert(entry.path().filename().string());
    }
    return names;
  }
  // Of all tiers of the role, one behind the other.
  static std::string files_of(const std::string& role, const std::string& file) {
    std::string text;
    for (const auto& tier : fs::directory_iterator(kSource / "sdk/roles" / role))
      text += read(tier.path() / file);
    return text;
  }
  static std::string plugins_of(const std::string& role) {
    const fs::path built = fs::path(GISTMILL_BUILD_DIR) / "tests/roles";
    std::string options;
    for (const auto& tier : fs::directory_iterator(kSource / "sdk/roles" / role))
      options += " --plugins '" + (built / (role + "-" + tier.path().filename().string())).string() + "'";
    return options;
  }
  // The required operations of the contract that is named as the role.
  static std::vector<std::string> operations_of(const std::string& role) {
    std::vector<std::string> names;
    const Page contracts("docs/reference/contracts.md");
    for (const Section& section : contracts.sections()) {
      if (section.title != "`" + role + "`") continue;
      std::istringstream lines(section.text);
      for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("**`") && line.find("(required)") != std::string::npos)
          names.push_back(line.substr(2, line.find('`', 3) - 1));
      }
    }
    return names;
  }
};

TEST_F(RolePages, AreThereForEachRoleAndListedInTheirOrder) {
  std::vector<std::string> listed;
  const std::string text = Page("docs/plugins.md").section("Roles").text;
  for (std::size_t at = text.find("](plugins/"); at != std::string::npos;
       at = text.find("](plugins/", at + 1)) {
    const std::size_t begin = at + std::string("](plugins/").size();
    const std::string name = text.substr(begin, text.find(".md)", begin) - begin);
    if (name != "from-nothing") listed.push_back(name);
  }
  EXPECT_THAT(listed, ElementsAreArray(roles()));
  for (const std::string& role : roles()) {
    const Page page("docs/plugins/" + role + ".md");
    EXPECT_THAT(page.text(), HasSubstr(" --role " + role)) << role;
    EXPECT_THAT(page.text(), HasSubstr("](../certify.md)")) << role;
  }
}

TEST_F(RolePages, NameTheOperationsThatTheContractRequires) {
  for (const std::string& role : roles()) {
    const std::string text = Page("docs/plugins/" + role + ".md").text();
    for (const std::string& operation : operations_of(role)) EXPECT_THAT(text, HasSubstr(operation)) << role;
  }
  EXPECT_THAT(operations_of("language-model"), ::testing::SizeIs(3));
}

TEST_F(RolePages, ShowWhatTheProjectBeginsWith) {
  for (const std::string& role : roles()) {
    int shown = 0;
    for (const Block& block : blocks_of(Page("docs/plugins/" + role + ".md").text())) {
      if (block.language == "cpp") {
        EXPECT_THAT(files_of(role, "example.cpp"), HasSubstr(block.text)) << role;
        ++shown;
      }
      if (block.language == "toml" && block.text.starts_with("[components.\"")) {
        EXPECT_THAT(files_of(role, "plugin.toml"), HasSubstr(block.text)) << role;
      }
    }
    EXPECT_GE(shown, 1) << role;
  }
}

TEST_F(RolePages, HaveARecipeThatIsValidWithThatPlugin) {
  fs::create_directory_symlink(kSource / "recipes", folder_ / "recipes");
  write("text/a.txt", "a text");
  write("lines.txt", "a line\n");
  for (const std::string& role : roles()) {
    int recipes = 0;
    for (const Block& block : blocks_of(Page("docs/plugins/" + role + ".md").text())) {
      if (block.language != "toml" || block.text.starts_with("[components.\"")) continue;
      write("recipe.toml", block.text);
      const Answer answer = gistmill("validate recipe.toml" + plugins_of(role) + plugins_of("store"));
      EXPECT_EQ(answer.code, 0) << role << "\n" << answer.err;
      EXPECT_THAT(block.text, HasSubstr("/example\"")) << role << ": it uses the plugin";
      ++recipes;
    }
    EXPECT_EQ(recipes, 1) << role;
  }
}

// Of tier c, which takes a second or two each.
TEST_F(RolePages, SayHowThePluginIsCertified) {
  const fs::path built = fs::path(GISTMILL_BUILD_DIR) / "tests/roles";
  int certified = 0;
  for (const std::string& role : roles()) {
    const std::string plugin = "role-" + role + "-c";
    if (!fs::exists(kSource / "sdk/roles" / role / "c")) continue;
    for (const Block& block : blocks_of(Page("docs/plugins/" + role + ".md").text())) {
      const std::size_t verb = block.text.find("gistmill plugins certify build/");
      if (block.language != "sh" || verb == std::string::npos) continue;
      const std::string words = block.text.substr(block.text.find(".so", verb) + 3);
      const Answer answer =
          gistmill("plugins certify '" + (built / (role + "-c") / (plugin + ".so")).string() + "' " +
                       words.substr(0, words.find('\n')),
                   block.text.substr(0, verb) + "\n");
      EXPECT_EQ(answer.code, 0) << role << "\n" << answer.out << answer.err;
      ++certified;
    }
  }
  EXPECT_EQ(certified, 8);
}

}  // namespace
}  // namespace gistmill
