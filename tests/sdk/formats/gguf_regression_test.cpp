// One test for each known class of defects of GGUF readers, named by its identifier: a CVE, a GitHub
// advisory, an issue or pull request of ggml-org/llama.cpp. Which of the first CVEs is which class is not
// published everywhere; each class is here whatever its number.
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gistmill/formats/torn.hpp>

#include "tests/sdk/formats/allocation_watch.hpp"
#include "tests/sdk/formats/malformed_gguf.hpp"

namespace gistmill::formats {
namespace {

using test::Bytes;
using test::kArray, test::kF32, test::kI8, test::kString, test::kU32;
using test::parsing;
using testing::HasSubstr;

// ---- CVE-2024-21802, -21825, -21836, -23496, -23605, -25664 to -25668: unchecked counts, lengths, types

TEST(GgufRegression, RefusesAMetadataCountBeyondTheFile_CVE_2024_23605) {
  EXPECT_EQ(parsing(Bytes().gguf_header(0, ~0ull)),
            "x.gguf: byte 16: metadata count is 18446744073709551615, the 0 bytes left hold at most 0");
}

TEST(GgufRegression, RefusesATensorCountBeyondTheFile_CVE_2024_21836) {
  EXPECT_EQ(parsing(Bytes().gguf_header(1ull << 60, 0)),
            "x.gguf: byte 8: tensor count is 1152921504606846976, the 8 bytes left hold at most 0");
}

TEST(GgufRegression, BoundsCountsWhateverTheFileHolds_CVE_2024_21836) {
  const std::string zeros(14 * 70000, '\0');
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 70000).raw(zeros)),
              HasSubstr("is 70000, expected at most 16384"));
  const std::string more_zeros(25 * 140000, '\0');
  EXPECT_THAT(parsing(Bytes().gguf_header(140000, 0).raw(more_zeros)),
              HasSubstr("is 140000, expected at most 32768"));
}

TEST(GgufRegression, RefusesStringsBeyondTheFile_CVE_2024_23496) {
  EXPECT_EQ(parsing(Bytes().gguf_header(0, 1).put(~0ull).raw("key-and-some-more")),
            "x.gguf: byte 24: metadata key of 18446744073709551615 bytes, the file has 17 left" +
                std::string(kTorn));
  EXPECT_EQ(parsing(Bytes().gguf_header(0, 1).string("k").put(kString).put(std::uint64_t{9}).raw("12345678")),
            "x.gguf: byte 37: string of 9 bytes, the file has 8 left" + std::string(kTorn));
}

TEST(GgufRegression, RefusesArraysBeyondTheFile_CVE_2024_21825) {
  EXPECT_EQ(parsing(Bytes().gguf_header(0, 1).array_entry("k", kU32, 3).put(1u).put(2u)),
            "x.gguf: byte 41: array length is 3, the 8 bytes left hold at most 2");
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).array_entry("k", kString, 1ull << 62)),
              HasSubstr("array length is 4611686018427387904"));
}

TEST(GgufRegression, RefusesArraysOfAnUnknownType_CVE_2024_21825) {
  EXPECT_EQ(parsing(Bytes().gguf_header(0, 1).array_entry("k", 13, 0)),
            "x.gguf: byte 37: metadata 'k' has value type 13 when it should be 0 to 12");
}

TEST(GgufRegression, RefusesArraysWithinArrays_CVE_2024_21825) {
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).array_entry("k", kArray, 1).put(kU32).put(std::uint64_t{0})),
              HasSubstr("value type 9 (array) within an array"));
}

TEST(GgufRegression, RefusesValuesOfAnUnknownType_CVE_2024_25664) {
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).entry<std::uint32_t>("k", 0xFFFFFFFFu, 0)),
              HasSubstr("metadata 'k' has value type 4294967295 when it should be 0 to 12"));
}

TEST(GgufRegression, RefusesMoreThanFourDimensions_CVE_2024_21802) {
  EXPECT_EQ(parsing(Bytes().gguf_header(1, 0).tensor("t", {1, 1, 1, 1, 1}, kF32, 0)),
            "x.gguf: byte 24: tensor 't' has 5 dimensions, expected at most 4");
  EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).string("t").put(~0u).raw(std::string(64, '\0'))),
              HasSubstr("has 4294967295 dimensions"));
}

