// report: the page of a run, made again from what the run wrote.
#include "host/cli/run_outputs.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/report/report.hpp"

namespace gistmill {

ExitCode run_report(const Command& command) {
  const std::filesystem::path folder = command.arguments.front();
  const RunOutputs outputs(command);
  write_report(folder);
  outputs.write(folder);
  print_answer((folder / "report.html").string() + "\n");
  return ExitCode::ok;
}

}  // namespace gistmill
