// What the JSON reader takes, gives and refuses, and how it says so.
#include <gistmill/formats/json.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include <gistmill/formats/torn.hpp>

#include "tests/sdk/formats/allocation_watch.hpp"
#include "tests/sdk/formats/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::formats {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::string refusal(std::string_view text, const JsonLimits& limits = {}) {
  return test::refusal([&] { parse_json(text, "c.json", limits); });
}

TEST(Json, GivesValuesOfEveryKind) {
  const json value =
      parse_json(R"( {"a": [1, -2, 1.5, true, false, null, "x", {}, []], "b": {"c": ""}} )", "x");
  EXPECT_EQ(value, json::parse(R"({"a":[1,-2,1.5,true,false,null,"x",{},[]],"b":{"c":""}})"));
}

TEST(Json, KeepsIntegersApartFromOtherNumbers) {
  EXPECT_TRUE(parse_json("7", "x").is_number_unsigned());
  EXPECT_TRUE(parse_json("-7", "x").is_number_integer());
  EXPECT_TRUE(parse_json("1e2", "x").is_number_float());
  EXPECT_TRUE(parse_json("1.0", "x").is_number_float());
  EXPECT_EQ(parse_json("18446744073709551615", "x"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_json("-9223372036854775808", "x"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_json("18446744073709551616", "x"), 18446744073709551616.0);
  EXPECT_EQ(parse_json("1e-05", "x"), 1e-5);
}

TEST(Json, ResolvesEscapes) {
  EXPECT_EQ(parse_json(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00\u0000")", "x").get<std::string>(),
            std::string("\"\\/\b\f\n\r\tA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\0", 19));
}

TEST(Json, SaysLineAndColumn) {
  EXPECT_EQ(refusal("{\n  \"a\": 1,\n  \"b\" 2}"), "c.json:3:7: is not JSON: '2' when it should be ':'");
  EXPECT_EQ(refusal(""), "c.json:1:1: is not JSON: the end when it should be a value");
}

TEST(Json, MayNotNameAKeyTwice) {
  EXPECT_THAT(refusal(R"({"a":1,"a":2})"), HasSubstr("key 'a' occurs twice"));
  EXPECT_THAT(refusal(R"({"a":1,"\u0061":2})"), HasSubstr("key 'a' occurs twice"));
  EXPECT_EQ(refusal(R"([{"a":1},{"a":2}])"), "");
}

TEST(Json, MayNotLieDeeperThanItsLimit) {
  JsonLimits limits;
  limits.depth = 3;
  EXPECT_EQ(refusal("[[[1]]]", limits), "");
  EXPECT_EQ(refusal("[[[[1]]]]", limits), "c.json:1:4: arrays and objects are nested more than 3 deep");
  EXPECT_THAT(refusal("[{\"a\":[{}]}]", limits), HasSubstr("more than 3 deep"));
  EXPECT_THAT(refusal(std::string(1 << 20, '[')), HasSubstr("more than 64 deep"));
}

TEST(Json, MayNotHaveMoreValuesThanItsLimit) {
  JsonLimits limits;
  limits.values = 3;
  EXPECT_EQ(refusal("[1,2]", limits), "");
  EXPECT_EQ(refusal("[1,2,3]", limits), "c.json:1:6: has more than 3 values");
}

TEST(Json, MayNotBeLongerThanItsLimit) {
  JsonLimits limits;
  limits.bytes = 3;
  EXPECT_EQ(refusal("[1]", limits), "");
  EXPECT_EQ(refusal("[12]", limits), "c.json: has 4 bytes, expected at most 3");
}

TEST(Json, ALongStringCostsNoMoreThanItsLength) {
  const std::string text = '"' + std::string(1 << 20, 'x') + '"';
  test::reset_allocations();
  EXPECT_EQ(parse_json(text, "x").get_ref<const std::string&>().size(), text.size() - 2);
  EXPECT_LE(test::largest_allocation(), text.size());
}

TEST(Json, CostsAtMost200BytesAValueBesideItsText) {
  constexpr std::size_t kValues = 100000;
  std::string empty_objects = "[{}", empty_arrays = "[[]", members = "{\"\":0";
  for (std::size_t i = 1; i < kValues; ++i) {
    empty_objects += ",{}";
    empty_arrays += ",[]";
    members += ",\"" + std::to_string(i) + "\":0";
  }
  for (const std::string& text : {empty_objects + "]", empty_arrays + "]", members + "}"}) {
    test::reset_allocations();
    EXPECT_EQ(parse_json(text, "x").size(), kValues);
    EXPECT_LE(test::most_allocated(), 200 * kValues + text.size()) << text.substr(0, 20);
  }
}

struct Wrong {
  const char* name;
  std::string text;
  const char* message;
};

class JsonRefuses : public ::testing::TestWithParam<Wrong> {};

TEST_P(JsonRefuses, AndSaysWhy) { EXPECT_THAT(refusal(GetParam().text), HasSubstr(GetParam().message)); }

INSTANTIATE_TEST_SUITE_P(
    Text, JsonRefuses,
    ::testing::Values(
        Wrong{"Nothing", " ", "the end when it should be a value"},
        Wrong{"ByteOrderMark", "\xEF\xBB\xBF{}", "'\\xef' when it should be a value"},
        Wrong{"NulByte", std::string("[1\0]", 4), "'\\x00' when it should be ']'"},
        Wrong{"TextAfterTheEnd", "{} x", "'x' when it should be the end"},
        Wrong{"TwoValues", "1 2", "'2' when it should be the end"},
        Wrong{"Comment", "[1, /* */ 2]", "'/' when it should be a value"},
        Wrong{"TrailingComma", "[1,]", "']' when it should be a value"},
        Wrong{"TrailingCommaInObject", "{\"a\":1,}", "'}' when it should be '\"'"},
        Wrong{"MissingComma", "[1 2]", "'2' when it should be ']'"},
        Wrong{"UnclosedArray", "[1", "the end when it should be ']'"},
        Wrong{"UnclosedObject", "{\"a\":1", "the end when it should be '}'"},
        Wrong{"WrongBracket", "[1}", "'}' when it should be ']'"},
        Wrong{"BareKey", "{a:1}", "'a' when it should be '\"'"},
        Wrong{"NumberAsKey", "{1:1}", "'1' when it should be '\"'"},
        Wrong{"SingleQuotes", "['a']", "''' when it should be a value"},
        Wrong{"MissingColon", "{\"a\" 1}", "'1' when it should be ':'"},
        Wrong{"MissingValue", "{\"a\":}", "'}' when it should be a value"},
        Wrong{"LeadingZero", "01", "'1' when it should be the end"},
        Wrong{"LeadingPlus", "+1", "'+' when it should be a value"},
        Wrong{"LeadingDot", ".5", "'.' when it should be a value"},
        Wrong{"TrailingDot", "[1.]", "']' when it should be a digit"},
        Wrong{"LoneMinus", "[-]", "']' when it should be a digit"},
        Wrong{"EmptyExponent", "[1e]", "']' when it should be a digit"},
        Wrong{"SignedEmptyExponent", "1e+", "the end when it should be a digit"},
        Wrong{"Hexadecimal", "[0x10]", "'x' when it should be ']'"},
        Wrong{"NotANumber", "NaN", "NaN, which Python writes; put null or a number in its place"},
        Wrong{"Infinity", "[-Infinity]", ":1:3: is not JSON: Infinity, which Python writes"},
        Wrong{"TooGreat", "[1e999]", "number '1e999' does not fit a double"},
        Wrong{"HalfAWord", "tru", "when it should be true, false or null"},
        Wrong{"LongWord", "nulls", "'s' when it should be the end"},
        Wrong{"UnclosedString", "\"abc", "the end when it should be '\"'"},
        Wrong{"NewlineInAString", "\"a\nb\"", "escaped, as control characters are"},
        Wrong{"UnknownEscape", R"("\x41")", "'x' when it should be one of"},
        Wrong{"UnclosedEscape", "\"\\", "the end when it should be one of"},
        Wrong{"ShortUnicodeEscape", R"("\u12")", "'\"' when it should be a hexadecimal digit"},
        Wrong{"UnicodeEscapeOfLetters", R"("\u12g4")", "'g' when it should be a hexadecimal digit"},
        Wrong{"LoneHighSurrogate", R"("\ud800")", "half a surrogate pair"},
        Wrong{"LoneLowSurrogate", R"("\udc00")", "half a surrogate pair"},
        Wrong{"TwoHighSurrogates", R"("\ud800\ud800")", "half a surrogate pair"},
        Wrong{"Latin1", "\"\xE9\"", "when it should be UTF-8"},
        Wrong{"ContinuationAlone", "\"\x80\"", "when it should be UTF-8"},
        Wrong{"OverlongSlash", "\"\xC0\xAF\"", "when it should be UTF-8"},
        Wrong{"OverlongInThreeBytes", "\"\xE0\x80\xAF\"", "when it should be UTF-8"},
        Wrong{"SurrogateInUtf8", "\"\xED\xA0\x80\"", "when it should be UTF-8"},
        Wrong{"PastUnicode", "\"\xF4\x90\x80\x80\"", "when it should be UTF-8"},
        Wrong{"CutInACharacter", "\"\xE2\x82", "when it should be UTF-8"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(JsonFile, NamesItself) {
  const gistmill::testing::ScratchFolder folder;
  const auto path = folder / "test.json";
  std::ofstream(path) << "{\"layers\": 2}";
  EXPECT_EQ(read_json_file(path).at("layers"), 2);
  std::ofstream(path) << "{";
  EXPECT_EQ(test::refusal([&] { read_json_file(path); }),
            path.string() + ":1:2: is not JSON: the end when it should be '\"'" + kTorn);
  std::filesystem::remove(path);
  EXPECT_THAT(test::refusal([&] { read_json_file(path); }), HasSubstr("cannot open"));
}

}  // namespace
}  // namespace gistmill::formats
