// A program at a terminal of its own: what a person types and what the screen gets.
#pragma once

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

namespace gistmill {

class PseudoTerminal {
 public:
  // Starts `command`, words of sh, in a terminal that is so many columns wide.
  PseudoTerminal(const std::string& command, unsigned short columns) {
    winsize size{};
    size.ws_col = columns;
    size.ws_row = 24;
    child_ = forkpty(&screen_, nullptr, nullptr, &size);
    if (child_ != 0) return;
    execl("/bin/sh", "sh", "-c", ("exec " + command).c_str(), nullptr);
    _exit(127);
  }
  ~PseudoTerminal() {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
    close(screen_);
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  void type(const std::string& keys) {
    for (std::size_t done = 0; done < keys.size();) {
      const ssize_t written = write(screen_, keys.data() + done, keys.size() - done);
      if (written <= 0) return;
      done += static_cast<std::size_t>(written);
    }
  }

  // Whether `text` came within `seconds`, counted from the beginning.
  bool shows(const std::string& text, double seconds = 20) {
    return waits([&] { return seen_.find(text) != std::string::npos; }, seconds);
  }

  // The exit code; -1: it was ended by a signal or did not end.
  int finish(double seconds = 20) {
    waits([&] { return ended_; }, seconds);
    int status = 0;
    for (int tries = 0; tries < 200 && waitpid(child_, &status, WNOHANG) == 0; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const bool exited = WIFEXITED(status) && kill(child_, 0) != 0;
    if (exited) child_ = 0;
    return exited ? WEXITSTATUS(status) : -1;
  }

  const std::string& seen() const { return seen_; }  // all bytes, control sequences too

 private:
  template <class Done>
  bool waits(const Done& done, double seconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!done() && std::chrono::steady_clock::now() < end) {
      pollfd ready{screen_, POLLIN, 0};
      if (poll(&ready, 1, 50) <= 0) continue;
      char bytes[4096];
      const ssize_t count = read(screen_, bytes, sizeof(bytes));
      if (count <= 0) {
        ended_ = true;
        return done();
      }
      seen_.append(bytes, static_cast<std::size_t>(count));
    }
    return done();
  }

  int screen_ = -1;
  pid_t child_ = -1;
  bool ended_ = false;
  std::string seen_;
};

}  // namespace gistmill
