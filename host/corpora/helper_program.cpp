#include "host/corpora/helper_program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sstream>

#include <fmt/format.h>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/process/child_program.hpp"

namespace gistmill {
namespace {

constexpr off_t kSaid = 16384;      // bytes that are kept of what it said
constexpr useconds_t kPoll = 5000;  // microseconds between two looks

int wait_for(pid_t process, const std::function<bool()>& stopped) {
  bool told = false;
  for (int status = 0;; usleep(kPoll)) {
    if (!told && stopped()) {
      kill(process, SIGTERM);
      told = true;
    }
    const pid_t ended = waitpid(process, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) continue;
    if (told || stopped()) throw_stopped();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

}  // namespace

void throw_stopped() { throw Failure(ExitCode::interrupted, "stopped; nothing is half done"); }

std::vector<std::string> HelperEnd::last_lines(std::size_t most) const {
  std::vector<std::string> lines;
  std::istringstream all(said);
  for (std::string line; std::getline(all, line);)
    if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(line);
  lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(std::min(most, lines.size())));
  return lines;
}

HelperEnd run_helper(const std::vector<std::string>& words, const std::filesystem::path& folder,
                     const std::function<bool()>& stopped) {
  std::vector<const char*> pointers = {"env", "LC_ALL=C"};
  for (const std::string& word : words) pointers.push_back(word.c_str());
  pointers.push_back(nullptr);
  const files::Descriptor said = files::unnamed_file(folder / "said");
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process < 0)
    throw Failure(ExitCode::failed, fmt::format("cannot start {}: {}", words[0], files::error_text(errno)));
  if (process == 0) become_program(pointers.data(), folder.c_str(), said.get(), parent);
  HelperEnd end;
  end.code = wait_for(process, stopped);
  const off_t size = lseek(said.get(), 0, SEEK_END);
  lseek(said.get(), std::max<off_t>(0, size - kSaid), SEEK_SET);
  end.said = files::read_all(said.get(), folder / "said");
  return end;
}

}  // namespace gistmill
