// SHA-256 and mapped files.
#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/mapped_file.hpp>

#include <filesystem>
#include <fstream>
#include <utility>

#include <gtest/gtest.h>

#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::formats {
namespace {

using test::refusal;
using testing::HasSubstr;

// FIPS 180-4 examples.
constexpr char kEmpty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

class FileTest : public testing::Test {
 protected:
  FileTest()
      : path_(std::filesystem::temp_directory_path() /
              ("gistmill_formats_" + std::to_string(::getpid()) + "_" +
               testing::UnitTest::GetInstance()->current_test_info()->name())) {}
  ~FileTest() override { std::filesystem::remove(path_); }
  void write(std::string_view bytes) {
    std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  std::filesystem::path path_;
};
using Sha256OfFile = FileTest;
using AMappedFile = FileTest;

TEST(Sha256OfBytes, MatchesThePublishedExamples) {
  EXPECT_EQ(sha256_hex(""), kEmpty);
  EXPECT_EQ(sha256_hex("abc"), kAbc);
}

TEST(Sha256OfBytes, IsTheSameInPieces) {
  Sha256 sha;
  sha.update("a");
  sha.update("");
  sha.update("bc");
  EXPECT_EQ(sha.hex(), kAbc);
}

TEST(Sha256OfBytes, TellsFieldsApart) {
  const auto of = [](std::string_view a, std::string_view b) {
    Sha256 sha;
    sha.update_field(a);
    sha.update_field(b);
    return sha.hex();
  };
  EXPECT_NE(of("ab", "c"), of("a", "bc"));
}

TEST(Sha256OfBytes, OfFieldsIsThatOfTheirLengthsAndTexts) {
  for (const std::size_t most : {9u, 4080u, 4088u, 4089u, 4096u, 9000u}) {
    Sha256 fields;
    std::string plain;
    for (std::size_t i = 0; i < 300; ++i) {
      const std::string field(i * 31 % (most + 1), static_cast<char>('a' + i % 26));
      fields.update_field(field);
      for (std::size_t byte = 0; byte < 8; ++byte) plain += static_cast<char>(field.size() >> (8 * byte));
      plain += field;
      if (i % 7 == 0) fields.update("between");
      if (i % 7 == 0) plain += "between";
    }
    const std::string longest(most, 'z');
    fields.update_field(longest);
    for (std::size_t byte = 0; byte < 8; ++byte) plain += static_cast<char>(most >> (8 * byte));
    EXPECT_EQ(fields.hex(), sha256_hex(plain + longest)) << most;
  }
}

TEST_F(Sha256OfFile, IsThatOfItsBytes) {
  std::string bytes(3 << 20, 'x');
  write(bytes);
  EXPECT_EQ(sha256_file(path_), sha256_hex(bytes));
}

TEST_F(Sha256OfFile, NamesAFileThatIsNotThere) {
  EXPECT_THAT(refusal([&] { sha256_file(path_); }),
              HasSubstr("cannot read " + path_.string() + ": no such file"));
}

TEST_F(Sha256OfFile, RefusesAFolder) {
  EXPECT_THAT(refusal([] { sha256_file("/"); }), HasSubstr("cannot read /: is a directory"));
}

TEST_F(AMappedFile, HoldsTheFile) {
  write("hello");
  MappedFile file(path_);
  EXPECT_EQ(file.bytes(), "hello");
  MappedFile moved(std::move(file));
  EXPECT_EQ(moved.bytes(), "hello");
  EXPECT_EQ(moved.size(), 5u);
}

TEST_F(AMappedFile, MayBeEmpty) {
  write("");
  EXPECT_EQ(MappedFile(path_).size(), 0u);
}

TEST_F(AMappedFile, MustBeARegularFile) {
  EXPECT_THAT(refusal([] { MappedFile("/"); }), HasSubstr("not a regular file"));
  EXPECT_THAT(refusal([&] { MappedFile{path_}; }), HasSubstr("cannot open: no such file"));
}

TEST(PrintableText, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a\x1b[31m\xff"), "'a\\x1b[31m\\xff'");
  EXPECT_EQ(printable("\u2581caf\u00e9 \u4f60\U0001f600"), "'\u2581caf\u00e9 \u4f60\U0001f600'")
      << "what is seen stays";
  EXPECT_EQ(printable("a\u200bb\u202e\ufeff"), "'a\\xe2\\x80\\x8bb\\xe2\\x80\\xae\\xef\\xbb\\xbf'");
  EXPECT_EQ(printable("\u00a0\u0085\xc3"), "'\\xc2\\xa0\\xc2\\x85\\xc3'");
  EXPECT_EQ(printable(std::string(63, 'a') + "\u00e9"), "'" + std::string(63, 'a') + "...'")
      << "never half a letter";
  EXPECT_EQ(printable(std::string(100, 'a')), "'" + std::string(64, 'a') + "...'");
}

}  // namespace
}  // namespace gistmill::formats
