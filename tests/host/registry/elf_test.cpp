// Specification of the ELF reader: what it finds, what it refuses, and that no file makes it read outside.
#include "host/registry/elf.hpp"

#include <sys/mman.h>

#include <cstddef>
#include <iterator>
#include <random>

#include <gmock/gmock.h>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/files/transfer.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/registry/manifest.hpp"
#include "small_elf.hpp"

namespace gistmill {
namespace {

class Elf : public ::testing::Test {
 protected:
  Elf() : file_(std::filesystem::path(::testing::TempDir()) / name()) {}
  ~Elf() override { std::filesystem::remove_all(std::filesystem::path(::testing::TempDir()) / name()); }

  static std::string name() {
    return std::string("elf-") + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".so";
  }

  void write(const std::string& bytes) { std::ofstream(file_, std::ios::binary) << bytes; }

  // In place, bytes of the same number: truncating a file thousands of times waits for the disk.
  void rewrite(const std::string& bytes) {
    std::fstream(file_, std::ios::binary | std::ios::in | std::ios::out) << bytes;
  }

  // What the registry does with any file it finds: everything is found, or refused in words.
  bool is_read() const {
    try {
      const ElfFile elf(file_);
      elf.needed();
      elf.section(".gistmill");
      return true;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::plugin);
      EXPECT_EQ(failure.origin().file, file_.string());
      return false;
    }
  }

  std::string refusal() const {
    try {
      ElfFile(file_).needed();
      return read_embedded_manifest(file_);
    } catch (const Failure& failure) {
      return failure.message();
    }
  }

  // A small library with one field of its header changed.
  template <class T>
  std::string with_header(std::size_t offset, T value) {
    std::string bytes = SmallElf().manifest("x").bytes();
    std::memcpy(bytes.data() + offset, &value, sizeof value);
    write(bytes);
    return refusal();
  }

  // The same of the section header of its manifest.
  template <class T>
  std::string with_section(std::size_t offset, T value) {
    const std::string bytes = SmallElf().manifest("x").bytes();
    Elf64_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    return with_header(header.e_shoff + sizeof(Elf64_Shdr) + offset, value);
  }

