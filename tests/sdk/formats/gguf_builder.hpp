// Builds GGUF bytes for tests, right or wrong: nothing is checked, every field is as told.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill::test {

// Little-endian fields one after the other.
class Bytes {
 public:
  template <class T>
  Bytes& put(T value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    text_.append(raw, sizeof(T));
    return *this;
  }
  Bytes& raw(std::string_view bytes) {
    text_.append(bytes);
    return *this;
  }
  Bytes& string(std::string_view text) { return put<std::uint64_t>(text.size()).raw(text); }
  Bytes& pad(std::size_t alignment) {
    while (text_.size() % alignment != 0) text_ += '\0';
    return *this;
  }

  Bytes& gguf_header(std::uint64_t tensors, std::uint64_t entries, std::uint32_t version = 3) {
    return raw("GGUF").put(version).put(tensors).put(entries);
  }
  // One metadata entry of a plain type.
  template <class T>
  Bytes& entry(std::string_view key, std::uint32_t type, T value) {
    return string(key).put(type).put(value);
  }
  Bytes& string_entry(std::string_view key, std::string_view value) {
    return string(key).put<std::uint32_t>(8).string(value);
  }
  Bytes& strings_entry(std::string_view key, const std::vector<std::string>& values) {
    array_entry(key, 8, values.size());
    for (const std::string& value : values) string(value);
    return *this;
  }
  template <class T>
  Bytes& numbers_entry(std::string_view key, std::uint32_t type, const std::vector<T>& values) {
    array_entry(key, type, values.size());
    for (const T value : values) put(value);
    return *this;
  }
  Bytes& array_entry(std::string_view key, std::uint32_t type, std::uint64_t count) {
    return string(key).put<std::uint32_t>(9).put(type).put(count);
  }
  Bytes& tensor(std::string_view name, const std::vector<std::uint64_t>& dims, std::uint32_t type,
                std::uint64_t offset) {
    string(name).put(static_cast<std::uint32_t>(dims.size()));
    for (const std::uint64_t dim : dims) put(dim);
    return put(type).put(offset);
  }

  const std::string& str() const { return text_; }
  std::size_t size() const { return text_.size(); }

 private:
  std::string text_;
};

}  // namespace gistmill::test
