// Rows of safetensors as floats and bf16.
#include <gistmill/formats/safetensors.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::formats {
namespace {

using test::refusal;
using testing::ElementsAre;
using testing::HasSubstr;

// A matrix [3, 2] of each type after a byte that lets none of them lie aligned.
std::string matrices() {
  return test::Bytes()
      .string(R"({"byte":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
              R"("f32":{"dtype":"F32","shape":[3,2],"data_offsets":[1,25]},)"
              R"("f16":{"dtype":"F16","shape":[3,2],"data_offsets":[25,37]},)"
              R"("bf16":{"dtype":"BF16","shape":[3,2],"data_offsets":[37,49]},)"
              R"("scalar":{"dtype":"F32","shape":[],"data_offsets":[49,53]},)"
              R"("none":{"dtype":"F32","shape":[0,4],"data_offsets":[53,53]}})")
      .put('x')
      .put(1.0f)
      .put(-2.0f)
      .put(0x1.018p0f)
      .put(0x1.03p0f)
      .put(0x1.01p0f)
      .put(1e30f)
      .raw(std::string("\x00\x3C\x00\xC0\x01\x00\xFF\x7B\x00\x7C\x00\x80", 12))
      .raw(std::string("\x80\x3F\x00\xC0\x01\x00\x7F\x7F\x80\x7F\x00\x80", 12))
      .put(2.5f)
      .str();
}

TEST(SafetensorsRows, AreExactFloats) {
  const std::string bytes = matrices();
  const Safetensors file(bytes, "x");
  std::vector<float> out(6);
  file.read_rows(file.tensor("f32"), 0, 3, out.data());
  EXPECT_THAT(out, ElementsAre(1.0f, -2.0f, 0x1.018p0f, 0x1.03p0f, 0x1.01p0f, 1e30f));
  file.read_rows(file.tensor("f16"), 0, 3, out.data());
  EXPECT_THAT(out, ElementsAre(1.0f, -2.0f, 0x1p-24f, 65504.0f, INFINITY, -0.0f));
  file.read_rows(file.tensor("bf16"), 0, 3, out.data());
  EXPECT_THAT(out, ElementsAre(1.0f, -2.0f, 0x1p-133f, 0x1.FEp127f, INFINITY, -0.0f));
}

// Against the definition, for all 256 of each: torch's conversions of 2.13.0 give the same.
TEST(SafetensorsRows, AreExactFloatsOfEightBits) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  const std::string bytes =
      test::Bytes()
          .string(R"({"e4m3":{"dtype":"F8_E4M3","shape":[256],"data_offsets":[0,256]},)"
                  R"("e5m2":{"dtype":"F8_E5M2","shape":[256],"data_offsets":[256,512]}})")
          .raw(all + all)
          .str();
  const Safetensors file(bytes, "x");
  std::vector<float> four(256);
  std::vector<float> five(256);
  file.read_rows(file.tensor("e4m3"), 0, 1, four.data());
  file.read_rows(file.tensor("e5m2"), 0, 1, five.data());
  const auto by_definition = [](int bits, int mantissa_bits, int bias) {
    const int exponent = (bits & 0x7F) >> mantissa_bits;
    const int mantissa = bits & ((1 << mantissa_bits) - 1);
    const double fraction = std::ldexp(mantissa, -mantissa_bits);
    const double value =
        exponent == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1.0 + fraction, exponent - bias);
    return static_cast<float>((bits & 0x80) != 0 ? -value : value);
  };
  for (int i = 0; i < 256; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const int magnitude = i & 0x7F;
    EXPECT_EQ(std::signbit(four[at]), i >= 128) << i;
    EXPECT_TRUE(magnitude == 0x7F ? std::isnan(four[at]) : four[at] == by_definition(i, 3, 7)) << i;
    EXPECT_TRUE(magnitude > 0x7C    ? std::isnan(five[at])
                : magnitude == 0x7C ? std::isinf(five[at])
                                    : five[at] == by_definition(i, 2, 15))
        << i;
  }
}

