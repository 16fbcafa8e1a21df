// The process that an isolated component runs in: started, asked, watched. What becomes of it is an ordinary
// error.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gistmill/entry.h"
#include "host/isolate/channel.hpp"
#include "host/recipe/isolation.hpp"

namespace gistmill {

// How many compute threads processes that are started from now on have (OMP_NUM_THREADS); 0: as this one's
// environment says. With another number than the run's, sums would be taken in another order.
void set_isolated_threads(int threads);

class IsolatedProcess {
 public:
  // Starts this program again as the other side. `host` gets what the plugin says. Throws Error.
  IsolatedProcess(std::string name, const Isolation& limits, const gm_host& host);
  IsolatedProcess(const IsolatedProcess&) = delete;
  IsolatedProcess& operator=(const IsolatedProcess&) = delete;
  // Asks it to end, and stops it where it does not.
  ~IsolatedProcess();

  // Sends and waits for the answer. `doing`: for errors, "compress". cancel: as in gm_call, or null. Throws
  // Error where the process has ended, was stopped for taking too long or for not answering a cancel; from
  // then on always. Any thread, one after the other.
  Message ask(const Message& question, const std::string& doing,
              const volatile std::int32_t* cancel = nullptr);

  bool has_ended() const { return !ended_.empty(); }

  // A word that both sides see: nonzero tells the plugin that its call is canceled.
  const SharedMemoryPointer& control() const { return control_; }

 private:
  Message wait(const std::string& doing, const volatile std::int32_t* cancel);
  [[noreturn]] void gone(const std::string& doing);
  [[noreturn]] void stop(const std::string& doing, const std::string& why);
  std::string how_it_ended();

  std::string name_;
  Isolation limits_;
  const gm_host& host_;
  SharedMemoryPointer control_;
  pid_t child_ = -1;
  std::unique_ptr<Channel> channel_;
  std::mutex mutex_;
  std::string ended_;  // why; "": it runs
};

}  // namespace gistmill
