// How much memory a piece of work takes at once. Linux only.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace gistmill::test {

// By how many bytes `work` raises the most memory that is resident at once. Linux forgets its peak when asked
// to (proc(5), clear_refs), so what ran before does not count.
template <class Work>
std::int64_t peak_rise(const Work& work) {
  const auto resident = [](const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.rfind(key, 0) == 0) return std::stoll(line.substr(key.size())) * 1024;
    }
    return 0LL;
  };
  std::ofstream("/proc/self/clear_refs") << 5;
  const std::int64_t before = resident("VmRSS:");
  work();
  return resident("VmHWM:") - before;
}

}  // namespace gistmill::test
