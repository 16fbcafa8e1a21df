// utf8proc knows Unicode 15, the package Unicode 17 with conjuncts of Indic scripts (rule GB9c). What is
// newer was asked of the package, as far as a map of characters could show it (make_grapheme_ranges.py).
#include "plugins/tokenizer/common/graphemes.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include <utf8proc.h>

#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::tokenizer {
namespace {

struct CodeRange {
  std::int32_t first, last;
};

// clang-format off
constexpr CodeRange kConsonants[] = {
#include "plugins/tokenizer/common/conjunct_consonants.inc"
};
// That extend a cluster, to the package alone.
constexpr CodeRange kNewMarks[] = {
#include "plugins/tokenizer/common/newer_marks.inc"
};
// clang-format on
// Join the consonants around them.
constexpr CodeRange kLinkers[] = {
    {0x94D, 0x94D},     {0x9CD, 0x9CD},     {0xACD, 0xACD},     {0xB4D, 0xB4D},     {0xC4D, 0xC4D},
    {0xD4D, 0xD4D},     {0x1039, 0x1039},   {0x17D2, 0x17D2},   {0x1A60, 0x1A60},   {0x1B44, 0x1B44},
    {0x1BAB, 0x1BAB},   {0xA9C0, 0xA9C0},   {0xAAF6, 0xAAF6},   {0x10A3F, 0x10A3F}, {0x11133, 0x11133},
    {0x113D0, 0x113D0}, {0x1193E, 0x1193E}, {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11F42, 0x11F42}};

template <std::size_t kSize>
bool is_within(const CodeRange (&ranges)[kSize], std::int32_t code) {
  const auto* const range = std::partition_point(std::begin(ranges), std::end(ranges),
                                                 [&](const CodeRange& one) { return one.last < code; });
  return range != std::end(ranges) && range->first <= code;
}

// A character that utf8proc knows as what the package knows this one as.
std::int32_t as_known(std::int32_t code) {
  constexpr std::int32_t kMark = 0x300, kPrepended = 0x600, kSpacing = 0x903, kOther = 'a';
  if (code < kNewMarks[0].first) return code;
  if (code == 0x113D1) return kPrepended;
  if (code == 0x1171E) return kSpacing;
  if (code == 0x11A3A) return kOther;
  return is_within(kNewMarks, code) ? kMark : code;
}

// A consonant, marks, and behind a linker among these the next consonant.
class Conjunct {
 public:
  explicit Conjunct(std::int32_t first) { add(first); }
  bool takes(std::int32_t next) const { return state_ == State::kLinked && is_within(kConsonants, next); }
  void add(std::int32_t code) {
    if (code < kConsonants[0].first) {
      if (!is_mark(code)) state_ = State::kNone;
    } else if (is_within(kConsonants, code)) {
      state_ = State::kConsonant;
    } else if (state_ != State::kNone && is_within(kLinkers, code)) {
      state_ = State::kLinked;
    } else if (state_ != State::kNone && !is_mark(code)) {
      state_ = State::kNone;
    }
  }

 private:
  enum class State : std::uint8_t { kNone, kConsonant, kLinked };

  static bool is_mark(std::int32_t code) {
    constexpr std::int32_t kNonJoiner = 0x200C;
    const auto kind = utf8proc_get_property(as_known(code))->boundclass;
    return (kind == UTF8PROC_BOUNDCLASS_EXTEND || kind == UTF8PROC_BOUNDCLASS_ZWJ) && code != kNonJoiner;
  }

  State state_ = State::kNone;
};

}  // namespace

std::size_t cluster_end(std::string_view text, std::size_t at) {
  std::size_t size = 0;
  std::int32_t code = decode_utf8(text, at, &size);
  if (code == kNoCharacter) return at + size;
  Conjunct conjunct(code);
  utf8proc_int32_t state = 0;
  for (at += size; at < text.size(); at += size) {
    const std::int32_t next = decode_utf8(text, at, &size);
    if (next == kNoCharacter) break;
    const bool breaks = utf8proc_grapheme_break_stateful(as_known(code), as_known(next), &state);
    if (breaks && !conjunct.takes(next)) break;
    conjunct.add(next);
    code = next;
  }
  return at;
}

}  // namespace gistmill::tokenizer
