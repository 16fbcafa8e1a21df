// What may stand where the cursor is: computed from the table of verbs, for every shell alike. What the shell
// itself knows best, the names of files, is left to it.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace gistmill {

struct CompletionCandidate {
  std::string text;
  std::string doc;  // "": none
};

struct Completion {
  enum class Files { none, folders, recipes, all };  // recipes: folders and *.toml

  std::vector<CompletionCandidate>
      candidates;             // that begin with what was typed; of "--name=va" those of the value
  Files files = Files::none;  // which names of files may stand here besides
};

// `words`: what follows the program's name; the last one is typed so far, and may be empty. bash takes words
// apart at '=': such parts are put together again. Never throws on words that make no command.
Completion complete(std::span<const std::string> words);

}  // namespace gistmill
