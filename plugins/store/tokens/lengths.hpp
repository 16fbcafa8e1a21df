// Documents of the lengths that training needs: long ones cut, short ones joined or left out. Knows no files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill::store {

struct TokenDocument {
  std::string name;
  std::vector<std::int32_t> tokens;
  std::int32_t split = 0;
};

// The file that a document is from: its name without the number of a document or a line ("a.txt#2",
// "a.jsonl:17").
std::string_view file_of(std::string_view name);
// The folder of that file; empty where the name has none.
std::string_view folder_of(std::string_view name);

struct LengthLimits {
  enum class Short { join, join_or_drop, drop };
  enum class Join { file, folder };

  std::size_t longest = 0;   // 0: any; else at least twice `shortest`, so that no piece is too short
  std::size_t shortest = 0;  // 0: any
  Short below = Short::join;
  Join join = Join::file;                  // what neighbors must have in common to be joined
  std::vector<std::int32_t> between = {};  // ids that stand between two joined documents

  bool none() const { return longest == 0 && shortest == 0; }
};

// Documents in, documents out, in the same order. Only documents of one split are joined: who is held out
// stays held out.
class Lengths {
 public:
  struct Counts {
    std::size_t cut = 0;      // documents that were too long
    std::size_t pieces = 0;   // that they became
    std::size_t joined = 0;   // documents that were joined
    std::size_t groups = 0;   // that they became
    std::size_t dropped = 0;  // left out as too short
  };

  using Sink = std::function<void(const TokenDocument&)>;

  Lengths(LengthLimits limits, Sink sink);

  void add(TokenDocument document);
  void finish();  // gives out what still waits for a neighbor

  const Counts& counts() const { return counts_; }

 private:
  bool is_neighbor(const TokenDocument& document) const;
  void give_waiting();
  void give(const TokenDocument& document);  // in pieces where it is too long

  LengthLimits limits_;
  Sink sink_;
  TokenDocument waiting_;  // joined so far
  std::size_t parts_ = 0;  // documents in it; 0: none waits
  Counts counts_;
};

}  // namespace gistmill::store
