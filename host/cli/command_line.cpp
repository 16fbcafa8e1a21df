// Boost.Program_options behind one table; see command_line.hpp.
#include "host/cli/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/diagnostic/exit_codes.hpp"
#include "host/diagnostic/failure.hpp"

namespace gistmill {

namespace {

namespace options = boost::program_options;

struct Verb {
  const char* name;
  const char* arguments;  // shown after the name
  std::size_t least, most;
  const char* takes;  // letters of its options, see describe()
  const char* doc;
};

constexpr Verb kVerbs[] = {
    {"run", "RECIPE", 1, 1, "sfprnltj", "train and evaluate, from an empty run folder to its report"},
    {"evaluate", "RECIPE", 1, 1, "sflpj", "measure a finished run again"},
    {"prepare", "RECIPE", 1, 1, "slpj", "tokenize the recipe's text into the file that training reads"},
    {"plan", "RECIPE", 1, 1, "selpj",
     "show calls, shapes, gradients and parameters; estimate time and memory from three steps"},
    {"validate", "RECIPE...", 1, 1000, "slpj", "check recipes without loading a plugin"},
    {"export", "RUN FOLDER", 2, 2, "xpj",
     "write the trained parameters in a format that other programs read"},
    {"inspect", "MODEL", 1, 1, "mpj", "show architecture, shapes, types and tokenizer of a model's files"},
    {"tokenize", "MODEL [FILE]", 1, 2, "dmpj", "convert text to token ids, or back with --decode"},
    {"score", "MODEL [FILE]", 1, 2, "wmpj", "measure how well a model predicts a text: mean NLL, perplexity"},
    {"generate", "MODEL [FILE]", 1, 2, "gmpj", "continue a prompt, or answer it with --chat"},
    {"plugins list", "", 0, 0, "pj", "list components that recipes can use, and files that were refused"},
    {"plugins inspect", "COMPONENT|FILE", 1, 1, "pj",
     "show options, operations and ports of a component or plugin"},
    {"reference", "FOLDER", 1, 1, "p",
     "write the reference pages: command line, recipe keys, components, events"},
    {"version", "", 0, 0, "j", "show the versions of the program, its ABI and LibTorch"},
};

// An option of the verbs that take its letter; several options may share one.
struct Option {
  char letter;
  const char* name;
  const char* value;  // what help calls it; null: a flag. A '+' before it: may be repeated
  const char* doc;
};

constexpr Option kOptions[] = {
    {'s', "set", "+KEY=VALUE",
     "override a value of the recipe: --set components.gist.width=256; of a stage: "
     "--set stage.NAME.run.steps=10"},
    {'f', "folder", "DIR", "run folder (default: runs/NAME)"},
    {'r', "resume", nullptr, "continue a stopped run, or start if there is none"},
    {'n', "fresh", nullptr, "delete an earlier run in the folder and start over"},
    {'l', "ignore-lock", nullptr,
     "run a recipe.lock.toml, or resume a run, with plugins other than those it ran with"},
    {'t', "profile", nullptr,
     "profile the run: a table at the end, and profile.json in the run folder (for chrome://tracing or "
     "ui.perfetto.dev)"},
    {'e', "no-measure", nullptr, "take no steps: use manifests and file headers only"},
    {'e', "memory", "SIZE", "plan for this much memory, such as 8G (default: what is free here)"},
    {'x', "merge", nullptr, "write the whole model with the trained parameters merged into it"},
    {'d', "decode", nullptr, "read token ids and write their text"},
    {'w', "per-token", nullptr, "print a JSON line per token (token, text, nll) instead of the totals"},
    {'w', "window", "N", "context length in tokens (default: the model's)"},
    {'w', "stride", "N",
     "read a longer text in windows N tokens apart; each token counts once, with at least window - N tokens "
     "of context (default: half a window)"},
    {'g', "prompt", "TEXT", "the prompt (default: FILE or standard input, without its final newline)"},
    {'g', "max-tokens", "N", "maximum number of new tokens; short for --set generate.max_tokens=N"},
    {'g', "temperature", "X", "sampling temperature, 0: greedy; short for --set generate.temperature=X"},
    {'g', "top-p", "X",
     "sample from the smallest set of tokens with total probability X; short for --set generate.top_p=X"},
    {'g', "seed", "N", "seed of the sampling; the same seed gives the same text (default: 0)"},
    {'g', "chat", nullptr, "treat the prompt as a user's message and apply the model's chat template"},
    {'g', "system", "TEXT", "system message, with --chat"},
    {'m', "set", "+KEY=VALUE",
     "set an option of the component that reads the model: --set teacher.dtype=f32, "
     "--set tokenizer.special=false; --set teacher.use=NAME chooses the component"},
    {'p', "plugins", "+DIR", "search this folder for plugins first; may be repeated"},
    {'j', "json", nullptr, "print the answer as JSON"},
};

bool is_list(const Option& option) { return option.value != nullptr && option.value[0] == '+'; }

const Verb* find_verb(const std::string& name) {
  for (const Verb& verb : kVerbs) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

options::options_description describe(const Verb& verb) {
  options::options_description description("options");
  auto add = description.add_options();
  for (const Option& option : kOptions) {
    if (std::string_view(verb.takes).find(option.letter) == std::string_view::npos) continue;
    if (option.value == nullptr) {
      add(option.name, option.doc);
    } else if (is_list(option)) {
      add(option.name, options::value<std::vector<std::string>>()->value_name(option.value + 1), option.doc);
    } else {
      add(option.name, options::value<std::string>()->value_name(option.value), option.doc);
    }
  }
  add("help,h", "show this text");
  return description;
}

[[noreturn]] void refuse(const std::string& message, std::vector<std::string> notes) {
  throw Failure(ExitCode::usage, message, std::move(notes));
}

// The verb is one word or two ("plugins list"); the rest are arguments and options.
const Verb& take_verb(const std::vector<std::string>& words, std::size_t& used) {
  if (words.size() >= 2) {
    if (const Verb* verb = find_verb(words[0] + " " + words[1])) return used = 2, *verb;
  }
  if (const Verb* verb = find_verb(words[0])) return used = 1, *verb;
  if (words[0] == "plugins") {
    refuse("'plugins' needs to know what to do",
           {"gistmill plugins list", "gistmill plugins inspect COMPONENT"});
  }
  refuse(fmt::format("unknown verb '{}'", words[0]),
         did_you_mean(words[0], verb_names(), {"gistmill --help lists the verbs"}));
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
  for (const Option& option : kOptions) {
    if (!values.contains(option.name) || command.options.contains(option.name)) continue;
    std::vector<std::string>& given = command.options[option.name];
    if (is_list(option)) given = values[option.name].as<std::vector<std::string>>();
    if (option.value != nullptr && !is_list(option)) given = {values[option.name].as<std::string>()};
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
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    command.help = true;
    if (words.size() > 1) command.verb = words[1];
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
    refuse(fmt::format("gistmill {} takes {} and was given {} arguments", verb.name,
                       verb.most == 0 ? "no arguments" : verb.arguments, command.arguments.size()),
           {fmt::format("gistmill {} --help", verb.name)});
  }
  if (command.has("resume") && command.has("fresh")) refuse("--resume and --fresh exclude each other", {});
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
  for (const Verb& verb : kVerbs) names.emplace_back(verb.name);
  return names;
}

std::string help_text(const std::string& name) {
  if (const Verb* verb = find_verb(name)) {
    std::ostringstream text;
    text << fmt::format("gistmill {} {}\n{}\n\n", verb->name, verb->arguments, verb->doc) << describe(*verb);
    return std::move(text).str();
  }
  std::string text =
      "gistmill: trains and measures networks that compress a language model's context\n\n"
      "usage: gistmill VERB [ARGUMENTS] [OPTIONS]\n\n";
  for (const Verb& verb : kVerbs) {
    text += fmt::format("  {:<32}{}\n", fmt::format("{} {}", verb.name, verb.arguments), verb.doc);
  }
  return text + "\ngistmill VERB --help lists the options of a verb.\n" + exit_codes_text();
}

}  // namespace gistmill
