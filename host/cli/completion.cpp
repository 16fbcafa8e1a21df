// The names that the table gives to arguments and values say what completes them: kMeanings.
#include "host/cli/completion.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <string_view>

#include "host/cli/shipped_recipes.hpp"
#include "host/cli/verb_table.hpp"
#include "host/corpora/catalog.hpp"
#include "host/installation/folders.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

namespace {

using Files = Completion::Files;

// What stands before the word that is typed.
struct Line {
  const Verb* verb = nullptr;
  std::vector<std::string> arguments;
  std::set<std::string> options;  // given already
  std::vector<std::filesystem::path> plugin_folders;
  const Option* asks = nullptr;  // the last word, an option that waits for its value
};

std::vector<CompletionCandidate> components(const Line& line) {
  const Registry registry(Registry::search_path(line.plugin_folders));
  std::vector<CompletionCandidate> all;
  for (const std::string& name : registry.component_names()) {
    const std::string& doc = registry.find(name)->doc;
    all.push_back({name, doc.substr(0, doc.find(". "))});
  }
  return all;
}

std::vector<CompletionCandidate> recipes(const Line&) {
  std::vector<CompletionCandidate> all;
  for (const ShippedRecipe& recipe : shipped_recipes()) all.push_back({recipe.name, recipe.doc});
  return all;
}

std::vector<CompletionCandidate> corpora(const Line&) {
  std::vector<CompletionCandidate> all;
  for (const CatalogCorpus& corpus : read_catalog(program_folders().data / "catalog.toml"))
    all.push_back({corpus.name, corpus.title});
  return all;
}

std::vector<CompletionCandidate> nothing(const Line&) { return {}; }

// What the names mean that the table of verbs gives to arguments and values.
constexpr struct {
  std::string_view name;
  Files files;
  std::vector<CompletionCandidate> (*candidates)(const Line& line);
} kMeanings[] = {
    {"GOOD", Files::recipes, nothing},      {"BAD", Files::recipes, nothing},
    {"RECIPE", Files::recipes, nothing},    {"RUN", Files::folders, nothing},
    {"FOLDER", Files::folders, nothing},    {"DIR", Files::folders, nothing},
    {"MODEL", Files::all, nothing},         {"FILE", Files::all, nothing},
    {"COMPONENT", Files::none, components}, {"NAME", Files::none, recipes},
    {"CORPUS", Files::none, corpora},
};

// `name`: "COMPONENT|FILE", "bash|zsh|fish", "RECIPE...", "[FILE]". Words in lower case stand for themselves;
// a name that is not known (N, TEXT, KEY=VALUE) is completed with nothing.
Completion meaning_of(std::string name, const Line& line) {
  std::erase_if(name, [](char letter) { return letter == '[' || letter == ']' || letter == '.'; });
  Completion completion;
  std::istringstream ways(name);
  for (std::string way; std::getline(ways, way, '|');) {
    if (!way.empty() && way[0] >= 'a' && way[0] <= 'z') completion.candidates.push_back({way, ""});
    for (const auto& meaning : kMeanings) {
      if (meaning.name != way) continue;
      completion.files = std::max(completion.files, meaning.files);
      for (CompletionCandidate& candidate : meaning.candidates(line))
        completion.candidates.push_back(std::move(candidate));
    }
  }
  return completion;
}

// "--folder", "=", "runs" -> "--folder=runs"
std::vector<std::string> put_together(std::span<const std::string> words) {
  std::vector<std::string> whole;
  bool open = false;  // the last word ends with a '=' that stood alone
  for (const std::string& word : words) {
    const bool joins = word == "=" && !whole.empty() && !whole.back().empty();
    if (joins || open) {
      whole.back() += word;
    } else {
      whole.push_back(word);
    }
    open = joins;
  }
  return whole;
}

const Option* option_of(const Verb& verb, std::string_view name) {
  for (const Option* option : options_of(verb)) {
    if (option->name == name) return option;
  }
  return nullptr;
}

void take_option(Line& line, const std::string& word) {
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
  line.options.insert(name);
  const Option* option = option_of(*line.verb, name);
  if (option == nullptr || option->is_flag()) return;
  if (equals == std::string::npos) {
    line.asks = option;
  } else if (name == "plugins") {
    line.plugin_folders.emplace_back(word.substr(equals + 1));
  }
}

// `before`: all words but the one that is typed.
Line read_line(std::span<const std::string> before) {
  Line line;
  std::size_t used = 1;
  line.verb = find_verb(before[0]);
  if (line.verb == nullptr && before.size() > 1) {
    line.verb = find_verb(before[0] + " " + before[1]);
    used = 2;
  }
  if (line.verb == nullptr) return line;
  for (const std::string& word : before.subspan(used)) {
    if (line.asks != nullptr) {
      if (line.asks->name == std::string_view("plugins")) line.plugin_folders.emplace_back(word);
      line.asks = nullptr;
    } else if (word.starts_with("--")) {
      take_option(line, word);
    } else {
      line.arguments.push_back(word);
    }
  }
  return line;
}

Completion first_words(std::string_view typed) {
  Completion completion;
  for (const Verb& verb : verb_table()) {
    const std::string word(verb.first_word());
    const std::vector<std::string> seconds = verbs_under(word);
    if (seconds.empty()) {
      completion.candidates.push_back({word, verb.doc});
    } else if (verb.second_word() == seconds.front()) {
      std::string list;
      for (const std::string& second : seconds) list += (list.empty() ? "" : ", ") + second;
      completion.candidates.push_back({word, list});
    }
  }
  if (typed.starts_with('-')) {
    completion.candidates.push_back({"--help", "list the verbs"});
    completion.candidates.push_back({"--version", find_verb("version")->doc});
  }
  return completion;
}

Completion second_words(const std::string& first, std::string_view typed) {
  Completion completion;
  for (const std::string& second : verbs_under(first))
    completion.candidates.push_back({second, find_verb(first + " " + second)->doc});
  if (typed.starts_with('-')) completion.candidates.push_back({"--help", "list these verbs"});
  return completion;
}

Completion option_names(const Line& line) {
  Completion completion;
  for (const Option* option : options_of(*line.verb)) {
    if (option->is_list() || !line.options.contains(option->name))
      completion.candidates.push_back({std::string("--") + option->name, option->doc});
  }
  completion.candidates.push_back({"--help", "show the options"});
  return completion;
}

Completion next_argument(const Line& line) {
  std::istringstream names(line.verb->arguments);
  std::string name;
  for (std::size_t index = 0; index <= line.arguments.size(); ++index) {
    if (names >> name) continue;
    if (!name.ends_with("...")) return {};
    break;
  }
  return meaning_of(name, line);
}

// `typed` loses "--name=" where it is the value that is completed.
Completion candidates_for(std::span<const std::string> before, std::string& typed) {
  if (before.empty()) return first_words(typed);
  const bool own_options = typed.starts_with('-') && find_verb(before[0]) != nullptr;  // sweep --dry-run
  if (before.size() == 1 && !verbs_under(before[0]).empty() && !own_options)
    return second_words(before[0], typed);
  const Line line = read_line(before);
  if (line.verb == nullptr) return {};
  if (line.asks != nullptr) return meaning_of(line.asks->value_name(), line);
  if (!typed.starts_with("-")) return next_argument(line);
  const std::size_t equals = typed.find('=');
  if (equals == std::string::npos || equals < 2) return option_names(line);
  const Option* option = option_of(*line.verb, typed.substr(2, equals - 2));
  typed.erase(0, equals + 1);
  return option == nullptr || option->is_flag() ? Completion() : meaning_of(option->value_name(), line);
}

}  // namespace

Completion complete(std::span<const std::string> words) {
  std::vector<std::string> whole = put_together(words);
  std::string typed;
  if (!whole.empty()) {
    typed = whole.back();
    whole.pop_back();
  }
  Completion completion = candidates_for(whole, typed);
  std::erase_if(completion.candidates,
                [&](const CompletionCandidate& candidate) { return !candidate.text.starts_with(typed); });
  return completion;
}

}  // namespace gistmill
