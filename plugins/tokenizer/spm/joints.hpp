// Where text can be cut without changing how it merges: between two characters that are neighbors in no
// token. SentencePiece itself merges the text as a whole; pieces let us remember the results of short ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/tokenizer/sentencepiece/spaces.hpp"

namespace gistmill::spm {

using sentencepiece::kSpace;

class Joints {
 public:
  Joints() : allowed_(kClasses * kClasses, false) {}

  // The neighbors within a token may merge.
  void allow(std::string_view token);
  // All neighbors may: the text is one piece.
  void allow_all();
  // No piece reaches over the start of a space, whatever the tokens are.
  void cut_before_spaces();

  // The end of the piece that starts at `at`, which lies within the text.
  std::size_t piece_end(std::string_view text, std::size_t at) const {
    std::size_t size = 0;
    std::size_t left = class_at(text, at, &size);
    for (at += size; at < text.size(); at += size) {
      const std::size_t right = class_at(text, at, &size);
      if (!allowed_[left * kClasses + right]) break;
      left = right;
    }
    return at;
  }

 private:
  // The characters of ASCII, among which U+2581 is a space; all others are one.
  static constexpr std::size_t kOther = 128;
  static constexpr std::size_t kClasses = 129;

  static std::size_t class_at(std::string_view text, std::size_t at, std::size_t* size) {
    const auto byte = static_cast<unsigned char>(text[at]);
    *size = 1;
    if (byte < 128) return byte;
    if (text[at] == kSpace[0] && text.substr(at, kSpace.size()) == kSpace) {
      *size = kSpace.size();
      return ' ';
    }
    while (at + *size < text.size() && (static_cast<unsigned char>(text[at + *size]) & 0xC0) == 0x80) ++*size;
    return kOther;
  }

  std::vector<std::uint8_t> allowed_;  // [left, right]
};

}  // namespace gistmill::spm
