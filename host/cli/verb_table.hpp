// The one table of verbs and their options: what parsing, --help, completions and the reference are made
// from.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill {

// What an argument or a value is called says what it is, and so what a shell completes it with
// (completion.hpp): RECIPE, DIR, FILE, "bash|zsh|fish". In brackets: may be left out; with "..." behind it:
// any number.
struct Verb {
  const char* name;       // one word, or two: "plugins list"
  const char* arguments;  // shown after the name
  std::size_t least, most;
  const char* takes;  // letters of its options
  const char* doc;

  std::string_view first_word() const;
  std::string_view second_word() const;  // "": the name is one word
};

// An option of the verbs that take its letter; several options may share one.
struct Option {
  char letter;
  const char* name;
  const char* value;  // what help calls it; null: a flag. A '+' before it: may be repeated
  const char* doc;

  bool is_flag() const { return value == nullptr; }
  bool is_list() const { return value != nullptr && value[0] == '+'; }
  const char* value_name() const { return is_list() ? value + 1 : value; }
};

std::span<const Verb> verb_table();  // in the order of --help
const Verb* find_verb(std::string_view name);
std::vector<const Option*> options_of(const Verb& verb);

// The second words of verbs whose first word is `first`, in the order of the table: none of a verb of one
// word.
std::vector<std::string> verbs_under(std::string_view first);

}  // namespace gistmill
