// The verb of the process that an isolated component runs in; started by the host alone.
#include <charconv>
#include <system_error>

#include "host/cli/verbs.hpp"
#include "host/isolate/serve.hpp"

namespace gistmill {

ExitCode run_serve(const Command& command) {
  int descriptor = -1;
  const std::string number = command.arguments.empty() ? "" : command.arguments.front();
  const auto read = std::from_chars(number.data(), number.data() + number.size(), descriptor);
  if (read.ec != std::errc() || descriptor < 0)
    throw Failure(ExitCode::usage, "this verb is for gistmill itself: it answers for an isolated component");
  return static_cast<ExitCode>(serve_component(descriptor));
}

}  // namespace gistmill