TEST(SafetensorsRows, RoundToBf16WithTiesToEven) {
  const std::string bytes = matrices();
  const Safetensors file(bytes, "x");
  std::vector<std::uint16_t> out(6);
  file.read_rows_bf16(file.tensor("f32"), 0, 3, out.data());
  EXPECT_THAT(out, ElementsAre(0x3F80, 0xC000, 0x3F81, 0x3F82, 0x3F80, 0x714A));
  file.read_rows_bf16(file.tensor("f16"), 0, 3, out.data());
  EXPECT_THAT(out, ElementsAre(0x3F80, 0xC000, 0x3380, 0x4780, 0x7F80, 0x8000));
  file.read_rows_bf16(file.tensor("bf16"), 0, 3, out.data());
  EXPECT_THAT(out, ElementsAre(0x3F80, 0xC000, 0x0001, 0x7F7F, 0x7F80, 0x8000));
}

TEST(SafetensorsRows, MayBeAnyRange) {
  const std::string bytes = matrices();
  const Safetensors file(bytes, "x");
  std::vector<float> out(4);
  file.read_rows(file.tensor("f32"), 1, 2, out.data());
  EXPECT_THAT(out, ElementsAre(0x1.018p0f, 0x1.03p0f, 0x1.01p0f, 1e30f));
  file.read_rows(file.tensor("f32"), 3, 0, nullptr);
  file.read_rows(file.tensor("none"), 0, 0, nullptr);
  file.read_rows(file.tensor("scalar"), 0, 1, out.data());
  EXPECT_EQ(out[0], 2.5f);
  EXPECT_EQ(file.tensor("none").rows(), 0u);
  EXPECT_EQ(file.tensor("scalar").rows(), 1u);
  EXPECT_EQ(file.tensor("f32").row_length(), 2u);
}

TEST(SafetensorsRows, OutsideOrOfAnotherTypeAreRefused) {
  const std::string bytes = matrices();
  const Safetensors file(bytes, "x");
  float out[2];
  EXPECT_EQ(refusal([&] { file.read_rows(file.tensor("f32"), 2, 2, out); }),
            "x: tensor 'f32' has 3 rows, 2 asked for from row 2");
  EXPECT_NE(refusal([&] { file.read_rows(file.tensor("f32"), 4, ~0ull - 2, out); }), "");
  EXPECT_EQ(refusal([&] { file.read_rows(file.tensor("byte"), 0, 1, out); }),
            "x: tensor 'byte' is U8, expected F32, F16, BF16, F64, F8_E4M3 or F8_E5M2");
}

TEST(SafetensorsRows, OfF64AreRounded) {
  const std::string bytes = test::Bytes()
                                .string(R"({"f64":{"dtype":"F64","shape":[2,2],"data_offsets":[0,32]}})")
                                .put(0.1)
                                .put(1.0 + 0x1p-25)
                                .put(1e300)
                                .put(-0x1p-149)
                                .str();
  const Safetensors file(bytes, "x");
  std::vector<float> out(4);
  file.read_rows(file.tensor("f64"), 0, 2, out.data());
  EXPECT_THAT(out, ElementsAre(0.1f, 1.0f, INFINITY, -0x1p-149f));
  std::vector<std::uint16_t> half(2);
  file.read_rows_bf16(file.tensor("f64"), 1, 1, half.data());
  EXPECT_THAT(half, ElementsAre(0x7F80, 0x8000));
}

TEST(SafetensorsRows, AreReadByManyThreads) {
  constexpr std::uint64_t kRows = 64, kLength = 1000;
  std::vector<float> values(kRows * kLength);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  std::string bytes;
  write_safetensors(
      [&](const void* data, std::size_t size) { bytes.append(static_cast<const char*>(data), size); },
      {{"t", SafetensorsDtype::kF32, {kRows, kLength}, values.data(), values.size() * sizeof(float)}});
  const Safetensors file(bytes, "x");
  std::vector<float> out(values.size());
  std::vector<std::thread> threads;
  for (std::uint64_t part = 0; part < 4; ++part) {
    threads.emplace_back([&, part] {
      for (std::uint64_t row = part; row < kRows; row += 4) {
        file.read_rows(file.tensor("t"), row, 1, out.data() + row * kLength);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(out, values);
}

}  // namespace
}  // namespace gistmill::formats
