// What the safetensors writer writes and the reader reads back.
#include <gistmill/formats/safetensors.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <gistmill/dtype.hpp>
#include <gistmill/formats/digest.hpp>

#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::formats {
namespace {

using test::refusal;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string written(std::vector<SafetensorsItem> items,
                    const std::map<std::string, std::string>& metadata = {}) {
  std::string bytes;
  write_safetensors(
      [&](const void* data, std::size_t size) { bytes.append(static_cast<const char*>(data), size); },
      std::move(items), metadata);
  return bytes;
}

template <class T>
SafetensorsItem item(const char* name, SafetensorsDtype dtype, std::vector<std::int64_t> shape,
                     const std::vector<T>& values) {
  return {name, dtype, std::move(shape), values.data(), values.size() * sizeof(T)};
}

const std::vector<std::int64_t> kBias{1, 2};
const std::vector<float> kWeight{0, 1, 2, 3, 4, 5};
const std::vector<float> kScalar{2.5f};
const std::vector<std::uint8_t> kFlags{1, 0, 1};
const std::vector<std::uint16_t> kHalf{0x3C00, 0x4000};
const std::vector<float> kEmpty;

std::vector<SafetensorsItem> sample() {
  return {item("weight", SafetensorsDtype::kF32, {2, 3}, kWeight),
          item("flags", SafetensorsDtype::kBool, {3}, kFlags),
          item("empty", SafetensorsDtype::kF32, {0, 3}, kEmpty),
          item("half", SafetensorsDtype::kF16, {2}, kHalf),
          item("b.bias", SafetensorsDtype::kI64, {2}, kBias),
          item("a.scalar", SafetensorsDtype::kF32, {}, kScalar)};
}

// Golden values: PyPI safetensors, safetensors.numpy.save, of the same tensors.
TEST(SafetensorsWriter, WritesWhatTheReferenceWrites) {
  EXPECT_EQ(sha256_hex(written(sample())),
            "fd435dd16ee5598d8456c82b7c884be40a9c4badb03bc116410fe18f4ed9d3dc");
  EXPECT_EQ(sha256_hex(written(sample(), {{"recipe", "0f"}, {"author", "x \"q\" \xC3\xA9"}})),
            "2a089ed2fd3f99aedfcbbcc1231378fcb1dc3767a8bc9f5f3a57ca5374bb701f");
}

TEST(SafetensorsWriter, GivesTheSameBytesWhateverTheOrder) {
  auto items = sample();
  const std::string bytes = written(items);
  std::reverse(items.begin(), items.end());
  EXPECT_EQ(written(items), bytes);
}

TEST(SafetensorsWriter, AlignsTheDataTo8Bytes) {
  const std::string bytes = written(sample());
  EXPECT_EQ((bytes.size() - 51) % 8, 0u);
}

TEST(SafetensorsFile, KeepsTensorsAndMetadata) {
  const std::string bytes = written(sample(), {{"recipe", "0f"}});
  const Safetensors file(bytes, "x.safetensors");
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"recipe", "0f"}}));
  ASSERT_EQ(file.tensors().size(), 6u);
  const SafetensorsTensor& weight = file.tensor("weight");
  EXPECT_EQ(weight.dtype, SafetensorsDtype::kF32);
  EXPECT_THAT(weight.shape, ElementsAre(2, 3));
  EXPECT_EQ(weight.data, std::string_view(reinterpret_cast<const char*>(kWeight.data()), 24));
  EXPECT_THAT(file.tensor("a.scalar").shape, IsEmpty());
  EXPECT_THAT(file.tensor("empty").data, IsEmpty());
  EXPECT_EQ(file.find("nothing"), nullptr);
  EXPECT_EQ(refusal([&] { file.tensor("nothing"); }), "x.safetensors: has no tensor 'nothing' among its 6");
}

TEST(SafetensorsFile, KeepsNotANumber) {
  const std::vector<float> values{std::numeric_limits<float>::quiet_NaN()};
  const std::string bytes = written({item("t", SafetensorsDtype::kF32, {1}, values)});
  EXPECT_EQ(Safetensors(bytes, "x").tensor("t").data,
            std::string_view(reinterpret_cast<const char*>(values.data()), 4));
}

TEST(SafetensorsFile, MayHoldNothing) {
  const std::string bytes = written({});
  EXPECT_THAT(Safetensors(bytes, "x").tensors(), IsEmpty());
}

TEST(SafetensorsWriter, RefusesWhatNoReaderWouldTake) {
  const std::vector<float> values(4);
  const auto one = [&](const char* name, std::vector<std::int64_t> shape) {
    return refusal([&] { written({item(name, SafetensorsDtype::kF32, std::move(shape), values)}); });
  };
  EXPECT_EQ(one("t", {2}),
            "cannot write safetensors: tensor 't' has 16 bytes when its shape and dtype F32 need 8");
  EXPECT_THAT(one("t", {-1}), HasSubstr("more bytes than a 63-bit number can count"));
  EXPECT_THAT(one("__metadata__", {4}), HasSubstr("a name that the format reserves"));
  EXPECT_THAT(one("\xff", {4}), HasSubstr("a name or metadata is not UTF-8"));
  const auto t = item("t", SafetensorsDtype::kF32, {4}, values);
  EXPECT_THAT(refusal([&] { written({t, t}); }), HasSubstr("tensor 't' is given twice"));
}

TEST(SafetensorsWriter, WritesNothingOfWhatItRefuses) {
  int calls = 0;
  const std::vector<float> values(4);
  EXPECT_THROW(write_safetensors([&](const void*, std::size_t) { ++calls; },
                                 {item("a", SafetensorsDtype::kF32, {4}, values),
                                  item("b", SafetensorsDtype::kF32, {5}, values)}),
               FormatError);
  EXPECT_EQ(calls, 0);
}

// A checkpoint saves each of them.
TEST(SafetensorsDtypes, HaveEveryElementTypeOfTheAbi) {
  for (const Dtype& dtype : kDtypes) {
    const auto saved = safetensors_dtype(dtype.safetensors);
    ASSERT_TRUE(saved) << dtype.name;
    EXPECT_EQ(safetensors_dtype_name(*saved), dtype.safetensors);
    EXPECT_EQ(safetensors_dtype_size(*saved), dtype.bytes()) << dtype.name;
  }
  EXPECT_FALSE(safetensors_dtype("F128"));
}

}  // namespace
}  // namespace gistmill::formats
