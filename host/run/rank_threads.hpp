// How many compute threads each rank of a run has. A launcher may bind its processes to cores or let all of
// them see all cores, and LibTorch's own choice knows neither.
#pragma once

#include <cstdint>
#include <string>

#include "host/run/ranks.hpp"

namespace gistmill {

struct RankThreads {
  int threads = 0;  // 0: as a process alone has them
  std::string
      text;  // "4 ranks by collective/mpi on 1 machine, 1 thread each, 2 cores in all"; "" where alone
};

// asked: the recipe's run.threads, or what the environment says; 0: each rank has its share of the cores that
// it and others may use. All ranks have as many as the one with the fewest: they wait for each other in every
// step, and how sums round depends on the number. All ranks call it.
RankThreads rank_threads(Ranks& ranks, std::int64_t asked);

}  // namespace gistmill
