// ELF64 as elf(5) describes it; only what manifests and dependencies need.
#include "host/registry/elf.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

// In bytes. An honest library has far less: the largest section that is read of libtorch_cpu.so has 5 MB.
constexpr std::uint64_t kLargestPart = 64 << 20;
constexpr std::uint64_t kLongestName = 4096;     // as of a path
constexpr std::uint64_t kNeededBytes = 1 << 20;  // of all names of needed libraries together

// The zero-terminated string at `offset` of a string table, or none.
std::optional<std::string_view> string_at(std::string_view table, std::uint64_t offset) {
  if (offset >= table.size()) return std::nullopt;
  const std::string_view rest = table.substr(offset, kLongestName + 1);
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  return rest.substr(0, end);
}

template <class T>
T record_at(const std::string& bytes, std::size_t index) {
  T record;
  std::memcpy(&record, bytes.data() + index * sizeof(T), sizeof(T));
  return record;
}

}  // namespace

ElfFile::ElfFile(const std::filesystem::path& path) : path_(path) {
  // O_NONBLOCK: a pipe of that name must not hold up the search.
  file_ = files::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file_.open() || ::fstat(file_.get(), &status) != 0)
    refuse("cannot be read: " + files::error_text(errno));
  if (!S_ISREG(status.st_mode)) refuse("not a plugin: not a regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);
  if (size_ < sizeof(Elf64_Ehdr)) refuse("not a plugin: not a shared library");
  Elf64_Ehdr header;
  std::memcpy(&header, read(0, sizeof header, "ELF header").data(), sizeof header);
  check_header(header);
  read_section_headers(header);
}

void ElfFile::check_header(const Elf64_Ehdr& header) const {
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) refuse("not a plugin: not a shared library");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    refuse(
        fmt::format("not a plugin: ELF class {} and byte order {} when they should be 2 (64 bits) and 1 "
                    "(little-endian)",
                    header.e_ident[EI_CLASS], header.e_ident[EI_DATA]));
  }
  if (header.e_type != ET_DYN) {
    refuse(fmt::format("not a plugin: ELF type {} when it should be 3, a shared library", header.e_type));
  }
}

void ElfFile::read_section_headers(const Elf64_Ehdr& header) {
  if (header.e_shnum == 0) return;
  if (header.e_shentsize != sizeof(Elf64_Shdr)) {
    refuse(fmt::format("damaged: section headers of {} bytes when they should have {}", header.e_shentsize,
                       sizeof(Elf64_Shdr)));
  }
  const std::string headers =
      read(header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr), "table of sections");
  sections_.resize(header.e_shnum);
  std::memcpy(sections_.data(), headers.data(), headers.size());
  if (header.e_shstrndx >= sections_.size()) {
    refuse(fmt::format("damaged: section {} should hold the names of {} sections", header.e_shstrndx,
                       sections_.size()));
  }
  section_names_ = contents(sections_[header.e_shstrndx], "table of section names");
}

std::optional<std::string> ElfFile::section(std::string_view name) const {
  const std::string wanted = std::string(name) + '\0';
  for (const Elf64_Shdr& section : sections_) {
    if (section.sh_name >= section_names_.size()) continue;
    if (section_names_.compare(section.sh_name, wanted.size(), wanted) == 0)
      return contents(section, "section");
  }
  return std::nullopt;
}

std::vector<std::string> ElfFile::needed() const {
  const Elf64_Shdr* dynamic = nullptr;
  for (const Elf64_Shdr& section : sections_) {
    if (section.sh_type != SHT_DYNAMIC) continue;
    if (dynamic != nullptr) refuse("damaged: it has more than one dynamic section");
    dynamic = &section;
  }
  if (dynamic == nullptr) return {};
  if (dynamic->sh_link >= sections_.size()) {
    refuse(fmt::format("damaged: its dynamic section names section {} of {}", dynamic->sh_link,
                       sections_.size()));
  }
  return needed_in(contents(*dynamic, "dynamic section"),
                   contents(sections_[dynamic->sh_link], "table of dynamic strings"));
}

// Names may lie within each other, so that together they have more bytes than the file.
std::vector<std::string> ElfFile::needed_in(const std::string& entries, const std::string& strings) const {
  std::vector<std::string> names;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < entries.size() / sizeof(Elf64_Dyn); ++i) {
    const auto entry = record_at<Elf64_Dyn>(entries, i);
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag != DT_NEEDED) continue;
    const auto name = string_at(strings, entry.d_un.d_val);
    if (!name) {
      refuse(
          fmt::format("damaged: the name of a needed library lies outside the string table, or has more "
                      "than {} bytes",
                      kLongestName));
    }
    bytes += name->size() + 1;
    if (bytes > kNeededBytes) {
      refuse(fmt::format("damaged: the names of the libraries it needs have more than {} bytes together",
                         kNeededBytes));
    }
    names.emplace_back(*name);
  }
  return names;
}

std::vector<std::string> ElfFile::exported() const {
  std::vector<std::string> names;
  std::uint64_t bytes = 0;
  for (const Elf64_Shdr& section : sections_) {
    if (section.sh_type != SHT_DYNSYM) continue;
    if (section.sh_link >= sections_.size()) {
      refuse(fmt::format("damaged: its dynamic symbols name section {} of {}", section.sh_link,
                         sections_.size()));
    }
    const std::string entries = contents(section, "table of dynamic symbols");
    const std::string strings = contents(sections_[section.sh_link], "table of dynamic strings");
    for (std::size_t i = 0; i < entries.size() / sizeof(Elf64_Sym); ++i) {
      const auto symbol = record_at<Elf64_Sym>(entries, i);
      const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
      if (symbol.st_shndx == SHN_UNDEF || ELF64_ST_BIND(symbol.st_info) == STB_LOCAL ||
          visibility == STV_HIDDEN || visibility == STV_INTERNAL)
        continue;
      const auto name = string_at(strings, symbol.st_name);
      bytes += name ? name->size() + 1 : 0;
      if (!name || bytes > kNeededBytes)
        refuse("damaged: the names of its dynamic symbols lie outside the string table, or are too many");
      names.emplace_back(*name);
    }
  }
  return names;
}

std::string ElfFile::contents(const Elf64_Shdr& section, const char* what) const {
  if (section.sh_type == SHT_NOBITS) refuse(fmt::format("damaged: its {} has no bytes", what));
  return read(section.sh_offset, section.sh_size, what);
}

std::string ElfFile::read(std::uint64_t offset, std::uint64_t size, const char* what) const {
  if (offset > size_ || size > size_ - offset) {
    refuse(fmt::format("truncated or damaged: its {} takes {} bytes from byte {} on, and the file has {}",
                       what, size, offset, size_));
  }
  if (size > kLargestPart) {
    refuse(fmt::format("its {} has {} bytes when at most {} are read", what, size, kLargestPart));
  }
  std::string bytes(size, '\0');
  const files::Transferred got = files::read_at(file_.get(), bytes.data(), size, offset);
  if (got.error != 0) refuse("cannot be read: " + files::error_text(got.error));
  if (got.bytes < size) refuse("truncated or damaged: it became shorter while it was read");
  return bytes;
}

void ElfFile::refuse(const std::string& message) const {
  throw Failure(ExitCode::plugin, Origin{path_.string(), 0, 0}, message);
}

}  // namespace gistmill
