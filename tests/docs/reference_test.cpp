// docs/reference/ is what the program prints.
#include <set>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

const std::filesystem::path kCommitted = GISTMILL_SOURCE_DIR "/docs/reference";

std::set<std::string> files_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

class ReferencePages : public ProgramTest {};

TEST_F(ReferencePages, AreThoseThatTheProgramPrints) {
  const Answer answer = gistmill("reference pages", "unset GISTMILL_PLUGIN_PATH;");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const char* remedy = "renew the pages: build/release/bin/gistmill reference docs/reference";
  EXPECT_EQ(files_in(folder_ / "pages"), files_in(kCommitted)) << remedy;
  for (const std::string& name : files_in(folder_ / "pages")) {
    EXPECT_EQ(read(folder_ / "pages" / name), read(kCommitted / name)) << name << " is not fresh; " << remedy;
  }
}

TEST_F(ReferencePages, HaveTheComponentsOfAFolderOfPlugins) {
  const Answer answer = gistmill("reference pages " + test_plugins());
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_NE(read(folder_ / "pages/components.md").find("## `test/half-squares`"), std::string::npos);
}

TEST_F(ReferencePages, AreRefusedWhereTheFolderCannotBeMade) {
  write("pages", "a file");
  const Answer answer = gistmill("reference pages/inside");
  EXPECT_EQ(answer.code, 1);
  EXPECT_EQ(answer.err, "cannot make pages/inside: not a directory\n");
}

}  // namespace
}  // namespace gistmill
