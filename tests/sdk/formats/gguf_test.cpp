// What the GGUF reader gives for files that are right.
#include <gistmill/formats/gguf.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <gistmill/formats/digest.hpp>

#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::formats {
namespace {

using test::Bytes;
using test::refusal;
using testing::ElementsAre;
using testing::HasSubstr;

std::string sha256_of(const std::vector<float>& values) {
  return sha256_hex({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

// The numbers that the golden values were made from: a linear congruential generator.
std::string pseudo_random_bytes(std::size_t count) {
  std::string bytes;
  std::uint32_t x = 1;
  for (std::size_t i = 0; i < count; ++i) {
    x = (x * 1103515245u + 12345u) & 0x7FFFFFFFu;
    bytes += static_cast<char>(x >> 16);
  }
  return bytes;
}

std::string one_tensor(std::uint32_t type, const std::vector<std::uint64_t>& dims, std::string_view data) {
  return Bytes().gguf_header(1, 0).tensor("t", dims, type, 0).pad(32).raw(data).str();
}

TEST(GgufMetadata, HasEveryType) {
  const std::string bytes = Bytes()
                                .gguf_header(0, 12)
                                .entry<std::uint8_t>("u8", 0, 200)
                                .entry<std::int8_t>("i8", 1, -100)
                                .entry<std::uint16_t>("u16", 2, 60000)
                                .entry<std::int16_t>("i16", 3, -30000)
                                .entry<std::uint32_t>("u32", 4, 4000000000u)
                                .entry<std::int32_t>("i32", 5, -2000000000)
                                .entry<float>("f32", 6, 0.5f)
                                .entry<std::uint8_t>("bool", 7, 1)
                                .string_entry("string", "text")
                                .entry<std::uint64_t>("u64", 10, std::uint64_t{1} << 62)
                                .entry<std::int64_t>("i64", 11, -(std::int64_t{1} << 62))
                                .entry<double>("f64", 12, 0.25)
                                .str();
  const Gguf file(bytes, "x.gguf");
  EXPECT_EQ(file.integer("u8"), 200);
  EXPECT_EQ(file.integer("i8"), -100);
  EXPECT_EQ(file.integer("u16"), 60000);
  EXPECT_EQ(file.integer("i16"), -30000);
  EXPECT_EQ(file.integer("u32"), 4000000000);
  EXPECT_EQ(file.integer("i32"), -2000000000);
  EXPECT_EQ(file.integer("u64"), std::int64_t{1} << 62);
  EXPECT_EQ(file.integer("i64"), -(std::int64_t{1} << 62));
  EXPECT_EQ(file.number("f32"), 0.5);
  EXPECT_EQ(file.number("f64"), 0.25);
  EXPECT_EQ(file.number("i8"), -100.0);
  EXPECT_TRUE(file.boolean("bool"));
  EXPECT_EQ(file.string("string"), "text");
  EXPECT_EQ(file.entries().size(), 12u);
}

TEST(GgufMetadata, HasArrays) {
  const std::string bytes = Bytes()
                                .gguf_header(0, 3)
                                .strings_entry("s", {"a", "", "c"})
                                .numbers_entry<std::int16_t>("i", 3, {1, -2})
                                .numbers_entry<float>("f", 6, {0.5f})
                                .str();
  const Gguf file(bytes, "x.gguf");
  EXPECT_THAT(file.strings("s"), ElementsAre("a", "", "c"));
  EXPECT_THAT(file.integers("i"), ElementsAre(1, -2));
  EXPECT_THAT(file.numbers("i"), ElementsAre(1.0, -2.0));
  EXPECT_THAT(file.numbers("f"), ElementsAre(0.5));
}

TEST(GgufMetadata, SaysWhatIsThereInsteadOfWhatWasAsked) {
  const std::string bytes = Bytes()
                                .gguf_header(0, 3)
                                .string_entry("name", "x")
                                .strings_entry("list", {"a", "b"})
                                .entry<std::uint64_t>("big", 10, std::uint64_t{1} << 63)
                                .str();
  const Gguf file(bytes, "x.gguf");
  EXPECT_EQ(refusal([&] { file.integer("name"); }),
            "x.gguf: byte 40: metadata 'name' is one string when it should be an integer");
  EXPECT_THAT(refusal([&] { file.string("list"); }),
              HasSubstr("is an array of 2 string when it should be a string"));
  EXPECT_THAT(refusal([&] { file.strings("name"); }), HasSubstr("when it should be an array of strings"));
  EXPECT_THAT(refusal([&] { file.integers("list"); }), HasSubstr("when it should be an array of integers"));
  EXPECT_THAT(refusal([&] { file.numbers("list"); }), HasSubstr("when it should be an array of numbers"));
  EXPECT_THAT(refusal([&] { file.boolean("name"); }), HasSubstr("when it should be a boolean"));
  EXPECT_THAT(refusal([&] { file.number("name"); }), HasSubstr("when it should be a number"));
  EXPECT_THAT(refusal([&] { file.integer("big"); }),
              HasSubstr("is 9223372036854775808, expected at most 2^63 - 1"));
  EXPECT_EQ(refusal([&] { file.integer("none"); }), "x.gguf: has no metadata 'none'");
}

TEST(GgufMetadata, FallsBackOnlyWhereTheKeyIsMissing) {
  const std::string bytes = Bytes().gguf_header(0, 1).string_entry("name", "x").str();
  const Gguf file(bytes, "x.gguf");
  EXPECT_EQ(file.integer_or("none", 7), 7);
  EXPECT_EQ(file.number_or("none", 0.5), 0.5);
  EXPECT_TRUE(file.boolean_or("none", true));
  EXPECT_NE(refusal([&] { file.integer_or("name", 7); }), "");
}

TEST(GgufTensors, AreFoundByName) {
  const std::string bytes = Bytes()
                                .gguf_header(2, 0)
                                .tensor("b", {3, 2}, 0, 0)
                                .tensor("a", {}, 0, 32)
                                .pad(32)
                                .raw(std::string(24, '\1'))
                                .pad(32)
                                .put(2.5f)
                                .str();
  const Gguf file(bytes, "x.gguf");
  EXPECT_THAT(file.tensor("b").shape(), ElementsAre(2, 3));
  EXPECT_EQ(file.tensor("b").rows(), 2u);
  EXPECT_EQ(file.tensor("b").row_length(), 3u);
  EXPECT_EQ(file.data(file.tensor("b")), std::string(24, '\1'));
  float value = 0;
  EXPECT_TRUE(file.tensor("a").shape().empty());
  file.dequantize(file.tensor("a"), &value);
  EXPECT_EQ(value, 2.5f);
  EXPECT_EQ(file.find_tensor("c"), nullptr);
  EXPECT_EQ(refusal([&] { file.tensor("c"); }), "x.gguf: has no tensor 'c' among its 2");
}

TEST(GgufTensors, OfAnAlignmentOfItsOwn) {
  const std::string bytes = Bytes()
                                .gguf_header(1, 1)
                                .entry<std::uint32_t>("general.alignment", 4, 8)
                                .tensor("t", {1}, 0, 0)
                                .pad(8)
                                .put(1.5f)
                                .str();
  float value = 0;
  const Gguf file(bytes, "x.gguf");
  file.dequantize(file.tensor("t"), &value);
  EXPECT_EQ(value, 1.5f);
}

TEST(GgufTensors, MayBeEmpty) {
  const std::string bytes = one_tensor(0, {4, 0}, "");
  const Gguf file(bytes, "x.gguf");
  EXPECT_EQ(file.tensor("t").elements(), 0u);
  file.dequantize(file.tensor("t"), nullptr);
}

// Golden values: PyPI gguf 0.17, gguf.quants.dequantize, on the same blocks; for F16 numpy.
struct Golden {
  std::uint32_t type;
  const char* name;
  std::size_t block_bytes;
  std::size_t block_elements;
  std::vector<std::size_t> halves;  // high bytes of halves whose top exponent bit was cleared: no infinities
  const char* sha256;
};

class GgufDequantize : public testing::TestWithParam<Golden> {};

TEST_P(GgufDequantize, GivesExactlyWhatTheReferenceGives) {
  const Golden& golden = GetParam();
  constexpr std::size_t kBlocks = 256;
  std::string data = pseudo_random_bytes(kBlocks * golden.block_bytes);
  for (std::size_t block = 0; block < kBlocks; ++block) {
    for (const std::size_t high : golden.halves) data[block * golden.block_bytes + high] &= '\xBF';
  }
  const std::uint64_t row = golden.block_elements * 16;
  const std::string bytes = one_tensor(golden.type, {row, 16}, data);
  const Gguf file(bytes, "x.gguf");
  const GgufTensor& tensor = file.tensor("t");
  EXPECT_EQ(gguf_type_name(tensor.type), golden.name);

  std::vector<float> all(tensor.elements());
  file.dequantize(tensor, all.data());
  EXPECT_EQ(sha256_of(all), golden.sha256);

  std::vector<float> in_parts(tensor.elements());
  file.dequantize_rows(tensor, 0, 5, in_parts.data());
  file.dequantize_rows(tensor, 5, 11, in_parts.data() + 5 * row);
  EXPECT_EQ(in_parts, all);
}

INSTANTIATE_TEST_SUITE_P(
    Types, GgufDequantize,
    testing::Values(
        Golden{2, "Q4_0", 18, 32, {1}, "db6bb35a0a84934ef1b8a4a613a9ece2799b432bc0b509b36f5f6b0d6d1ee96d"},
        Golden{3, "Q4_1", 20, 32, {1, 3}, "e7fffa90dce3930d76b4cb82a54f03b4702fafbdd8e5625693c6c83b7e6ebf82"},
        Golden{8, "Q8_0", 34, 32, {1}, "8ef306e5f83f25a28b19b51ea728e65f51689052dddc087a141237eb911fe1d9"},
        Golden{1, "F16", 2, 1, {1}, "77780c82f18358f1a0ba38e5c3e4095e7b4eee78c3feabe3a1475512185b4d5e"},
        Golden{30, "BF16", 2, 1, {1}, "64fdb3d50a93f3940ce25a3ce4ec339a72f7fab51e73419f788a4df3f874b72b"}),
    [](const auto& test) { return std::string(test.param.name); });

// The definition of IEEE 754 binary16, in doubles.
double half_value(unsigned bits) {
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  const int exponent = static_cast<int>(bits >> 10 & 31);
  const double fraction = bits & 0x3FF;
  if (exponent == 31) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  }
  return exponent == 0 ? sign * std::ldexp(fraction, -24) : sign * std::ldexp(1024 + fraction, exponent - 25);
}

TEST(GgufDequantizeF16, IsExactForEveryHalf) {
  Bytes data;
  for (unsigned bits = 0; bits < 65536; ++bits) data.put(static_cast<std::uint16_t>(bits));
  const std::string bytes = one_tensor(1, {65536}, data.str());
  const Gguf file(bytes, "x.gguf");
  std::vector<float> values(65536);
  file.dequantize(file.tensor("t"), values.data());
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const double expected = half_value(bits);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(values[bits])) << bits;
    } else {
      ASSERT_EQ(static_cast<double>(values[bits]), expected) << bits;
      ASSERT_EQ(std::signbit(values[bits]), std::signbit(expected)) << bits;
    }
  }
}

