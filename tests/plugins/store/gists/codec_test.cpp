// Gists in each precision of a store: exact where they can be, and within the step of the precision.
#include "plugins/store/gists/codec.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace gistmill::gists {
namespace {

TEST(GistHalves, AreTheSameAfterTheWayThere) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = float_of_half(half);
    if (std::isnan(value)) continue;
    ASSERT_EQ(half_of(value), half) << bits;
  }
}

TEST(GistHalves, RoundToTheNearestAndTiesToEven) {
  EXPECT_EQ(float_of_half(half_of(1.0f + 1.0f / 2048)), 1.0f);
  EXPECT_EQ(float_of_half(half_of(1.0f + 3.0f / 2048)), 1.0f + 4.0f / 2048);
  EXPECT_EQ(float_of_half(half_of(65519.0f)), 65504.0f);
  EXPECT_TRUE(std::isinf(float_of_half(half_of(65520.0f))));
  EXPECT_EQ(half_of(std::ldexp(1.0f, -25)), 0);
  EXPECT_EQ(half_of(std::ldexp(1.5f, -25)), 1);
}

TEST(GistBfloats, RoundToTheNearestAndTiesToEven) {
  EXPECT_EQ(float_of_bfloat(bfloat_of(-2.5f)), -2.5f);
  EXPECT_EQ(float_of_bfloat(bfloat_of(1.0f + 1.0f / 256)), 1.0f);
  EXPECT_EQ(float_of_bfloat(bfloat_of(1.0f + 3.0f / 256)), 1.0f + 4.0f / 256);
}

TEST(GistCodes, AreHalfAStepOffAtMost) {
  const Shape shape = {1, 2, 5, 1, Precision::int8};
  const std::vector<float> values = {1, -0.3f, 0.01f, 0, 0.7f, 0, 0, 0, 0, 0};
  std::vector<char> stored(10);
  std::vector<char> scale(2 * sizeof(float));
  std::vector<float> back(10);
  ASSERT_TRUE(encode_gists(shape, values.data(), stored.data(), scale.data()));
  decode_gists(shape, stored.data(), scale.data(), back.data());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(back[i], values[i], 0.5001f / 127) << i;
  EXPECT_EQ(back[0], 1.0f);
}

// 34 numbers are two groups, of which each has its own scale; an odd gist ends in half a byte.
TEST(GistNibbles, AreHalfAStepOffTheirGroupAtMost) {
  const Shape shape = {1, 2, 35, 1, Precision::int4};
  ASSERT_EQ(shape.code_bytes(), 18u);
  ASSERT_EQ(shape.scale_bytes(), 4u);
  std::vector<float> values;
  for (int i = 0; i < 70; ++i)
    values.push_back(std::sin(1.7f * static_cast<float>(i)) * (i % 35 < 32 ? 1 : 0.01f));
  std::vector<char> stored(2 * shape.code_bytes());
  std::vector<char> scale(2 * shape.scale_bytes());
  std::vector<float> back(values.size());
  ASSERT_TRUE(encode_gists(shape, values.data(), stored.data(), scale.data()));
  decode_gists(shape, stored.data(), scale.data(), back.data());
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(back[i], values[i], (i % 35 < 32 ? 1 : 0.01f) * 0.501f / 7) << i;
}

TEST(GistNibbles, HoldTheLargestOfAGroupAndZero) {
  const Shape shape = {1, 1, 4, 1, Precision::int4};
  const std::vector<float> values = {-7, 3, 0, 1};
  char stored[2];
  char scale[2];
  std::vector<float> back(4);
  ASSERT_TRUE(encode_gists(shape, values.data(), stored, scale));
  decode_gists(shape, stored, scale, back.data());
  EXPECT_EQ(back, values);
  const std::vector<float> zeros(4, 0);
  ASSERT_TRUE(encode_gists(shape, zeros.data(), stored, scale));
  decode_gists(shape, stored, scale, back.data());
  EXPECT_EQ(back, zeros);
}

TEST(GistCodes, RefuseWhatIsNoNumber) {
  for (const Precision precision :
       {Precision::f32, Precision::f16, Precision::bf16, Precision::int8, Precision::int4}) {
    const Shape shape = {1, 1, 1, 1, precision};
    char stored[4];
    char scale[4];
    float value = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(encode_gists(shape, &value, stored, scale)) << precision_name(precision);
    value = std::numeric_limits<float>::infinity();
    EXPECT_FALSE(encode_gists(shape, &value, stored, scale)) << precision_name(precision);
    value = 1e6f;  // which a half cannot hold, nor can a scale of int4 its seventh
    EXPECT_EQ(encode_gists(shape, &value, stored, scale),
              precision != Precision::f16 && precision != Precision::int4);
  }
}

}  // namespace
}  // namespace gistmill::gists
