#include "host/isolate/isolated_process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "host/diagnostic/seconds_since.hpp"
#include "host/isolate/serve.hpp"

namespace gistmill {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kGlance(20);  // how often a wait looks at `cancel`
constexpr std::chrono::seconds kCancelPatience(
    3);                                // that a canceled call has to answer; the run's own watch has five
constexpr double kSecondsToEnd = 2;    // that one which is not needed any more has
constexpr int kCannotCutOff = 126;     // exit code of a child that could not leave the network
constexpr int kChannelDescriptor = 3;  // in the child

std::atomic<int> compute_threads = 0;

// This process's, with the number of threads; made before the fork, after which nothing can be allocated.
class Environment {
 public:
  Environment() : threads_(fmt::format("OMP_NUM_THREADS={}", compute_threads.load())) {
    const bool sets = compute_threads > 0;
    for (char** each = environ; *each != nullptr; ++each) {
      if (!sets || std::strncmp(*each, "OMP_NUM_THREADS=", 16) != 0) words_.push_back(*each);
    }
    if (sets) words_.push_back(threads_.c_str());
    words_.push_back(nullptr);
  }
  const char* const* get() const { return words_.data(); }

 private:
  std::string threads_;
  std::vector<const char*> words_;
};

// What became of a process that waitpid tells of; "" where it ended as it should.
std::string ended_by(int status) {
  if (WIFSIGNALED(status)) {
    const char* const name = sigabbrev_np(WTERMSIG(status));
    return fmt::format("ended by signal SIG{}", name != nullptr ? name : std::to_string(WTERMSIG(status)));
  }
  if (WEXITSTATUS(status) == kCannotCutOff) return "cannot be cut off from the network on this machine";
  return WEXITSTATUS(status) == 0 ? "" : fmt::format("ended itself with exit code {}", WEXITSTATUS(status));
}

// In the child, between fork and exec: only what is safe there.
[[noreturn]] void become_other_side(const char* const* words, const char* const* environment, int channel,
                                    const Isolation& limits, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  if (!limits.network && unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
    _exit(kCannotCutOff);
  if (limits.memory > 0) {
    const rlimit limit{limits.memory, limits.memory};
    setrlimit(RLIMIT_AS, &limit);
  }
  const rlimit no_core{0, 0};  // a plugin that crashes again and again must not fill the disk
  setrlimit(RLIMIT_CORE, &no_core);
  signal(SIGINT, SIG_IGN);  // Ctrl-C is for the host, which ends this process when it is time
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  dup2(STDERR_FILENO, STDOUT_FILENO);  // the program's answer is its own
  if (channel == kChannelDescriptor) {
    fcntl(channel, F_SETFD, 0);
  } else {
    dup2(channel, kChannelDescriptor);
  }
  execve("/proc/self/exe", const_cast<char* const*>(words), const_cast<char* const*>(environment));
  _exit(127);
}

}  // namespace

void set_isolated_threads(int threads) { compute_threads = threads; }

IsolatedProcess::IsolatedProcess(std::string name, const Isolation& limits, const gm_host& host)
    : name_(std::move(name)),
      limits_(limits),
      host_(host),
      control_(std::make_shared<SharedMemory>(sizeof(std::int32_t))) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw Error(GM_ERROR_UNAVAILABLE, "no process of its own can be started: no socket");
  files::Descriptor mine(ends[0]);
  const files::Descriptor theirs(ends[1]);
  const std::string number = std::to_string(kChannelDescriptor);
  const char* const words[] = {"gistmill", kServeVerb, number.c_str(), nullptr};
  const Environment environment;
  const pid_t parent = getpid();
  child_ = fork();
  if (child_ == 0) become_other_side(words, environment.get(), theirs.get(), limits_, parent);
  if (child_ < 0) throw Error(GM_ERROR_UNAVAILABLE, "no process of its own can be started");
  channel_ = std::make_unique<Channel>(std::move(mine));
}

IsolatedProcess::~IsolatedProcess() {
  channel_.reset();  // it reads that nobody is there, and ends
  if (child_ <= 0 || !ended_.empty()) return;
  const auto asked = Clock::now();
  int status = 0;
  while (waitpid(child_, &status, WNOHANG) == 0) {
    if (seconds_since(asked) > kSecondsToEnd) kill(child_, SIGKILL);
    usleep(1000);
  }
  if (const std::string end = ended_by(status); !end.empty())
    host_.log(GM_LOG_WARNING, name_.c_str(), ("its process " + end + " when it was destroyed").c_str());
}

Message IsolatedProcess::ask(const Message& question, const std::string& doing,
                             const volatile std::int32_t* cancel) {
  const std::lock_guard lock(mutex_);
  if (!ended_.empty()) throw Error(GM_ERROR_INTERNAL, ended_);
  std::memset(control_->data(), 0, sizeof(std::int32_t));
  try {
    channel_->send(question);
    return wait(doing, cancel);
  } catch (const ChannelClosed&) {
    gone(doing);
  }
}

Message IsolatedProcess::wait(const std::string& doing, const volatile std::int32_t* cancel) {
  const auto began = Clock::now();
  Clock::time_point canceled_at;
  bool canceled = false;
  for (;;) {
    if (std::optional<Message> answer = channel_->receive(kGlance)) {
      const auto said = answer->body.find("log");
      if (said == answer->body.end()) return std::move(*answer);
      host_.log(answer->body.value("level", GM_LOG_INFO), name_.c_str(),
                said->is_string() ? said->get<std::string>().c_str() : "");
      continue;
    }
    if (limits_.seconds > 0 && seconds_since(began) > limits_.seconds)
      stop(doing, fmt::format("took more than the {:g} s that isolate.seconds allows", limits_.seconds));
    if (cancel != nullptr && *cancel != 0 && !canceled) {
      canceled = true;
      canceled_at = Clock::now();
      const std::int32_t yes = 1;
      std::memcpy(control_->data(), &yes, sizeof yes);
    }
    if (canceled && Clock::now() - canceled_at > kCancelPatience)
      stop(doing, "did not answer when it was canceled");
  }
}

std::string IsolatedProcess::how_it_ended() {
  int status = 0;
  if (waitpid(child_, &status, 0) != child_) return "has gone";
  const std::string end = ended_by(status);
  return end.empty() ? "ended itself with exit code 0" : end;
}

void IsolatedProcess::gone(const std::string& doing) {
  channel_.reset();
  kill(child_, SIGKILL);  // one that only closed its end would be waited for
  ended_ = fmt::format("its process {} in {}", how_it_ended(), doing);
  // A limit that is too low ends it in many ways: in the linker, in an allocation that nobody checks.
  if (limits_.memory > 0)
    ended_ +=
        fmt::format("; isolate.memory_mb allows it {} MB, which may be too few", limits_.memory / 1'000'000);
  throw Error(GM_ERROR_INTERNAL, ended_);
}

void IsolatedProcess::stop(const std::string& doing, const std::string& why) {
  channel_.reset();
  kill(child_, SIGKILL);
  how_it_ended();
  ended_ = fmt::format("{} {}, and its process was stopped", doing, why);
  throw Error(GM_ERROR_INTERNAL, ended_);
}

}  // namespace gistmill
