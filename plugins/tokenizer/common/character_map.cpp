// References: darts-clone (units), sentencepiece/src/normalizer.cc, spm_precompiled.
#include "plugins/tokenizer/common/character_map.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "plugins/tokenizer/common/graphemes.hpp"
#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::tokenizer {
namespace {

// A unit: the label of the step that leads to it, whether a text ends there, and where its children are.
bool has_leaf(std::uint32_t unit) { return (unit >> 8 & 1) != 0; }
std::uint32_t value(std::uint32_t unit) { return unit & 0x7FFFFFFF; }
std::uint32_t label(std::uint32_t unit) { return unit & 0x800000FF; }
std::uint32_t offset(std::uint32_t unit) { return (unit >> 10) << ((unit & 0x200) >> 6); }

}  // namespace

std::optional<CharacterMap> CharacterMap::parse(std::string_view bytes) {
  std::uint32_t size = 0;
  if (bytes.size() < sizeof size) return std::nullopt;
  std::memcpy(&size, bytes.data(), sizeof size);
  bytes.remove_prefix(sizeof size);
  size -= size % sizeof size;
  if (size == 0 || size > bytes.size()) return std::nullopt;
  CharacterMap map;
  map.units_.resize(size / sizeof(std::uint32_t));
  std::memcpy(map.units_.data(), bytes.data(), size);
  map.texts_ = bytes.substr(size);
  if (!map.check()) return std::nullopt;
  return map;
}

bool CharacterMap::step(unsigned char c, std::uint32_t* node) const {
  const std::uint32_t next = *node ^ c;
  if (next >= units_.size() || label(units_[next]) != c) return false;
  *node = next ^ offset(units_[next]);
  return true;
}

std::string_view CharacterMap::text_of(std::uint32_t node) const {
  const std::string_view text = std::string_view(texts_).substr(value(units_[node]));
  return text.substr(0, text.find('\0'));
}

// Visits each node once, by its shortest text: nodes may be shared. A node is where its children are: that of
// byte c at node ^ c, and its text at the node itself.
bool CharacterMap::check() {
  std::vector<bool> seen(units_.size());
  std::vector<std::uint32_t> level = {offset(units_[0])}, next;
  for (std::size_t depth = 1; !level.empty(); ++depth, level.swap(next), next.clear()) {
    for (const std::uint32_t node : level) {
      for (std::uint32_t c = 1; c < 256; ++c) {
        std::uint32_t child = node;
        if (!step(static_cast<unsigned char>(c), &child)) continue;
        const bool ends = has_leaf(units_[node ^ c]);
        if (child >= units_.size()) return false;
        if (ends && value(units_[child]) > texts_.size()) return false;
        if (ends)
          growth_ =
              std::max(growth_, static_cast<double>(text_of(child).size()) / static_cast<double>(depth));
        if (seen[child]) continue;
        seen[child] = true;
        next.push_back(child);
      }
    }
  }
  return true;
}

CharacterMap::Found CharacterMap::shortest(std::string_view text) const {
  std::uint32_t node = offset(units_[0]);
  for (std::size_t at = 0; at < text.size() && text[at] != '\0'; ++at) {
    const std::uint32_t parent = node;
    const auto c = static_cast<unsigned char>(text[at]);
    if (!step(c, &node)) break;
    if (has_leaf(units_[parent ^ c])) return {at + 1, text_of(node)};
  }
  return {};
}

CharacterMap::Found CharacterMap::longest(std::string_view text) const {
  Found found;
  std::uint32_t node = offset(units_[0]);
  for (std::size_t at = 0; at < text.size() && text[at] != '\0'; ++at) {
    const std::uint32_t parent = node;
    const auto c = static_cast<unsigned char>(text[at]);
    if (!step(c, &node)) break;
    if (has_leaf(units_[parent ^ c])) found = {at + 1, text_of(node)};
  }
  return found;
}

std::string CharacterMap::replace_longest(std::string_view text, const Trie& kept) const {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0, size = 0; at < text.size(); at += size) {
    const std::string_view rest = text.substr(at);
    size = 0;
    kept.each_prefix(rest, [&](std::size_t found, std::int32_t) { size = found; });
    if (size > 0) {
      out.append(rest, 0, size);
      continue;
    }
    const Found found = longest(rest);
    if (found.size > 0) {
      size = found.size;
      out += found.text;
      continue;
    }
    decode_utf8(text, at, &size);
    out.append(rest, 0, size);
  }
  return out;
}

std::string CharacterMap::replace_graphemes(std::string_view text) const {
  constexpr std::size_t kWhole = 6;  // bytes from which a cluster is not looked for as a whole
  std::string out;
  out.reserve(text.size());
  const auto replace = [&](std::string_view part) {
    const Found found = shortest(part);
    out += found.size > 0 ? found.text : part;
    return found.size > 0;
  };
  // Most text: a character of ASCII before another is a cluster of its own, or the first of CR and LF.
  const auto is_left_alone = [&](std::size_t at) {
    const auto is_ascii = [&](std::size_t place) { return static_cast<unsigned char>(text[place]) < 128; };
    return is_ascii(at) && (at + 1 == text.size() || is_ascii(at + 1)) &&
           shortest(text.substr(at, 2)).size == 0;
  };
  for (std::size_t at = 0, size = 0; at < text.size(); at += size) {
    if (is_left_alone(at)) {
      out += text[at];
      size = 1;
      continue;
    }
    const std::string_view cluster = text.substr(at, cluster_end(text, at) - at);
    size = cluster.size();
    if (cluster.size() < kWhole && shortest(cluster).size > 0) {
      replace(cluster);
      continue;
    }
    for (std::size_t part = 0, length = 0; part < cluster.size(); part += length) {
      decode_utf8(cluster, part, &length);
      replace(cluster.substr(part, length));
    }
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static const std::array<std::uint8_t, 256> kValues = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(kDigits.size());  // of what is no digit
    for (std::size_t i = 0; i < kDigits.size(); ++i)
      values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::uint8_t>(i);
    return values;
  }();
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::uint32_t digit = kValues[static_cast<unsigned char>(c)];
    if (digit == kDigits.size()) return std::nullopt;
    bits = bits << 6 | digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return (bits & ((1u << count) - 1)) == 0 ? std::optional(bytes) : std::nullopt;
}

}  // namespace gistmill::tokenizer
