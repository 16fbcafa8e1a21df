// What the GGUF reader says to files that are wrong: what each field may be, then every truncation and every
// single flipped bit. Known defects of other readers are in gguf_regression_test.cpp.
#include <gistmill/formats/gguf.hpp>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sdk/formats/allocation_watch.hpp"
#include "tests/sdk/formats/damaged_files.hpp"
#include "tests/sdk/formats/malformed_gguf.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::formats {
namespace {

using test::Bytes;
using testing::HasSubstr;

using test::kBool, test::kF32, test::kI8, test::kString, test::kU32;
using test::parsing;

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

// ---- What a field may be

TEST(GgufTensorTable, RefusesRowsThatCutABlock) {
  EXPECT_THAT(parsing(Bytes().gguf_header(1, 0).tensor("t", {33}, 3, 0)),
              HasSubstr("has rows of 33 elements, expected a multiple of 32 for Q4_1"));
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

TEST(GgufHeader, MustHaveVersion3) {
  EXPECT_EQ(parsing(Bytes().gguf_header(0, 0, 2)), "") << "laid out as version 3";
  EXPECT_EQ(parsing(Bytes().gguf_header(0, 0, 1)), "x.gguf: byte 4: has GGUF version 1, expected 2 or 3");
  EXPECT_THAT(parsing(Bytes().gguf_header(0, 0, 0x03000000)), HasSubstr("is a big-endian GGUF file"));
}

// ---- Every type of value and tensor, cut, and every field at its edges

struct Malformed {
  std::string name, bytes, message;
};
void PrintTo(const Malformed& malformed, std::ostream* out) { *out << malformed.name; }

class GgufRefuses : public testing::TestWithParam<Malformed> {};

TEST_P(GgufRefuses, AndSaysWhy) {
  // A copy of exactly its size, so that AddressSanitizer sees every byte read past the end.
  const std::vector<char> copy(GetParam().bytes.begin(), GetParam().bytes.end());
  test::reset_allocations();
  EXPECT_THAT(parsing(std::string_view(copy.data(), copy.size())), HasSubstr(GetParam().message));
  EXPECT_LT(test::largest_allocation(), 2 * copy.size() + 4096);
}

std::string name_of(const testing::TestParamInfo<Malformed>& test) { return test.param.name; }

// A value of each type that lacks its last byte, alone and as the second of an array.
std::vector<Malformed> cut_values() {
  constexpr std::size_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 8, 0, 8, 8, 8};
  std::vector<Malformed> cases;
  for (std::uint32_t type = 0; type < 13; ++type) {
    if (type == test::kArray) continue;
    const std::string number = std::to_string(type), cut(kSizes[type] - 1, '\0');
    cases.push_back({"ValueOfType" + number, Bytes().gguf_header(0, 1).string("key").put(type).raw(cut).str(),
                     type == kString ? "string needs 8 bytes" : "value needs"});
    cases.push_back({"ArrayOfType" + number,
                     Bytes()
                         .gguf_header(0, 1)
                         .array_entry("k", type, 2)
                         .raw(std::string(kSizes[type], '\0'))
                         .raw(cut)
                         .str(),
                     "array length is 2"});
  }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(CutValues, GgufRefuses, testing::ValuesIn(cut_values()), name_of);

struct BlockSize {
  std::uint32_t type, elements, bytes;
};
constexpr BlockSize kBlocks[] = {
    {0, 1, 4},     {1, 1, 2},      {2, 32, 18},    {3, 32, 20},    {6, 32, 22},    {7, 32, 24},
    {8, 32, 34},   {10, 256, 84},  {11, 256, 110}, {12, 256, 144}, {13, 256, 176}, {14, 256, 210},
    {16, 256, 66}, {17, 256, 74},  {18, 256, 98},  {19, 256, 50},  {20, 32, 18},   {21, 256, 110},
    {22, 256, 82}, {23, 256, 136}, {24, 1, 1},     {25, 1, 2},     {26, 1, 4},     {27, 1, 8},
    {28, 1, 8},    {29, 256, 56},  {30, 1, 2},     {34, 256, 54},  {35, 256, 66},  {39, 32, 17},
    {40, 64, 36},  {41, 128, 18}};

// A tensor of each type whose data lacks its last byte, whose row cuts a block, and whose size overflows.
std::vector<Malformed> cut_tensors() {
  std::vector<Malformed> cases;
  for (const auto& [type, elements, bytes] : kBlocks) {
    const std::string number = std::to_string(type);
    cases.push_back({"DataOfType" + number,
                     Bytes()
                         .gguf_header(1, 0)
                         .tensor("t", {elements, 3}, type, 0)
                         .pad(32)
                         .raw(std::string(3 * bytes - 1, '\0'))
                         .str(),
                     "tensor 't' needs bytes 0 to " + std::to_string(3 * bytes)});
    if (elements > 1) {
      for (const std::uint64_t row : {1ull, elements - 1ull, elements + 1ull, ~0ull >> 1}) {
        cases.push_back({"RowOf" + std::to_string(row) + "OfType" + number,
                         Bytes().gguf_header(1, 0).tensor("t", {row}, type, 0).pad(32).str(),
                         "has rows of " + std::to_string(row)});
      }
    }
    if (bytes > elements) {
      const std::uint64_t rows = (~0ull >> 1) / elements;
      cases.push_back({"SizeOfType" + number,
                       Bytes().gguf_header(1, 0).tensor("t", {elements, rows, 1, 1}, type, 0).pad(32).str(),
                       "more bytes than a 63-bit number"});
    }
  }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(CutTensors, GgufRefuses, testing::ValuesIn(cut_tensors()), name_of);

// Counts, lengths and offsets at the edges of what 8 bytes hold.
std::vector<Malformed> edges() {
  std::vector<Malformed> cases;
  for (const int shift : {8, 16, 31, 32, 40, 62, 63}) {
    const std::uint64_t value = 1ull << shift;
    const std::string number = std::to_string(shift);
    const std::string text = std::to_string(value);
    cases.push_back(
        {"TensorCountOf2To" + number, Bytes().gguf_header(value, 0).str(), "tensor count is " + text});
    cases.push_back(
        {"EntryCountOf2To" + number, Bytes().gguf_header(0, value).str(), "metadata count is " + text});
    cases.push_back({"KeyOf2To" + number, Bytes().gguf_header(0, 1).put(value).raw("0123456789").str(),
                     "metadata key of " + text});
    cases.push_back({"NameOf2To" + number,
                     Bytes().gguf_header(1, 0).put(value).raw(std::string(20, 'a')).str(),
                     "tensor name of " + text});
    cases.push_back({"ArrayOf2To" + number, Bytes().gguf_header(0, 1).array_entry("k", kU32, value).str(),
                     "array length is " + text});
    cases.push_back({"OffsetOf2To" + number,
                     Bytes().gguf_header(1, 0).tensor("t", {1}, kF32, value).pad(32).raw("0123").str(),
                     "has offset " + text + " when it should be 0"});
  }
  for (const std::uint32_t rank : {5u, 6u, 255u, 65536u, 0x80000000u, 0xFFFFFFFFu}) {
    cases.push_back({"RankOf" + std::to_string(rank),
                     Bytes().gguf_header(1, 0).string("t").put(rank).raw(std::string(80, '\1')).str(),
                     "has " + std::to_string(rank) + " dimensions"});
  }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Edges, GgufRefuses, testing::ValuesIn(edges()), name_of);

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

TEST(GgufFile, CutAnywhereIsRefused) { test::expect_refused_when_cut(small_file(), is_read_alone); }

TEST(GgufFile, WithAnyBitFlippedIsReadOrRefusedAtNoCost) {
  EXPECT_GT(test::refused_with_a_bit_flipped(small_file(), is_read_alone), 1000);
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
