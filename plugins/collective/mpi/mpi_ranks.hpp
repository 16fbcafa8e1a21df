// The ranks of one run over MPI: joining, sums in a fixed order, waiting that leaves the processor to others
// and notices when a rank has ended. One in a process, since MPI can be started once. Not the ABI:
// plugin.cpp.
#pragma once

#define OMPI_SKIP_MPICXX 1  // Open MPI's withdrawn C++ interface needs a library of its own
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "plugins/collective/mpi/peers.hpp"

namespace gistmill::mpi {

// Every function but rank() and size() is called by all ranks, in the same order, with the same sizes; it
// throws gistmill::Error: GM_CANCELED once *cancel is not 0, GM_ERROR_UNAVAILABLE where a rank has ended or
// MPI fails. After that, only abort(). Main thread.
class MpiRanks {
 public:
  // Starts MPI and waits for the others. Throws Error(GM_ERROR_USER) where a launcher of another kind started
  // the processes.
  MpiRanks();
  // Leaves; after a failure MPI is not ended, which would wait for those that are gone.
  ~MpiRanks();
  MpiRanks(const MpiRanks&) = delete;
  MpiRanks& operator=(const MpiRanks&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }

  // numbers: f32[count]; the sum over all ranks, in the order ((0 + 1) + 2) + ...
  void all_reduce_sum(float* numbers, std::uint64_t count, const volatile std::int32_t* cancel);
  // all: room for size() times `bytes`.
  void all_gather(const void* mine, std::uint64_t bytes, void* all, const volatile std::int32_t* cancel);
  void broadcast(void* bytes, std::uint64_t count, const volatile std::int32_t* cancel);
  [[noreturn]] void abort(int code);

 private:
  enum class Waits { asleep, awake };

  void check(int code, const char* doing);
  // Until every rank is in the same call.
  void meet(const volatile std::int32_t* cancel);
  void wait(MPI_Request request, Waits how, const char* doing, const volatile std::int32_t* cancel);
  void sum_piece(float* numbers, int count, const volatile std::int32_t* cancel);

  MPI_Comm all_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
  bool broken_ = false;
  std::unique_ptr<Peers> peers_;
  std::vector<float> received_;  // this rank's share of a piece, from every rank
};

}  // namespace gistmill::mpi
