// What the GGUF reader says to files that are wrong: one test for each known class of GGUF parser defects,
// named by its identifiers, then every truncation and every single flipped bit.
#include <gistmill/formats/gguf.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sdk/formats/allocation_watch.hpp"
#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::formats {
namespace {

using test::Bytes;
using testing::HasSubstr;

constexpr std::uint32_t kU32 = 4, kBool = 7, kString = 8, kArray = 9;
constexpr std::uint32_t kF32 = 0, kI8 = 24;

std::string parsing(std::string_view bytes) {
  return test::refusal([&] { Gguf(bytes, "x.gguf"); });
}
std::string parsing(const Bytes& bytes) { return parsing(bytes.str()); }

// Reads all there is to read.
void read_everything(const Gguf& file) {
  for (const GgufEntry& entry : file.entries()) {
    if (!entry.is_array) {
      if (entry.type == GgufValueType::kString)
        file.string(entry.key);
      else if (entry.type == GgufValueType::kBool)
        file.boolean(entry.key);
      else
        file.number(entry.key);
    } else if (entry.type == GgufValueType::kString) {
      file.strings(entry.key);
    } else if (entry.type != GgufValueType::kBool) {
      file.numbers(entry.key);
    }
  }
  for (const GgufTensor& tensor : file.tensors()) {
    std::vector<float> values(tensor.elements());
    file.dequantize(tensor, values.data());
  }
}

// False where the bytes are refused, which is right as well; anything else than FormatError fails the test.
bool is_read(std::string_view bytes) {
  try {
    read_everything(Gguf(bytes, "x.gguf"));
    return true;
  } catch (const FormatError&) {
    return false;
  }
}

// ---- CVE-2024-21802, -21825, -21836, -23496, -23605: unchecked counts and lengths

TEST(GgufCounts, OfMetadataMustFitTheFile) {
  EXPECT_EQ(parsing(Bytes().gguf_header(0, ~0ull)),
            "x.gguf: byte 16: metadata count is 18446744073709551615, the 0 bytes left hold at most 0");
}

TEST(GgufCounts, OfTensorsMustFitTheFile) {
  EXPECT_EQ(parsing(Bytes().gguf_header(1ull << 60, 0)),
            "x.gguf: byte 8: tensor count is 1152921504606846976, the 8 bytes left hold at most 0");
}

TEST(GgufCounts, AreBoundedWhateverTheFileHolds) {
  const std::string zeros(14 * 70000, '\0');
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 70000).raw(zeros)),
              HasSubstr("is 70000, expected at most 65536"));
  const std::string more_zeros(25 * 140000, '\0');
  EXPECT_THAT(parsing(Bytes().gguf_header(140000, 0).raw(more_zeros)),
              HasSubstr("is 140000, expected at most 131072"));
}

TEST(GgufStrings, MustFitTheFile) {
  EXPECT_EQ(parsing(Bytes().gguf_header(0, 1).put(~0ull).raw("key-and-some-more")),
            "x.gguf: byte 24: metadata key of 18446744073709551615 bytes, the file has 17 left");
  EXPECT_EQ(parsing(Bytes().gguf_header(0, 1).string("k").put(kString).put(std::uint64_t{9}).raw("12345678")),
            "x.gguf: byte 37: string of 9 bytes, the file has 8 left");
}

TEST(GgufArrays, MustFitTheFile) {
  EXPECT_EQ(parsing(Bytes().gguf_header(0, 1).array_entry("k", kU32, 3).put(1u).put(2u)),
            "x.gguf: byte 41: array length is 3, the 8 bytes left hold at most 2");
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).array_entry("k", kString, 1ull << 62)),
              HasSubstr("array length is 4611686018427387904"));
}

TEST(GgufArrays, OfAnUnknownTypeAreRefused) {
  EXPECT_EQ(parsing(Bytes().gguf_header(0, 1).array_entry("k", 13, 0)),
            "x.gguf: byte 37: metadata 'k' has value type 13 when it should be 0 to 12");
}

