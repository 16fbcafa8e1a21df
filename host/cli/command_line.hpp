// The command line: one table of verbs and their options, from which parsing and --help are made.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gistmill {

struct Command {
  std::string verb;                    // "run", "plugins list", ...
  std::vector<std::string> arguments;  // what follows the verb and is no option
  // Those that were given, by name without dashes; a flag has no values.
  std::map<std::string, std::vector<std::string>> options;
  bool help = false;
  std::vector<std::string> words;  // the whole line, for the record

  bool has(const std::string& option) const { return options.count(option) != 0; }
  std::optional<std::string> value(const std::string& option) const;
  std::vector<std::string> all(const std::string& option) const;

  bool json() const { return has("json"); }
  std::vector<std::string> overrides() const { return all("set"); }
  std::vector<std::filesystem::path> plugin_folders() const;
};

// What the scripts of `gistmill completion` ask, with the words typed so far as arguments whatever they are:
// not of the table, since it is for no person.
inline constexpr const char* kCompleteVerb = "complete";

// Throws Failure (ExitCode::usage): unknown verb or option with the nearest name, missing or extra arguments.
Command parse_command_line(const std::vector<std::string>& words);

// "run", "plugins list", in the order of --help.
std::vector<std::string> verb_names();

// The folders of --plugins are there. Throws Failure (ExitCode::usage) that names one that is not.
void expect_plugin_folders(const Command& command);

// The text of `gistmill --help`, of `gistmill VERB --help`, or of a group of verbs: `gistmill plugins
// --help`.
std::string help_text(const std::string& verb);

}  // namespace gistmill
