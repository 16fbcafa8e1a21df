// See signature.hpp.
#include "host/distribution/signature.hpp"

#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"
#include "host/files/scratch_folder.hpp"
#include "host/files/text_file.hpp"
#include "host/process/ask_program.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "ssh-keygen";
constexpr int kNotFound = 127;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

[[noreturn]] void refuse(const fs::path& library, const std::string& message, std::string remedy) {
  throw Failure(ExitCode::plugin, {library.string(), 0, 0}, message, {std::move(remedy)});
}

// Its output; refused with what it says where it fails.
std::string ask(const std::vector<std::string>& words, const fs::path& input, const fs::path& library) {
  const ProgramAnswer answer = ask_program(words, input);
  if (answer.code == kNotFound)
    refuse(library, "its signature cannot be checked: there is no ssh-keygen", "install openssh-client");
  if (answer.code == 0) return answer.out;
  const std::string said = first_line(answer.err.empty() ? answer.out : answer.err);
  refuse(library, fmt::format("its signature is by nobody in the file of signers: {}", said),
         fmt::format(
             "add the signer's key to that file if you trust it, or have it signed: ssh-keygen -Y sign -f "
             "KEY -n {} {}",
             kSignatureNamespace, library.string()));
}

}  // namespace

std::string signer_of(std::string_view bytes, const fs::path& library, const fs::path& signers) {
  const std::string signature = library.string() + ".sig";
  if (!fs::is_regular_file(signers))
    throw Failure(ExitCode::usage, fmt::format("there is no file of signers {}", signers.string()));
  if (!fs::is_regular_file(signature)) {
    refuse(library, fmt::format("it is not signed: there is no {}", signature),
           fmt::format("sign it: ssh-keygen -Y sign -f KEY -n {} {}", kSignatureNamespace, library.string()));
  }
  const ScratchFolder scratch(
      "signed");  // what is checked is what is installed, whatever becomes of the file
  const fs::path copy = scratch.path() / "plugin.so";
  write_file_atomically(copy, bytes);
  std::string signer = first_line(
      ask({kProgram, "-Y", "find-principals", "-s", signature, "-f", signers.string()}, copy, library));
  ask({kProgram, "-Y", "verify", "-f", signers.string(), "-I", signer, "-n", kSignatureNamespace, "-s",
       signature},
      copy, library);
  return signer;
}

}  // namespace gistmill
