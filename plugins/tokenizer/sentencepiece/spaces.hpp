// How SentencePiece's tokenizers treat spaces, and the names that their tokens have for spaces and bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gistmill::sentencepiece {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581, which stands for a space in tokens
constexpr std::int32_t kSpaceCode = 0x2581;

// Where a space is put before text. A fragment is what lies between added tokens.
enum class Prefix {
  kNone,
  kFragments,        // before every fragment
  kFragmentsUnless,  // before every fragment that does not start with a space
  kTextUnless,       // before the text, unless it starts with a space or an added token
};

// What is done to text before added tokens are looked for in it, where they are looked for in normalized
// text.
enum class Normalizer {
  kIdentity,
  kReplace,            // U+2581 for every space
  kPrependAndReplace,  // and one before the text
};

// Which spaces decoding leaves out.
enum class SpacesLeftOut {
  kPrefix,      // the one that encoding puts before text
  kFirstToken,  // all of the first token: Metaspace as a decoder
  kNone,        // Metaspace that puts none
};

// U+2581 for every space, and a space for every U+2581.
std::string with_escaped_spaces(std::string_view text);
std::string with_spaces(std::string_view piece);

// The byte that a token like <0x0A> stands for; -1 where the text names none.
int byte_named(std::string_view token);
std::string name_of_byte(unsigned char byte);

}  // namespace gistmill::sentencepiece
