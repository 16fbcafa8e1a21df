// The processes that do one run together, as the training loop sees them: what every rank knows of the
// others, what rank 0 decides for all, and how all end together. A run of one process has these functions
// too; there they cost nothing. Knows no MPI: a component joins the processes (gistmill/collective.h).
// docs/ranks.md.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gistmill/collective.h"
#include "host/instance/instance.hpp"
#include "host/registry/launch.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

// Thrown on all ranks alike, at the same place of the run: none waits for another. Rank 0 says it.
class SharedFailure : public Failure {
 public:
  using Failure::Failure;
};

// Where there are several ranks, every function but the first four is called by all of them in the same
// order. It throws Failure where a rank has ended (ExitCode::failed) or a second signal came
// (ExitCode::interrupted); the ranks cannot go on after that, and end_all() is what is left. Main thread.
class Ranks {
 public:
  // This process alone.
  Ranks() = default;
  // Joins the processes that `launch` tells of. `registry` outlives this. Throws Failure where no plugin can,
  // or where it finds other processes than the launcher started.
  Ranks(const Launch& launch, Registry& registry);
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;
  // Where leave() was not called, the others are not waited for.
  ~Ranks();

  bool alone() const { return size_ == 1; }
  bool first() const { return rank_ == 0; }
  int rank() const { return rank_; }
  int size() const { return size_; }
  const std::string& joined_by() const { return joined_by_; }  // "collective/mpi"; "" where alone

  // Adds up numbers over all ranks, in place, in their order: the same bits on each. f32[count].
  void sum(float* numbers, std::size_t count);
  // What each rank gives, in their order. The numbers are as many on every rank; texts may differ in length.
  std::vector<std::vector<double>> gather_numbers(const std::vector<double>& mine);
  std::vector<std::string> gather_texts(const std::string& mine);
  // Rank 0's number.
  double of_first(double mine);

  // What `make` answers on rank 0, where alone it runs while the others wait. What it throws there every rank
  // throws, as SharedFailure.
  std::string from_first(const std::function<std::string()>& make);

  // All have come to the end of the run.
  void leave();
  // Ends all processes, since this one cannot go on and others may wait for it. A failure that every rank has
  // by itself is said once, by rank 0: the others wait for it a moment before they say theirs.
  [[noreturn]] void end_all(const Failure& failure, const std::function<void(const Failure&)>& tell);
  [[noreturn]] void end_all(ExitCode code);

 private:
  void check(gm_status status, const Instance::ErrorSink& sink);
  void gather_bytes(const void* mine, std::size_t size, void* all);
  void broadcast(void* bytes, std::size_t size);
  void let_others_speak() const;

  std::unique_ptr<Instance> instance_;
  const gm_collective_extension* collective_ = nullptr;
  std::string joined_by_;
  int rank_ = 0;
  int size_ = 1;
  bool broken_ = false;  // a call failed
};

}  // namespace gistmill
