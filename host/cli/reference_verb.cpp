// reference: writes the reference pages into a folder. Nothing is loaded.
#include <fmt/format.h>

#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
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

}  // namespace

ExitCode run_reference(const Command& command) {
  std::vector<fs::path> folders = command.plugin_folders();
  for (fs::path& folder : Registry::search_path()) folders.push_back(std::move(folder));
  const Registry registry(folders);
  std::vector<RefusedFile> refused;  // plugins list shows them
  const fs::path folder = command.arguments.front();
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw Failure(ExitCode::failed,
                  fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  }
  std::string written;
  for (const ReferencePage& page :
       {command_line_page(), recipe_keys_page(), components_page(registry),
        contracts_page(find_contracts(folders, refused)), events_page(), exit_codes_page()}) {
    write_file_atomically(folder / page.file, page.text);
    written += (folder / page.file).string() + "\n";
  }
  print_answer(written);
  return ExitCode::ok;
}

}  // namespace gistmill
