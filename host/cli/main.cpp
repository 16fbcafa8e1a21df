// gistmill: finds the verb, runs it, turns failures into messages and exit codes.
#include <exception>
#include <string>
#include <vector>

#include "host/cli/command_line.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"

namespace {

gistmill::ExitCode run(const std::vector<std::string>& words) {
  using namespace gistmill;
  const Command command = parse_command_line(words);
  if (command.help) {
    print_answer(help_text(command.verb));
    return words.empty() ? ExitCode::usage : ExitCode::ok;
  }
  if (command.verb == "validate") return run_validate(command);
  if (command.verb == "plugins list") return run_plugins_list(command);
  if (command.verb == "plugins inspect") return run_plugins_inspect(command);
  if (command.verb == "reference") return run_reference(command);
  if (command.verb == "version") return run_version(command);
  for (const char* verb : {"inspect", "tokenize", "score", "generate"}) {
    if (command.verb == verb) return run_model_verb(command);
  }
  return run_compute_verb(command);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return static_cast<int>(run({argv + 1, argv + argc}));
  } catch (const gistmill::NobodyReads&) {
    return gistmill::kNobodyReadsCode;
  } catch (const gistmill::Failure& failure) {
    gistmill::print_failure(failure);
    return static_cast<int>(failure.code());
  } catch (const std::exception& error) {
    gistmill::print_failure(gistmill::Failure(gistmill::ExitCode::failed, error.what()));
    return static_cast<int>(gistmill::ExitCode::failed);
  }
}
