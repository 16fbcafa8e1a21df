// How much memory this process can still get, so that a load that needs more says so before it starts.
// An estimate of Linux, of the moment: not a reservation, and not a limit on anything.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace gistmill::formats {

// Where the kernel tells; tests give their own.
struct MemoryRoots {
  std::filesystem::path proc = "/proc";
  std::filesystem::path cgroup = "/sys/fs/cgroup";
};

// The smaller of what the machine has (MemAvailable) and what each control group around this process, version
// 1 or 2, has left; page cache that a group could give back counts as free. Empty where neither can be read.
std::optional<std::uint64_t> available_memory(const MemoryRoots& roots = {});

}  // namespace gistmill::formats
