// Which files of a model's folder were read, and which were not.
#include "host/model/folder_files.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <string>

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

class FolderFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "inside");
    for (const char* name : {"config.json", "vocab.json", "README.md", "tokenizer.json"})
      std::ofstream(folder_ / name) << "x";
  }
  void TearDown() override { fs::remove_all(folder_); }

  // One for each test: they run at the same time.
  fs::path folder_ =
      fs::path(::testing::TempDir()) / (std::string("gistmill_folder_files_") +
                                        ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(FolderFilesTest, AreSortedIntoReadAndNotReadWithWhoAndWhy) {
  FolderFiles files(folder_);
  EXPECT_TRUE(files.empty());
  files.read_by("teacher", Json::array({"config.json"}));
  files.read_by("tokenizer", Json::array({"tokenizer.json", "config.json"}));
  files.passed_over({{"vocab.json", "tokenizer.json comes first"}});
  EXPECT_EQ(files.json(), Json::parse(R"({
    "read": {"config.json": ["teacher", "tokenizer"], "tokenizer.json": ["tokenizer"]},
    "not_read": {"README.md": null, "vocab.json": "tokenizer.json comes first"}})"));
  EXPECT_EQ(files.text(10),
            "files\n"
            "  read      config.json (teacher, tokenizer), tokenizer.json (tokenizer)\n"
            "  not read  README.md, vocab.json (tokenizer.json comes first)\n");
}

TEST_F(FolderFilesTest, LeaveOutWhatADescriptionHasInAnotherForm) {
  FolderFiles files(folder_);
  files.read_by("teacher", "config.json");
  files.read_by("teacher", {1, 2});
  files.passed_over({1});
  EXPECT_TRUE(files.empty());
  EXPECT_EQ(files.text(10), "");
}

TEST_F(FolderFilesTest, AreNoneOfAModelInOneFile) {
  FolderFiles files(folder_ / "config.json");
  files.read_by("teacher", Json::array({"config.json"}));
  EXPECT_TRUE(files.empty());
}

}  // namespace
}  // namespace gistmill
