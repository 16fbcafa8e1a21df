#include "host/cache/checksum.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gistmill {
namespace {

std::uint64_t sum_of(std::string_view bytes) {
  Checksum checksum;
  checksum.update(bytes);
  return checksum.value();
}

std::string some_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 37 + i / 251);
  return bytes;
}

TEST(Checksum, DoesNotDependOnHowTheBytesAreCut) {
  const std::string bytes = some_bytes(1000);
  for (const std::size_t piece : {1u, 7u, 31u, 32u, 33u, 64u, 999u}) {
    Checksum checksum;
    for (std::size_t at = 0; at < bytes.size(); at += piece)
      checksum.update(std::string_view(bytes).substr(at, piece));
    EXPECT_EQ(checksum.value(), sum_of(bytes)) << "pieces of " << piece;
  }
}

TEST(Checksum, ChangesWithEveryBitAndWithTheLength) {
  const std::string bytes = some_bytes(100);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = bytes;
      other[i] = static_cast<char>(other[i] ^ (1 << bit));
      EXPECT_NE(sum_of(other), sum_of(bytes)) << "byte " << i << " bit " << bit;
    }
  }
  EXPECT_NE(sum_of(bytes + '\0'), sum_of(bytes));
  EXPECT_NE(sum_of(""), sum_of(std::string(32, '\0')));
}

}  // namespace
}  // namespace gistmill
