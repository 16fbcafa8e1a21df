// The language of chat templates: against what jinja2 renders (recorded.json), and what is refused.
#include "plugins/tokenizer/chat_template/template.hpp"
#include "tests/plugins/tokenizer/chat_template/noon.hpp"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>

#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::chat_template {
namespace {

using nlohmann::ordered_json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::string render(const std::string& source, const ordered_json& variables = ordered_json::object(),
                   const Limits& limits = {}) {
  return Template(source).render(variables_from(variables), noon, limits);
}

std::string refused(const std::string& source, const ordered_json& variables = ordered_json::object(),
                    const Limits& limits = {}) {
  try {
    return "rendered " + render(source, variables, limits);
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
}

const ordered_json& recorded() {
  static const auto kFile = ordered_json::parse(test::read_file(
      std::filesystem::path(GISTMILL_SOURCE_DIR) / "tests/plugins/tokenizer/chat_template/recorded.json"));
  return kFile;
}

TEST(ChatTemplate, RendersWhatJinjaRendersAndRefusesWhereItRaises) {
  ASSERT_GE(recorded()["cases"].size(), 200u);
  for (const auto& one : recorded()["cases"]) {
    const auto source = one["template"].get<std::string>();
    if (one["text"].is_null()) {
      EXPECT_THAT(refused(source, recorded()["variables"]), testing::Not(StartsWith("rendered "))) << source;
      continue;
    }
    try {
      EXPECT_EQ(render(source, recorded()["variables"]), one["text"].get<std::string>()) << source;
    } catch (const Refusal& refusal) {
      ADD_FAILURE() << source << " is refused: " << refusal.what();
    }
  }
}

TEST(ChatTemplate, NamesThePlaceOfWhatItRefuses) {
  EXPECT_EQ(refused("a\n {{ 'a'|nonsense }}"), "2:9: there is no filter named 'nonsense'");
  EXPECT_EQ(refused("{{ x.y }}"), "1:5: 'x' is undefined");
  EXPECT_EQ(refused("{% if true %}\n{{ 1 +\n 'a' }}{% endif %}"),
            "2:6: '+' is not defined between 'int' and 'str'");
  EXPECT_EQ(refused("{% set a, b = [1] %}"), "1:8: expected 2 values, found 1");
  EXPECT_EQ(refused("{% if true %}a"), "1:15: the template ends where {% endif %} was expected");
  EXPECT_EQ(refused("{{ 'a }}"), "1:4: a string has no end");
  EXPECT_EQ(refused("a\n{# b"), "2:1: a comment has no end");
}

TEST(ChatTemplate, CutsNoCharacterInAMessage) {
  EXPECT_EQ(refused("{{ '%é' % 1 }}"), "1:10: conversion %é is not supported: use %s, %r, %d, %f, %e or %g");
  EXPECT_EQ(refused("{{ strftime_now('%é') }}"),
            "1:16: strftime_now: %é is not supported: use %Y, %m, %d, %B, %b, %H, %M");
}

TEST(ChatTemplate, SaysWhatItsAuthorSays) {
  EXPECT_EQ(refused("{{ raise_exception('roles must ' ~ 'alternate') }}"),
            "1:19: the template refuses these messages: roles must alternate");
}

TEST(ChatTemplate, RefusesByNameWhatChatTemplatesDoNotUse) {
  EXPECT_THAT(refused("{% include 'a' %}"), HasSubstr("{% include %} is not supported"));
  EXPECT_THAT(refused("{% extends 'a' %}"), HasSubstr("{% extends %} is not supported"));
  EXPECT_THAT(refused("{% block a %}{% endblock %}"), HasSubstr("{% block %} is not supported"));
  EXPECT_THAT(refused("{% for x in [] recursive %}{% endfor %}"),
              HasSubstr("a recursive loop is not supported"));
  EXPECT_THAT(refused("{{ 'a b'|urlencode }}"), HasSubstr("filter 'urlencode' is not supported"));
  EXPECT_THAT(refused("{{ 'a'.encode() }}"), HasSubstr("the method encode() of strings is not supported"));
  EXPECT_THAT(refused("{{ cycler(1, 2) }}"), HasSubstr("the function cycler() is not supported"));
  EXPECT_THAT(refused("{{ 9223372036854775807 + 1 }}"), HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(refused("{{ range }}"), HasSubstr("its place in memory"));
}

TEST(ChatTemplate, RefusesAFilterThatItLacksOnlyWhereItRuns) {
  EXPECT_EQ(render("{% if false %}{{ 'a'|urlencode }}{% endif %}ok"), "ok");
  EXPECT_THAT(refused("{% for x in [] %}{{ x|urlencode }}{% endfor %}"), StartsWith("1:23: "));
}

TEST(ChatTemplate, DoesNotReachIntoPython) {
  EXPECT_THAT(refused("{{ ''.__class__ }}"), HasSubstr("attribute __class__ is refused"));
  EXPECT_THAT(refused("{{ ''['__class__'] }}"), HasSubstr("attribute __class__ is refused"));
  EXPECT_THAT(refused("{{ [1]|map(attribute='__class__')|list }}"),
              HasSubstr("attribute __class__ is refused"));
}

TEST(ChatTemplate, ChangesNoValue) {
  EXPECT_THAT(refused("{{ [1].append(2) }}"), HasSubstr("'append' changes a list, which templates may not"));
  EXPECT_THAT(refused("{% set d = {} %}{{ d.update(a=1) }}"), HasSubstr("'update' changes a dict"));
  EXPECT_THAT(refused("{% set d = {} %}{% set d.a = 1 %}"), HasSubstr("'d' is no namespace"));
}

TEST(ChatTemplate, StopsAtItsLimits) {
  Limits few;
  few.steps = 10'000;
  const std::string forever = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
  EXPECT_THAT(refused(forever, {}, few), EndsWith("the template takes more than 10000 steps"));
  EXPECT_THAT(refused("{{ 'a' * 9999999999 }}"),
              EndsWith("the template makes more than 256 MiB of text and values"));
  EXPECT_THAT(refused("{{ '' * 9223372036854775807 }}{{ [] * 9223372036854775807 }}"),
              EndsWith("rendered []"));
  EXPECT_THAT(
      refused(
          "{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}"),
      EndsWith("256 MiB of text and values"));
  EXPECT_THAT(refused("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"), EndsWith("calls itself too deep"));
  EXPECT_THAT(refused("{{ range(100001) }}"), EndsWith("range() has 100001 items, more than 100000"));
  EXPECT_THAT(
      refused("{% set ns = namespace(x=[]) %}{% for i in range(300) %}{% set ns.x = [ns.x] %}{% endfor %}"),
      EndsWith("values are nested more than 200 deep"));
  std::string chain = "[1]";
  for (int i = 0; i < 250; ++i) chain += "|map('int')";
  EXPECT_THAT(refused("{{ " + chain + "|list }}"), EndsWith("generators are made of generators too deep"));
  EXPECT_THAT(refused("{{ '%99999999999d' % 1 }}"), EndsWith("256 MiB of text and values"));
}

TEST(ChatTemplate, LimitsWhatIsWrittenWithinEachOther) {
  const std::string open(100'000, '['), close(100'000, ']'), signs(100'000, '-');
  EXPECT_THAT(refused("{{ " + open + close + " }}"), HasSubstr("nested more than 200 deep"));
  EXPECT_THAT(refused("{{ " + signs + "1 }}"), HasSubstr("nested more than 200 deep"));
  std::string sum = "1", ifs;
  for (int i = 0; i < 5000; ++i) sum += " + 1";
  for (int i = 0; i < 5000; ++i) ifs += "{% if true %}";
  EXPECT_THAT(refused("{{ " + sum + " }}"), HasSubstr("more than 500 operators in a row"));
  EXPECT_THAT(refused(ifs), HasSubstr("nested more than 200 deep"));
}

TEST(ChatTemplate, ForgetsNamespacesThatHoldEachOther) {
  EXPECT_EQ(
      render("{% set a = namespace() %}{% set b = namespace(a=a) %}{% set a.b = b %}{{ a.b.a is defined }}"),
      "True");
  EXPECT_THAT(refused("{% set a = namespace() %}{% set a.a = a %}{{ a }}"), HasSubstr("too deep"));
}

TEST(ChatTemplate, DoesNotCallAMacroThatIsGone) {
  EXPECT_THAT(
      refused(
          "{% set ns = namespace() %}{% for i in [1] %}{% macro m() %}{{ i }}{% endmacro %}{% set ns.m = m %}"
          "{% endfor %}{{ ns.m() }}"),
      HasSubstr("is called where the block that defines it is over"));
  EXPECT_THAT(
      refused(
          "{% set ns = namespace() %}{% for i in [1, 2] %}{% set ns.l = loop %}{% endfor %}{{ ns.l.last }}"),
      HasSubstr("when the loop is over"));
}

TEST(ChatTemplate, TakesVariablesOfAllKinds) {
  const auto variables = ordered_json::parse(R"({"z": {"b": 1, "a": [null, true, 1.5, "x"]}, "a": -1})");
  EXPECT_EQ(render("{{ z }} {{ a }} {{ z|tojson }}", variables),
            R"({'b': 1, 'a': [None, True, 1.5, 'x']} -1 {"b": 1, "a": [null, true, 1.5, "x"]})");
  EXPECT_THAT(refused("", ordered_json::parse(R"({"a": 18446744073709551615})")),
              HasSubstr("does not fit 64 bits"));
}

}  // namespace
}  // namespace gistmill::chat_template
