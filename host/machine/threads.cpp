// Linux only; see threads.hpp.
#include "host/machine/threads.hpp"

#include <sched.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <set>

namespace gistmill {

namespace {

// How compute threads wait for each other at the end of a parallel loop. With "active" and with GOMP's own
// default they spin, and where anything else wants the core (another process, a thread that reads data) they
// spin through the time that the other thread would need. Chains of small bf16 products on two shared cores,
// a load of 8, LibTorch 2.13, taken in turns: 14 a second with "passive", which sends waiting threads to
// sleep, 10 with GOMP_SPINCOUNT=1000, 3.6 by default, 4.5 with "active". Where a machine does nothing else,
// "active" may be faster: OMP_WAIT_POLICY says so.
constexpr const char* kWaitPolicy = "passive";

}  // namespace

Cores allowed_cores() {
  Cores found;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> found.machine;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return found;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    std::ifstream siblings("/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                           "/topology/thread_siblings_list");
    std::string line;
    if (!std::getline(siblings, line)) line = std::to_string(cpu);
    cores.insert(line);
  }
  found.cores.assign(cores.begin(), cores.end());
  return found;
}

int physical_cores() { return std::max(1, static_cast<int>(allowed_cores().cores.size())); }

int share_of_cores(const std::vector<Cores>& processes, std::size_t index) {
  const Cores& own = processes[index];
  double share = 0;
  for (const std::string& core : own.cores) {
    const auto users = std::ranges::count_if(processes, [&](const Cores& each) {
      return each.machine == own.machine && std::ranges::count(each.cores, core) > 0;
    });
    share += 1.0 / static_cast<double>(users);
  }
  constexpr double kRounding = 1e-9;  // three thirds are one
  return std::max(1, static_cast<int>(share + kRounding));
}

int hardware_threads() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  return sched_getaffinity(0, sizeof(allowed), &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

void set_up_openmp() {
  setenv("OMP_NUM_THREADS", std::to_string(physical_cores()).c_str(), 0);
  if (std::getenv("GOMP_SPINCOUNT") == nullptr) setenv("OMP_WAIT_POLICY", kWaitPolicy, 0);
}

int threads_of_environment() {
  const char* set = std::getenv("OMP_NUM_THREADS");
  return set != nullptr ? std::max(0, std::atoi(set)) : 0;  // "4,2": the outer level counts
}

int default_threads() {
  const int count = threads_of_environment();
  return count > 0 ? count : physical_cores();
}

std::string wait_policy() {
  const char* set = std::getenv("OMP_WAIT_POLICY");
  std::string policy = set != nullptr && *set != '\0' ? set : "default";
  std::transform(policy.begin(), policy.end(), policy.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return policy;
}

}  // namespace gistmill
