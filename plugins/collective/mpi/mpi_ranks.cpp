// See mpi_ranks.hpp.
#include "plugins/collective/mpi/mpi_ranks.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include <gistmill/plugin/values.hpp>

namespace gistmill::mpi {
namespace {

using Clock = std::chrono::steady_clock;

// Numbers that one exchange moves at most: MPI counts with int, and a rank keeps a copy of its share.
constexpr std::uint64_t kPiece = std::uint64_t{1} << 22;
constexpr std::uint64_t kBytes = std::uint64_t{1} << 30;
constexpr auto kSpins = std::chrono::microseconds(100);
constexpr auto kLooks = std::chrono::milliseconds(50);  // for a cancellation and for ranks that have ended
constexpr useconds_t kNap = 50;                         // microseconds

const volatile std::int32_t never = 0;

// "Open MPI v4.1.4"
std::string library() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int size = 0;
  MPI_Get_library_version(text.data(), &size);
  const std::string whole(text.data(), static_cast<std::size_t>(size));
  return whole.substr(0, whole.find_first_of(",\n"));
}

// Open MPI ends the process where srun did not start it with PMIx, and where a launcher of another MPI did
// each process becomes the only rank of a run of its own.
void check_launcher() {
#ifdef OPEN_MPI
  if (std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr || std::getenv("PMIX_RANK") != nullptr) return;
  throw Error(GM_ERROR_USER, "the launcher of these processes does not speak to " + library() +
                                 ", which this plugin is built with: start them with its mpirun, or with "
                                 "srun --mpi=pmix");
#endif
}

// MPI sets handlers of its own, which belong to the process, not to a plugin.
class KeptSignals {
 public:
  KeptSignals() {
    for (int signal = 1; signal < NSIG; ++signal)
      known_[signal] = sigaction(signal, nullptr, &actions_[signal]) == 0;
  }
  ~KeptSignals() {
    for (int signal = 1; signal < NSIG; ++signal) {
      if (known_[signal]) sigaction(signal, &actions_[signal], nullptr);
    }
  }
  KeptSignals(const KeptSignals&) = delete;
  KeptSignals& operator=(const KeptSignals&) = delete;

 private:
  std::array<struct sigaction, NSIG> actions_{};
  std::array<bool, NSIG> known_{};
};

}  // namespace

MpiRanks::MpiRanks() {
  check_launcher();
  int started = 0;
  MPI_Initialized(&started);
  if (started != 0) throw Error(GM_ERROR_MISUSE, "MPI can be started once in a process");
  {
    const KeptSignals signals;
    int level = 0;
    if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS)
      throw Error(GM_ERROR_UNAVAILABLE, "MPI cannot be started");
  }
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  check(MPI_Comm_dup(MPI_COMM_WORLD, &all_), "joining");
  MPI_Comm_rank(all_, &rank_);
  MPI_Comm_size(all_, &size_);
  std::vector<Process> processes(static_cast<std::size_t>(size_));
  const Process own = this_process();
  all_gather(&own, sizeof(own), processes.data(), &never);
  peers_ = std::make_unique<Peers>(processes, static_cast<std::size_t>(rank_));
}

MpiRanks::~MpiRanks() {
  if (broken_) return;
  const KeptSignals signals;
  MPI_Comm_free(&all_);
  MPI_Finalize();
}

void MpiRanks::abort(int code) {
  MPI_Abort(MPI_COMM_WORLD, code);
  _exit(code);
}

void MpiRanks::check(int code, const char* doing) {
  if (code == MPI_SUCCESS) return;
  broken_ = true;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int size = 0;
  MPI_Error_string(code, text.data(), &size);
  throw Error(GM_ERROR_UNAVAILABLE, std::string("MPI failed while ") + doing + ": " + text.data());
}

// A rank that sleeps would make others wait for it while data move, and one that does not would take the
// processor from those that still compute: hence all meet first, asleep, and move data awake.
void MpiRanks::meet(const volatile std::int32_t* cancel) {
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ibarrier(all_, &request), "waiting for other ranks");
  wait(request, Waits::asleep, "waiting for other ranks", cancel);
}

