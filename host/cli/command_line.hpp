// The command line: one table of verbs and their options, from which parsing and --help are made.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace gistmill {

struct Command {
  std::string verb;                                   // "run", "plugins list", ...
  std::vector<std::string> arguments;                 // what follows the verb and is no option
  std::vector<std::string> overrides;                 // --set
  std::filesystem::path folder;                       // --folder
  std::vector<std::filesystem::path> plugin_folders;  // --plugins
  bool json = false;
  bool resume = false;
  bool fresh = false;
  bool help = false;
  std::vector<std::string> words;  // the whole line, for the record
};

// Throws Failure (ExitCode::usage): unknown verb or option with the nearest name, missing or extra arguments.
Command parse_command_line(const std::vector<std::string>& words);

// The text of `gistmill --help`, or of `gistmill VERB --help`.
std::string help_text(const std::string& verb);

}  // namespace gistmill
