// The alphabet and its reverse.
#include "plugins/tokenizer/bpe/byte_alphabet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include <gistmill/text/utf8.hpp>

namespace gistmill::bpe {
namespace {

constexpr std::size_t kAlphabetEnd = 0x100 + 68;  // 68 bytes are not printable in Latin-1

// openai/gpt-2, encoder.py, bytes_to_unicode: printable Latin-1 stands for itself, the others get
// U+0100, U+0101, ... in order.
constexpr std::array<std::uint16_t, 256> make_alphabet() {
  std::array<std::uint16_t, 256> alphabet{};
  std::uint16_t next = 0x100;
  for (std::uint16_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    alphabet[byte] = printable ? byte : next++;
  }
  return alphabet;
}

constexpr std::array<std::uint16_t, 256> kAlphabet = make_alphabet();

// The byte of each character of the alphabet; -1 between.
constexpr std::array<std::int16_t, kAlphabetEnd> make_reverse() {
  std::array<std::int16_t, kAlphabetEnd> reverse{};
  reverse.fill(-1);
  for (std::size_t byte = 0; byte < 256; ++byte) reverse[kAlphabet[byte]] = static_cast<std::int16_t>(byte);
  return reverse;
}

constexpr std::array<std::int16_t, kAlphabetEnd> kReverse = make_reverse();

}  // namespace

std::string to_byte_alphabet(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text::append_utf8(text, kAlphabet[static_cast<unsigned char>(c)]);
  return text;
}

bool from_byte_alphabet(std::string_view text, std::string* bytes) {
  bytes->clear();
  for (std::size_t at = 0; at < text.size();) {
    const text::Character character = text::first_character(text.substr(at));
    at += character.size;
    const auto code = static_cast<std::size_t>(character.code);  // of what is not UTF-8 beyond all
    if (code >= kAlphabetEnd || kReverse[code] < 0) return false;
    bytes->push_back(static_cast<char>(kReverse[code]));
  }
  return true;
}

}  // namespace gistmill::bpe
