// Which text an object of JSON gives, and what is refused.
#include "plugins/dataset/jsonl/record_text.hpp"
#include "tests/plugins/support/refusal.hpp"

#include <gtest/gtest.h>

#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {
namespace {

// The text of a field, or what is wrong with the line.
std::string field_of(std::string_view json, const std::string& field = "text") {
  try {
    return RecordText::of_field(field).text(json, "a.jsonl:7");
  } catch (const formats::FormatError& error) {
    return error.what();
  }
}

std::string filled(std::string_view text, std::string_view json) {
  try {
    return RecordText::of_template(text).text(json, "a.jsonl:7");
  } catch (const formats::FormatError& error) {
    return error.what();
  }
}

TEST(Field, IsAString) {
  EXPECT_EQ(field_of(R"({"id": 7, "text": "It was late.\nVery."})"), "It was late.\nVery.");
  EXPECT_EQ(field_of(R"({"text": "caf\u00e9 \ud83d\ude00", "tags": [{"text": "other"}]})"), "café 😀");
  EXPECT_EQ(field_of(R"({"text": null})"), "") << "no text";
}

TEST(Field, MayBeOfAnObjectInside) {
  EXPECT_EQ(field_of(R"({"meta": {"by": {"name": "A"}, "body": "inside"}, "body": "outside"})", "meta.body"),
            "inside");
  EXPECT_EQ(field_of(R"({"meta": {"by": {"name": "A"}}})", "meta.by.name"), "A");
  EXPECT_EQ(field_of(R"({"meta.body": "a name with a dot"})", "meta.body"), "a name with a dot");
}

TEST(Field, ThatIsMissingIsSaidWithThoseThatAreThere) {
  EXPECT_EQ(field_of(R"({"id": 7, "body": "x"})"),
            "a.jsonl:7: there is no field 'text'; the object has 'id', 'body'");
  EXPECT_EQ(field_of(R"({})"), "a.jsonl:7: there is no field 'text'; the object has none");
  EXPECT_EQ(field_of(R"({"meta": "x"})", "meta.body"),
            "a.jsonl:7: there is no field 'meta.body'; the object has 'meta'");
}

TEST(Field, OfAnotherKindIsRefusedAtItsByte) {
  EXPECT_EQ(field_of(R"({"text": 7})"),
            "a.jsonl:7: byte 9: field 'text' is a number when it should be a string");
  EXPECT_EQ(field_of(R"({"text": ["a"]})"),
            "a.jsonl:7: byte 9: field 'text' is an array when it should be a string");
  EXPECT_EQ(field_of(R"({"text": "a", "text": "b"})"), "a.jsonl:7: byte 21: field 'text' is there twice");
}

TEST(Field, NeedsALineThatIsOneObject) {
  EXPECT_EQ(field_of("[1, 2]"), "a.jsonl:7: the line is an array when it should be an object");
  for (const char* line : {R"({"text": "a")", R"({"text": "a"} {"text": "b"})", "text", R"({"text": "\x"})"})
    EXPECT_EQ(field_of(line).rfind("a.jsonl:7: byte ", 0), 0u) << field_of(line);
}

TEST(Template, JoinsFields) {
  EXPECT_EQ(filled("{title}\n\n{meta.body}", R"({"meta": {"body": "B"}, "title": "T"})"), "T\n\nB");
  EXPECT_EQ(filled("Q: {q} A: {q}.", R"({"q": "x"})"), "Q: x A: x.");
  EXPECT_EQ(filled("{n} of {yes}: {none}", R"({"n": 1.50, "yes": true, "none": null})"), "1.50 of true: ");
  EXPECT_EQ(filled("{{\"a\": {a}}}", R"({"a": 1})"), "{\"a\": 1}") << "doubled braces are braces";
}

TEST(Template, RefusesAFieldThatIsNoText) {
  EXPECT_EQ(filled("{a}", R"({"a": {}})"),
            "a.jsonl:7: byte 6: field 'a' is an object when it should be a string");
  EXPECT_EQ(filled("{a} {b}", R"({"a": "x"})"), "a.jsonl:7: there is no field 'b'; the object has 'a'");
}

TEST(Template, IsRefusedWhereItsBracesAreWrong) {
  const auto refusal = [](std::string_view text) -> std::string {
    return gistmill::test::refusal_of([&] { RecordText::of_template(text); });
  };
  EXPECT_EQ(refusal("{a"), "template: template has a '{' that is not closed; write {{ and }} for braces");
  EXPECT_EQ(refusal("{a {b}}"),
            "template: template has a '{' that is not closed; write {{ and }} for braces");
  EXPECT_EQ(refusal("a} {b}"),
            "template: template has a '}' that closes nothing; write {{ and }} for braces");
  EXPECT_EQ(refusal("a {}"),
            "template: template has '{}' without the name of a field; write {{ and }} for braces");
  EXPECT_EQ(refusal("text"), "template: template names no field, such as {text}; write {{ and }} for braces");
}

}  // namespace
}  // namespace gistmill::dataset
