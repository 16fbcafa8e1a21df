// Values as TOML on one line: what explain, plan and the lock show, and what TOML reads back.
#include "host/recipe/value.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "host/recipe/toml.hpp"

namespace gistmill {
namespace {

std::string text_of(Value::Data data) { return Value(std::move(data), {}).text(); }

TEST(ValueText, IsToml) {
  EXPECT_EQ(text_of(true), "true");
  EXPECT_EQ(text_of(std::int64_t{-3}), "-3");
  EXPECT_EQ(text_of(0.25), "0.25");
  EXPECT_EQ(text_of(std::string("a \"b\"\\\n\t\x01 é")), R"("a \"b\"\\\n\t\u0001 é")");
  EXPECT_EQ(text_of(Value::List{Value(std::int64_t{1}, {}), Value(2.0, {})}), "[1, 2.0]");
  EXPECT_EQ(text_of(Value::Table{{"a", Value(true, {})}, {"b c", Value(Value::List{}, {})}}),
            "{ a = true, \"b c\" = [] }");
  EXPECT_EQ(text_of(Value::Table{}), "{}");
}

TEST(ValueText, KeepsFloatsFloatsAndExact) {
  EXPECT_EQ(text_of(1.0), "1.0");
  EXPECT_EQ(text_of(1e-4), "0.0001");
  EXPECT_EQ(text_of(1e300), "1e+300");
  EXPECT_EQ(text_of(std::numeric_limits<double>::infinity()), "inf");
  for (double number : {0.1, 1.0 / 3, 1e-6, 6.02e23, 5e-324, -0.0, 123456789.125}) {
    const Value read = parse_toml("x = " + text_of(number), "", ExitCode::recipe);
    const double* back = read.find("x")->get_if<double>();
    ASSERT_NE(back, nullptr) << text_of(number);
    EXPECT_EQ(*back, number);
  }
}

TEST(ValueText, OfStringsIsReadBackByToml) {
  std::string all;
  for (int byte = 0; byte < 128; ++byte) all += static_cast<char>(byte);
  all += "äöü漢字🙂";
  const Value read = parse_toml(key_text(all) + " = " + string_text(all), "", ExitCode::recipe);
  ASSERT_NE(read.find(all), nullptr);
  EXPECT_EQ(*read.find(all)->get_if<std::string>(), all);
}

TEST(Value, NamesItsType) {
  const Value read = parse_toml("a = true\nb = 1\nc = 1.0\nd = ''\ne = []\nf = {}", "", ExitCode::recipe);
  std::string names;
  for (const auto& entry : *read.get_if<Value::Table>()) names += std::string(entry.second.type_name()) + " ";
  EXPECT_EQ(names, "boolean integer float string list table ");
}

TEST(Value, KeepsTheOrderOfTheTextAndThePlaces) {
  const Value read = parse_toml("z = 1\n[b]\ny.c = 2\ny.a = 3\n[a]\n", "f.toml", ExitCode::recipe);
  EXPECT_EQ(read.text(), "{ z = 1, b = { y = { c = 2, a = 3 } }, a = {} }");
  const Value* a = read.find("b")->find("y")->find("a");
  EXPECT_EQ(a->key_origin().text(), "f.toml:4:3");
  EXPECT_EQ(a->origin().text(), "f.toml:4:7");
  EXPECT_EQ(read.find("b")->key_origin().text(), "f.toml:2:2");
}

TEST(Value, KeepsWhatItOverridesTheLatestFirst) {
  Value first(std::int64_t{1}, {});
  Value second(std::int64_t{2}, {});
  Value third(std::int64_t{3}, {});
  second.overrides(first);
  third.overrides(second);
  ASSERT_EQ(third.overridden().size(), 2u);
  EXPECT_EQ(third.overridden()[0].text(), "2");
  EXPECT_EQ(third.overridden()[1].text(), "1");
  EXPECT_TRUE(third.overridden()[0].overridden().empty());
}

}  // namespace
}  // namespace gistmill
