#include "host/sweep/trial.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

#include "gistmill/files/error.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/files/make_folders.hpp"
#include "host/files/text_file.hpp"
#include "host/process/child_program.hpp"
#include "host/record/run_record.hpp"
#include "host/sweep/failing_recipe.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecipe = "point.toml";
constexpr const char* kLog = "trial.log";
constexpr const char* kFailing = "failed.toml";
constexpr off_t kLogSpace = 16384;   // bytes that the log is sure to have: a full disk is to be told of too
constexpr std::size_t kSaid = 4000;  // bytes of standard error that a failed point keeps

[[noreturn]] void fail(const std::string& what) {
  throw Failure(ExitCode::failed, fmt::format("{}: {}", what, files::error_text(errno)));
}

// False where the disk is full. A file system that cannot reserve does without.
bool reserve(int log) { return fallocate(log, FALLOC_FL_KEEP_SIZE, 0, kLogSpace) == 0 || errno != ENOSPC; }

// A warning does not say why a trial failed, and would stand before what does.
std::string without_warnings(const std::string& text) {
  std::string kept;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("warning: ")) kept += line + "\n";
  return kept;
}

std::string end_of(const fs::path& log) {
  std::string text = without_warnings(read_text_file_if_there(log).value_or(""));
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
  std::error_code error;
  fs::remove(folder / kFailing, error);  // of an earlier attempt
}

bool write_failing_recipe(const fs::path& folder, const std::vector<fs::path>& plugin_folders) {
  try {
    const RunRecord record = read_run(folder);
    const bool trained = !record.stages.empty() && record.stages.back().finished;
    const Registry registry(Registry::search_path(plugin_folders, folder));
    std::string text = "# The shortest recipe that fails so:\n";
    std::string_view rest = record.failure;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      text += fmt::format("#   {}\n", line);
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    text += "\n" + shortest_failing_recipe(folder / kRecipe, registry, trained, record.failure);
    write_file_atomically(folder / kFailing, text);
    return true;
  } catch (const Failure&) {
    return false;
  }
}

fs::path failing_recipe_in(const fs::path& folder) {
  std::error_code error;
  return folder / (fs::exists(folder / kFailing, error) ? kFailing : kRecipe);
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
  if (!log.open() || !reserve(log.get())) fail(fmt::format("cannot write {}", (folder_ / kLog).string()));
  setenv("GISTMILL_RANKS", "off", 1);  // a run of its own, also where mpirun or srun started the worker
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ < 0) fail("cannot start a trial");
  if (process_ == 0) become_program(pointers.data(), working_folder.c_str(), log.get(), parent);
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
  end.seconds = seconds_since(began);
  if (WIFEXITED(status)) end.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  end.said = end_of(folder_ / kLog);
  return end;
}

}  // namespace gistmill
