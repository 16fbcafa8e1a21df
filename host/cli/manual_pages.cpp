#include "host/cli/manual_pages.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string_view>

#include "host/cli/verb_table.hpp"
#include "host/diagnostic/exit_codes.hpp"
#include "host/installation/environment.hpp"

namespace gistmill {

namespace {

constexpr const char* kAbout = "trains and measures networks that compress a language model's context";

// Text of a table as roff reads it: no character of it is a request, dashes are those that one can copy.
std::string roff(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '`') continue;  // Markdown
    if (letter == '\\') out += "\\e";
    if (letter == '-') out += "\\-";
    if (letter != '\\' && letter != '-') out += letter;
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

// An argument of a macro: quoted, so that no word of it is a macro too.
std::string macro_word(std::string_view text) { return "\"" + roff(text) + "\""; }

// A text of a table as lines of roff: a new line for each sentence, as mdoc(7) asks, and at most 78
// characters.
std::string sentence(std::string_view doc) {
  std::string text;
  std::string line;
  std::istringstream words{std::string(doc)};
  for (std::string word; words >> word;) {
    if (text.empty() && line.empty())
      word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
    const bool ends_sentence = line.ends_with('.');
    word = roff(word);
    if (!line.empty() && (ends_sentence || line.size() + 1 + word.size() > 77)) {
      text += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return text + line + ".\n";
}

std::string page_name(const Verb& verb) {
  std::string name = fmt::format("gistmill-{}", verb.name);
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string head(std::string name, std::string_view doc, std::time_t date) {
  const std::tm day = fmt::gmtime(date);
  std::string title = name;
  std::ranges::transform(title, title.begin(), [](unsigned char letter) { return std::toupper(letter); });
  return fmt::format(".Dd {:%B} {}, {:%Y}\n.Dt {} 1\n.Os\n.Sh NAME\n.Nm {}\n.Nd {}\n", day, day.tm_mday, day,
                     title, name, roff(doc));
}

// " Ar RECIPE ...", " Op Ar FILE"
std::string arguments_of(const Verb& verb) {
  std::string text;
  std::istringstream words(verb.arguments);
  for (std::string word; words >> word;) {
    const bool optional = word.starts_with('[');
    const bool repeats = word.ends_with("...");
    std::erase_if(word, [](char letter) { return letter == '[' || letter == ']' || letter == '.'; });
    text += fmt::format("{}Ar {}{}\n", optional ? ".Op " : ".", macro_word(word), repeats ? " ..." : "");
  }
  return text;
}

std::string option_items(const Verb& verb) {
  std::string text = ".Bl -tag -width Ds\n";
  for (const Option* option : options_of(verb)) {
    text += fmt::format(".It Fl {}", macro_word(std::string("-") + option->name));
    if (!option->is_flag()) text += fmt::format(" Ar {}", macro_word(option->value_name()));
    text += "\n" + sentence(option->doc);
  }
  return text + ".It Fl \"\\-help\"\nShow the options.\n.El\n";
}

std::string exit_status() {
  std::string text = ".Sh EXIT STATUS\n.Bl -tag -width Ds\n";
  for (const ExitCodeMeaning& row : exit_codes())
    text += fmt::format(".It {}\n{}", static_cast<int>(row.code), sentence(row.meaning));
  return text + ".El\n";
}

std::string environment() {
  std::string text = ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n";
  for (const EnvironmentVariable& variable : environment_variables())
    text += fmt::format(".It Ev {}\n{}", variable.name, sentence(variable.doc));
  return text + ".El\n";
}

ReferencePage page_of(const Verb& verb, std::time_t date) {
  std::string text = head(page_name(verb), verb.doc, date);
  text += fmt::format(".Sh SYNOPSIS\n.Nm \"gistmill {}\"\n.Op Ar OPTIONS\n{}", verb.name, arguments_of(verb));
  text += ".Sh DESCRIPTION\n" + sentence(verb.doc);
  text += ".Pp\nThe options are as follows:\n" + option_items(verb) + exit_status();
  return {page_name(verb) + ".1", text + ".Sh SEE ALSO\n.Xr gistmill 1\n"};
}

ReferencePage main_page(std::time_t date) {
  std::string text = head("gistmill", kAbout, date);
  text += ".Sh SYNOPSIS\n.Nm\n.Ar VERB\n.Op Ar ARGUMENTS\n.Op Ar OPTIONS\n.Sh DESCRIPTION\n";
  text += sentence(fmt::format("the program {}", kAbout)) + "The verbs are as follows:\n.Bl -tag -width Ds\n";
  for (const Verb& verb : verb_table()) {
    text += fmt::format(".It Cm {}", macro_word(verb.name));
    if (*verb.arguments != 0) text += fmt::format(" Ar {}", macro_word(verb.arguments));
    text += "\n" + sentence(verb.doc);
  }
  text += ".El\n" + environment() + exit_status() + ".Sh SEE ALSO\n";
  std::vector<std::string> names;
  for (const Verb& verb : verb_table()) names.push_back(page_name(verb));
  std::ranges::sort(names);
  for (const std::string& name : names)
    text += fmt::format(".Xr {} 1{}\n", name, name == names.back() ? "" : " ,");
  return {"gistmill.1", text};
}

}  // namespace

std::vector<ReferencePage> manual_pages(std::time_t date) {
  std::vector<ReferencePage> pages = {main_page(date)};
  for (const Verb& verb : verb_table()) pages.push_back(page_of(verb, date));
  return pages;
}

}  // namespace gistmill
