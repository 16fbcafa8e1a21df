// How far a text goes on in letters of ASCII: most of most texts, so sixteen bytes are looked at together.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace gistmill::bpe {

// The plain way.
inline std::size_t ascii_letters_one_by_one(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && static_cast<unsigned char>((text[count] | 0x20) - 'a') < 26) ++count;
  return count;
}

// The letters that `text` starts with.
inline std::size_t ascii_letters(std::string_view text) {
  std::size_t count = 0;
#ifdef __SSE2__
  constexpr int kBytes = 16, kLetters = 26;
  for (; text.size() - count >= kBytes; count += kBytes) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + count));
    // Letters become the 26 smallest numbers: the comparison is one of signed numbers.
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    const __m128i moved = _mm_sub_epi8(lower, _mm_set1_epi8(static_cast<char>('a' + 128)));
    const __m128i letters = _mm_cmplt_epi8(moved, _mm_set1_epi8(static_cast<char>(-128 + kLetters)));
    const auto others = ~static_cast<std::uint32_t>(_mm_movemask_epi8(letters));
    if (const int run = std::countr_zero(others); run < kBytes) return count + static_cast<std::size_t>(run);
  }
#endif
  return count + ascii_letters_one_by_one(text.substr(count));
}

}  // namespace gistmill::bpe