// ---- CVE-2025-53630, GHSA-vgg9, CVE-2026-27940: the sum of tensor sizes

TEST(GgufRegression, RefusesSizesThatOverflowOnlyTogether_CVE_2025_53630) {
  const std::uint64_t huge = 1ull << 61;  // 2^63 bytes each
  EXPECT_THAT(parsing(Bytes()
                          .gguf_header(2, 0)
                          .tensor("a", {huge - 8}, kF32, 0)
                          .tensor("b", {huge - 8}, kF32, 0)
                          .pad(32)),
              HasSubstr("tensor 'a' needs bytes 0 to 9223372036854775776 of the data, the file holds 0"));
}

TEST(GgufRegression, RefusesASumThatOverflowsByALaterTensor_CVE_2026_27940) {
  const std::uint64_t most = (1ull << 63) - 1;
  EXPECT_THAT(parsing(Bytes()
                          .gguf_header(2, 0)
                          .tensor("a", {1}, kF32, 0)
                          .tensor("b", {most}, kI8, 32)
                          .pad(32)
                          .raw(std::string(64, '\0'))),
              HasSubstr("tensor 'b' needs bytes 32 to 9223372036854775839 of the data, the file holds 64"));
}

TEST(GgufRegression, RefusesASumThatWrapsToAFewBytes_GHSA_vgg9) {
  // Two of 2^63 - 32 bytes, padded to 2^63 each: together 0 modulo 2^64.
  const std::uint64_t huge = (1ull << 63) - 32;
  EXPECT_THAT(parsing(Bytes()
                          .gguf_header(2, 0)
                          .tensor("a", {huge}, kI8, 0)
                          .tensor("b", {huge}, kI8, huge)
                          .pad(32)
                          .raw(std::string(32, '\0'))),
              HasSubstr("tensor 'a' needs bytes 0 to 9223372036854775776 of the data, the file holds 32"));
}

// ---- CVE-2026-33298 (GHSA-96jg): elements times the size of a type

TEST(GgufRegression, RefusesASizeInBytesThatOverflows_CVE_2026_33298) {
  EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("t", {1ull << 31, 1ull << 31}, kF32, 0)),
              HasSubstr("has more bytes than a 63-bit number can count"));
}

// ---- ggml-org/llama.cpp PR 24759, 26318: padding that wraps to zero

TEST(GgufRegression, RefusesASizeWhosePaddingWraps_LlamaCppPr24759) {
  const std::uint64_t most = (1ull << 63) - 1;
  EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("t", {most}, kI8, 0).pad(32)),
              HasSubstr("needs bytes 0 to 9223372036854775807 of the data, the file holds 0"));
}

TEST(GgufRegression, RefusesAnAlignmentThatPutsTheDataPastTheEnd_LlamaCppPr26318) {
  EXPECT_THAT(parsing(Bytes()
                          .gguf_header(1, 1)
                          .entry<std::uint32_t>("general.alignment", kU32, 1u << 31)
                          .tensor("t", {1}, kF32, 0)
                          .put(1.0f)),
              HasSubstr("file ends before its data, which should start at 2147483648"));
}

// ---- ggml-org/llama.cpp issue 27203: a product of dimensions that turns negative

TEST(GgufRegression, RefusesDimensionsWhoseProductOverflows_LlamaCppIssue27203) {
  const std::uint64_t most = (1ull << 63) - 1;
  for (const auto& dims : std::vector<std::vector<std::uint64_t>>{
           {most, 2}, {2, most}, {~0ull}, {1ull << 32, 1ull << 32}, {0, most, 2}, {most, 2, 0}}) {
    EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("t", dims, kF32, 0)),
                HasSubstr("has more elements than a 63-bit number can count"));
  }
}

// ---- ggml-org/llama.cpp issue 15711: number of tensors times the overhead of one

