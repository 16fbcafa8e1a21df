// What the safetensors reader says to files that are wrong: one test for each rule of the format, then
// every truncation and every single flipped bit.
#include <gistmill/formats/safetensors.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gistmill/formats/torn.hpp>

#include "tests/sdk/formats/allocation_watch.hpp"
#include "tests/sdk/formats/damaged_files.hpp"
#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::formats {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The message for a file of this header and `data` bytes of data; empty where it is taken.
std::string refusal(std::string_view header, std::size_t data = 0) {
  const std::string bytes = test::Bytes().string(header).raw(std::string(data, '\0')).str();
  return test::refusal([&] { Safetensors(bytes, "x"); });
}

std::string tensor(std::string_view fields) { return "{\"t\":{" + std::string(fields) + "}}"; }

TEST(SafetensorsFrame, NeedsEightBytesAndAHeader) {
  EXPECT_EQ(test::refusal([] { Safetensors("1234567", "x"); }),
            "x: byte 0: file has 7 bytes, expected at least 8" + std::string(kTorn));
  EXPECT_EQ(refusal(""), "x: byte 8: header starts with '' when it should start with '{'");
}

TEST(SafetensorsFrame, BoundsTheHeaderBy100Million) {
  const std::string bytes = test::Bytes().put(std::uint64_t{100000001}).raw("{}").str();
  EXPECT_EQ(test::refusal([&] { Safetensors(bytes, "x"); }),
            "x: byte 0: header length is 100000001, expected at most 100000000");
}

TEST(SafetensorsFrame, BoundsTheHeaderByTheFile) {
  for (const std::uint64_t size : {std::uint64_t{3}, std::uint64_t{100000000}}) {
    const std::string bytes = test::Bytes().put(size).raw("{}").str();
    EXPECT_EQ(test::refusal([&] { Safetensors(bytes, "x"); }),
              "x: byte 0: header length is " + std::to_string(size) + ", the file has 2 bytes left" + kTorn);
  }
}

TEST(SafetensorsFrame, CannotBeFooledByALengthThatWraps) {
  const std::string bytes = test::Bytes().put(~std::uint64_t{7}).raw("{}").str();
  EXPECT_NE(test::refusal([&] { Safetensors(bytes, "x"); }), "");
}

TEST(SafetensorsHeader, StartsWithABrace) {
  EXPECT_EQ(refusal(" {}"), "x: byte 8: header starts with ' ' when it should start with '{'");
  EXPECT_NE(refusal("[]"), "");
}

TEST(SafetensorsHeader, IsJson) {
  EXPECT_THAT(refusal("{\"t\":"), HasSubstr("is not JSON: "));
  EXPECT_THAT(refusal("{} x"), HasSubstr("is not JSON: "));
  EXPECT_EQ(refusal("{}   "), "");
}

TEST(SafetensorsHeader, IsUtf8) { EXPECT_THAT(refusal("{\"\xff\":{}}"), HasSubstr("is not JSON: ")); }

TEST(SafetensorsHeader, HasNoDuplicateKeys) {
  const std::string empty = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_THAT(refusal("{\"t\":" + empty + ",\"t\":" + empty + "}"), HasSubstr("name 't' occurs twice"));
  EXPECT_THAT(refusal("{\"t\":" + empty + ",\"\\u0074\":" + empty + "}"), HasSubstr("name 't' occurs twice"));
  EXPECT_THAT(refusal(R"({"__metadata__":{"a":"1","a":"2"}})"), HasSubstr("metadata 'a' occurs twice"));
  EXPECT_THAT(refusal(R"({"__metadata__":{},"__metadata__":{}})"),
              HasSubstr("name '__metadata__' occurs twice"));
  EXPECT_THAT(refusal(tensor(R"("dtype":"U8","dtype":"U8")")), HasSubstr("tensor 't' has dtype twice"));
}

