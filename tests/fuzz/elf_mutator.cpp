// Mutations that stay near to ELF: libFuzzer changes bytes as ever, then half of the results get a header
// whose table of sections lies in the file, and sections most of which do too, so that the change is reached
// instead of the first check. Nothing here judges a file.
#include <elf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

template <class T>
T get(const std::uint8_t* from) {
  T record;
  std::memcpy(&record, from, sizeof record);
  return record;
}

template <class T>
void put(std::uint8_t* to, const T& record) {
  std::memcpy(to, &record, sizeof record);
}

Elf64_Ehdr mended(Elf64_Ehdr header, std::size_t size) {
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_DYN;
  header.e_shentsize = sizeof(Elf64_Shdr);
  const std::size_t most = (size - sizeof header) / sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<Elf64_Half>(std::min<std::size_t>(header.e_shnum, most));
  const std::size_t last = size - header.e_shnum * sizeof(Elf64_Shdr);
  header.e_shoff = header.e_shoff <= last ? header.e_shoff : last;
  header.e_shstrndx = static_cast<Elf64_Half>(header.e_shstrndx % std::max<int>(header.e_shnum, 1));
  return header;
}

Elf64_Shdr mended(Elf64_Shdr section, std::size_t size, std::size_t count) {
  section.sh_offset %= size;
  section.sh_size = std::min<Elf64_Xword>(section.sh_size, size - section.sh_offset);
  section.sh_link %= static_cast<Elf64_Word>(count);
  section.sh_name %= static_cast<Elf64_Word>(size);
  return section;
}

void mend(std::uint8_t* data, std::size_t size, unsigned seed) {
  if (size < sizeof(Elf64_Ehdr) + sizeof(Elf64_Shdr)) return;
  const Elf64_Ehdr header = mended(get<Elf64_Ehdr>(data), size);
  put(data, header);
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    if ((seed >> (i % 29 + 2)) % 4 == 0) continue;  // a quarter stays as it is
    std::uint8_t* const place = data + header.e_shoff + i * sizeof(Elf64_Shdr);
    put(place, mended(get<Elf64_Shdr>(place), size, header.e_shnum));
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (seed % 2 == 0) mend(data, size, seed);
  return size;
}
