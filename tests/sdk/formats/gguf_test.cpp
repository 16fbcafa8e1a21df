// What the GGUF reader gives for files that are right.
#include <gistmill/formats/gguf.hpp>

#include <cstdint>
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
