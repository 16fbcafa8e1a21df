// Linux only; see peers.hpp.
#include "plugins/collective/mpi/peers.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>

namespace gistmill::mpi {

Process this_process() {
  Process process;
  process.id = getpid();
  std::string machine;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> machine;
  std::array<char, 32> space{};  // "pid:[4026531836]"
  if (readlink("/proc/self/ns/pid", space.data(), space.size() - 1) > 0) machine += space.data();
  machine.copy(process.machine, sizeof(process.machine) - 1);
  return process;
}

Peers::Peers(const std::vector<Process>& processes, std::size_t own) {
  for (std::size_t rank = 0; rank < processes.size(); ++rank) {
    const Process& other = processes[rank];
    if (rank == own || std::strncmp(other.machine, processes[own].machine, sizeof(other.machine)) != 0)
      continue;
    // Not glibc's function: its header of Debian 12 gives it no C linkage in C++.
    const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(other.id), 0U));
    if (descriptor >= 0) watched_.push_back({rank, other.id, descriptor});
  }
}

Peers::~Peers() {
  for (const Watched& each : watched_) close(each.descriptor);
}

std::optional<std::size_t> Peers::ended() const {
  std::vector<pollfd> asked;
  for (const Watched& each : watched_) asked.push_back({each.descriptor, POLLIN, 0});
  if (poll(asked.data(), asked.size(), 0) <= 0) return std::nullopt;
  const auto found =
      std::find_if(asked.begin(), asked.end(), [](const pollfd& each) { return each.revents != 0; });
  if (found == asked.end()) return std::nullopt;
  return watched_[static_cast<std::size_t>(found - asked.begin())].rank;
}

std::string Peers::text(std::size_t rank) const {
  const auto found =
      std::find_if(watched_.begin(), watched_.end(), [&](const Watched& each) { return each.rank == rank; });
  std::string text = "rank " + std::to_string(rank);
  if (found != watched_.end()) text += ", process " + std::to_string(found->id) + " of this machine,";
  return text;
}

}  // namespace gistmill::mpi
