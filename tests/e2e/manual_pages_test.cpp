// The manual pages and the list of environment variables, which are made from the program's own tables.
#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ManualPages : public ProgramTest {
 protected:
  std::set<std::string> pages() const {
    const Answer answer = gistmill("reference --man pages", "export SOURCE_DATE_EPOCH=1000000000;");
    EXPECT_EQ(answer.code, 0) << answer.err;
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "pages"))
      names.insert(entry.path().filename().string());
    return names;
  }
};

TEST_F(ManualPages, ThereIsOneForEachVerbOfTheHelp) {
  std::set<std::string> expected = {"gistmill.1"};
  const std::string help = gistmill("--help").out;
  const std::regex line("\n  ([a-z]+(?: [a-z]+)?)(?= )");
  for (std::sregex_iterator found(help.begin(), help.end(), line), end; found != end; ++found) {
    const std::string name = std::regex_replace((*found)[1].str(), std::regex(" "), "-");
    // "completion bash|zsh|fish": the second word is an argument.
    expected.insert("gistmill-" + (name.starts_with("completion") ? "completion" : name) + ".1");
  }
  EXPECT_GT(expected.size(), 10u);
  EXPECT_EQ(pages(), expected);
}

TEST_F(ManualPages, HaveEveryOptionAndTheDayThatIsSaid) {
  pages();
  const std::string run = read(folder_ / "pages/gistmill-run.1");
  EXPECT_THAT(run, StartsWith(".Dd September 9, 2001\n.Dt GISTMILL-RUN 1\n"));
  const std::string help = gistmill("run --help").out;
  const std::regex option("--([a-z-]+)( arg| [A-Z])?");
  for (std::sregex_iterator found(help.begin(), help.end(), option), end; found != end; ++found) {
    const std::string name = std::regex_replace((*found)[1].str(), std::regex("-"), "\\-");
    EXPECT_THAT(run, HasSubstr(name)) << name;
  }
  EXPECT_THAT(run, HasSubstr(".It Fl \"\\-folder\" Ar \"DIR\"\n"));
}

TEST_F(ManualPages, MandocFindsNothingToSay) {
  if (std::system("command -v mandoc >/dev/null") != 0) GTEST_SKIP() << "mandoc is not installed";
  pages();
  const std::string lint = "cd '" + (folder_ / "pages").string() + "' && mandoc -T lint *.1 > ../lint 2>&1";
  const int status = std::system(lint.c_str());
  EXPECT_EQ(read(folder_ / "lint"), "");
  EXPECT_EQ(status, 0);
}

TEST_F(ManualPages, HaveEveryEnvironmentVariableThatTheSourcesRead) {
  pages();
  const std::string page = read(folder_ / "pages/gistmill.1");
  const std::regex reading("(?:getenv|setenv|variable|is_set)\\(\"([A-Z_]+)\"|kVariable = \"([A-Z_]+)\"");
  std::set<std::string> names;
  for (const char* folder : {"/host", "/plugins", "/sdk"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(GISTMILL_SOURCE_DIR + std::string(folder))) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      const std::string source = read(entry.path());
      for (std::sregex_iterator found(source.begin(), source.end(), reading), end; found != end; ++found)
        names.insert((*found)[1].matched ? (*found)[1] : (*found)[2]);
    }
  }
  EXPECT_GT(names.size(), 8u);
  for (const std::string& name : names) EXPECT_THAT(page, HasSubstr(".It Ev " + name + "\n"));
}

}  // namespace
}  // namespace gistmill
