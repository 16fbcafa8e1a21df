// How much memory is left, from kernel files of every kind that there is.
#include <gistmill/formats/memory.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::formats {
namespace {

namespace fs = std::filesystem;

class AvailableMemory : public ::testing::Test {
 protected:
  ~AvailableMemory() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  void write_machine(const std::string& groups) const {
    write("proc/meminfo", "MemTotal:       2000 kB\nMemFree:         100 kB\nMemAvailable:   1000 kB\n");
    write("proc/self/cgroup", groups);
  }
  void write_group(const std::string& path, const std::string& limit, const std::string& usage,
                   const std::string& cache) const {
    write("cgroup/" + path + "/memory.max", limit + "\n");
    write("cgroup/" + path + "/memory.current", usage + "\n");
    write("cgroup/" + path + "/memory.stat", "anon 7\ninactive_file " + cache + "\n");
  }
  std::optional<std::uint64_t> available() const {
    return available_memory({folder_ / "proc", folder_ / "cgroup"});
  }

  const gistmill::testing::ScratchFolder scratch_;
  const fs::path folder_ = scratch_ / "memory";
};

TEST_F(AvailableMemory, IsUnknownWhereTheKernelDoesNotTell) {
  EXPECT_EQ(available(), std::nullopt);
  write("proc/meminfo", "MemTotal: 2000 kB\n");
  EXPECT_EQ(available(), std::nullopt);
}

TEST_F(AvailableMemory, IsWhatTheMachineHas) {
  write_machine("0::/\n");
  EXPECT_EQ(available(), 1000u * 1024);
}

TEST_F(AvailableMemory, IsBoundedByAGroupOfVersion2) {
  write_machine("0::/user/job\n");
  write_group("user/job", "500000", "120000", "20000");
  EXPECT_EQ(available(), 400000u);
}

TEST_F(AvailableMemory, IsBoundedByAGroupAroundTheGroup) {
  write_machine("0::/user/job\n");
  write_group("user", "300000", "200000", "0");
  write_group("user/job", "max", "120000", "20000");
  EXPECT_EQ(available(), 100000u);
}

TEST_F(AvailableMemory, IsBoundedByTheGroupThatAContainerSeesAsTheRoot) {
  write_machine("0::/not/visible/here\n");
  write_group("", "400000", "100000", "0");
  EXPECT_EQ(available(), 300000u);
}

TEST_F(AvailableMemory, IsBoundedByAGroupOfVersion1) {
  write_machine("5:cpu,cpuacct:/other\n4:memory:/job\n");
  write("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  write("cgroup/memory/memory.usage_in_bytes", "800000\n");
  write("cgroup/memory/job/memory.limit_in_bytes", "600000\n");
  write("cgroup/memory/job/memory.usage_in_bytes", "500000\n");
  write("cgroup/memory/job/memory.stat", "inactive_file 1\ntotal_inactive_file 100000\n");
  EXPECT_EQ(available(), 200000u);
}

TEST_F(AvailableMemory, IsZeroIfMoreIsUsedThanAllowed) {
  write_machine("0::/\n");
  write_group("", "1000", "5000", "0");
  EXPECT_EQ(available(), 0u);
}

TEST_F(AvailableMemory, IgnoresNonsense) {
  write_machine("nonsense\n:\n0::/../../etc\n7:memory\n");
  EXPECT_EQ(available(), 1000u * 1024);
}

TEST(AvailableMemoryOfThisMachine, IsKnownIfThereIsAProc) {
  if (!fs::exists("/proc/meminfo")) GTEST_SKIP() << "there is no /proc/meminfo";
  EXPECT_GT(available_memory().value_or(0), 0u);
}

}  // namespace
}  // namespace gistmill::formats
