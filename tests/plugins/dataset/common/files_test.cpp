// Which files are found, and what they are called.
#include "plugins/dataset/common/files.hpp"

#include <gmock/gmock.h>

#include <gistmill/plugin/values.hpp>

#include "tests/plugins/dataset/text_files.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::testing::ScratchFolder;
using test::put;
using test::Refusal;
using test::refusal;
using ::testing::ElementsAre;

FileSelection options_for(std::vector<std::string> files) { return {std::move(files), {".txt", ".md"}}; }

std::vector<std::string> names(const FileSelection& options) {
  std::vector<std::string> found;
  for (const CorpusFile& file : find_files(options)) found.push_back(file.name);
  return found;
}

TEST(FindFiles, NamesFilesOfAFolderFromThatFolderOnAndSortsThem) {
  const ScratchFolder folder;
  for (const char* name : {"books/b.txt", "books/a.md", "books/old/c.txt", "books/picture.png",
                           "books/.hidden.txt", "books/.git/x.txt"}) {
    put(folder / name, "x");
  }
  EXPECT_THAT(names(options_for({folder / "books"})),
              ElementsAre("books/a.md", "books/b.txt", "books/old/c.txt"));
  EXPECT_THAT(names(options_for({(folder / "books").string() + "/"})),
              ElementsAre("books/a.md", "books/b.txt", "books/old/c.txt"));
}

TEST(FindFiles, TakesANamedFileWhateverItsExtension) {
  const ScratchFolder folder;
  put(folder / "code.go", "x");
  EXPECT_THAT(names(options_for({folder / "code.go"})), ElementsAre("code.go"));
}

TEST(FindFiles, ExpandsGlobsUnlessAFileHasThatVeryName) {
  const ScratchFolder folder;
  for (const char* name : {"one.txt", "two.txt", "three.log", "odd[1].txt"}) put(folder / name, "x");
  EXPECT_THAT(names(options_for({folder / "t*.txt"})), ElementsAre("two.txt"));
  EXPECT_THAT(names(options_for({folder / "odd[1].txt"})), ElementsAre("odd[1].txt"));
}

TEST(FindFiles, TakesAllFilesOfAFolderWithoutExtensions) {
  const ScratchFolder folder;
  put(folder / "x" / "a.png", "x");
  FileSelection options = options_for({folder / "x"});
  options.extensions = {};
  EXPECT_THAT(names(options), ElementsAre("x/a.png"));
}

TEST(FindFiles, TakesAFileOnceThoughItIsNamedTwice) {
  const ScratchFolder folder;
  put(folder / "a.txt", "x");
  EXPECT_THAT(names(options_for({folder / "a.txt", folder / "*.txt"})), ElementsAre("a.txt"));
}

TEST(FindFiles, SaysWhatIsMissing) {
  const ScratchFolder folder;
  put(folder / "books" / "a.png", "x");
  const auto said = [&](std::vector<std::string> files) {
    const Refusal refused = refusal([&] { find_files(options_for(std::move(files))); });
    EXPECT_EQ(refused.key, "files");
    return refused.message;
  };
  const std::string at = folder.path().string();
  EXPECT_EQ(said({}), "no files are named");
  EXPECT_EQ(said({at + "/novels"}), "there is no file or folder '" + at + "/novels'");
  EXPECT_EQ(said({at + "/*.txt"}), "no file matches '" + at + "/*.txt'");
  const std::string here = std::filesystem::current_path().string();
  EXPECT_THAT(said({"data/text/no-such/emma__*.txt"}),
              ::testing::HasSubstr("`gistmill data fetch no-such` gets it"));
  EXPECT_THAT(said({"data/text/no-such/x"}), ::testing::HasSubstr("`gistmill data fetch no-such` gets it"));
  EXPECT_EQ(said({"no-such/novels"}), "there is no file or folder 'no-such/novels' in '" + here + "'");
  EXPECT_EQ(said({"no-such/*.txt"}), "no file matches 'no-such/*.txt' in '" + here + "'");
  EXPECT_EQ(said({at + "/books"}), "no file in '" + at + "/books' ends in '.txt', '.md'");
}

TEST(FindFiles, RefusesTwoFilesOfOneName) {
  const ScratchFolder folder;
  put(folder / "a" / "x.txt", "x");
  put(folder / "b" / "x.txt", "x");
  const std::string at = folder.path().string();
  EXPECT_EQ(refusal([&] {
              find_files(options_for({at + "/b/x.txt", at + "/a/x.txt"}));
            }).message,
            "'" + at + "/a/x.txt' and '" + at +
                "/b/x.txt' would both be named 'x.txt'; give a folder that holds both");
}

}  // namespace
}  // namespace gistmill::dataset