TEST(GgufArrays, WithinArraysAreRefused) {
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).array_entry("k", kArray, 1).put(kU32).put(std::uint64_t{0})),
              HasSubstr("value type 9 (array) within an array"));
}

TEST(GgufValues, OfAnUnknownTypeAreRefused) {
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).entry<std::uint32_t>("k", 0xFFFFFFFFu, 0)),
              HasSubstr("metadata 'k' has value type 4294967295 when it should be 0 to 12"));
}

TEST(GgufTensorTable, RefusesMoreThanFourDimensions) {
  EXPECT_EQ(parsing(Bytes().gguf_header(1, 0).tensor("t", {1, 1, 1, 1, 1}, kF32, 0)),
            "x.gguf: byte 24: tensor 't' has 5 dimensions, expected at most 4");
  EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).string("t").put(~0u).raw(std::string(64, '\0'))),
              HasSubstr("has 4294967295 dimensions"));
}

// ---- CVE-2025-53630, GHSA-vgg9, CVE-2026-27940: the sum of tensor sizes

TEST(GgufTensorTable, RefusesSizesThatOverflowOnlyTogether) {
  const std::uint64_t huge = 1ull << 61;  // 2^63 bytes each
  EXPECT_THAT(parsing(Bytes()
                          .gguf_header(2, 0)
                          .tensor("a", {huge - 8}, kF32, 0)
                          .tensor("b", {huge - 8}, kF32, 0)
                          .pad(32)),
              HasSubstr("tensor 'a' needs bytes 0 to 9223372036854775776 of the data, the file holds 0"));
}

// ---- CVE-2026-33298 (GHSA-96jg): elements times the size of a type

TEST(GgufTensorTable, RefusesASizeInBytesThatOverflows) {
  EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("t", {1ull << 31, 1ull << 31}, kF32, 0)),
              HasSubstr("has more bytes than a 63-bit number can count"));
}

// ---- ggml-org/llama.cpp PR 24759, 26318: padding that wraps to zero

TEST(GgufTensorTable, RefusesASizeWhosePaddingWraps) {
  const std::uint64_t most = (1ull << 63) - 1;
  EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("t", {most}, kI8, 0).pad(32)),
              HasSubstr("needs bytes 0 to 9223372036854775807 of the data, the file holds 0"));
}

TEST(GgufTensorTable, RefusesAnAlignmentThatPutsTheDataPastTheEnd) {
  EXPECT_THAT(parsing(Bytes()
                          .gguf_header(1, 1)
                          .entry<std::uint32_t>("general.alignment", kU32, 1u << 31)
                          .tensor("t", {1}, kF32, 0)
                          .put(1.0f)),
              HasSubstr("file ends before its data, which should start at 2147483648"));
}

// ---- ggml-org/llama.cpp issue 27203: a product of dimensions that turns negative

TEST(GgufTensorTable, RefusesDimensionsWhoseProductOverflows) {
  const std::uint64_t most = (1ull << 63) - 1;
  for (const auto& dims : std::vector<std::vector<std::uint64_t>>{
           {most, 2}, {2, most}, {~0ull}, {1ull << 32, 1ull << 32}, {0, most, 2}, {most, 2, 0}}) {
    EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("t", dims, kF32, 0)),
                HasSubstr("has more elements than a 63-bit number can count"));
  }
}

// ---- ggml-org/llama.cpp issue 15711: number of tensors times the overhead of one

TEST(GgufCounts, CostNoMemoryBeforeTheyAreBelieved) {
  test::reset_largest_allocation();
  EXPECT_NE(parsing(Bytes().gguf_header(~0ull / 368, 0)), "");
  EXPECT_NE(parsing(Bytes().gguf_header(0, ~0ull / 64)), "");
  EXPECT_NE(parsing(Bytes().gguf_header(0, 1).array_entry("k", kU32, ~0ull / 4)), "");
  EXPECT_LT(test::largest_allocation(), 4096u);
}

// ---- ggml-org/llama.cpp PR 19856, 26318: alignment, negative types, exhaustion, duplicates

