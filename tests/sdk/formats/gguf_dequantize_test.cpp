// The values that the GGUF reader gives: those of the reference implementation, bit for bit.
#include <gistmill/formats/gguf.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <gistmill/formats/safetensors.hpp>

#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::formats {
namespace {

using test::Bytes;
using test::refusal;
using testing::HasSubstr;

std::string one_tensor(GgufType type, const std::vector<std::uint64_t>& dims, std::string_view data) {
  return Bytes()
      .gguf_header(1, 0)
      .tensor("t", dims, static_cast<std::uint32_t>(type), 0)
      .pad(32)
      .raw(data)
      .str();
}

struct Type {
  GgufType type;
  const char* name;
  std::uint64_t elements;  // of a block
};
constexpr Type kTypes[] = {
    {GgufType::kF32, "F32", 1},       {GgufType::kF16, "F16", 1},        {GgufType::kBF16, "BF16", 1},
    {GgufType::kQ4_0, "Q4_0", 32},    {GgufType::kQ4_1, "Q4_1", 32},     {GgufType::kQ5_0, "Q5_0", 32},
    {GgufType::kQ5_1, "Q5_1", 32},    {GgufType::kQ8_0, "Q8_0", 32},     {GgufType::kQ2_K, "Q2_K", 256},
    {GgufType::kQ3_K, "Q3_K", 256},   {GgufType::kQ4_K, "Q4_K", 256},    {GgufType::kQ5_K, "Q5_K", 256},
    {GgufType::kQ6_K, "Q6_K", 256},   {GgufType::kIQ4_NL, "IQ4_NL", 32}, {GgufType::kIQ4_XS, "IQ4_XS", 256},
    {GgufType::kTQ1_0, "TQ1_0", 256}, {GgufType::kTQ2_0, "TQ2_0", 256},  {GgufType::kMXFP4, "MXFP4", 32}};

// Blocks and the floats that PyPI gguf makes of them (fixtures/make_dequantize.py), as a GGUF file of rows
// of two blocks.
class GgufDequantize : public testing::TestWithParam<Type> {
 protected:
  GgufDequantize()
      : fixtures_(std::string(GISTMILL_SOURCE_DIR) + "/tests/sdk/formats/fixtures/dequantize.safetensors"),
        blocks_(fixtures_.tensor(std::string(GetParam().name) + ".blocks")),
        rows_(static_cast<std::uint64_t>(blocks_.shape[0]) / 2),
        row_length_(2 * GetParam().elements),
        bytes_(one_tensor(GetParam().type, {row_length_, rows_}, blocks_.data)),
        file_(bytes_, "x.gguf"),
        tensor_(file_.tensor("t")) {
    const std::string_view values = fixtures_.tensor(std::string(GetParam().name) + ".values").data;
    expected_.resize(values.size() / sizeof(float));
    std::memcpy(expected_.data(), values.data(), values.size());
  }

  Safetensors fixtures_;
  const SafetensorsTensor& blocks_;
  std::uint64_t rows_, row_length_;
  std::string bytes_;
  Gguf file_;
  const GgufTensor& tensor_;
  std::vector<float> expected_;
};

void expect_same(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    // Which NaN arithmetic makes is not defined.
    if (std::isnan(expected[i])) {
      ASSERT_TRUE(std::isnan(found[i])) << i;
    } else {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(found[i]), std::bit_cast<std::uint32_t>(expected[i])) << i;
    }
  }
}

TEST_P(GgufDequantize, GivesExactlyWhatTheReferenceGives) {
  EXPECT_EQ(gguf_type_name(tensor_.type), GetParam().name);
  EXPECT_TRUE(gguf_dequantizes(tensor_.type));
  std::vector<float> values(tensor_.elements());
  file_.dequantize(tensor_, values.data());
  expect_same(values, expected_);
}

TEST_P(GgufDequantize, GivesAnyRangeOfRows) {
  std::vector<float> values(tensor_.elements());
  file_.dequantize_rows(tensor_, 0, 1, values.data());
  file_.dequantize_rows(tensor_, 1, 0, nullptr);
  file_.dequantize_rows(tensor_, 1, rows_ - 1, values.data() + row_length_);
  expect_same(values, expected_);
}

TEST_P(GgufDequantize, RoundsToBf16AsAFloatRounds) {
  std::vector<std::uint16_t> found(tensor_.elements());
  file_.dequantize_rows_bf16(tensor_, 0, 3, found.data());
  file_.dequantize_rows_bf16(tensor_, 3, rows_ - 3, found.data() + 3 * row_length_);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(found[i]) << 16);
    if (std::isnan(expected_[i])) {
      ASSERT_TRUE(std::isnan(value)) << i;
      continue;
    }
    // The even one of the neighbors at the same distance, else the nearest.
    const auto bits = std::bit_cast<std::uint32_t>(expected_[i]);
    const std::uint32_t rest = bits & 0xFFFF, down = bits >> 16;
    const bool up = rest > 0x8000 || (rest == 0x8000 && down % 2 == 1);
    ASSERT_EQ(found[i], down + up) << i;
  }
}

