// A second way to the SmolLM2 vocabulary, independent of the GGUF reader and of the model: the .htok.bin
// file of the shared data, laid out as its documentation says. Test code: the file is trusted.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "plugins/tokenizer/bpe/byte_alphabet.hpp"
#include "plugins/tokenizer/bpe/vocabulary.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::test {

inline bpe::Vocabulary vocabulary_from_htok(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  const auto u16 = [&](std::size_t at) {
    std::uint16_t value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  };
  const auto u32 = [&](std::size_t at) {
    std::uint32_t value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  };
  const std::size_t vocabulary_size = u32(8), merges = u32(12), first_merged = u32(16);
  const std::size_t specials = u16(20), special_bytes = u16(22);
  constexpr std::size_t kByteTable = 24;
  const std::size_t lengths = kByteTable + 512;
  const std::size_t texts = lengths + specials;
  const std::size_t merge_table = texts + special_bytes;
  if (bytes.substr(0, 4) != "HTOK" || u32(4) != 2 || bytes.size() != merge_table + 4 * merges) {
    throw std::runtime_error(path.string() + ": not the HTOK file that this test knows");
  }

  bpe::Vocabulary vocabulary;
  vocabulary.source = path.string();
  vocabulary.pre_tokenizer = bpe::PreTokenizer::kStarcoder;
  std::vector<std::string> tokens(vocabulary_size);
  std::size_t at = texts;
  for (std::size_t i = 0; i < specials; ++i) {
    const auto length = static_cast<unsigned char>(bytes[lengths + i]);
    tokens[i] = bytes.substr(at, length);
    vocabulary.added.push_back({static_cast<std::int32_t>(i), tokens[i], true, false, false, false});
    at += length;
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const std::size_t id = u16(kByteTable + 2 * byte);
    if (id != 0xFFFF) tokens[id] = bpe::to_byte_alphabet(std::string(1, static_cast<char>(byte)));
  }
  for (std::size_t i = 0; i < merges; ++i) {
    const std::string& left = tokens[u16(merge_table + 4 * i)];
    const std::string& right = tokens[u16(merge_table + 4 * i + 2)];
    vocabulary.merges.add(left);
    vocabulary.merges.add(right);
    tokens[first_merged + i] = left + right;
  }
  for (const std::string& token : tokens) vocabulary.tokens.add(token);
  vocabulary.model_tokens = tokens.size();
  return vocabulary;
}

}  // namespace gistmill::test
