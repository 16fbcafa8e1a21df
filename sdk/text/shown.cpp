// See text/shown.hpp. No streams and no printf: the C locale's decimal point is not ours.
#include <gistmill/text/shown.hpp>

#include <gistmill/text/utf8.hpp>

namespace gistmill::text {

std::string printable(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const Character first = first_character(text);
    const bool kept = first.code == '\n' || first.code == '\t' || (first.valid() && !is_control(first.code));
    for (const char c : text.substr(0, first.size)) {
      if (kept) {
        shown += c;
        continue;
      }
      const auto byte = static_cast<unsigned char>(c);
      shown += "\\x";
      shown += kHex[byte >> 4];
      shown += kHex[byte & 15];
    }
    text.remove_prefix(first.size);
  }
  return shown;
}

std::string bytes_text(std::uint64_t bytes, Rounding rounding) {
  const auto divided = [&](std::uint64_t unit) {
    const std::uint64_t add = rounding == Rounding::up        ? unit - 1
                              : rounding == Rounding::nearest ? unit / 2
                                                              : 0;
    return bytes / unit + (bytes % unit + add) / unit;
  };
  constexpr std::uint64_t kKilo = 1'000;
  constexpr std::uint64_t kMega = 1'000'000;
  constexpr std::uint64_t kGiga = 1'000'000'000;
  if (bytes < kKilo) return std::to_string(bytes) + " B";
  if (divided(kKilo) < kKilo) return std::to_string(divided(kKilo)) + " kB";
  if (divided(kMega) < kKilo) return std::to_string(divided(kMega)) + " MB";
  const std::uint64_t tenths = divided(kGiga / 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GB";
}

}  // namespace gistmill::text