TEST_P(GgufDequantize, RefusesRowsThatCutABlock) {
  if (GetParam().elements == 1) return;  // cannot be cut
  const std::uint64_t row = GetParam().elements * 3 / 2;
  EXPECT_THAT(
      refusal([&] {
        Gguf(one_tensor(GetParam().type, {row, 2}, std::string(1000, '\0')), "x.gguf");
      }),
      HasSubstr("tensor 't' has rows of " + std::to_string(row) + " elements, expected a multiple of " +
                std::to_string(GetParam().elements) + " for " + GetParam().name));
}

INSTANTIATE_TEST_SUITE_P(Types, GgufDequantize, testing::ValuesIn(kTypes),
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
  const std::string bytes = one_tensor(GgufType::kF16, {65536}, data.str());
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

TEST(GgufDequantizeBf16, KeepsEveryBf16AndMakesNoInfinityOfANaN) {
  Bytes bf16, nans;
  for (unsigned bits = 0; bits < 65536; ++bits) bf16.put(static_cast<std::uint16_t>(bits));
  for (const std::uint32_t bits : {0x7F800001u, 0x7FFFFFFFu, 0xFFFFFFFFu, 0xFF800001u}) nans.put(bits);
  std::vector<std::uint16_t> out(65536);
  const std::string plain = one_tensor(GgufType::kBF16, {65536}, bf16.str());
  const Gguf all(plain, "x.gguf");
  all.dequantize_rows_bf16(all.tensor("t"), 0, 1, out.data());
  EXPECT_EQ(std::memcmp(out.data(), bf16.str().data(), bf16.size()), 0);

  const std::string floats = one_tensor(GgufType::kF32, {4}, nans.str());
  const Gguf file(floats, "x.gguf");
  file.dequantize_rows_bf16(file.tensor("t"), 0, 1, out.data());
  EXPECT_THAT(std::vector<std::uint16_t>(out.begin(), out.begin() + 4),
              testing::ElementsAre(0x7FC0, 0x7FFF, 0xFFFF, 0xFFC0));
}

TEST(GgufDequantizeRows, RefusesRowsPastTheEnd) {
  const std::string bytes = one_tensor(GgufType::kF32, {1, 4}, std::string(16, '\0'));
  const Gguf file(bytes, "x.gguf");
  float out[4];
  EXPECT_THAT(refusal([&] { file.dequantize_rows(file.tensor("t"), 3, 2, out); }),
              HasSubstr("2 rows from row 3 of tensor 't' asked for, it has 4"));
  std::uint16_t bf16[4];
  EXPECT_NE(refusal([&] { file.dequantize_rows_bf16(file.tensor("t"), 5, ~0ull - 3, bf16); }), "");
}

TEST(GgufTypes, OfOtherYearsAreNamedWithAWayOn) {
  struct {
    std::uint32_t number;
    const char* name;
  } constexpr kRemoved[] = {{4, "Q4_2"}, {31, "Q4_0_4_4"}, {33, "Q4_0_8_8"}, {38, "IQ4_NL_8_8"}};
  for (const auto& removed : kRemoved) {
    const std::string bytes = one_tensor(static_cast<GgufType>(removed.number), {32}, std::string(64, '\0'));
    EXPECT_THAT(refusal([&] { Gguf(bytes, "x.gguf"); }),
                HasSubstr("tensor 't' has type " + std::string(removed.name) +
                          ", which llama.cpp itself no longer reads; take the model in another type"));
  }
}

TEST(GgufTypes, ThatCannotBeDequantizedAreListedAndRefusedByName) {
  struct {
    std::uint32_t number;
    const char* name;
    std::uint64_t elements, bytes;
  } constexpr kOthers[] = {{16, "IQ2_XXS", 256, 66}, {29, "IQ1_M", 256, 56}, {40, "NVFP4", 64, 36}};
  for (const auto& other : kOthers) {
    const auto type = static_cast<GgufType>(other.number);
    const std::string bytes = one_tensor(type, {other.elements}, std::string(other.bytes, '\0'));
    const Gguf file(bytes, "x.gguf");
    EXPECT_EQ(file.tensor("t").bytes, other.bytes);
    EXPECT_FALSE(gguf_dequantizes(type));
    float out[256];
    const std::string message = refusal([&] { file.dequantize(file.tensor("t"), out); });
    EXPECT_THAT(message, HasSubstr("tensor 't' is " + std::string(other.name) + ", expected F32, F16, BF16"));
    EXPECT_THAT(message,
                HasSubstr("or convert it: llama-quantize --allow-requantize OLD.gguf NEW.gguf q8_0"));
  }
}

}  // namespace
}  // namespace gistmill::formats
