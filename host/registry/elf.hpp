// Looks into a 64-bit little-endian shared library without loading it: named sections, needed libraries.
// Trusts nothing: every offset and count is checked against the file before it is used.
#pragma once

#include <elf.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/files/descriptor.hpp>

namespace gistmill {

class ElfFile {
 public:
  // Throws Failure (ExitCode::plugin, origin: the file), as all members: unreadable, no such library, an
  // offset past the end of the file, or more to read than an honest library has.
  explicit ElfFile(const std::filesystem::path& path);

  // The bytes of the first section of this name, or none.
  std::optional<std::string> section(std::string_view name) const;

  // What the dynamic section lists as DT_NEEDED: "libc10.so".
  std::vector<std::string> needed() const;

  // What other libraries may find in it: the global symbols that its table of dynamic symbols defines.
  std::vector<std::string> exported() const;

 private:
  void check_header(const Elf64_Ehdr& header) const;
  void read_section_headers(const Elf64_Ehdr& header);
  std::vector<std::string> needed_in(const std::string& entries, const std::string& strings) const;
  std::string contents(const Elf64_Shdr& section, const char* what) const;
  std::string read(std::uint64_t offset, std::uint64_t size, const char* what) const;
  [[noreturn]] void refuse(const std::string& message) const;

  std::filesystem::path path_;
  files::Descriptor file_;
  std::uint64_t size_ = 0;  // bytes
  std::vector<Elf64_Shdr> sections_;
  std::string section_names_;
};

}  // namespace gistmill
