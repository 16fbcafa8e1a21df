// Boost.Program_options behind one table; see command_line.hpp.
#include "host/cli/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/diagnostic/failure.hpp"

namespace gistmill {

namespace {

namespace options = boost::program_options;

struct Verb {
  const char* name;
  const char* arguments;  // shown behind the name
  std::size_t least, most;
  const char* takes;  // letters of its options, see describe()
  const char* doc;
};

constexpr Verb kVerbs[] = {
    {"run", "RECIPE", 1, 1, "sfprnltj", "train and evaluate, from an empty run folder to its report"},
    {"evaluate", "RECIPE", 1, 1, "sflpj", "evaluate again what a run left"},
    {"prepare", "RECIPE", 1, 1, "slpj", "turn the recipe's text into the file that training reads"},
    {"plan", "RECIPE", 1, 1, "selpj",
     "show calls, shapes, gradients and parameters, and take three steps to tell time and memory"},
    {"validate", "RECIPE...", 1, 1000, "slpj", "check recipes without loading a plugin"},
    {"export", "RUN FOLDER", 2, 2, "xpj", "write what a run trained as files that other programs read"},
    {"inspect", "MODEL", 1, 1, "mpj", "architecture, shapes, types and tokenizer of a model's files"},
    {"tokenize", "MODEL [FILE]", 1, 2, "dmpj", "text to token ids, or back with --decode"},
    {"score", "MODEL [FILE]", 1, 2, "wmpj", "how well a model predicts a text: mean NLL, perplexity"},
    {"generate", "MODEL [FILE]", 1, 2, "gmpj", "go on behind a prompt"},
    {"plugins list", "", 0, 0, "pj", "components that recipes can use, and files that were refused"},
    {"plugins inspect", "COMPONENT|FILE", 1, 1, "pj",
     "options, operations and ports of a component or plugin"},
    {"version", "", 0, 0, "j", "versions of the program, its ABI and LibTorch"},
};

// An option of the verbs that take its letter; several options may share one.
struct Option {
  char letter;
  const char* name;
  const char* value;  // what help calls it; null: a flag. A '+' before it: may be given again
  const char* doc;
};

constexpr Option kOptions[] = {
    {'s', "set", "+KEY=VALUE",
     "give a value in place of the recipe's: --set components.gist.width=256; for a stage: "
     "--set stage.NAME.run.steps=10"},
    {'f', "folder", "DIR", "run folder (default: runs/NAME)"},
    {'r', "resume", nullptr, "go on where a stopped run left off, or start where there is none"},
    {'n', "fresh", nullptr, "remove what an earlier run left in the folder, and start over"},
    {'l', "ignore-lock", nullptr,
     "take a recipe.lock.toml, or go on with a run, though the plugins are not those that it ran with"},
    {'t', "profile", nullptr,
     "tell where the time goes: a table at the end, and profile.json in the run folder (chrome://tracing, "
     "ui.perfetto.dev)"},
    {'e', "no-measure", nullptr, "take no steps: answer from manifests and file headers alone"},
    {'e', "memory", "SIZE", "plan for so much memory, such as 8G, in place of what this machine has left"},
    {'x', "merge", nullptr, "write the whole model with what was trained merged into it"},
    {'d', "decode", nullptr, "read token ids and write the bytes that they stand for"},
    {'w', "per-token", nullptr, "a JSON line for each token in place of the sums: token, text, nll"},
    {'w', "window", "N", "tokens that the model reads at once (default: as many as it takes)"},
    {'w', "stride", "N",
     "a longer text is read in windows N tokens apart; each token counts once, with at least "
     "window - N tokens before it (default: half a window)"},
    {'g', "prompt", "TEXT", "what to go on behind (default: FILE or standard input, less one line end)"},
    {'g', "max-tokens", "N", "at most so many; short for --set generate.max_tokens=N"},
    {'g', "temperature", "X", "0: always the likeliest token; short for --set generate.temperature=X"},
    {'g', "top-p", "X", "among the likeliest that sum to X; short for --set generate.top_p=X"},
    {'g', "seed", "N", "same seed, same text (default: 0)"},
    {'g', "chat", nullptr, "the prompt is a user's message: put it in the model's chat template"},
    {'g', "system", "TEXT", "with --chat: a system message before it"},
    {'m', "set", "+KEY=VALUE",
     "an option of the component that reads the model: --set teacher.dtype=f32, "
     "--set tokenizer.special=false; --set teacher.use=NAME takes that component"},
    {'p', "plugins", "+DIR", "look for plugins here first; may be given again"},
    {'j', "json", nullptr, "answer as JSON"},
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
  add("help,h", "this text");
  return description;
}

[[noreturn]] void refuse(const std::string& message, std::vector<std::string> notes) {
  throw Failure(ExitCode::usage, message, std::move(notes));
}

// The verb is one word or two ("plugins list"); the rest are arguments and options.
const Verb& take_verb(const std::vector<std::string>& words, std::size_t& used) {
  std::vector<std::string> names;
  for (const Verb& verb : kVerbs) names.emplace_back(verb.name);
  if (words.size() >= 2) {
    if (const Verb* verb = find_verb(words[0] + " " + words[1])) return used = 2, *verb;
  }
  if (const Verb* verb = find_verb(words[0])) return used = 1, *verb;
  if (words[0] == "plugins") {
    refuse("'plugins' needs to know what to do",
           {"gistmill plugins list", "gistmill plugins inspect COMPONENT"});
  }
  refuse(fmt::format("unknown verb '{}'", words[0]),
         did_you_mean(words[0], names, {"gistmill --help lists the verbs"}));
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
  text +=
      "\ngistmill VERB --help lists the options of a verb.\n"
      "exit codes: 0 done, 1 failed, 2 usage, 3 recipe, model or input invalid, 4 plugin refused,\n"
      "            5 does not fit, 6 a number that is not finite, 75 stopped after saving, 130 interrupted\n";
  return text;
}

}  // namespace gistmill