TEST(SafetensorsHeader, NamesEveryFieldOnce) {
  EXPECT_THAT(refusal(tensor(R"("shape":[0],"data_offsets":[0,0])")), HasSubstr("tensor 't' has no dtype"));
  EXPECT_THAT(refusal(tensor(R"("dtype":"U8","data_offsets":[0,0])")), HasSubstr("tensor 't' has no shape"));
  EXPECT_THAT(refusal(tensor(R"("dtype":"U8","shape":[0])")), HasSubstr("tensor 't' has no data_offsets"));
  EXPECT_THAT(refusal(tensor(R"("extra":1)")), HasSubstr("tensor 't' has unknown field 'extra'"));
}

TEST(SafetensorsHeader, HasTheRightTypes) {
  EXPECT_EQ(refusal(R"({"t":1})"), "x: byte 13: entry 't' is a number when it should be an object");
  for (const char* wrong :
       {R"("dtype":1)", R"("dtype":["U8"])", R"("dtype":{})", R"("shape":"3")", R"("shape":[-1])",
        R"("shape":[1.5])", R"("shape":[1e3])", R"("shape":[[1]])", R"("shape":[true])", R"("shape":null)",
        R"("data_offsets":[0,"1"])", R"("shape":[18446744073709551616])"}) {
    EXPECT_THAT(refusal(tensor(wrong)), HasSubstr(" when it should be ")) << wrong;
  }
  EXPECT_THAT(refusal(tensor(R"("dtype":"F31")")), HasSubstr("tensor 't' has unknown dtype 'F31'"));
  EXPECT_THAT(refusal(tensor(R"("shape":[9223372036854775808])")), HasSubstr("expected at most 2^63 - 1"));
  EXPECT_THAT(refusal(tensor(R"("data_offsets":[0,1,2])")), HasSubstr("has 3 data_offsets, expected 2"));
  EXPECT_THAT(refusal(tensor(R"("data_offsets":[0])")), HasSubstr("has 1 data_offsets, expected 2"));
}

TEST(SafetensorsMetadata, HoldsStringsOnly) {
  EXPECT_THAT(refusal(R"({"__metadata__":{"a":1}})"),
              HasSubstr("metadata 'a' is a number when it should be a string"));
  EXPECT_THAT(refusal(R"({"__metadata__":{"a":null}})"),
              HasSubstr("metadata 'a' is null when it should be a string"));
  EXPECT_THAT(refusal(R"({"__metadata__":{"a":{}}})"), HasSubstr("is an object when it should be a string"));
  EXPECT_THAT(refusal(R"({"__metadata__":{"a":[]}})"), HasSubstr("is an array when it should be a string"));
  EXPECT_EQ(refusal(R"({"__metadata__":null})"), "") << "as some writers put it";
  EXPECT_THAT(refusal(R"({"__metadata__":"a"})"), HasSubstr("is a string when it should be an object"));
}

std::string two_tensors(const char* a, const char* b) {
  return std::string(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)") + a +
         R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}";
}

TEST(SafetensorsOffsets, LeaveNoHolesAndDoNotOverlap) {
  EXPECT_EQ(refusal(two_tensors("[0,4]", "[4,8]"), 8), "");
  EXPECT_EQ(refusal(two_tensors("[4,8]", "[0,4]"), 8), "");
  EXPECT_THAT(refusal(two_tensors("[0,4]", "[5,9]"), 9),
              HasSubstr("starts at 5 of the data when it should start at 4"));
  EXPECT_THAT(refusal(two_tensors("[0,4]", "[3,7]"), 7),
              HasSubstr("starts at 3 of the data when it should start at 4"));
  EXPECT_THAT(refusal(two_tensors("[0,4]", "[0,4]"), 4),
              HasSubstr("starts at 0 of the data when it should start at 4"));
  EXPECT_THAT(refusal(two_tensors("[1,5]", "[5,9]"), 9),
              HasSubstr("starts at 1 of the data when it should start at 0"));
}

