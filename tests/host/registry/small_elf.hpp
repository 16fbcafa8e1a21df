// Makes the smallest shared library that the registry looks into: sections, a manifest, needed libraries.
// Nothing can load it.
#pragma once

#include <elf.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace gistmill {

class SmallElf {
 public:
  SmallElf& section(std::string name, std::string bytes, std::uint32_t type = SHT_PROGBITS,
                    std::uint32_t link = 0) {
    sections_.push_back({std::move(name), std::move(bytes), type, link});
    return *this;
  }

  SmallElf& manifest(const std::string& text) { return section(".gistmill", text + '\0'); }

  SmallElf& needs(const std::vector<std::string>& libraries) {
    std::string strings(1, '\0');
    std::string entries;
    for (const std::string& library : libraries) {
      append(entries, Elf64_Dyn{DT_NEEDED, {strings.size()}});
      strings += library + '\0';
    }
    append(entries, Elf64_Dyn{DT_NULL, {0}});
    section(".dynstr", strings, SHT_STRTAB);
    // Sections count from 1: 0 is the empty one.
    return section(".dynamic", entries, SHT_DYNAMIC, static_cast<std::uint32_t>(sections_.size()));
  }

  std::string bytes() const {
    std::string names(1, '\0');
    std::vector<Elf64_Shdr> headers(1);
    std::string body(sizeof(Elf64_Ehdr), '\0');
    auto all = sections_;
    all.push_back({".shstrtab", "", SHT_STRTAB, 0});
    for (Section& section : all) {
      Elf64_Shdr header{};
      header.sh_name = static_cast<std::uint32_t>(names.size());
      names += section.name + '\0';
      if (section.name == ".shstrtab") section.bytes = names;
      header.sh_type = section.type;
      header.sh_link = section.link;
      header.sh_offset = body.size();
      header.sh_size = section.bytes.size();
      body += section.bytes;
      headers.push_back(header);
    }
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_DYN;
    header.e_machine = EM_X86_64;
    header.e_shoff = body.size();
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<Elf64_Half>(headers.size());
    header.e_shstrndx = static_cast<Elf64_Half>(headers.size() - 1);
    std::memcpy(body.data(), &header, sizeof header);
    for (const Elf64_Shdr& section : headers) append(body, section);
    return body;
  }

  void write(const std::filesystem::path& path) const { std::ofstream(path, std::ios::binary) << bytes(); }

 private:
  struct Section {
    std::string name;
    std::string bytes;
    std::uint32_t type;
    std::uint32_t link;
  };

  template <class T>
  static void append(std::string& bytes, const T& record) {
    bytes.append(reinterpret_cast<const char*>(&record), sizeof record);
  }

  std::vector<Section> sections_;
};

}  // namespace gistmill
