// Small shared libraries: made here, and a plugin as the linker made it, without its code and data.
#include <elf.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/seeds.hpp"
#include "tests/host/registry/small_elf.hpp"

namespace gistmill::fuzz {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
T record_at(const std::string& bytes, std::size_t place) {
  T record;
  std::memcpy(&record, bytes.data() + place, sizeof record);
  return record;
}

// Sections in their order, so that links hold; only what readers ask for keeps its bytes.
std::string without_code(const std::string& library) {
  const auto header = record_at<Elf64_Ehdr>(library, 0);
  const auto section = [&](std::size_t i) {
    return record_at<Elf64_Shdr>(library, header.e_shoff + i * sizeof(Elf64_Shdr));
  };
  const std::string names = library.substr(section(header.e_shstrndx).sh_offset);
  SmallElf small;
  for (std::size_t i = 1; i < header.e_shnum; ++i) {
    if (i == header.e_shstrndx) continue;  // the last, which SmallElf makes
    const Elf64_Shdr each = section(i);
    const std::string name = names.c_str() + each.sh_name;
    const bool kept = name == ".gistmill" || name == ".dynstr" || each.sh_type == SHT_DYNAMIC;
    small.section(name, kept ? library.substr(each.sh_offset, each.sh_size) : "", each.sh_type, each.sh_link);
  }
  return small.bytes();
}

// Every needed library's name is the same long one: as text far more than the file.
std::string long_names() {
  std::string entries;
  const Elf64_Dyn entry{DT_NEEDED, {0}};
  for (int i = 0; i < 500; ++i) entries.append(reinterpret_cast<const char*>(&entry), sizeof entry);
  return SmallElf()
      .section(".dynstr", std::string(4000, 'a') + '\0', SHT_STRTAB)
      .section(".dynamic", entries, SHT_DYNAMIC, 1)
      .bytes();
}

}  // namespace

void write_elf_seeds(const fs::path& folder) {
  const std::string manifest = "[plugin]\nname = \"small\"\n";
  write_seed(folder / "elf/manifest", SmallElf().manifest(manifest).bytes());
  write_seed(folder / "elf/needs", SmallElf().needs({"libc10.so", "libc.so.6"}).manifest(manifest).bytes());
  write_seed(folder / "elf/nothing", SmallElf().bytes());
  write_seed(folder / "elf/no_bytes", SmallElf().section(".gistmill", "", SHT_NOBITS).bytes());
  write_seed(folder / "elf/two_tables", SmallElf().needs({"a"}).needs({"b"}).bytes());
  write_seed(folder / "elf/long_names", long_names());
  write_seed(folder / "elf/plugin", without_code(bytes_of(GISTMILL_SEED_PLUGIN)));
}

}  // namespace gistmill::fuzz
