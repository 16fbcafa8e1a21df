// The keys of docs/reference/recipe-keys.md, held against the keys that the program takes: it lists them when
// it meets an unknown one.
#include <gmock/gmock.h>

#include <sstream>

#include "tests/docs/page.hpp"
#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class RecipeDocs : public ProgramTest {
 protected:
  // What a table of a recipe takes, by its own word.
  std::set<std::string> taken(const std::string& recipe) {
    write("r.toml", recipe);
    const Answer answer = gistmill("validate r.toml " + test_plugins());
    EXPECT_EQ(answer.code, 3) << answer.err;
    const std::size_t list = answer.err.find("takes: ");
    EXPECT_NE(list, std::string::npos) << answer.err;
    std::istringstream words(answer.err.substr(list + 7, answer.err.find('\n', list) - list - 7));
    std::set<std::string> keys;
    for (std::string word; words >> word;) keys.insert(word);
    return keys;
  }
  // The keys that the reference's tables name for a table: `run.steps` gives "steps" of run.
  static std::set<std::string> documented(const std::string& table) {
    std::set<std::string> keys;
    const Page page("docs/reference/recipe-keys.md");
    for (const Section& section : page.sections()) {
      for (std::size_t row = 0; row < section.rows.size(); ++row) {
        for (const std::string& name : section.names(row)) {
          const std::string key = name.substr(name.rfind('.') + 1);
          if (name == "stage.stage") continue;  // of a group of stages, which is a table of its own
          if (name == table + "." + key) keys.insert(key);
        }
      }
    }
    return keys;
  }
};

TEST_F(RecipeDocs, TheReferenceHasTheKeysThatTheProgramTakes) {
  const struct {
    const char* table;   // as the reference names it
    const char* recipe;  // with an unknown key in it
  } tables[] = {
      {"run", "[run]\nno_such_key = 1\n"},
      {"learning_rate", "[learning_rate]\nno_such_key = 1\n"},
      {"checkpoints", "[checkpoints]\nno_such_key = 1\n"},
      {"cache", "[cache]\nno_such_key = 1\n"},
      {"pipelines.NAME", "[pipelines.p]\nno_such_key = 1\n"},
      {"evaluations.NAME", "[evaluations.e]\nno_such_key = 1\n"},
      {"stage", "[[stage]]\nno_such_key = 1\n"},
  };
  for (const auto& [table, recipe] : tables) {
    EXPECT_EQ(documented(table), taken(recipe)) << table;
  }
}

TEST_F(RecipeDocs, TheReferenceHasEveryTopLevelKey) {
  const Page page("docs/reference/recipe-keys.md");
  std::set<std::string> documented;
  const Section& section = page.section("Top level");
  for (std::size_t row = 0; row < section.rows.size(); ++row) documented.insert(section.names(row).at(0));
  EXPECT_EQ(documented, taken("no_such_key = 1\n"));
}

}  // namespace
}  // namespace gistmill
