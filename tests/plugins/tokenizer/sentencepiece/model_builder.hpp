// Writes SentencePiece models byte by byte, as a protocol buffer has them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "plugins/tokenizer/sentencepiece/model_file.hpp"

namespace gistmill::test {

class WireBytes {
 public:
  WireBytes& varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
    return *this;
  }
  WireBytes& number(std::uint32_t field, std::uint64_t value) { return varint(field << 3).varint(value); }
  WireBytes& text(std::uint32_t field, std::string_view value) {
    varint(field << 3 | 2).varint(value.size());
    bytes_ += value;
    return *this;
  }
  WireBytes& float32(std::uint32_t field, float value) {
    varint(field << 3 | 5);
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes_.append(raw, sizeof value);
    return *this;
  }
  const std::string& str() const { return bytes_; }

 private:
  std::string bytes_;
};

inline std::string piece(std::string_view text, float score,
                         sentencepiece::PieceType type = sentencepiece::PieceType::kNormal) {
  return WireBytes().text(1, text).float32(2, score).number(3, static_cast<std::uint64_t>(type)).str();
}

}  // namespace gistmill::test
