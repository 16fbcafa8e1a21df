// Vocabulary from GGUF metadata, its digest, and GPT-2's byte alphabet.
#include "plugins/tokenizer/bpe/vocabulary.hpp"

#include <array>

#include <gistmill/formats/digest.hpp>

namespace gistmill::bpe {
namespace {

constexpr std::size_t kAlphabetEnd = 0x100 + 68;  // 68 bytes are not printable in Latin-1

// openai/gpt-2, encoder.py, bytes_to_unicode: printable Latin-1 stands for itself, the others get
// U+0100, U+0101, ... in order.
std::array<std::uint16_t, 256> make_alphabet() {
  std::array<std::uint16_t, 256> alphabet{};
  std::uint16_t next = 0x100;
  for (std::uint16_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    alphabet[byte] = printable ? byte : next++;
  }
  return alphabet;
}

const std::array<std::uint16_t, 256>& alphabet() {
  static const std::array<std::uint16_t, 256> kAlphabet = make_alphabet();
  return kAlphabet;
}

// The byte of each character of the alphabet; -1 between.
const std::array<std::int16_t, kAlphabetEnd>& reverse_alphabet() {
  static const auto kReverse = [] {
    std::array<std::int16_t, kAlphabetEnd> reverse{};
    reverse.fill(-1);
    for (std::size_t byte = 0; byte < 256; ++byte)
      reverse[alphabet()[byte]] = static_cast<std::int16_t>(byte);
    return reverse;
  }();
  return kReverse;
}

}  // namespace

std::string to_byte_alphabet(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const unsigned code = alphabet()[static_cast<unsigned char>(c)];
    if (code < 0x80) {
      text += static_cast<char>(code);
    } else {
      text += static_cast<char>(0xC0 | (code >> 6));
      text += static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  return text;
}

bool from_byte_alphabet(std::string_view text, std::string* bytes) {
  bytes->clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t code = static_cast<unsigned char>(text[i]);
    if (code >= 0x80) {
      // The alphabet ends below U+0800: two bytes a character.
      if (code < 0xC2 || code > 0xDF || i + 1 == text.size()) return false;
      const auto low = static_cast<unsigned char>(text[++i]);
      if ((low & 0xC0) != 0x80) return false;
      code = (code & 0x1F) << 6 | (low & 0x3Fu);
    }
    if (code >= kAlphabetEnd || reverse_alphabet()[code] < 0) return false;
    bytes->push_back(static_cast<char>(reverse_alphabet()[code]));
  }
  return true;
}

std::string Vocabulary::digest() const {
  formats::Sha256 sha;
  sha.update_field("gistmill bpe vocabulary 1");
  sha.update_field(pre_tokenizer);
  sha.update_field(std::to_string(tokens.size()));
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    sha.update_field(tokens[i]);
    sha.update_field(std::to_string(static_cast<std::int64_t>(types[i])));
  }
  for (const std::string& merge : merges) sha.update_field(merge);
  return sha.hex();
}

Vocabulary vocabulary_from(const formats::Gguf& file) {
  const std::string_view model = file.string("tokenizer.ggml.model");
  if (model != "gpt2") {
    throw formats::FormatError(file.name() + ": tokenizer.ggml.model is " + formats::printable(model) +
                               " when it should be 'gpt2' (byte-level BPE)");
  }
  Vocabulary vocabulary;
  vocabulary.source = file.name();
  vocabulary.pre_tokenizer = file.string("tokenizer.ggml.pre");
  for (const std::string_view token : file.strings("tokenizer.ggml.tokens")) {
    vocabulary.tokens.emplace_back(token);
  }
  if (file.has("tokenizer.ggml.token_type")) {
    for (const std::int64_t type : file.integers("tokenizer.ggml.token_type")) {
      vocabulary.types.push_back(static_cast<TokenType>(type));
    }
  } else {
    vocabulary.types.assign(vocabulary.tokens.size(), TokenType::kNormal);
  }
  for (const std::string_view merge : file.strings("tokenizer.ggml.merges")) {
    vocabulary.merges.emplace_back(merge);
  }
  return vocabulary;
}

}  // namespace gistmill::bpe
