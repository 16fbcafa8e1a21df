// SHA-256 against the examples of FIPS 180-2, appendix B.
#include "host/files/digest.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "host/diagnostic/failure.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill {
namespace {

TEST(Sha256, GivesTheStandardsExamples) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, OfAFileIsThatOfItsBytesAcrossPieces) {
  const gistmill::testing::ScratchFolder folder;
  const std::filesystem::path path = folder / "million_a";
  std::ofstream(path, std::ios::binary) << std::string(3'000'000, 'a');
  EXPECT_EQ(sha256_file(path), sha256_hex(std::string(3'000'000, 'a')));
  std::filesystem::resize_file(path, 1'000'000);
  EXPECT_EQ(sha256_file(path), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  std::filesystem::resize_file(path, 0);
  EXPECT_EQ(sha256_file(path), sha256_hex(""));
  std::filesystem::remove(path);
}

std::string failure_of(const std::filesystem::path& path) {
  try {
    sha256_file(path);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::failed);
    return failure.what();
  }
  return "no failure";
}

TEST(Sha256, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(failure_of("absent.gguf"), "cannot read absent.gguf: no such file or directory");
  EXPECT_EQ(failure_of("."), "cannot read .: is a directory");
}

}  // namespace
}  // namespace gistmill
