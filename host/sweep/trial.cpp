#include "host/sweep/trial.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>

#include <fmt/format.h>

#include "gistmill/files/error.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/make_folders.hpp"
#include "host/files/text_file.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecipe = "point.toml";
constexpr const char* kLog = "trial.log";
constexpr std::size_t kSaid = 4000;  // bytes of standard error that a failed point keeps

[[noreturn]] void fail(const std::string& what) {
  throw Failure(ExitCode::failed, fmt::format("{}: {}", what, files::error_text(errno)));
}

// In the child, between fork and exec: only what is safe there.
[[noreturn]] void become(const char* const* words, const char* working_folder, int log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);  // it died before that
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  if (chdir(working_folder) == 0) execv(words[0], const_cast<char* const*>(words));
  _exit(127);
}

std::string end_of(const fs::path& log) {
  std::string text = read_text_file_if_there(log).value_or("");
  if (text.size() > kSaid) text.erase(0, text.find('\n', text.size() - kSaid) + 1);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

fs::path point_folder(const fs::path& points, const std::string& id) { return points / id; }

bool is_finished(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "summary.json", error);
}

void write_point(const fs::path& folder, const std::string& recipe) {
  write_file_atomically(folder / kRecipe, recipe);
}

std::optional<files::Descriptor> lock_point(const fs::path& folder) {
  make_folders(folder);
  // Without O_CLOEXEC: the trial inherits it.
  files::Descriptor file(open((folder / ".lock").c_str(), O_RDWR | O_CREAT, 0666));
  if (!file.open()) fail(fmt::format("cannot open {}", (folder / ".lock").string()));
  if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno == EWOULDBLOCK) return std::nullopt;
  fail(fmt::format("cannot lock {}", (folder / ".lock").string()));
}

Trial::Trial(const fs::path& program, const fs::path& folder, const fs::path& working_folder,
             const std::vector<std::string>& arguments, const files::Descriptor&)
    : folder_(fs::absolute(folder)) {
  std::vector<std::string> words = {program.string(), "run",     (folder_ / kRecipe).string(), "--folder",
                                    folder_.string(), "--resume"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  pointers.push_back(nullptr);
  const files::Descriptor log(open((folder_ / kLog).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!log.open()) fail(fmt::format("cannot write {}", (folder_ / kLog).string()));
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ < 0) fail("cannot start a trial");
  if (process_ == 0) become(pointers.data(), working_folder.c_str(), log.get(), parent);
}

TrialEnd Trial::wait(const volatile std::sig_atomic_t& stop) {
  const auto began = std::chrono::steady_clock::now();
  bool told = false;
  int status = 0;
  for (;;) {
    if (stop != 0 && !told) {
      kill(process_, SIGTERM);
      told = true;
    }
    const pid_t ended = waitpid(process_, &status, WNOHANG);
    if (ended == process_) break;
    if (ended < 0 && errno != EINTR) fail("cannot wait for a trial");
    usleep(5000);
  }
  TrialEnd end;
  end.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (WIFEXITED(status)) end.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  end.said = end_of(folder_ / kLog);
  return end;
}

}  // namespace gistmill