TEST(GgufAlignment, MustBeAPowerOfTwo) {
  for (const std::uint32_t alignment : {0u, 3u, 48u, 0xFFFFFFFFu}) {
    EXPECT_EQ(parsing(Bytes().gguf_header(0, 1).entry("general.alignment", kU32, alignment)),
              "x.gguf: byte 53: general.alignment is " + std::to_string(alignment) +
                  " when it should be a power of two");
  }
}

TEST(GgufAlignment, MustBeAnUnsigned32BitInteger) {
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).entry<std::uint64_t>("general.alignment", 10, 32)),
              HasSubstr("'general.alignment' is one u64 when it should be an unsigned 32-bit integer"));
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).string_entry("general.alignment", "32")),
              HasSubstr("is one string when it should be an unsigned 32-bit integer"));
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).numbers_entry<std::uint32_t>("general.alignment", kU32, {})),
              HasSubstr("is an array of 0 u32 when it should be"));
}

TEST(GgufTensorTable, RefusesTypesThatNoFileMayHold) {
  for (const std::uint32_t type : {4u, 5u, 9u, 15u, 31u, 36u, 42u, 0x80000000u, 0xFFFFFFFFu}) {
    EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("t", {256}, type, 0)),
                HasSubstr("tensor 't' has unknown type number " + std::to_string(type)));
  }
}

TEST(GgufTensorTable, RefusesRowsThatCutABlock) {
  EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("t", {33}, 3, 0)),
              HasSubstr("has rows of 33 elements, expected a multiple of 32 for Q4_1"));
}

TEST(GgufNames, MayNotOccurTwice) {
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 2).entry("k", kU32, 1u).entry("k", kU32, 2u)),
              HasSubstr("metadata key 'k' occurs twice"));
  EXPECT_THAT(parsing(Bytes().gguf_header(2, 0).tensor("t", {0}, kF32, 0).tensor("t", {0}, kF32, 0)),
              HasSubstr("tensor name 't' occurs twice"));
}

TEST(GgufNames, HaveALength) {
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).entry("", kU32, 1u)), HasSubstr("metadata key of 0 bytes"));
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).entry(std::string(65536, 'k'), kU32, 1u)),
              HasSubstr("metadata key of 65536 bytes, expected 1 to 65535"));
  EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor(std::string(65, 't'), {0}, kF32, 0)),
              HasSubstr("tensor name of 65 bytes, expected 1 to 64"));
  EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("", {0}, kF32, 0).pad(32)),
              HasSubstr("tensor name of 0 bytes"));
}

TEST(GgufBooleans, AreZeroOrOne) {
  EXPECT_EQ(parsing(Bytes().gguf_header(0, 1).entry<std::uint8_t>("k", kBool, 2)),
            "x.gguf: byte 37: boolean 'k' is 2 when it should be 0 or 1");
}

// ---- CVE-2026-7482: offset and size past the end of the file

TEST(GgufTensorTable, RefusesDataPastTheEnd) {
  EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("t", {9}, kF32, 0).pad(32).raw(std::string(32, '\0'))),
              HasSubstr("tensor 't' needs bytes 0 to 36 of the data, the file holds 32"));
}

TEST(GgufTensorTable, RefusesOffsetsThatLeaveGapsOrOverlap) {
  for (const unsigned long long offset : {1ull, 32ull, ~0ull - 31}) {
    EXPECT_THAT(
        parsing(Bytes().gguf_header(1, 0).tensor("t", {1}, kF32, offset).pad(32).raw(std::string(64, '\0'))),
        HasSubstr("tensor 't' has offset " + std::to_string(offset) + " when it should be 0"));
  }
  EXPECT_THAT(parsing(Bytes()
                          .gguf_header(2, 0)
                          .tensor("a", {1}, kF32, 0)
                          .tensor("b", {1}, kF32, 0)
                          .pad(32)
                          .raw(std::string(64, '\0'))),
              HasSubstr("tensor 'b' has offset 0 when it should be 32"));
}

// ---- CVE-2024-41130, -32878: use after a bad header

