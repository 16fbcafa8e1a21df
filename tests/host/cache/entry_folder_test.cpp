// Which entries go when there are too many, and which stay.
#include "host/cache/entry_folder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

namespace gistmill {
namespace {

class EntryFolderTest : public testing::Test {
 protected:
  EntryFolderTest() {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("gistmill-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
  }
  ~EntryFolderTest() override { std::filesystem::remove_all(folder_); }

  // A file of 100 bytes, last used so many hours ago.
  std::filesystem::path entry(const std::string& name, int hours, const std::string& end = ".h5") {
    const std::filesystem::path path = folder_ / "0123" / (name + end);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << std::string(100, 'x');
    std::filesystem::last_write_time(
        path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(hours));
    return path;
  }
  static bool there(const std::filesystem::path& path) { return std::filesystem::exists(path); }

  std::filesystem::path folder_;
};

TEST_F(EntryFolderTest, CountsWhatIsThere) {
  entry("a", 1);
  entry("b", 2);
  entry("notes", 1, ".txt");
  const EntryFolder folder(folder_, 1000);
  EXPECT_EQ(folder.bytes(), 200u);
  EXPECT_EQ(folder.entries(), 2u);
  EXPECT_EQ(folder.path_of("0123456789abcdef0123", "k"), folder_ / "0123456789abcdef" / "k-2.h5");
  EXPECT_EQ(EntryFolder(folder_ / "absent", 1000).bytes(), 0u);
}

TEST_F(EntryFolderTest, KeepsEverythingIfThereIsRoom) {
  const auto a = entry("a", 1);
  EntryFolder folder(folder_, 200);
  EXPECT_TRUE(folder.make_room(100));
  EXPECT_TRUE(there(a));
}

TEST_F(EntryFolderTest, RemovesWhatWasUsedLeastRecently) {
  const auto oldest = entry("a", 3);
  const auto middle = entry("b", 2);
  const auto left_over = entry("c", 5, ".tmp");
  const auto foreign = entry("notes", 9, ".txt");
  EntryFolder folder(folder_, 300);
  EXPECT_TRUE(folder.make_room(150));
  EXPECT_FALSE(there(left_over));
  EXPECT_FALSE(there(oldest));
  EXPECT_TRUE(there(middle));
  EXPECT_TRUE(there(foreign)) << "is not the cache's";
  EXPECT_EQ(folder.bytes(), 100u);
  EXPECT_EQ(folder.removed(), 2u);
}

TEST_F(EntryFolderTest, NeverRemovesWhatWasUsedSinceItWasMade) {
  const auto a = entry("a", 2);
  const auto b = entry("b", 1);
  EntryFolder folder(folder_, 250);
  EntryFolder::touch(a);
  EXPECT_TRUE(folder.make_room(150));
  EXPECT_TRUE(there(a));
  EXPECT_FALSE(there(b));
  EXPECT_FALSE(folder.make_room(200));
  EXPECT_TRUE(there(a));
}

TEST_F(EntryFolderTest, SeesWhatOtherProcessesDid) {
  const auto a = entry("a", 2);
  EntryFolder folder(folder_, 250);
  std::filesystem::remove(a);
  EXPECT_TRUE(folder.make_room(200));
  EXPECT_EQ(folder.bytes(), 0u);
}

}  // namespace
}  // namespace gistmill
