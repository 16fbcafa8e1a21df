// Reads little-endian fields one after the other, never past the end. Internal to the GGUF reader.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/torn.hpp>

namespace gistmill::formats {

struct GgufCursor {
  std::string_view bytes;
  const std::string& file;
  std::uint64_t at = 0;

  std::uint64_t left() const { return bytes.size() - at; }

  [[noreturn]] void fail(std::uint64_t offset, const std::string& message) const {
    throw FormatError(file, offset, message);
  }

  void expect(std::uint64_t size, const char* what) const {
    if (size > left()) {
      fail(at, std::string(what) + " needs " + std::to_string(size) + " bytes, the file has " +
                   std::to_string(left()) + " left" + kTorn);
    }
  }

  template <class T>
  T read(const char* what) {
    expect(sizeof(T), what);
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    at += sizeof(T);
    return value;
  }

  std::string_view read_string(const char* what) {
    const std::uint64_t start = at;
    const auto size = read<std::uint64_t>(what);
    if (size > left()) {
      fail(start, std::string(what) + " of " + std::to_string(size) + " bytes, the file has " +
                      std::to_string(left()) + " left" + kTorn);
    }
    const std::string_view text = bytes.substr(at, size);
    at += size;
    return text;
  }

  // A count of things that take at least `least` bytes each.
  std::uint64_t read_count(const char* what, std::uint64_t least) {
    const std::uint64_t start = at;
    const auto count = read<std::uint64_t>(what);
    if (count > left() / least) {
      fail(start, std::string(what) + " is " + std::to_string(count) + ", the " + std::to_string(left()) +
                      " bytes left hold at most " + std::to_string(left() / least));
    }
    return count;
  }
};

}  // namespace gistmill::formats
