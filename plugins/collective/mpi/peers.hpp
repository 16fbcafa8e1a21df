// The other ranks of this machine as processes: which of them have ended. A launcher usually ends all ranks
// when one is gone, but not every launcher does (srun without --kill-on-bad-exit), and through shared memory
// MPI itself never notices. Ranks of other machines are left to their own neighbors, the launcher and MPI.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace gistmill::mpi {

// A process as others of its machine can find it.
struct Process {
  // The running system and the process namespace; only processes with the same two can see each other.
  char machine[64] = {};
  long id = 0;
};

Process this_process();

class Peers {
 public:
  // processes: of all ranks, in their order. `own`: this process's place among them.
  Peers(const std::vector<Process>& processes, std::size_t own);
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;
  ~Peers();

  // The first rank of this machine whose process has ended.
  std::optional<std::size_t> ended() const;
  // "rank 2, process 4711 of this machine"
  std::string text(std::size_t rank) const;

 private:
  struct Watched {
    std::size_t rank;
    long id;
    int descriptor;  // readable once the process has ended, whoever takes its number afterwards
  };
  std::vector<Watched> watched_;
};

}  // namespace gistmill::mpi