TEST(GgufRegression, SpendsNothingOnCountsBeforeTheyAreBelieved_LlamaCppIssue15711) {
  test::reset_allocations();
  EXPECT_NE(parsing(Bytes().gguf_header(~0ull / 368, 0)), "");
  EXPECT_NE(parsing(Bytes().gguf_header(0, ~0ull / 64)), "");
  EXPECT_NE(parsing(Bytes().gguf_header(0, 1).array_entry("k", kU32, ~0ull / 4)), "");
  EXPECT_LT(test::largest_allocation(), 4096u);
}

// ---- ggml-org/llama.cpp PR 19856, 26318: alignment, negative types, exhaustion, duplicates

TEST(GgufRegression, RefusesAnAlignmentThatIsZeroOrNoPowerOfTwo_LlamaCppPr19856) {
  for (const std::uint32_t alignment : {0u, 3u, 48u, 0xFFFFFFFFu}) {
    EXPECT_EQ(parsing(Bytes().gguf_header(0, 1).entry("general.alignment", kU32, alignment)),
              "x.gguf: byte 53: general.alignment is " + std::to_string(alignment) +
                  " when it should be a power of two");
  }
}

TEST(GgufRegression, RefusesAnAlignmentOfAnotherType_LlamaCppPr26318) {
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).entry<std::uint64_t>("general.alignment", 10, 32)),
              HasSubstr("'general.alignment' is one u64 when it should be an unsigned 32-bit integer"));
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).string_entry("general.alignment", "32")),
              HasSubstr("is one string when it should be an unsigned 32-bit integer"));
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 1).numbers_entry<std::uint32_t>("general.alignment", kU32, {})),
              HasSubstr("is an array of 0 u32 when it should be"));
}

TEST(GgufRegression, RefusesTypesThatNoFileMayHold_LlamaCppPr26318) {
  for (const std::uint32_t type : {9u, 15u, 42u, 0x80000000u, 0xFFFFFFFFu}) {
    EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("t", {256}, type, 0)),
                HasSubstr("tensor 't' has unknown type number " + std::to_string(type)));
  }
  for (const std::uint32_t removed : {4u, 5u, 31u, 36u}) {
    EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("t", {256}, removed, 0)),
                HasSubstr("which llama.cpp itself no longer reads"));
  }
}

TEST(GgufRegression, RefusesNamesThatOccurTwice_LlamaCppPr19856) {
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 2).entry("k", kU32, 1u).entry("k", kU32, 2u)),
              HasSubstr("metadata key 'k' occurs twice"));
  EXPECT_THAT(parsing(Bytes().gguf_header(2, 0).tensor("t", {0}, kF32, 0).tensor("t", {0}, kF32, 0)),
              HasSubstr("tensor name 't' occurs twice"));
}

TEST(GgufRegression, SpendsLittleOnAFileOfNothingButEntries_LlamaCppPr19856) {
  Bytes entries;
  constexpr std::uint64_t kCount = 16384;
  entries.gguf_header(0, kCount);
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const char key[] = {static_cast<char>(i), static_cast<char>(i >> 8)};
    entries.entry<std::uint8_t>(std::string_view(key, 2), 0, 0);
  }
  test::reset_allocations();
  EXPECT_EQ(parsing(entries), "");
  EXPECT_LE(test::most_allocated(), 2 * entries.size() + (1 << 20));
}

TEST(GgufRegression, SpendsLittleOnAFileOfNothingButTensors_LlamaCppPr19856) {
  Bytes tensors;
  constexpr std::uint64_t kCount = 32768;
  tensors.gguf_header(kCount, 0);
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const char name[] = {static_cast<char>(i), static_cast<char>(i >> 8)};
    tensors.tensor(std::string_view(name, 2), {0}, kF32, 0);
  }
  tensors.pad(32);
  test::reset_allocations();
  EXPECT_EQ(parsing(tensors), "");
  EXPECT_LE(test::most_allocated(), 2 * tensors.size() + (1 << 20));
}

