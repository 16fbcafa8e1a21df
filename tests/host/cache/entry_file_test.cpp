// What comes back from an entry, and that nothing damaged does.
#include "host/cache/entry_file.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <numeric>

#include "host/diagnostic/failure.hpp"

#include "tests/support/file_bytes.hpp"

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class EntryFile : public testing::Test {
 protected:
  EntryFile() {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("gistmill-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::iota(large_.begin(), large_.end(), 0.5f);
  }
  ~EntryFile() override { std::filesystem::remove_all(folder_); }

  // A tensor and an object of a large tensor, one of a single number and an empty one.
  std::vector<EntryValue> values() const {
    return {{"nll", "", {{"", "bf16", {2, 3}, half_}}},
            {"context",
             "test.context/1",
             {{"keys.0", "f32", {100, 50}, large_.data()},
              {"length", "i64", {}, &number_},
              {"none", "u8", {0, 4}, nullptr}}}};
  }
  EntryText text() const { return {"abcd", "teacher.read", "{\"component\":\"teacher/llama\"}"}; }
  void write() { write_entry(path(), text(), values()); }
  std::filesystem::path path() const { return folder_ / "abcd.h5"; }

  std::string bytes() const { return test::bytes_of(path()); }
  void put(const std::string& bytes) const { test::write_bytes(path(), bytes); }
  std::string refusal(const std::string& key = "abcd") const {
    try {
      read_entry(path(), key);
    } catch (const Failure& failure) {
      return failure.message();
    }
    return "";
  }

  std::filesystem::path folder_;
  std::uint16_t half_[6] = {1, 2, 3, 4, 5, 6};
  std::vector<float> large_ = std::vector<float>(5000);
  std::int64_t number_ = -7;
};

TEST_F(EntryFile, GivesBackWhatWasWritten) {
  write();
  const auto entry = read_entry(path(), "abcd");
  ASSERT_TRUE(entry);
  ASSERT_EQ(entry->values.size(), 2u);
  const EntryValue& nll = entry->values[0];
  EXPECT_EQ(nll.port, "nll");
  EXPECT_EQ(nll.object, "");
  EXPECT_EQ(nll.arrays[0].dtype, "bf16");
  EXPECT_THAT(nll.arrays[0].shape, ElementsAre(2, 3));
  EXPECT_EQ(std::memcmp(nll.arrays[0].data, half_, sizeof(half_)), 0);
  const EntryValue& context = entry->values[1];
  EXPECT_EQ(context.object, "test.context/1");
  ASSERT_EQ(context.arrays.size(), 3u);
  EXPECT_EQ(context.arrays[0].name, "keys.0");
  EXPECT_EQ(std::memcmp(context.arrays[0].data, large_.data(), large_.size() * sizeof(float)), 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(context.arrays[0].data) % 64, 0u);
  EXPECT_EQ(*static_cast<const std::int64_t*>(context.arrays[1].data), -7);
  EXPECT_THAT(context.arrays[2].shape, ElementsAre(0, 4));
  EXPECT_EQ(entry->bytes, std::filesystem::file_size(path()));
  EXPECT_LE(entry->bytes, entry_size_bound(text(), values()));
}

TEST_F(EntryFile, IsTheSameFileForTheSameContent) {
  write();
  const std::string first = bytes();
  write();
  EXPECT_EQ(bytes(), first);
}

TEST_F(EntryFile, IsAnHdf5FileThatExplainsItself) {
  if (std::system("command -v h5dump > /dev/null") != 0) GTEST_SKIP() << "no h5dump";
  write();
  const std::string out = (folder_ / "dump").string();
  ASSERT_EQ(std::system(("h5dump '" + path().string() + "' > '" + out + "' 2>&1").c_str()), 0);
  std::ifstream file(out);
  const std::string dump{std::istreambuf_iterator<char>(file), {}};
  for (const char* part : {"teacher.read", "teacher/llama", "test.context/1", "keys.0", "bf16"})
    EXPECT_THAT(dump, HasSubstr(part));
}

TEST_F(EntryFile, MayBeMissing) { EXPECT_FALSE(read_entry(path(), "abcd")); }

TEST_F(EntryFile, IsRefusedWithAnyByteDamaged) {
  write();
  const std::string whole = bytes();
  put(whole);
  std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
  const auto change = [&](std::size_t place, char byte) {
    file.seekp(static_cast<std::streamoff>(place)).put(byte).flush();
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    change(i, static_cast<char>(whole[i] ^ 0x20));
    ASSERT_THAT(refusal(), HasSubstr("is not a whole cached call")) << "byte " << i << " of " << whole.size();
    change(i, whole[i]);
  }
  EXPECT_TRUE(read_entry(path(), "abcd"));
}

TEST_F(EntryFile, IsRefusedWhereverItIsCut) {
  write();
  const std::string whole = bytes();
  for (const std::size_t size : {0ul, 1ul, 100ul, 512ul, 513ul, 2000ul, whole.size() / 2, whole.size() - 1}) {
    put(whole.substr(0, size));
    EXPECT_THAT(refusal(), HasSubstr("is not a whole cached call")) << size << " bytes";
  }
  put(whole + "more");
  EXPECT_THAT(refusal(), HasSubstr("size or checksum"));
}

TEST_F(EntryFile, IsRefusedIfItIsOfAnotherCallOrKind) {
  write();
  EXPECT_THAT(refusal("ef01"), HasSubstr("it holds the results of another call"));
  put(std::string(4096, 'x'));
  EXPECT_THAT(refusal(), HasSubstr("is not a whole cached call"));
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_THAT(refusal(), HasSubstr("it is not a file"));
}

TEST_F(EntryFile, LeavesNothingIfItDoesNotFitOnTheDisk) {
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {10000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(write(), Failure);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace gistmill
