// The rules of safetensors, each broken in every way that its reference implementation or an audit of it
// knew, then the edges of numbers, strings and JSON in a header.
#include <gistmill/formats/safetensors.hpp>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sdk/formats/allocation_watch.hpp"
#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::formats {
namespace {

using testing::HasSubstr;

std::string file(std::string_view header, std::size_t data = 0) {
  return test::Bytes().string(header).raw(std::string(data, '\1')).str();
}

std::string parsing(std::string_view bytes) {
  return test::refusal([&] { Safetensors(bytes, "x"); });
}

// ---- One test a rule of the format

TEST(SafetensorsRegression, BoundsTheHeader) {
  for (const std::uint64_t length : {100000001ull, 1ull << 32, 1ull << 63, ~0ull, ~0ull - 7}) {
    const std::string bytes = test::Bytes().put(length).raw("{}").str();
    EXPECT_THAT(parsing(bytes),
                HasSubstr("header length is " + std::to_string(length) + ", expected at most 100000000"));
  }
}

TEST(SafetensorsRegression, RefusesAPolyglotWithBytesBeforeTheHeader) {
  EXPECT_THAT(parsing(file("PK\3\4{}")), HasSubstr("header starts with 'P' when it should start with '{'"));
  EXPECT_THAT(parsing(file("\xEF\xBB\xBF{}")), HasSubstr("header starts with '\\xef'"));
}

TEST(SafetensorsRegression, RefusesAPolyglotWithBytesAfterTheData) {
  EXPECT_THAT(parsing(file(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 9)),
              HasSubstr("file has 8 bytes after its last tensor, expected none"));
}

TEST(SafetensorsRegression, RefusesAPolyglotInAHole) {
  EXPECT_THAT(parsing(file(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}})", 9)),
              HasSubstr("starts at 8 of the data when it should start at 0"));
}

TEST(SafetensorsRegression, RefusesAPolyglotAfterTheJsonOfTheHeader) {
  EXPECT_THAT(parsing(file("{}PK\3\4")), HasSubstr("is not JSON: 'P' when it should be the end"));
  EXPECT_THAT(parsing(file(std::string("{}\0", 3))), HasSubstr("is not JSON: '\\x00'"));
}

TEST(SafetensorsRegression, RefusesNamesThatOccurTwiceHoweverTheyAreWritten) {
  const std::string empty = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  for (const char* again : {"t", "\\u0074"}) {
    EXPECT_THAT(parsing(file("{\"t\":" + empty + ",\"" + again + "\":" + empty + "}")),
                HasSubstr("name 't' occurs twice"));
  }
}

TEST(SafetensorsRegression, RefusesShapesThatOverflow) {
  for (const char* shape : {"[4294967296,4294967296]", "[9223372036854775807,9223372036854775807]",
                            "[9223372036854775807,2,0]", "[2305843009213693952]"}) {
    EXPECT_THAT(
        parsing(file(R"({"t":{"dtype":"F64","data_offsets":[0,0],"shape":)" + std::string(shape) + "}}")),
        HasSubstr("more bytes than a 63-bit number can count"));
  }
}