TEST(SafetensorsOffsets, EndWithTheFile) {
  EXPECT_THAT(refusal(two_tensors("[0,4]", "[4,8]"), 7),
              HasSubstr("ends at 8 of the data, expected 4 to 7; it may be a download that was cut short"));
  EXPECT_THAT(refusal(two_tensors("[0,4]", "[4,8]"), 9), HasSubstr("has 1 bytes after its last tensor"));
  EXPECT_THAT(refusal("{}", 1), HasSubstr("has 1 bytes after its last tensor"));
}

TEST(SafetensorsOffsets, DoNotRunBackwards) {
  EXPECT_THAT(refusal(two_tensors("[0,4]", "[4,3]"), 4), HasSubstr("ends at 3 of the data, expected 4 to 4"));
  EXPECT_NE(refusal(two_tensors("[0,18446744073709551615]", "[4,8]"), 8), "");
}

TEST(SafetensorsShape, MustFillItsBytes) {
  EXPECT_THAT(refusal(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), 4),
              HasSubstr("tensor 't' has 4 bytes when its shape and dtype F32 need 8"));
}

TEST(SafetensorsShape, MayNotOverflow) {
  for (const char* shape : {"[4294967296,4294967296]", "[9223372036854775807,2]", "[4611686018427387904]",
                            "[9223372036854775807,2,0]", "[0,9223372036854775807,2]"}) {
    EXPECT_THAT(refusal(tensor(R"("dtype":"F32","data_offsets":[0,0],"shape":)" + std::string(shape))),
                HasSubstr("more bytes than a 63-bit number can count"))
        << shape;
  }
}

TEST(SafetensorsShape, MayBeEmptyOrAScalar) {
  EXPECT_EQ(refusal(tensor(R"("dtype":"F32","shape":[],"data_offsets":[0,4])"), 4), "");
  EXPECT_EQ(refusal(tensor(R"("dtype":"F32","shape":[3,0],"data_offsets":[0,0])")), "");
}

TEST(SafetensorsShape, HasABoundedRank) {
  std::string shape = "[1";
  for (int i = 0; i < 8; ++i) shape += ",1";
  EXPECT_THAT(refusal(tensor(R"("shape":)" + shape + "]")), HasSubstr("has more than 8 dimensions"));
}

TEST(SafetensorsHeader, OfDeepNonsenseIsRefusedAtItsFirstLevel) {
  const std::string deep(1000000, '[');
  test::reset_allocations();
  EXPECT_THAT(refusal("{\"t\":" + deep), StartsWith("x: byte 13: entry 't' is an array"));
  EXPECT_LT(test::largest_allocation(), 2 * deep.size() + 1024);
}

std::string small_file() {
  const std::string header =
      R"({"__metadata__":{"a":"1"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("c":{"dtype":"I8","shape":[1,3],"data_offsets":[8,11]}}  )";
  return test::Bytes().string(header).raw(std::string(11, '\1')).str();
}

// False where refused. A copy of exactly its size: AddressSanitizer sees every byte read past the end.
bool is_read_alone(std::string_view bytes) {
  const std::vector<char> copy(bytes.begin(), bytes.end());
  try {
    const Safetensors file({copy.data(), copy.size()}, "x");
    std::size_t sum = 0;
    for (const auto& entry : file.tensors()) {
      for (const char c : entry.data) sum += static_cast<unsigned char>(c);
    }
    return sum > 0;
  } catch (const FormatError&) {
    return false;
  }
}

TEST(SafetensorsFile, CutAnywhereIsRefused) { test::expect_refused_when_cut(small_file(), is_read_alone); }

TEST(SafetensorsFile, WithAnyBitFlippedIsReadOrRefusedAtNoCost) {
  EXPECT_GT(test::refused_with_a_bit_flipped(small_file(), is_read_alone), 500);
}

}  // namespace
}  // namespace gistmill::formats
