// reference: writes the reference pages into a folder. Nothing is loaded.
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "host/cli/manual_pages.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/files/make_folders.hpp"
#include "host/files/text_file.hpp"
#include "host/reference/reference.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

ReferencePage command_line_page() {
  std::string text = page_head("Command line", "What `gistmill --help` and `gistmill VERB --help` print.");
  text += fmt::format("\n```\n{}```\n", help_text(""));
  for (const std::string& verb : verb_names()) {
    text += fmt::format("\n## `gistmill {}`\n\n```\n{}```\n", verb, help_text(verb));
  }
  return {"command-line.md", text};
}

// Builds that are to be the same tomorrow say which day it is
// (https://reproducible-builds.org/specs/source-date-epoch).
std::time_t day_of_pages() {
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  char* end = nullptr;
  const long long seconds = epoch == nullptr ? 0 : std::strtoll(epoch, &end, 10);
  const bool said =
      epoch != nullptr && end != epoch && *end == '\0' && seconds >= 0 && seconds < 253402300800;
  return said ? static_cast<std::time_t>(seconds) : std::time(nullptr);
}

std::vector<ReferencePage> reference_pages(const Command& command) {
  const std::vector<fs::path> folders = Registry::search_path(command.plugin_folders());
  const Registry registry(folders);
  std::vector<RefusedFile> refused;  // plugins list shows them
  return {command_line_page(),
          recipe_keys_page(),
          components_page(registry),
          contracts_page(find_contracts(folders, refused)),
          events_page(),
          exit_codes_page(),
          environment_page()};
}

}  // namespace

ExitCode run_reference(const Command& command) {
  const fs::path folder = command.arguments.front();
  make_folders(folder);
  std::string written;
  for (const ReferencePage& page :
       command.has("man") ? manual_pages(day_of_pages()) : reference_pages(command)) {
    write_file_atomically(folder / page.file, page.text);
    written += (folder / page.file).string() + "\n";
  }
  print_answer(written);
  return ExitCode::ok;
}

}  // namespace gistmill
