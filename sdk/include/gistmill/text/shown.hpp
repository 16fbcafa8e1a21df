// Text and numbers for people: what is safe to print, and how many bytes are written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gistmill::text {

// U+0000 to U+001F, U+007F, and the C1 controls U+0080 to U+009F, one of which begins a command to the
// terminal.
constexpr bool is_control(std::int32_t code) {
  return (code >= 0 && code < 0x20) || (code >= 0x7F && code < 0xA0);
}

// Text that came from elsewhere, so that no byte of it steers a terminal: control characters but '\n' and
// '\t', and bytes that are not UTF-8, become \xNN.
std::string printable(std::string_view text);

enum class Rounding { nearest, up, down };

// "1.3 GB", "270 MB", "12 kB": in powers of ten, as disks and `ls --si` count.
std::string bytes_text(std::uint64_t bytes, Rounding rounding = Rounding::nearest);

}  // namespace gistmill::text
