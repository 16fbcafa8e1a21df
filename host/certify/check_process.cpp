// See check_process.hpp.
#include "host/certify/check_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/text/shown.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/files/scratch_folder.hpp"
#include "host/process/child_program.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  throw Failure(ExitCode::failed, fmt::format("{}: {}", what, std::strerror(errno)));
}

// What a check reads and writes.
class CheckFolder {
 public:
  CheckFolder() { fs::create_directory(work()); }

  fs::path work() const { return scratch_.path() / "work"; }  // where the check works
  fs::path said() const { return scratch_.path() / "stdout"; }
  fs::path complained() const { return scratch_.path() / "stderr"; }

 private:
  ScratchFolder scratch_{"certify"};
};

files::Descriptor file_to_write(const fs::path& path) {
  files::Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0600));
  if (!file.open()) fail("cannot write " + path.string());
  return file;
}

// A child whose process group ends with this.
class CheckingProcess {
 public:
  CheckingProcess(const CheckRequest& request, const CheckFolder& folder) {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
    answers_ = files::Descriptor(ends[0]);
    const files::Descriptor writes(ends[1]);
    const files::Descriptor said = file_to_write(folder.said());
    const files::Descriptor complained = file_to_write(folder.complained());
    const std::vector<std::string> words = words_of(request, writes.get());
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    pointers.push_back(nullptr);
    const std::string work = folder.work().string();
    // Small inputs: more threads would only wait for each other where the machine is busy.
    setenv("OMP_NUM_THREADS", "1", 1);
    setenv("GISTMILL_RANKS", "off", 1);  // a process of its own, also where mpirun or srun started this
    const pid_t parent = getpid();
    process_ = fork();
    if (process_ < 0) fail("cannot start a check");
    if (process_ == 0) {
      setpgid(0, 0);
      fcntl(writes.get(), F_SETFD, 0);
      become_program(pointers.data(), work.c_str(), said.get(), parent, complained.get());
    }
  }
  CheckingProcess(const CheckingProcess&) = delete;
  CheckingProcess& operator=(const CheckingProcess&) = delete;
  ~CheckingProcess() { end(); }

  int answers() const { return answers_.get(); }

  // Its status of wait(2), after it ended by itself or, where it did not, by force.
  int end() {
    if (process_ <= 0) return status_;
    // It closed its end of the pipe: it is about to be gone, unless the plugin closed it.
    const auto begin = Clock::now();
    while (waitpid(process_, &status_, WNOHANG) == 0) {
      if (killed_ || seconds_since(begin) > 2) kill_all();
      usleep(1000);
    }
    kill(-process_, SIGKILL);  // what it may have started
    process_ = 0;
    return status_;
  }
  void kill_all() {
    killed_ = true;
    kill(-process_, SIGKILL);
    kill(process_, SIGKILL);
  }

 private:
  static std::vector<std::string> words_of(const CheckRequest& request, int answers) {
    std::vector<std::string> words = {"/proc/self/exe",         kCertifyCheckVerb,
                                      request.library.string(), request.check,
                                      request.component,        std::to_string(request.seed),
                                      std::to_string(answers),  std::to_string(request.folders.size())};
    for (const fs::path& folder : request.folders) words.push_back(folder.string());
    words.insert(words.end(), request.options.begin(), request.options.end());
    return words;
  }

  files::Descriptor answers_;
  pid_t process_ = 0;
  int status_ = 0;
  bool killed_ = false;
};

// What a check said so far.
struct Heard {
  CheckEnd end;
  std::string stage = "starting";
  std::string rest;  // of a line that is not whole yet

  void take(const std::string& line) {
    const auto said = nlohmann::json::parse(line, nullptr, false);
    if (!said.is_object()) return;
    const std::string kind = said.value("kind", ""), text = said.value("text", "");
    if (kind == "stage") stage = text;
    if (kind == "fault") end.faults.push_back(text);
    if (kind == "stop") end.stops = true;
    if (kind == "nothing") end.nothing = text;
    if (kind == "not checked") end.not_checked.push_back(text);
    if (kind == "end") {
      end.came_to_its_end = true;
      end.checked = !text.empty();
    }
  }
  void take_bytes(const char* bytes, std::size_t size) {
    rest.append(bytes, size);
    for (std::size_t at = 0; (at = rest.find('\n')) != std::string::npos; rest.erase(0, at + 1))
      take(rest.substr(0, at));
  }
};

// Reads until the pipe is closed. False: it said nothing for too long, or went on for too long.
bool listen(int answers, Heard& heard, std::string& overtime) {
  const auto begin = Clock::now();
  auto last = begin;
  char bytes[4096];
  for (;;) {
    if (seconds_since(last) > kPatience) {
      overtime = fmt::format("did not come back within {} s", kPatience);
      return false;
    }
    if (seconds_since(begin) > kLongestCheck) {
      overtime = fmt::format("took more than {} s in all", kLongestCheck);
      return false;
    }
    pollfd waiting{answers, POLLIN, 0};
    if (poll(&waiting, 1, 100) <= 0) continue;
    const ssize_t size = ::read(answers, bytes, sizeof bytes);
    if (size == 0) return true;
    if (size < 0 && errno != EINTR) return true;
    if (size <= 0) continue;
    last = Clock::now();
    heard.take_bytes(bytes, static_cast<std::size_t>(size));
  }
}

std::string signal_name(int signal) {
  const char* const name = sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

std::string first_line(const fs::path& file) {
  const std::string text = files::read_all(file);
  const std::size_t begin = text.find_first_not_of("\r\n\t ");
  if (begin == std::string::npos) return "";
  constexpr std::size_t kShown = 160;
  return text::printable(text.substr(begin, std::min(text.find('\n', begin) - begin, kShown)));
}

// How it died, where it did not come to its end.
std::string death(int status, const std::string& stage, const std::string& last_words) {
  std::string how = "ended the process";
  if (WIFSIGNALED(status)) how = fmt::format("killed the process with {}", signal_name(WTERMSIG(status)));
  if (WIFEXITED(status)) how = fmt::format("ended the process with exit code {}", WEXITSTATUS(status));
  return fmt::format("{}: {}{}", stage, how, last_words.empty() ? "" : fmt::format(" ({})", last_words));
}

}  // namespace

CheckEnd run_check(const CheckRequest& request) {
  const auto begin = Clock::now();
  const CheckFolder folder;
  CheckingProcess process(request, folder);
  Heard heard;
  std::string overtime;
  const bool answered = listen(process.answers(), heard, overtime);
  if (!answered) process.kill_all();
  const int status = process.end();
  CheckEnd end = std::move(heard.end);
  if (!answered) {
    end.came_to_its_end = false;
    end.faults.push_back(fmt::format("{}: {}", heard.stage, overtime));
  } else if (!end.came_to_its_end || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string stage = end.came_to_its_end ? "at the end of the process" : heard.stage;
    end.came_to_its_end = false;
    end.faults.push_back(death(status, stage, first_line(folder.complained())));
  }
  if (const std::string said = first_line(folder.said()); !said.empty())
    end.faults.push_back(fmt::format("wrote on standard output, which is the program's: '{}'", said));
  std::error_code unreadable;
  for (const auto& left : fs::directory_iterator(folder.work(), unreadable))
    end.faults.push_back(fmt::format("left {} in the working folder", left.path().filename().string()));
  end.seconds = seconds_since(begin);
  return end;
}

}  // namespace gistmill