void MpiRanks::wait(MPI_Request request, Waits how, const char* doing, const volatile std::int32_t* cancel) {
  const auto began = Clock::now();
  auto looked = began;
  for (;;) {
    int done = 0;
    check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), doing);
    if (done != 0) return;
    const auto now = Clock::now();
    if (now - looked > kLooks) {
      looked = now;
      if (*cancel != 0) {
        broken_ = true;
        throw Error(GM_CANCELED, std::string("canceled while ") + doing);
      }
      if (const auto rank = peers_ != nullptr ? peers_->ended() : std::nullopt) {
        broken_ = true;
        throw Error(GM_ERROR_UNAVAILABLE, peers_->text(*rank) + " has ended, seen while " + doing);
      }
    }
    if (how == Waits::awake || now - began < kSpins) {
      sched_yield();
    } else {
      usleep(kNap);
    }
  }
}

void MpiRanks::all_reduce_sum(float* numbers, std::uint64_t count, const volatile std::int32_t* cancel) {
  meet(cancel);
  for (std::uint64_t begin = 0; begin < count; begin += kPiece)
    sum_piece(numbers + begin, static_cast<int>(std::min(kPiece, count - begin)), cancel);
}

// Rank r gets part r of the piece from all, adds it up and gives the sum to all.
void MpiRanks::sum_piece(float* numbers, int count, const volatile std::int32_t* cancel) {
  const auto ranks = static_cast<std::size_t>(size_);
  std::vector<int> counts(ranks), places(ranks), own_counts(ranks), own_places(ranks);
  const auto place = [&](std::size_t rank) { return static_cast<int>(std::int64_t{count} * rank / ranks); };
  const auto own = static_cast<std::size_t>(rank_);
  const int own_count = place(own + 1) - place(own);
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    places[rank] = place(rank);
    counts[rank] = place(rank + 1) - place(rank);
    own_places[rank] = static_cast<int>(rank) * own_count;
    own_counts[rank] = own_count;
  }
  received_.resize(ranks * static_cast<std::size_t>(own_count));
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ialltoallv(numbers, counts.data(), places.data(), MPI_FLOAT, received_.data(), own_counts.data(),
                       own_places.data(), MPI_FLOAT, all_, &request),
        "adding up gradients");
  wait(request, Waits::awake, "adding up gradients", cancel);
  float* const sum = numbers + places[own];
  std::copy_n(received_.data(), own_count, sum);
  for (std::size_t rank = 1; rank < ranks; ++rank) {
    const float* const share = received_.data() + own_places[rank];
    for (int i = 0; i < own_count; ++i) sum[i] += share[i];
  }
  check(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_FLOAT, numbers, counts.data(), places.data(), MPI_FLOAT, all_,
                        &request),
        "adding up gradients");
  wait(request, Waits::awake, "adding up gradients", cancel);
}

// The analyzer does not see that wait() waits, since it does so by MPI_Test.
// NOLINTBEGIN(clang-analyzer-optin.mpi.MPI-Checker)
void MpiRanks::all_gather(const void* mine, std::uint64_t bytes, void* all,
                          const volatile std::int32_t* cancel) {
  if (bytes > kBytes)
    throw Error(GM_ERROR_MISUSE, "a rank can give " + std::to_string(kBytes) + " bytes at most");
  meet(cancel);
  if (bytes == 0) return;
  MPI_Request request = MPI_REQUEST_NULL;
  const auto count = static_cast<int>(bytes);
  check(MPI_Iallgather(mine, count, MPI_BYTE, all, count, MPI_BYTE, all_, &request), "gathering");
  wait(request, Waits::awake, "gathering", cancel);
}

void MpiRanks::broadcast(void* bytes, std::uint64_t count, const volatile std::int32_t* cancel) {
  meet(cancel);
  auto* const data = static_cast<char*>(bytes);
  for (std::uint64_t begin = 0; begin < count; begin += kBytes) {
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Ibcast(data + begin, static_cast<int>(std::min(kBytes, count - begin)), MPI_BYTE, 0, all_,
                     &request),
          "telling all ranks");
    wait(request, Waits::awake, "telling all ranks", cancel);
  }
}

// NOLINTEND(clang-analyzer-optin.mpi.MPI-Checker)

}  // namespace gistmill::mpi