TEST(GgufRegression, SpendsLittleOnAListOfEmptyStrings_LlamaCppPr19856) {
  const std::string bytes =
      Bytes().gguf_header(0, 1).strings_entry("k", std::vector<std::string>(500000)).str();
  const Gguf file(bytes, "x.gguf");
  test::reset_allocations();
  EXPECT_EQ(file.strings("k").size(), 500000u);
  EXPECT_LE(test::most_allocated(), 2 * bytes.size() + (1 << 20));
}

TEST(GgufRegression, DoesNotWidenALongListOfBytes_LlamaCppPr26318) {
  const std::vector<std::uint8_t> most(65536, 7), more(65537, 7);
  const std::string bytes =
      Bytes().gguf_header(0, 2).numbers_entry("most", 0, most).numbers_entry("more", 0, more).str();
  const Gguf file(bytes, "x.gguf");
  EXPECT_EQ(file.integers("most").size(), 65536u);
  EXPECT_THAT(test::refusal([&] { file.integers("more"); }),
              HasSubstr("is an array of 65537 u8 when it should be at most 65536"));
  EXPECT_THAT(test::refusal([&] { file.numbers("more"); }), HasSubstr("at most 65536"));
  EXPECT_EQ(file.bytes("more").size(), 65537u);
}

// ---- CVE-2026-7482: offset and size past the end of the file

TEST(GgufRegression, RefusesDataPastTheEnd_CVE_2026_7482) {
  EXPECT_THAT(
      parsing(Bytes().gguf_header(1, 0).tensor("t", {9}, kF32, 0).pad(32).raw(std::string(32, '\0'))),
      HasSubstr("tensor 't' needs bytes 0 to 36 of the data, the file holds 32; it may be a download that "
                "was cut short"));
}

TEST(GgufRegression, RefusesOffsetsThatLeaveGapsOrOverlap_CVE_2026_7482) {
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

TEST(GgufRegression, RefusesAHeaderThatIsNotWhole_CVE_2024_41130) {
  EXPECT_EQ(parsing(""),
            "x.gguf: byte 0: GGUF header needs 4 bytes, the file has 0 left" + std::string(kTorn));
  EXPECT_EQ(parsing("GGML1234"), "x.gguf: byte 0: starts with 'GGML' when it should start with 'GGUF'");
  EXPECT_EQ(parsing("GGUF"),
            "x.gguf: byte 4: GGUF version needs 4 bytes, the file has 0 left" + std::string(kTorn));
}

TEST(GgufRegression, RefusesAFileThatEndsAfterItsVersion_CVE_2024_32878) {
  EXPECT_EQ(parsing(Bytes().raw("GGUF").put(3u)),
            "x.gguf: byte 8: tensor count needs 8 bytes, the file has 0 left" + std::string(kTorn));
  EXPECT_EQ(parsing(Bytes().raw("GGUF").put(3u).put(std::uint64_t{0})),
            "x.gguf: byte 16: metadata count needs 8 bytes, the file has 0 left" + std::string(kTorn));
}

// ---- CVE-2025-49847, GHSA-7rxv (CVE-2025-52566): lengths of tokens and counts of them, cut to 32 bits

TEST(GgufRegression, RefusesATokenWhoseLengthIsSmallIn32Bits_CVE_2025_49847) {
  for (const std::uint64_t length : {(1ull << 32) + 1, (1ull << 31) + 1, 1ull << 63}) {
    EXPECT_THAT(
        parsing(
            Bytes().gguf_header(0, 1).array_entry("tokenizer.ggml.tokens", kString, 1).put(length).raw("a")),
        HasSubstr("string of " + std::to_string(length) + " bytes, the file has 1 left"));
  }
}

TEST(GgufRegression, RefusesATokenCountThatIsSmallIn32Bits_GHSA_7rxv) {
  for (const std::uint64_t count : {(1ull << 32) + 1, (1ull << 31) + 1, 1ull << 63}) {
    EXPECT_THAT(
        parsing(Bytes().gguf_header(0, 1).array_entry("tokenizer.ggml.tokens", kString, count).string("a")),
        HasSubstr("array length is " + std::to_string(count) + ", the 9 bytes left hold at most 1"));
  }
}

}  // namespace
}  // namespace gistmill::formats
