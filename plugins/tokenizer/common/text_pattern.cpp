// Reading and matching of such patterns.
#include "plugins/tokenizer/common/text_pattern.hpp"

#include "plugins/tokenizer/common/settings.hpp"
#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::tokenizer {

std::optional<TextPattern> TextPattern::read(const nlohmann::json& pattern) {
  if (!string_of(pattern, "Regex").empty()) return expression(string_of(pattern, "Regex"));
  const std::string text = string_of(pattern, "String");
  if (text.empty()) return std::nullopt;
  TextPattern known;
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += size)
    known.characters_.push_back(decode_utf8(text, at, &size));
  return known;
}

// + or {n,}: how often at least; nothing where it is another quantifier.
std::optional<std::size_t> TextPattern::least_of(std::string_view quantifier) {
  if (quantifier == "+") return 1;
  if (quantifier.size() < 4 || quantifier.size() > 6 || !quantifier.starts_with('{') ||
      !quantifier.ends_with(",}"))
    return std::nullopt;
  std::size_t least = 0;
  for (const char c : quantifier.substr(1, quantifier.size() - 3)) {
    if (c < '0' || c > '9') return std::nullopt;
    least = 10 * least + static_cast<std::size_t>(c - '0');
  }
  return least > 0 ? std::optional(least) : std::nullopt;
}

std::optional<TextPattern> TextPattern::expression(std::string_view text) {
  constexpr std::string_view kMeaning = "\\.*+?()[]{}|^$";
  TextPattern known;
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += size) {
    if (text[at] != '\\' && kMeaning.find(text[at]) != std::string_view::npos) {
      const auto least = least_of(text.substr(at));
      if (!least || known.characters_.size() != 1) return std::nullopt;
      known.least_ = *least;
      known.repeats_ = true;
      return known;
    }
    if (text[at] != '\\') {
      known.characters_.push_back(decode_utf8(text, at, &size));
      continue;
    }
    size = 2;
    const char escaped = at + 1 < text.size() ? text[at + 1] : '\0';
    const std::size_t letter = std::string_view("nrts").find(escaped);
    if (letter != std::string_view::npos) {
      constexpr std::int32_t kMeant[] = {'\n', '\r', '\t', kWhiteSpace};
      known.characters_.push_back(kMeant[letter]);
    } else if (kMeaning.find(escaped) != std::string_view::npos) {
      known.characters_.push_back(escaped);
    } else {
      return std::nullopt;
    }
  }
  return known.characters_.empty() ? std::nullopt : std::optional(known);
}

bool TextPattern::matches_one(std::string_view text, std::size_t at, std::int32_t character,
                              std::size_t* size) const {
  if (at >= text.size()) return false;
  const std::int32_t code = decode_utf8(text, at, size);
  if (character != kWhiteSpace) return code == character && code != kNoCharacter;
  return character_at(text, at).type == CharacterClass::kSpace;
}

std::size_t TextPattern::match(std::string_view text, std::size_t at) const {
  const std::size_t start = at;
  std::size_t size = 0;
  if (!repeats_) {
    for (const std::int32_t character : characters_) {
      if (!matches_one(text, at, character, &size)) return 0;
      at += size;
    }
    return at - start;
  }
  std::size_t times = 0;
  for (; matches_one(text, at, characters_.front(), &size); at += size) ++times;
  return times >= least_ ? at - start : 0;
}

std::size_t TextPattern::least_bytes() const {
  const auto bytes_of = [](std::int32_t code) -> std::size_t {
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  };
  std::size_t bytes = 0;
  for (const std::int32_t character : characters_) bytes += bytes_of(character);
  return bytes * least_;
}

std::string TextPattern::replace(std::string_view text, std::string_view content) const {
  std::string out;
  out.reserve(text.size());
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += size) {
    size = match(text, at);
    if (size > 0) {
      out += content;
      continue;
    }
    decode_utf8(text, at, &size);
    out.append(text, at, size);
  }
  return out;
}

}  // namespace gistmill::tokenizer
