// completion: the scripts. They ask the program itself (complete), so that they are never older than it.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include <gistmill/text/shown.hpp>

#include "host/cli/completion.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/diagnostic/did_you_mean.hpp"

namespace gistmill {

namespace {

// What `gistmill complete` says: a line for each candidate, a tab, its doc; last ":" and which files.
constexpr const char* kFilesWords[] = {":", ":folders", ":recipes", ":files"};

constexpr const char* kBash =
    R"(# Completes gistmill in bash. Add to ~/.bashrc:  source <(gistmill completion bash)
_gistmill() {
  local program=${COMP_WORDS[0]/#\~/$HOME} word=${COMP_WORDS[COMP_CWORD]} line files=
  if [[ $word == = ]]; then word=; fi
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) files=${line#:} ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("$program" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do
      COMPREPLY+=("$line")
    done < <(
      compgen -d -- "$word"
      if [[ $files == recipes ]]; then compgen -f -X '!*.toml' -- "$word"; fi
      if [[ $files == files ]]; then compgen -f -- "$word" | while IFS= read -r line; do
        if [[ ! -d $line ]]; then printf '%s\n' "$line"; fi
      done; fi
    )
  fi
}
complete -F _gistmill gistmill
)";

constexpr const char* kZsh = R"(#compdef gistmill
# Completes gistmill in zsh. Write it to a folder of $fpath as _gistmill, or add to ~/.zshrc, after compinit:
#   source <(gistmill completion zsh)
_gistmill() {
  local line files= program=${(Q)words[1]}
  local -a candidates
  program=${program/#\~/$HOME}
  for line in "${(@f)$("$program" complete "${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
    case $line in
      :*) files=${line#:} ;;
      ?*) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  if [[ $PREFIX == --*=* ]]; then compset -P '*='; fi
  if (( $#candidates )); then _describe -t gistmill gistmill candidates; fi
  case $files in
    folders) _files -/ ;;
    recipes) _files -g '*.toml' ;;
    files) _files ;;
  esac
}
if [[ ${funcstack[1]} == _gistmill ]]; then _gistmill "$@"; else compdef _gistmill gistmill; fi
)";

constexpr const char* kFish =
    R"(# Completes gistmill in fish:  gistmill completion fish > ~/.config/fish/completions/gistmill.fish
function __gistmill_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    set -e words[1]
    set -l option (string match -r -- '^--[^=]*=' $typed)
    set -l value (string replace -- "$option" '' $typed)
    set -l files
    for line in ($program complete $words "$typed" 2>/dev/null)
        if string match -q -- ':*' $line
            set files (string sub -s 2 -- $line)
        else
            echo -- "$option$line"
        end
    end
    if test -n "$files"
        set -l names (complete -C "__gistmill_unknown_command $value")
        switch $files
            case folders
                set names (string match -r -- '.*/$' $names)
            case recipes
                set names (string match -r -- '.*(?:/|\.toml)$' $names)
        end
        for name in $names
            echo -- "$option$name"
        end
    end
end
complete -c gistmill -f -a '(__gistmill_complete)'
)";

constexpr struct {
  std::string_view shell;
  const char* script;
} kScripts[] = {{"bash", kBash}, {"zsh", kZsh}, {"fish", kFish}};

// Plugins' manifests have texts of several lines, and of any characters.
std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '\t', ' ');
  return text::printable(text);
}

}  // namespace

ExitCode run_completion(const Command& command) {
  const std::string& shell = command.arguments.front();
  std::vector<std::string> names;
  for (const auto& row : kScripts) {
    names.emplace_back(row.shell);
    if (row.shell != shell) continue;
    print_answer(row.script);
    return ExitCode::ok;
  }
  throw Failure(ExitCode::usage, fmt::format("there is no completion for the shell '{}'", shell),
                did_you_mean(shell, names, {"gistmill completion bash, zsh or fish"}));
}

ExitCode run_complete(const Command& command) {
  const Completion completion = complete(command.arguments);
  std::string text;
  for (const CompletionCandidate& candidate : completion.candidates)
    text += fmt::format("{}\t{}\n", candidate.text, on_one_line(candidate.doc));
  print_answer(text + kFilesWords[static_cast<std::size_t>(completion.files)] + "\n");
  return ExitCode::ok;
}

}  // namespace gistmill
