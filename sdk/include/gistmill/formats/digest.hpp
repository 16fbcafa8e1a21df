// SHA-256 of bytes and files. Identity of content, not a protection of secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <gistmill/files/descriptor.hpp>

namespace gistmill::formats {

// Takes bytes piece by piece. One object gives one digest.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(const void* data, std::size_t size);
  void update(std::string_view bytes) { update(bytes.data(), bytes.size()); }

  // The length first, then the text: a list of fields has one reading only.
  void update_field(std::string_view field);

  // 64 lowercase hexadecimal digits. Call once, last.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view bytes);

// Reads the file in pieces; throws FormatError where it cannot be read. Of an open file: from where it stands
// to its end; `path` names it in the error.
std::string sha256_file(const std::filesystem::path& path);
std::string sha256_file(const files::Descriptor& file, const std::filesystem::path& path);

}  // namespace gistmill::formats