TEST(SafetensorsRegression, TakesEmptyTensorsAndScalars) {
  EXPECT_EQ(parsing(file(R"({"t":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4)), "");
  EXPECT_EQ(parsing(file(R"({"t":{"dtype":"U8","shape":[3,0,2],"data_offsets":[0,0]}})")), "");
}

// ---- Memory

// The costliest header for its length that there is: short names, single digits, all the dimensions.
std::string costly_header(std::size_t tensors, const std::string& shape) {
  std::string header = "{";
  for (std::size_t i = 0; i < tensors; ++i) {
    header += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":)" + shape +
              R"(,"data_offsets":[0,0]})";
  }
  return header + "}";
}

TEST(SafetensorsRegression, CostsAtMostTwiceTheFileWhateverItHolds) {
  const std::vector<std::string> headers = {
      costly_header(50000, "[0]"),
      costly_header(50000, "[0,1,1,1,1,1,1,1]"),
      "{\"" + std::string(5000000, 'x') + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
      "{\"\\n" + std::string(5000000, 'x') + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
      "{\"__metadata__\":{\"x\":\"" + std::string(5000000, 'x') + "\"}}",
      "{\"__metadata__\":{\"" + std::string(5000000, 'x') + "\":\"\"}}"};
  for (const std::string& header : headers) {
    const std::string bytes = file(header);
    test::reset_allocations();
    EXPECT_EQ(parsing(bytes), "");
    EXPECT_LE(test::most_allocated(), 2 * bytes.size() + (1 << 20)) << header.substr(0, 80);
  }
}

TEST(SafetensorsRegression, BoundsTheEntriesOfMetadata) {
  std::string header = "{\"__metadata__\":{\"k\":\"\"";
  for (int i = 0; i < 1024; ++i) header += ",\"" + std::to_string(i) + "\":\"\"";
  EXPECT_THAT(parsing(file(header + "}}")), HasSubstr("has more than 1024 entries of metadata"));
}

// ---- Edges of the header's JSON

struct Malformed {
  std::string name, header, message;
  std::size_t data = 0;
};
void PrintTo(const Malformed& malformed, std::ostream* out) { *out << malformed.name; }

class SafetensorsRefuses : public testing::TestWithParam<Malformed> {};

TEST_P(SafetensorsRefuses, AndSaysWhy) {
  // A copy of exactly its size, so that AddressSanitizer sees every byte read past the end.
  const std::string bytes = file(GetParam().header, GetParam().data);
  const std::vector<char> copy(bytes.begin(), bytes.end());
  EXPECT_THAT(parsing({copy.data(), copy.size()}), HasSubstr(GetParam().message));
}

std::string name_of(const testing::TestParamInfo<Malformed>& test) { return test.param.name; }

// A tensor with one field of this text, the others being right.
std::string with(const std::string& field, const std::string& value) {
  std::string header = "{\"t\":{";
  for (const auto& [name, right] : std::vector<std::pair<std::string, std::string>>{
           {"dtype", "\"U8\""}, {"shape", "[1]"}, {"data_offsets", "[0,1]"}}) {
    header += (header.back() == '{' ? "\"" : ",\"") + name + "\":" + (name == field ? value : right);
  }
  return header + "}}";
}

std::vector<Malformed> wrong_fields() {
  std::vector<Malformed> cases;
  const auto add = [&](const char* name, const char* field, const char* value, const char* message) {
    cases.push_back({std::string(field) + name, with(field, value), message, 1});
  };
  for (const char* field : {"dtype", "shape", "data_offsets"}) {
    for (const auto& [name, value] : {std::pair{"Null", "null"}, std::pair{"True", "true"},
                                      std::pair{"Object", "{}"}, std::pair{"Number", "1"}}) {
      add(name, field, value, "when it should be ");
    }
    add("Nothing", field, "", "is not JSON");
    add("Cut", field, "[", "when it should be ");
  }
  for (const char* dtype :
       {"f32", "F31", "", "U8 ", "F8", "C64", "F4", "BOOLEAN", "U8\\u0000", "\\u0055\\u0039"}) {
    cases.push_back({"UnknownDtype" + std::to_string(cases.size()),
                     with("dtype", '"' + std::string(dtype) + '"'), "has unknown dtype", 1});
  }
  for (const char* shape : {"[-1]", "[1.0]", "[1e0]", "[\"1\"]", "[null]", "[[1]]", "[{}]",
                            "[18446744073709551616]", "[99999999999999999999999]", "[-0]", "[true]"}) {
    cases.push_back({"Shape" + std::to_string(cases.size()), with("shape", shape),
                     "in shape when it should be an unsigned integer", 1});
  }
  for (const char* shape :
       {"[01]", "[+1]", "[1,]", "[,1]", "[1 1]", "[0x1]", "[1.]", "[.1]", "[1e]", "[NaN]"}) {
    cases.push_back({"ShapeText" + std::to_string(cases.size()), with("shape", shape), "is not JSON", 1});
  }
  for (const char* offsets :
       {"[-1,0]", "[0,1.0]", "[0,\"1\"]", "[0,null]", "[0,[1]]", "[0,18446744073709551616]"}) {
    cases.push_back({"Offsets" + std::to_string(cases.size()), with("data_offsets", offsets),
                     "in data_offsets when it should be an unsigned integer", 1});
  }
  for (const auto& [name, offsets] :
       {std::pair{"None", "[]"}, std::pair{"One", "[0]"}, std::pair{"Three", "[0,1,1]"}}) {
    cases.push_back(
        {std::string("Offsets") + name, with("data_offsets", offsets), " data_offsets, expected 2", 1});
  }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Fields, SafetensorsRefuses, testing::ValuesIn(wrong_fields()), name_of);

// Each dtype with a byte too few and a byte too many.
std::vector<Malformed> wrong_sizes() {
  std::vector<Malformed> cases;
  for (int i = 0; i <= static_cast<int>(SafetensorsDtype::kU64); ++i) {
    const auto dtype = static_cast<SafetensorsDtype>(i);
    const std::size_t right = 3 * safetensors_dtype_size(dtype);
    for (const std::size_t size : {right - 1, right + 1}) {
      cases.push_back({std::string(safetensors_dtype_name(dtype)) + (size < right ? "TooFew" : "TooMany"),
                       std::string(R"({"t":{"shape":[3],"dtype":")") + safetensors_dtype_name(dtype) +
                           R"(","data_offsets":[0,)" + std::to_string(size) + "]}}",
                       "need " + std::to_string(right), size});
    }
  }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Sizes, SafetensorsRefuses, testing::ValuesIn(wrong_sizes()), name_of);

std::vector<Malformed> wrong_names() {
  const std::string right = R"(":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  std::vector<Malformed> cases;
  for (const char* name : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\\x", "\\u12",
                           "\\ud800", "\\udc00", "\\ud800\\u0041", "a\nb", "\t"}) {
    cases.push_back(
        {"Name" + std::to_string(cases.size()), "{\"" + std::string(name) + right, "is not JSON", 1});
  }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Names, SafetensorsRefuses, testing::ValuesIn(wrong_names()), name_of);

}  // namespace
}  // namespace gistmill::formats