TEST(GgufHeader, MustBeWhole) {
  EXPECT_EQ(parsing(""), "x.gguf: byte 0: GGUF header needs 4 bytes, the file has 0 left");
  EXPECT_EQ(parsing("GGML1234"), "x.gguf: byte 0: starts with 'GGML' when it should start with 'GGUF'");
  EXPECT_EQ(parsing("GGUF"), "x.gguf: byte 4: GGUF version needs 4 bytes, the file has 0 left");
}

TEST(GgufHeader, MustHaveVersion3) {
  EXPECT_EQ(parsing(Bytes().gguf_header(0, 0, 2)), "x.gguf: byte 4: has GGUF version 2, expected 3");
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 0, 0x03000000)), HasSubstr("is a big-endian GGUF file"));
}

// ---- Everything, cut and flipped everywhere

std::string small_file() {
  return Bytes()
      .gguf_header(3, 6)
      .string_entry("general.architecture", "llama")
      .entry<std::uint32_t>("general.alignment", kU32, 32)
      .entry<std::uint8_t>("flag", kBool, 1)
      .strings_entry("tokens", {"a", "bc", ""})
      .numbers_entry<std::int32_t>("types", 5, {1, 2, 3})
      .entry<double>("f64", 12, 1.5)
      .tensor("q4_1", {32, 2}, 3, 0)
      .tensor("f32", {3}, 0, 64)
      .tensor("q8_0", {32}, 8, 96)
      .pad(32)
      .raw(std::string(64, '\x11'))
      .raw(std::string(32, '\x22'))
      .raw(std::string(34, '\x33'))
      .str();
}

// A copy of exactly its size, so that AddressSanitizer sees every byte read past the end.
bool is_read_alone(std::string_view bytes) {
  const std::vector<char> copy(bytes.begin(), bytes.end());
  return is_read({copy.data(), copy.size()});
}

TEST(GgufFile, IsReadWhole) {
  EXPECT_TRUE(is_read_alone(small_file()));
  read_everything(Gguf(small_file(), "x.gguf"));
}

TEST(GgufFile, CutAnywhereIsRefused) {
  const std::string whole = small_file();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(is_read_alone(std::string_view(whole).substr(0, size))) << "cut to " << size << " bytes";
  }
}

TEST(GgufFile, WithAnyBitFlippedIsReadOrRefusedAtNoCost) {
  const std::string whole = small_file();
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    test::reset_largest_allocation();
    refused += !is_read_alone(flipped);
    EXPECT_LT(test::largest_allocation(), 2 * whole.size() + 1024) << "bit " << bit;
  }
  EXPECT_GT(refused, 1000);
}

TEST(GgufFile, OfTheTeacherCutAnywhereIsRefused) {
  const auto path = test::model_file();
  GISTMILL_SKIP_WITHOUT(path);
  const MappedFile file(path);
  constexpr int kCuts = 300;
  for (int i = 0; i < kCuts; ++i) {
    // Most cuts within the header (1.8 MB), some within the data.
    const std::size_t range = i % 10 == 0 ? file.size() : 1785664;
    const std::size_t size = range / kCuts * static_cast<std::size_t>(i);
    EXPECT_NE(parsing(file.bytes().substr(0, size)), "") << "cut to " << size << " bytes";
  }
  EXPECT_NE(parsing(file.bytes().substr(0, file.size() - 1)), "");
}

TEST(GgufFile, OfTheTeacherWithBitsFlippedInItsHeaderIsReadOrRefused) {
  const auto path = test::model_file();
  GISTMILL_SKIP_WITHOUT(path);
  std::string header(MappedFile(path).bytes().substr(0, 1785664));
  // Without its data a header is always refused, at the latest for that; what counts is that it ends well.
  std::uint64_t random = 1;
  for (int i = 0; i < 300; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    const std::size_t bit =
        static_cast<std::size_t>(random >> 16) % (8 * (i % 2 == 0 ? 4096 : header.size()));
    const char mask = static_cast<char>(1 << bit % 8);
    header[bit / 8] = static_cast<char>(header[bit / 8] ^ mask);
    EXPECT_NE(parsing(header), "");
    header[bit / 8] = static_cast<char>(header[bit / 8] ^ mask);
  }
}

}  // namespace
}  // namespace gistmill::formats
