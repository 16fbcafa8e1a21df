#include "host/process/ask_program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "gistmill/files/descriptor.hpp"
#include "gistmill/files/error.hpp"
#include "gistmill/files/transfer.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/file_failure.hpp"

namespace gistmill {
namespace {

struct Pipe {
  files::Descriptor read;
  files::Descriptor write;
};

[[noreturn]] void cannot_start(const std::string& program) {
  throw Failure(ExitCode::failed, fmt::format("cannot start {}: {}", program, files::error_text(errno)));
}

Pipe make_pipe(const std::string& program) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) cannot_start(program);
  return {files::Descriptor(ends[0]), files::Descriptor(ends[1])};
}

std::string all_of(const files::Descriptor& descriptor) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = read(descriptor.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

ProgramAnswer ask_program(const std::vector<std::string>& words, const std::filesystem::path& input) {
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  pointers.push_back(nullptr);
  const files::Descriptor read = or_failure([&] { return files::open_to_read(input); });
  Pipe out = make_pipe(words.front());
  Pipe err = make_pipe(words.front());
  const pid_t process = fork();
  if (process < 0) cannot_start(words.front());
  if (process == 0) {
    dup2(out.write.get(), STDOUT_FILENO);
    dup2(err.write.get(), STDERR_FILENO);
    dup2(read.get(), STDIN_FILENO);
    execvp(pointers[0], const_cast<char* const*>(pointers.data()));
    _exit(127);
  }
  out.write.close();
  err.write.close();
  ProgramAnswer answer;
  answer.out = all_of(out.read);
  answer.err = all_of(err.read);
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) answer.code = WEXITSTATUS(status);
  return answer;
}

}  // namespace gistmill
