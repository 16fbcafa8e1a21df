// Decoding of UTF-8, a two-stage table of classes made from the generated ranges, and form C by utf8proc. The
// decoder is ours, for it stands in the loop over every character of a corpus, where a call into utf8proc
// would cost more than the decoding.
#include "plugins/tokenizer/common/unicode.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <vector>

#include <utf8proc.h>

#include "plugins/tokenizer/common/code_table.hpp"

namespace gistmill::tokenizer {
namespace {

using enum CharacterClass;

struct CodeRange {
  std::int32_t first, last;
};

// clang-format off
constexpr CodeRangeOf<CharacterClass> kRanges[] = {
#include "plugins/tokenizer/common/unicode_ranges.inc"
};
// Characters that a newer Unicode composes, decomposes or reorders, but the normalizer of `tokenizers` does not.
constexpr CodeRange kInert[] = {
#include "plugins/tokenizer/common/nfc_inert.inc"
};
// clang-format on

bool is_inert(std::int32_t code) {
  const auto* const range = std::partition_point(std::begin(kInert), std::end(kInert),
                                                 [&](const CodeRange& one) { return one.last < code; });
  return range != std::end(kInert) && range->first <= code;
}

CharacterClass class_of(std::int32_t code) {
  static const CodeTable<CharacterClass> kTable(kRanges);
  return kTable.of(code);
}

// A byte of 10xxxxxx at `at`, its six bits; -1 where there is none.
int continuation(std::string_view text, std::size_t at) {
  if (at >= text.size()) return -1;
  const auto byte = static_cast<unsigned char>(text[at]);
  return (byte & 0xC0) == 0x80 ? byte & 0x3F : -1;
}

// Whether form C leaves the character alone, whatever stands before it: a starter that neither decomposes nor
// composes. Below U+0300 all are, but for what marks after them do.
bool is_stable(std::int32_t code) {
  if (code < 0x300) return true;
  if (code >= 0x1100 && code < 0x1200) return false;  // Hangul, which composes by rule
  const utf8proc_property_t* const property = utf8proc_get_property(code);
  return property->combining_class == 0 && property->decomp_seqindex == UINT16_MAX &&
         property->comb_index == UINT16_MAX;
}

// Puts the marks of long runs in order of their class. utf8proc does so by neighbors, which takes quadratic
// time, but is quick where they are in order.
std::string with_marks_in_order(std::string_view valid) {
  constexpr std::size_t kLong = 32;
  std::string out;
  std::vector<std::pair<int, std::string_view>> run;
  const auto flush = [&] {
    if (run.size() >= kLong) {
      std::stable_sort(run.begin(), run.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    for (const auto& [order, mark] : run) out += mark;
    run.clear();
  };
  std::size_t size = 0;
  for (std::size_t at = 0; at < valid.size(); at += size) {
    const std::int32_t code = decode_utf8(valid, at, &size);
    const int order = utf8proc_get_property(code)->combining_class;
    if (order == 0) flush();
    if (order == 0) {
      out.append(valid, at, size);
    } else {
      run.emplace_back(order, valid.substr(at, size));
    }
  }
  flush();
  return out;
}

void append_nfc(std::string_view text, std::string* out) {
  const std::string valid = with_marks_in_order(text);
  utf8proc_uint8_t* result = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(valid.data()),
                                 static_cast<utf8proc_ssize_t>(valid.size()), &result,
                                 static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result, &std::free);
  if (size < 0) throw std::runtime_error(std::string("normalizing text: ") + utf8proc_errmsg(size));
  out->append(reinterpret_cast<const char*>(result), static_cast<std::size_t>(size));
}

}  // namespace

std::int32_t decode_utf8(std::string_view text, std::size_t at, std::size_t* size) {
  const auto first = static_cast<unsigned char>(text[at]);
  *size = 1;
  if (first < 0x80) return first;
  if (first < 0xC2 || first > 0xF4) return kNoCharacter;
  const int second = continuation(text, at + 1);
  if (second < 0) return kNoCharacter;
  if (first < 0xE0) {
    *size = 2;
    return (first & 0x1F) << 6 | second;
  }
  const int third = continuation(text, at + 2);
  if (third < 0) return kNoCharacter;
  if (first < 0xF0) {
    const int code = (first & 0x0F) << 12 | second << 6 | third;
    if (code < 0x800 || (code >= 0xD800 && code < 0xE000)) return kNoCharacter;
    *size = 3;
    return code;
  }
  const int fourth = continuation(text, at + 3);
  const int code = (first & 0x07) << 18 | second << 12 | third << 6 | fourth;
  if (fourth < 0 || code < 0x10000 || code > 0x10FFFF) return kNoCharacter;
  *size = 4;
  return code;
}

std::size_t last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && text.size() - at < 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

Character character_at(std::string_view text, std::size_t at) {
  std::size_t size = 0;
  const std::int32_t code = decode_utf8(text, at, &size);
  if (code == kNoCharacter) return {kOther, 1};
  return {class_of(code), static_cast<std::uint8_t>(size)};
}

std::size_t leading_space(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size()) {
    const Character character = character_at(text, end);
    if (character.type != kSpace) break;
    end += character.size;
  }
  return end;
}

std::size_t trailing_space(std::string_view text) {
  std::size_t start = text.size();
  while (start > 0) {
    const std::size_t at = last_character(text.substr(0, start));
    const Character character = character_at(text, at);
    if (character.type != kSpace || at + character.size != start) break;
    start = at;
  }
  return text.size() - start;
}

std::string to_nfc(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t copied = 0;                         // text before it is in `out`
  std::size_t changing = std::string_view::npos;  // where a run that may change starts, with its base
  std::size_t previous = 0;                       // start of the character before
  std::size_t size = 0;
  const auto finish_run = [&](std::size_t end) {
    if (changing == std::string_view::npos) return;
    out.append(text, copied, changing - copied);
    append_nfc(text.substr(changing, end - changing), &out);
    copied = end;
    changing = std::string_view::npos;
  };
  bool base_before = false;  // what stands before may take marks
  for (std::size_t at = 0; at < text.size(); at += size) {
    const std::int32_t code = decode_utf8(text, at, &size);
    const bool apart = code == kNoCharacter || is_inert(code);
    if (apart || is_stable(code)) {
      finish_run(at);
      base_before = !apart;
    } else if (changing == std::string_view::npos) {
      changing = base_before ? previous : at;
    }
    previous = at;
  }
  finish_run(text.size());
  out.append(text, copied);
  return out;
}

}  // namespace gistmill::tokenizer