TEST(GgufDequantizeRows, RefusesRowsPastTheEnd) {
  const std::string bytes = one_tensor(0, {1, 4}, std::string(16, '\0'));
  const Gguf file(bytes, "x.gguf");
  float out[4];
  EXPECT_THAT(refusal([&] { file.dequantize_rows(file.tensor("t"), 3, 2, out); }),
              HasSubstr("rows 3 to 5 of tensor 't' asked for, it has 4"));
  EXPECT_NE(refusal([&] { file.dequantize_rows(file.tensor("t"), 5, ~0ull - 3, out); }), "");
}

TEST(GgufTypes, ThatCannotBeDequantizedAreListedAndRefusedByName) {
  const std::string bytes = one_tensor(12, {256}, std::string(144, '\0'));
  const Gguf file(bytes, "x.gguf");
  EXPECT_EQ(file.tensor("t").bytes, 144u);
  float out[256];
  EXPECT_THAT(refusal([&] { file.dequantize(file.tensor("t"), out); }),
              HasSubstr("tensor 't' is Q4_K, expected F32, F16, BF16, Q4_0, Q4_1 or Q8_0"));
}

TEST(GgufOfTheTeacher, HasTheDocumentedContent) {
  const auto path = test::model_file();
  GISTMILL_SKIP_WITHOUT(path);
  const Gguf file(path);
  EXPECT_EQ(file.entries().size(), 33u);
  EXPECT_EQ(file.tensors().size(), 272u);
  EXPECT_EQ(file.string("general.architecture"), "llama");
  EXPECT_EQ(file.integer("llama.embedding_length"), 576);
  EXPECT_EQ(file.number("llama.rope.freq_base"), 100000.0);
  EXPECT_EQ(file.strings("tokenizer.ggml.tokens").size(), 49152u);
  EXPECT_EQ(gguf_type_name(file.tensor("token_embd.weight").type), "Q8_0");
  EXPECT_THAT(file.tensor("token_embd.weight").shape(), ElementsAre(49152, 576));
}

// Golden value: PyPI gguf's GGUFReader and dequantize, over all tensors in file order.
TEST(GgufOfTheTeacher, DequantizesToTheReferenceBitForBit) {
  const auto path = test::model_file();
  GISTMILL_SKIP_WITHOUT(path);
  const Gguf file(path);
  Sha256 sha;
  std::vector<float> values;
  for (const GgufTensor& tensor : file.tensors()) {
    values.resize(tensor.elements());
    file.dequantize(tensor, values.data());
    sha.update(values.data(), values.size() * sizeof(float));
  }
  EXPECT_EQ(sha.hex(), "1034100613c22abd3cc047d99b02ed7a8d419bc245f4cf54a4736c5f699ba569");
}

}  // namespace
}  // namespace gistmill::formats
