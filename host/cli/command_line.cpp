// Boost.Program_options behind the table of verbs; see command_line.hpp.
#include "host/cli/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>
#include <string_view>

#include "host/certify/check_process.hpp"
#include "host/cli/verb_table.hpp"
#include "host/diagnostic/did_you_mean.hpp"
#include "host/diagnostic/exit_codes.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/isolate/serve.hpp"

namespace gistmill {

namespace {

namespace options = boost::program_options;

options::options_description describe(const Verb& verb) {
  options::options_description description("options");
  auto add = description.add_options();
  for (const Option* option : options_of(verb)) {
    if (option->is_flag()) {
      add(option->name, option->doc);
    } else if (option->is_list()) {
      add(option->name, options::value<std::vector<std::string>>()->value_name(option->value_name()),
          option->doc);
    } else {
      add(option->name, options::value<std::string>()->value_name(option->value_name()), option->doc);
    }
  }
  add("help,h", "show this text");
  return description;
}

[[noreturn]] void refuse(const std::string& message, std::vector<std::string> notes) {
  throw Failure(ExitCode::usage, message, std::move(notes));
}

// Of the wrong number of arguments.
std::vector<std::string> ways_on(const Verb& verb, std::size_t given) {
  std::vector<std::string> ways = {fmt::format("gistmill {} --help", verb.name)};
  if (given > verb.most && std::string_view(verb.arguments).starts_with("MODEL"))
    ways.push_back("of a model in several files name one; the others are found by its name");
  return ways;
}

// The verb is one word or two ("plugins list"); the rest are arguments and options.
const Verb& take_verb(const std::vector<std::string>& words, std::size_t& used) {
  if (words.size() >= 2) {
    if (const Verb* verb = find_verb(words[0] + " " + words[1])) return used = 2, *verb;
  }
  if (const Verb* verb = find_verb(words[0])) return used = 1, *verb;
  if (const std::vector<std::string> seconds = verbs_under(words[0]); !seconds.empty()) {
    std::vector<std::string> ways;
    for (const std::string& second : seconds) {
      const Verb& verb = *find_verb(words[0] + " " + second);
      ways.push_back(
          fmt::format("gistmill {}{}{}", verb.name, *verb.arguments == 0 ? "" : " ", verb.arguments));
    }
    const bool has_second = words.size() >= 2 && !words[1].starts_with('-');
    if (has_second)
      refuse(fmt::format("unknown verb '{} {}'", words[0], words[1]), did_you_mean(words[1], seconds, ways));
    refuse(fmt::format("'{}' needs a second word", words[0]), ways);
  }
  refuse(fmt::format("unknown verb '{}'", words[0]),
         did_you_mean(words[0], verb_names(), {"gistmill --help lists the verbs"}));
}

bool asks_for_help(const std::string& word) { return word == "--help" || word == "-h"; }

// Verbs with a common first word that is none by itself: "plugins".
bool is_group(const std::string& word) { return find_verb(word) == nullptr && !verbs_under(word).empty(); }

// What `gistmill help WORDS` is about: a verb, a group of them, or (without words) all.
std::string help_about(const std::vector<std::string>& words) {
  if (words.empty() || words[0].starts_with('-')) return "";
  if (words.size() == 1 && is_group(words[0])) return words[0];
  std::size_t used = 0;
  return take_verb(words, used).name;
}

// "  plugins list      list components ..."
std::string verb_line(const Verb& verb) {
  return fmt::format("  {:<32}{}\n", fmt::format("{} {}", verb.name, verb.arguments), verb.doc);
}

// The verbs "FIRST SECOND", a line each; none of a verb that has no such.
std::string lines_under(const std::string& first) {
  std::string lines;
  for (const std::string& second : verbs_under(first)) lines += verb_line(*find_verb(first + " " + second));
  return lines;
}

void read_options(const Verb& verb, const std::vector<std::string>& rest, Command& command) {
  options::options_description named = describe(verb);
  options::options_description hidden;
  hidden.add_options()("argument", options::value<std::vector<std::string>>());
  options::options_description all;
  all.add(named).add(hidden);
  options::positional_options_description positions;
  positions.add("argument", -1);
  options::variables_map values;
  try {
    using Style = options::command_line_style::style_t;
    const int style = Style::default_style & ~Style::allow_guessing;
    options::store(options::command_line_parser(rest).options(all).positional(positions).style(style).run(),
                   values);
  } catch (const options::unknown_option& error) {
    std::string name = error.get_option_name();
    name.erase(0, name.find_first_not_of('-'));
    std::vector<std::string> names;
    for (const auto& option : named.options()) names.push_back(option->long_name());
    refuse(fmt::format("unknown option '--{}' of gistmill {}", name, verb.name),
           did_you_mean(name, names, {fmt::format("gistmill {} --help lists them", verb.name)}, "--"));
  } catch (const options::error& error) {
    refuse(error.what(), {fmt::format("gistmill {} --help lists the options", verb.name)});
  }
  if (values.contains("argument")) command.arguments = values["argument"].as<std::vector<std::string>>();
  for (const Option* option : options_of(verb)) {
    if (!values.contains(option->name)) continue;
    std::vector<std::string>& given = command.options[option->name];
    if (option->is_list()) given = values[option->name].as<std::vector<std::string>>();
    if (!option->is_flag() && !option->is_list()) given = {values[option->name].as<std::string>()};
  }
  command.help = values.contains("help");
}

// "exit codes: 0 done, 1 failed, ...", broken into lines of the terminal's usual width.
std::string exit_codes_text() {
  const std::string indent(12, ' ');
  std::string text;
  std::string line = "exit codes: ";
  for (const ExitCodeMeaning& row : exit_codes()) {
    const bool last = row.code == exit_codes().back().code;
    const std::string item = fmt::format("{} {}{}", static_cast<int>(row.code), row.brief, last ? "\n" : ",");
    if (line.size() + item.size() > 100) {
      text += line.substr(0, line.size() - 1) + "\n";
      line = indent;
    }
    line += item + (last ? "" : " ");
  }
  return text + line;
}

}  // namespace

Command parse_command_line(const std::vector<std::string>& words) {
  Command command;
  command.words = words;
  if (words.empty() || asks_for_help(words[0]) || words[0] == "help") {
    command.help = true;
    command.verb = words.empty() ? "" : help_about({words.begin() + 1, words.end()});
    return command;
  }
  if (words.size() > 1 && asks_for_help(words[1]) && is_group(words[0])) {
    command.help = true;
    command.verb = words[0];
    return command;
  }
  if (words[0] == kCompleteVerb || words[0] == kServeVerb || words[0] == kCertifyCheckVerb) {
    command.verb = words[0];
    command.arguments.assign(words.begin() + 1, words.end());
    return command;
  }
  if (words[0] == "--version") {
    command.verb = "version";
    return command;
  }
  std::size_t used = 0;
  const Verb& verb = take_verb(words, used);
  command.verb = verb.name;
  read_options(verb, {words.begin() + static_cast<std::ptrdiff_t>(used), words.end()}, command);
  if (command.help) return command;
  if (command.arguments.size() < verb.least || command.arguments.size() > verb.most) {
    const std::size_t given = command.arguments.size();
    refuse(fmt::format("gistmill {} takes {} but was given {} argument{}", verb.name,
                       verb.most == 0 ? "no arguments" : verb.arguments, given, given == 1 ? "" : "s"),
           ways_on(verb, given));
  }
  if (command.has("resume") && command.has("fresh"))
    refuse("--resume and --fresh cannot be used together", {});
  return command;
}

std::vector<std::string> Command::all(const std::string& option) const {
  const auto found = options.find(option);
  return found == options.end() ? std::vector<std::string>() : found->second;
}

std::optional<std::string> Command::value(const std::string& option) const {
  const std::vector<std::string> given = all(option);
  return given.empty() ? std::nullopt : std::optional(given.front());
}

std::vector<std::filesystem::path> Command::plugin_folders() const {
  const std::vector<std::string> given = all("plugins");
  return {given.begin(), given.end()};
}

std::vector<std::string> verb_names() {
  std::vector<std::string> names;
  for (const Verb& verb : verb_table()) names.emplace_back(verb.name);
  return names;
}

void expect_plugin_folders(const Command& command) {
  for (const std::filesystem::path& folder : command.plugin_folders()) {
    std::error_code error;
    if (std::filesystem::is_directory(folder, error)) continue;
    if (!std::filesystem::exists(folder, error))
      refuse(fmt::format("--plugins: there is no folder '{}'", folder.string()),
             {"it should be the folder that a plugin's .so file lies in"});
    const std::filesystem::path parent = folder.has_parent_path() ? folder.parent_path() : ".";
    refuse(fmt::format("--plugins is '{}', a file, when it should be the folder that it lies in",
                       folder.string()),
           {"--plugins " + parent.string()});
  }
}

std::string help_text(const std::string& name) {
  const std::string under = lines_under(name);
  if (const Verb* verb = find_verb(name)) {
    std::ostringstream text;
    text << fmt::format("gistmill {} {}\n{}\n\n", verb->name, verb->arguments, verb->doc) << describe(*verb);
    if (!under.empty()) text << "\nof what it made:\n" << under;
    return std::move(text).str();
  }
  if (!under.empty()) {
    return fmt::format(
        "usage: gistmill {} VERB [ARGUMENTS] [OPTIONS]\n\n{}\n"
        "gistmill {} VERB --help lists the options of a verb.\n",
        name, under, name);
  }
  std::string text =
      "gistmill: trains and measures networks that compress a language model's context\n\n"
      "usage: gistmill VERB [ARGUMENTS] [OPTIONS]\n\n";
  for (const Verb& verb : verb_table()) text += verb_line(verb);
  return text + "\ngistmill VERB --help lists the options of a verb.\n" + exit_codes_text();
}

}  // namespace gistmill
