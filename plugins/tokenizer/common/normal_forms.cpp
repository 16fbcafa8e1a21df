// Decomposition and composition by utf8proc; the order of marks and what is left alone are decided here.
#include "plugins/tokenizer/common/normal_forms.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>
#include <vector>

#include <utf8proc.h>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::tokenizer {
namespace {

struct CodeRange {
  std::int32_t first, last;
};

// clang-format off
// Characters that a newer Unicode composes, decomposes or reorders, but the normalizers of `tokenizers` do not.
constexpr CodeRange kInert[] = {
#include "plugins/tokenizer/common/nfc_inert.inc"
};
// And those that it decomposes in the other forms.
constexpr CodeRange kWhole[] = {
#include "plugins/tokenizer/common/decomposition_inert.inc"
};
// clang-format on

template <std::size_t kSize>
bool is_within(const CodeRange (&ranges)[kSize], std::int32_t code) {
  const auto* const range = std::partition_point(std::begin(ranges), std::end(ranges),
                                                 [&](const CodeRange& one) { return one.last < code; });
  return range != std::end(ranges) && range->first <= code;
}

bool is_inert(std::int32_t code) { return is_within(kInert, code); }

bool composes(NormalForm form) { return form == NormalForm::kC || form == NormalForm::kKC; }

utf8proc_option_t options_of(NormalForm form) {
  int options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
  if (form == NormalForm::kKC || form == NormalForm::kKD) options |= UTF8PROC_COMPAT;
  return static_cast<utf8proc_option_t>(options);
}

int class_of_mark(std::int32_t code) { return utf8proc_get_property(code)->combining_class; }

// Marks between two starters by their class; utf8proc does so by neighbors, which takes quadratic time.
void order_marks(std::vector<utf8proc_int32_t>* codes) {
  const auto starts = [](std::int32_t code) { return class_of_mark(code) == 0; };
  auto at = codes->begin();
  while (at != codes->end()) {
    const auto first = std::find_if_not(at, codes->end(), starts);
    at = std::find_if(first, codes->end(), starts);
    std::stable_sort(first, at, [](auto a, auto b) { return class_of_mark(a) < class_of_mark(b); });
  }
}

[[noreturn]] void fail(utf8proc_ssize_t error) {
  throw std::runtime_error(std::string("normalizing text: ") + utf8proc_errmsg(error));
}

// text: UTF-8 without inert characters.
void append_normal_form(std::string_view text, NormalForm form, std::string* out) {
  std::vector<utf8proc_int32_t> codes;
  std::array<utf8proc_int32_t, 32> parts{};  // the longest decomposition, of U+FDFA, has 18
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += size) {
    const std::int32_t code = decode_utf8(text, at, &size);
    const auto count =
        utf8proc_decompose_char(code, parts.data(), std::ssize(parts), options_of(form), nullptr);
    if (count < 0 || count > std::ssize(parts)) fail(count < 0 ? count : UTF8PROC_ERROR_OVERFLOW);
    codes.insert(codes.end(), parts.begin(), parts.begin() + count);
  }
  order_marks(&codes);
  auto length = std::ssize(codes);
  if (composes(form)) {
    length = utf8proc_normalize_utf32(codes.data(), length,
                                      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (length < 0) fail(length);
  }
  for (auto i = 0; i < length; ++i) text::append_utf8(*out, codes[static_cast<std::size_t>(i)]);
}

}  // namespace

std::string to_normal_form(std::string_view text, NormalForm form) {
  constexpr std::size_t kLongEnough = 4096;  // bounds the memory for what is mostly ASCII
  const auto stays = [&](std::int32_t code) {
    return code == kNoCharacter || is_inert(code) || (form != NormalForm::kC && is_within(kWhole, code));
  };
  std::string out;
  out.reserve(text.size());
  std::size_t done = 0, size = 0;
  for (std::size_t at = 0; at < text.size(); at += size) {
    const std::int32_t code = decode_utf8(text, at, &size);
    const bool apart = code >= 0 && code < 0x80 ? at - done > kLongEnough : stays(code);
    if (!apart) continue;
    append_normal_form(text.substr(done, at - done), form, &out);
    done = at;
    if (code >= 0 && code < 0x80) continue;  // it starts the next part, for marks may follow
    out.append(text, at, size);
    done += size;
  }
  append_normal_form(text.substr(done), form, &out);
  return out;
}

}  // namespace gistmill::tokenizer