  std::filesystem::path file_;
};

TEST_F(Elf, GivesTheManifestWithoutItsTerminator) {
  SmallElf().section(".text", "abc").manifest("[plugin]\nname = \"é\"\n").write(file_);
  EXPECT_EQ(read_embedded_manifest(file_), "[plugin]\nname = \"é\"\n");
}

TEST_F(Elf, ListsNeededLibraries) {
  SmallElf().needs({"libc10.so", "libc.so.6"}).write(file_);
  EXPECT_THAT(ElfFile(file_).needed(), ::testing::ElementsAre("libc10.so", "libc.so.6"));
  EXPECT_EQ(ElfFile(file_).section(".gistmill"), std::nullopt);
}

TEST_F(Elf, ReadsTheProgramsOfThisSystem) {
  // The test itself: a real file of the linker, position-independent.
  const ElfFile elf("/proc/self/exe");
  EXPECT_THAT(elf.needed(), ::testing::Contains(::testing::StartsWith("libc.so")));
  EXPECT_TRUE(elf.section(".text").has_value());
}

TEST_F(Elf, RefusesWhatIsNotASharedLibrary) {
  EXPECT_EQ(refusal(), "cannot be read: no such file or directory");
  write("");
  EXPECT_EQ(refusal(), "not a plugin: not a shared library");
  write("a text file that someone has named plugin.so, longer than a header is");
  EXPECT_EQ(refusal(), "not a plugin: not a shared library");
  std::filesystem::remove(file_);
  std::filesystem::create_directory(file_);
  EXPECT_EQ(refusal(), "not a plugin: not a regular file");
}

TEST_F(Elf, RefusesOtherKindsOfElf) {
  EXPECT_EQ(
      with_header<char>(EI_CLASS, ELFCLASS32),
      "not a plugin: ELF class 1 and byte order 1 when they should be 2 (64 bits) and 1 (little-endian)");
  EXPECT_EQ(
      with_header<char>(EI_DATA, ELFDATA2MSB),
      "not a plugin: ELF class 2 and byte order 2 when they should be 2 (64 bits) and 1 (little-endian)");
  EXPECT_EQ(with_header<Elf64_Half>(offsetof(Elf64_Ehdr, e_type), ET_REL),
            "not a plugin: ELF type 1 when it should be 3, a shared library");
}

TEST_F(Elf, RefusesALibraryWithoutManifest) {
  SmallElf().section(".text", "abc").write(file_);
  EXPECT_EQ(refusal(), "not a plugin: it has no section .gistmill");
  EXPECT_EQ(with_header<Elf64_Half>(offsetof(Elf64_Ehdr, e_shnum), 0),
            "not a plugin: it has no section .gistmill");
}

TEST_F(Elf, RefusesTablesOutsideTheFile) {
  const std::string size = std::to_string(SmallElf().manifest("x").bytes().size());
  EXPECT_EQ(
      with_header<Elf64_Off>(offsetof(Elf64_Ehdr, e_shoff), 1u << 20),
      "truncated or damaged: its table of sections takes 192 bytes from byte 1048576 on, and the file has " +
          size);
  EXPECT_EQ(
      with_header<Elf64_Off>(offsetof(Elf64_Ehdr, e_shoff), ~std::uint64_t{0} - 10),
      "truncated or damaged: its table of sections takes 192 bytes from byte 18446744073709551605 on, and "
      "the file has " +
          size);
  EXPECT_EQ(with_header<Elf64_Half>(offsetof(Elf64_Ehdr, e_shentsize), 40),
            "damaged: section headers of 40 bytes when they should have 64");
  EXPECT_EQ(with_header<Elf64_Half>(offsetof(Elf64_Ehdr, e_shstrndx), 9),
            "damaged: section 9 should hold the names of 3 sections");
  EXPECT_EQ(with_header<Elf64_Half>(offsetof(Elf64_Ehdr, e_shstrndx), SHN_XINDEX),
            "damaged: section 65535 should hold the names of 3 sections");
  EXPECT_THAT(with_header<Elf64_Half>(offsetof(Elf64_Ehdr, e_shnum), 0xffff),
              ::testing::StartsWith("truncated or damaged: its table of sections takes 4194240 bytes"));
}

TEST_F(Elf, RefusesASectionOutsideTheFile) {
  const std::string size = std::to_string(SmallElf().manifest("x").bytes().size());
  EXPECT_EQ(with_section<Elf64_Off>(offsetof(Elf64_Shdr, sh_offset), 1u << 20),
            "truncated or damaged: its section takes 2 bytes from byte 1048576 on, and the file has " + size);
  EXPECT_EQ(
      with_section<Elf64_Off>(offsetof(Elf64_Shdr, sh_offset), ~std::uint64_t{0}),
      "truncated or damaged: its section takes 2 bytes from byte 18446744073709551615 on, and the file has " +
          size);
  EXPECT_EQ(with_section<Elf64_Xword>(offsetof(Elf64_Shdr, sh_size), ~std::uint64_t{0}),
            "truncated or damaged: its section takes 18446744073709551615 bytes from byte 64 on, and the "
            "file has " +
                size);
}

TEST_F(Elf, DoesNotFindASectionWhoseNameLiesOutsideTheTableOfNames) {
  for (const Elf64_Word place : {Elf64_Word{1000}, ~Elf64_Word{0}}) {
    EXPECT_EQ(with_section<Elf64_Word>(offsetof(Elf64_Shdr, sh_name), place),
              "not a plugin: it has no section .gistmill");
  }
}

// What a file may cost: little, whatever it says.
TEST_F(Elf, RefusesNamesOfNeededLibrariesThatAreMoreThanTheFile) {
  const auto needing = [&](const std::string& strings, std::size_t count) {
    const Elf64_Dyn entry{DT_NEEDED, {0}};
    std::string entries;
    for (std::size_t i = 0; i < count; ++i) {
      entries.append(reinterpret_cast<const char*>(&entry), sizeof entry);
    }
    SmallElf()
        .section(".dynstr", strings, SHT_STRTAB)
        .section(".dynamic", entries, SHT_DYNAMIC, 1)
        .write(file_);
    return refusal();
  };
  EXPECT_EQ(needing(std::string(4096, 'a') + '\0', 255), "not a plugin: it has no section .gistmill");
  EXPECT_EQ(needing(std::string(4096, 'a') + '\0', 256),
            "damaged: the names of the libraries it needs have more than 1048576 bytes together");
  EXPECT_EQ(
      needing(std::string(4097, 'a') + '\0', 1),
      "damaged: the name of a needed library lies outside the string table, or has more than 4096 bytes");
}

TEST_F(Elf, RefusesASecondDynamicSection) {
  SmallElf().needs({"a"}).needs({"b"}).write(file_);
  EXPECT_EQ(refusal(), "damaged: it has more than one dynamic section");
}

TEST_F(Elf, RefusesAManifestOfMoreThanAMebibyte) {
  SmallElf().manifest(std::string(1 << 20, '#')).write(file_);
  EXPECT_EQ(read_embedded_manifest(file_).size(), 1u << 20);
  SmallElf().manifest(std::string((1 << 20) + 1, '#')).write(file_);
  EXPECT_EQ(refusal(), "its manifest has 1048577 bytes when at most 1048576 are read");
}

TEST_F(Elf, RefusesASectionThatIsLargerThanAnyNeeds) {
  with_section<Elf64_Xword>(offsetof(Elf64_Shdr, sh_size), (64u << 20) + 1);
  std::filesystem::resize_file(file_, 80u << 20);  // which takes no room on the disk
  EXPECT_EQ(refusal(), "its section has 67108865 bytes when at most 67108864 are read");
}

TEST_F(Elf, RefusesASectionWithoutBytes) {
  SmallElf().section(".gistmill", "x", SHT_NOBITS).write(file_);
  EXPECT_EQ(refusal(), "damaged: its section has no bytes");
}

TEST_F(Elf, RefusesADynamicSectionThatPointsOutside) {
  SmallElf().section(".dynamic", std::string(16, '\1'), SHT_DYNAMIC, 77).write(file_);
  EXPECT_EQ(refusal(), "damaged: its dynamic section names section 77 of 3");
  const Elf64_Dyn entry{DT_NEEDED, {1000}};
  const std::string bytes(reinterpret_cast<const char*>(&entry), sizeof entry);
  SmallElf().section(".dynstr", "abc", SHT_STRTAB).section(".dynamic", bytes, SHT_DYNAMIC, 1).write(file_);
  EXPECT_EQ(
      refusal(),
      "damaged: the name of a needed library lies outside the string table, or has more than 4096 bytes");
}

TEST_F(Elf, IsRefusedInWordsAtEveryTruncation) {
  const std::string whole = SmallElf().needs({"libc.so.6"}).manifest("[plugin]").bytes();
  write(whole);
  EXPECT_TRUE(is_read());
  for (std::size_t size = whole.size(); size-- > 0;) {
    std::filesystem::resize_file(file_, size);
    EXPECT_FALSE(is_read()) << size;
  }
}

// A plugin as the linker makes it: its table of sections is the last that it has.
TEST_F(Elf, OfALinkerIsRefusedInWordsAtEveryTruncation) {
  std::ifstream plugin(GISTMILL_BUILD_DIR "/tests/plugins/plain.so", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(plugin), {}};
  ASSERT_GT(whole.size(), 1000u);
  const files::Descriptor memory(::memfd_create("plain.so", MFD_CLOEXEC));  // no disk to wait for
  ASSERT_EQ(files::write_at(memory.get(), whole.data(), whole.size(), 0).error, 0);
  file_ = "/proc/self/fd/" + std::to_string(memory.get());
  EXPECT_TRUE(is_read());
  for (std::size_t size = whole.size(); size-- > 0;) {
    ASSERT_EQ(::ftruncate(memory.get(), static_cast<off_t>(size)), 0);
    ASSERT_FALSE(is_read()) << size << " of " << whole.size() << " bytes";
  }
}

// The sanitizers watch over these two; without them they still find crashes and foreign exceptions.
TEST_F(Elf, SurvivesEveryFlippedBit) {
  const std::string whole = SmallElf().needs({"libc.so.6"}).manifest("[plugin]").bytes();
  write(whole);
  std::size_t read = 0;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    rewrite(bytes);
    read += is_read() ? 1 : 0;
  }
  EXPECT_GT(read, 0u) << "flips of unused fields do no harm";
}

TEST_F(Elf, SurvivesRandomBytesAnywhere) {
  const std::string whole = SmallElf().needs({"libc.so.6"}).manifest("[plugin]").bytes();
  write(whole);
  std::mt19937 random(7);
  std::uniform_int_distribution<std::size_t> place(0, whole.size() - 1);
  std::uniform_int_distribution<int> byte(0, 255);
  std::uniform_int_distribution<int> count(1, 12);
  for (int trial = 0; trial < 3000; ++trial) {
    std::string bytes = whole;
    for (int change = count(random); change > 0; --change)
      bytes[place(random)] = static_cast<char>(byte(random));
    rewrite(bytes);
    is_read();
  }
}

}  // namespace
}  // namespace gistmill
