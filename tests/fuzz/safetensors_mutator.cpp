// Mutations that stay near to safetensors: libFuzzer changes bytes as ever, then half of the results get the
// header length that their text has, and as much data as the greatest offset in it asks for.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr std::size_t kPrefix = 8;

// The greatest second number of a "data_offsets", where that is a small one.
std::size_t data_needed(std::string_view header) {
  constexpr std::string_view kKey = "data_offsets\":[";
  std::size_t most = 0;
  for (std::size_t at = header.find(kKey); at != header.npos; at = header.find(kKey, at)) {
    at += kKey.size();
    std::size_t comma = header.find(',', at);
    std::size_t number = 0;
    for (std::size_t i = comma + 1; comma != header.npos && i < header.size() && i < comma + 5; ++i) {
      if (header[i] < '0' || header[i] > '9') break;
      number = 10 * number + static_cast<std::size_t>(header[i] - '0');
    }
    most = std::max(most, number);
  }
  return most;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t brace = text.rfind('}');
  if (seed % 2 != 0 || brace == text.npos || brace < kPrefix) return size;
  const std::uint64_t length = brace + 1 - kPrefix;
  std::memcpy(data, &length, sizeof length);
  const std::size_t whole = brace + 1 + data_needed(text.substr(kPrefix, length));
  if (whole > max_size) return size;
  if (whole > size) std::memset(data + size, 0x11, whole - size);
  return whole;
}
