// Linux only; see machine.hpp.
#include "host/instance/machine.hpp"

#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <set>

namespace gistmill {

void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2000000000);
  mallopt(M_TOP_PAD, 64 << 20);
  mallopt(M_ARENA_MAX, 1);  // what one thread frees, all may have; large tensors do not crowd for the lock
}

namespace {

// How compute threads wait for each other at the end of a parallel loop. With "active" and with GOMP's own
// default they spin, and where anything else wants the core (another process, a thread that reads data) they
// spin through the time that the other thread would need. Chains of small bf16 products on two shared cores,
// a load of 8, LibTorch 2.13, taken in turns: 14 a second with "passive", which sends waiting threads to
// sleep, 10 with GOMP_SPINCOUNT=1000, 3.6 by default, 4.5 with "active". Where a machine does nothing else,
// "active" may be faster: OMP_WAIT_POLICY says so.
constexpr const char* kWaitPolicy = "passive";

}  // namespace

int physical_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return 1;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    std::ifstream siblings("/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                           "/topology/thread_siblings_list");
    std::string line;
    if (!std::getline(siblings, line)) line = std::to_string(cpu);
    cores.insert(line);
  }
  return std::max(1, static_cast<int>(cores.size()));
}

void set_up_openmp() {
  setenv("OMP_NUM_THREADS", std::to_string(physical_cores()).c_str(), 0);
  if (std::getenv("GOMP_SPINCOUNT") == nullptr) setenv("OMP_WAIT_POLICY", kWaitPolicy, 0);
}

int default_threads() {
  const char* set = std::getenv("OMP_NUM_THREADS");
  const int count = set != nullptr ? std::atoi(set) : 0;  // "4,2": the outer level counts
  return count > 0 ? count : physical_cores();
}

std::string wait_policy() {
  const char* set = std::getenv("OMP_WAIT_POLICY");
  std::string policy = set != nullptr && *set != '\0' ? set : "default";
  std::transform(policy.begin(), policy.end(), policy.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return policy;
}

std::string bf16_feature() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16") == 0) return "";  // every processor with AMX has it too
  std::ifstream info("/proc/cpuinfo");
  for (std::string word; info >> word;) {
    if (word == "amx_bf16") return word;
    if (word == "bugs") break;  // the line after the first processor's flags
  }
  return "avx512_bf16";
#else
  return "";
#endif
}

std::uint64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

namespace {

// The number of kB after `key` in /proc/self/status, in bytes.
std::uint64_t status_bytes(std::string_view key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::strtoull(line.c_str() + key.size(), nullptr, 10) * 1024;
  }
  return 0;
}

}  // namespace

std::uint64_t resident_bytes() { return status_bytes("VmRSS:"); }
std::uint64_t recent_peak_bytes() { return status_bytes("VmHWM:"); }

void reset_recent_peak() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // proc(5): resets the peak resident set size
}

std::uint64_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? "" : line.substr(colon + 2);
  }
  return "";
}

}  // namespace gistmill
