// The patterns that Replace of tokenizer.json has: a text, or an expression that needs no engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace gistmill::tokenizer {

// Characters one behind the other; or one of them, or white space, as often as it stands there. Immutable.
class TextPattern {
 public:
  // {"String": "..."} or {"Regex": "..."}. An expression is known that is a text, with \ before what has a
  // meaning of its own; or one character or \s with + or {n,} behind it. Nothing where it is another.
  static std::optional<TextPattern> read(const nlohmann::json& pattern);

  std::size_t least_bytes() const;  // of a match
  bool matches_start(std::string_view text) const { return match(text, 0) > 0; }
  // The text with `content` for whatever matches, from the left.
  std::string replace(std::string_view text, std::string_view content) const;

 private:
  static constexpr std::int32_t kWhiteSpace = -2;  // \s

  static std::optional<TextPattern> expression(std::string_view text);
  static std::optional<std::size_t> least_of(std::string_view quantifier);
  bool matches_one(std::string_view text, std::size_t at, std::int32_t character, std::size_t* size) const;
  std::size_t match(std::string_view text, std::size_t at) const;  // its bytes; 0: none

  std::vector<std::int32_t> characters_;
  std::size_t least_ = 1;
  bool repeats_ = false;  // the one character, `least_` times or more
};

}  // namespace gistmill::tokenizer
