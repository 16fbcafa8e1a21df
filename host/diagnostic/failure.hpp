// What goes wrong, said once and in one form: where, what was found, what was expected, what to do.
// Not for defects of the host itself: those are assertions.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gistmill {

// Exit codes of the program; a failure carries the one that it ends in.
enum class ExitCode : int {
  ok = 0,
  failed = 1,         // the run failed
  usage = 2,          // the command line
  recipe = 3,         // the recipe, a model or an input is invalid
  plugin = 4,         // a plugin was refused
  does_not_fit = 5,   // the plan needs more than the machine has
  numerics = 6,       // a number that is not finite, or a baseline gate
  stopped = 75,       // stopped after saving; run again to go on
  interrupted = 130,  // interrupted without saving
};

// A place in a text file. Lines and columns count from 1; line 0 means the file as a whole, and an empty
// file name means that there is no place to show.
struct Origin {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  bool known() const { return !file.empty(); }
  std::string text() const;  // "recipe.toml:12:5", "recipe.toml" or ""
};

// Thrown through the host, caught by the verb. what() is the whole text without color:
//   recipe.toml:7:1: unknown option 'widht' of gistnet/refine
//       7 | widht = 256
//         | ^~~~~
//     did you mean 'width'? ...
class Failure : public std::runtime_error {
 public:
  // message: lowercase, no final period. notes: one line each, printed indented below.
  Failure(ExitCode code, Origin origin, std::string message, std::vector<std::string> notes = {});
  Failure(ExitCode code, std::string message, std::vector<std::string> notes = {});

  ExitCode code() const { return code_; }
  const Origin& origin() const { return origin_; }
  const std::string& message() const { return message_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  ExitCode code_;
  Origin origin_;
  std::string message_;
  std::vector<std::string> notes_;
};

// The candidate nearest to `name` by edit distance (swapped neighbors count one), or "" where none is
// near enough to be meant.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

// The note below an unknown name: "did you mean 'width'? gistnet/refine takes: heads width".
std::string suggestion(std::string_view name, std::string_view owner, std::vector<std::string> candidates);

}  // namespace gistmill
