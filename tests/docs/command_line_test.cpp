// Commands and options that README and docs/ name, held against what the program says of itself.
#include <gmock/gmock.h>

#include <regex>

#include "tests/docs/page.hpp"
#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;

class CommandLineDocs : public ProgramTest {
 protected:
  std::vector<std::string> verbs() const {
    std::vector<std::string> names;
    const std::string help = gistmill("--help").out;
    const std::regex line("\n  ((?:data|focus|plugins|recipes|sweep) [a-z-]+|[a-z-]+) ");
    for (std::sregex_iterator found(help.begin(), help.end(), line), end; found != end; ++found)
      names.push_back((*found)[1]);
    return names;
  }
  // "--resume" of every verb that is named.
  std::set<std::string> options(const std::vector<std::string>& of) const {
    std::set<std::string> names;
    for (const std::string& verb : of) {
      const std::string help = gistmill(verb + " --help").out;
      const std::regex option("--[a-z][a-z-]*");
      const std::size_t list = help.find("options:");
      EXPECT_NE(list, std::string::npos) << verb;
      for (std::sregex_iterator found(help.begin() + static_cast<std::ptrdiff_t>(list), help.end(), option),
           end;
           found != end; ++found)
        names.insert(found->str());
    }
    return names;
  }
  static std::vector<std::string> pages() {
    const std::filesystem::path source = GISTMILL_SOURCE_DIR;
    std::vector<std::string> names = {"README.md"};
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source / "docs")) {
      if (entry.path().extension() == ".md")
        names.push_back(std::filesystem::relative(entry.path(), source).string());
    }
    return names;
  }
};

TEST_F(CommandLineDocs, TheReadmesTableHasEveryVerbOfTheProgram) {
  std::vector<std::string> documented;
  const Page readme("README.md");
  for (const auto& row : readme.section("What it does").rows) documented.push_back(row[0]);
  for (const std::string& verb : verbs()) {
    if (verb == "version") continue;
    const std::size_t space = verb.find(' ');
    const auto first = ::testing::HasSubstr("gistmill " + verb.substr(0, space));
    const auto second = ::testing::HasSubstr(space == std::string::npos ? "" : verb.substr(space + 1));
    EXPECT_THAT(documented, Contains(::testing::AllOf(first, second)));
  }
}

TEST_F(CommandLineDocs, EveryCommandInTheDocsIsAVerbOfTheProgram) {
  const std::vector<std::string> known = verbs();
  ASSERT_THAT(known, IsSupersetOf({"run", "plan", "plugins list"}));
  const std::regex command("^gistmill ((?:data|focus|plugins|recipes|sweep) [a-z-]+|[a-z][a-z-]*)( |$)");
  for (const std::string& page : pages()) {
    const Page read(page);
    for (const std::string& word : code_words(read.text())) {
      std::smatch found;
      if (!std::regex_search(word, found, command)) continue;
      EXPECT_THAT(known, Contains(found[1].str())) << page << ": " << word;
    }
  }
}

// Options of other programs, which the docs name too.
const std::set<std::string> kForeign = {"--args",
                                        "--component",
                                        "--install",
                                        "--preset",
                                        "--prefix",
                                        "--build",
                                        "--target",
                                        "--load_fast",
                                        "--parallel",
                                        "--cuda",
                                        "--full",
                                        "--quick",
                                        "--random",
                                        "--row",
                                        "--json",
                                        "--markdown",
                                        "--speed",
                                        "--peer",
                                        "--local-dir",
                                        "--bench",
                                        "--text",
                                        "--rounds",
                                        "--llama-cpp",
                                        "--tool",
                                        "--config",
                                        "--cflags",
                                        "--gres",
                                        "--account",
                                        "--qos",
                                        "--signal",
                                        "--batch",
                                        "--project",
                                        "--offline",
                                        "--allow-requantize",
                                        "--mca",
                                        "--oversubscribe",
                                        "--map-by",
                                        "--bind-to",
                                        "--mpi",
                                        "--cpus-per-task",
                                        "--kill-on-bad-exit",
                                        "--test-dir"};

TEST_F(CommandLineDocs, EveryOptionInTheDocsIsOneOfTheProgram) {
  std::set<std::string> known = options(verbs());
  known.insert("--version");
  const std::regex option("--[a-z][a-z_-]*");
  for (const std::string& page : pages()) {
    const Page read(page);
    for (const std::string& word : code_words(read.text())) {
      for (std::sregex_iterator found(word.begin(), word.end(), option), end; found != end; ++found) {
        if (kForeign.count(found->str()) > 0) continue;
        EXPECT_EQ(known.count(found->str()), 1u) << page << ": " << word;
      }
    }
  }
}

}  // namespace
}  // namespace gistmill
