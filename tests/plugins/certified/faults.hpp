// Faults that are the same wherever they stand: what must not happen in any call. The place's name goes
// before: "forward-abort" aborts in forward, "create-abort" in create.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <clocale>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace certified {

inline volatile std::int64_t always = 1;  // nothing that depends on it is left out by a compiler

inline void* volatile lost = nullptr;

inline std::int64_t deep(std::int64_t n) {
  volatile char frame[4096];
  frame[n % 4096] = 1;
  return always != 0 ? deep(n + 1) + frame[0] : 0;
}

inline void end_process(std::string_view kind) {
  if (kind == "abort") std::abort();
  if (kind == "segfault") *reinterpret_cast<volatile int*>(always) = 1;
  if (kind == "stack-overflow") always = deep(1);
  if (kind == "divide-by-zero") always = always / (always - 1);
  if (kind == "exit") std::exit(0);
  if (kind == "quick-exit") std::quick_exit(0);
  if (kind == "terminate") std::thread([] { throw 1; }).join();
  if (kind == "hang") {
    while (always != 0) {
    }
  }
}

inline void change_process(std::string_view kind) {
  if (kind == "folder") always = chdir("/") + 1;
  if (kind == "locale") std::setlocale(LC_ALL, "C.UTF-8");
  if (kind == "signal") std::signal(SIGINT, SIG_IGN);
  if (kind == "umask") umask(0777);
  if (kind == "environment") setenv("CERTIFIED", "was here", 1);
  if (kind == "stdout") std::puts("hello");
  if (kind == "closed-stderr") close(STDERR_FILENO);
  if (kind == "file") close(open("left.txt", O_CREAT | O_WRONLY, 0600));
#if defined(__x86_64__)
  if (kind == "flush-to-zero") _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON);
#endif
}

inline void keep_more(std::string_view kind) {
  if (kind == "leak") lost = std::calloc(1, 64);
  if (kind == "descriptor" && open("/dev/null", O_RDONLY) < 0) std::abort();
  if (kind == "thread") std::thread([] { std::this_thread::sleep_for(std::chrono::hours(1)); }).detach();
  if (kind == "mapped") {
    constexpr std::size_t kBytes = 1 << 18;
    auto* const bytes =
        static_cast<char*>(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (std::size_t i = 0; i < kBytes; i += 4096) bytes[i] = 1;
  }
}

// place: "create", "start", "forward", "vjp", "destroy".
inline void at(std::string_view place, std::string_view fault) {
  if (fault.size() <= place.size() || fault.substr(0, place.size()) != place || fault[place.size()] != '-')
    return;
  const std::string_view kind = fault.substr(place.size() + 1);
  end_process(kind);
  change_process(kind);
  keep_more(kind);
  if (kind == "throw-int") throw 1;
  if (kind == "throw-std") throw std::runtime_error("from the depths");
}

}  // namespace certified
