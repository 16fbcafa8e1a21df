#include "tests/fuzz/cost_watch.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <sanitizer/allocator_interface.h>

namespace gistmill::fuzz {
namespace {

constexpr double kSeconds = 1;

std::atomic<std::size_t> alive{0}, most{0};

void on_malloc(const volatile void*, std::size_t size) {
  const std::size_t now = alive += size;
  if (now > most) most = now;
}

void on_free(const volatile void* memory) {
  if (memory != nullptr) alive -= __sanitizer_get_allocated_size(const_cast<const void*>(memory));
}

// What was allocated before is freed later, so both sides are counted from the start of the program.
[[maybe_unused]] const int installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

CostWatch::CostWatch(std::size_t input_size, std::size_t factor, std::size_t constant)
    : size_(input_size), allowed_(factor * input_size + constant), before_(alive), start_(thread_seconds()) {
  most = before_;
}

CostWatch::~CostWatch() {
  const std::size_t spent = most - before_;
  const double seconds = thread_seconds() - start_;
  if (spent > allowed_) {
    std::fprintf(stderr, "an input of %zu bytes had %zu bytes allocated at once, allowed are %zu\n", size_,
                 spent, allowed_);
    std::abort();
  }
  if (seconds > kSeconds) {
    std::fprintf(stderr, "an input of %zu bytes took %.1f s, allowed are %.1f\n", size_, seconds, kSeconds);
    std::abort();
  }
}

}  // namespace gistmill::fuzz
