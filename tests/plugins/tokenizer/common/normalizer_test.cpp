// Steps of a normalizer against what PyPI `tokenizers` makes of every code point and of 10,000 random texts
// (normalizers/make_normalizers.py), and the patterns of Replace.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/text/utf8.hpp>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/common/form_c.hpp"
#include "plugins/tokenizer/common/normalizer.hpp"
#include "plugins/tokenizer/common/settings.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::tokenizer {
namespace {

using nlohmann::json;

constexpr std::int32_t kPlanes = 17, kPlane = 0x10000;
constexpr std::size_t kTexts = 10'000, kTogether = 1000;

const json& document() {
  static const json kDocument =
      json::parse(test::read_file(std::filesystem::path(GISTMILL_SOURCE_DIR) /
                                  "tests/plugins/tokenizer/common/normalizers/normalizers.json"));
  return kDocument;
}

// Every code point, a plane at a time, and the random texts, a thousand at a time.
std::vector<std::vector<std::string>> groups_of_texts() {
  std::vector<std::vector<std::string>> groups;
  for (std::int32_t plane = 0; plane < kPlanes; ++plane) {
    groups.emplace_back();
    for (std::int32_t code = plane * kPlane; code < (plane + 1) * kPlane; ++code) {
      if (code >= 0xD800 && code < 0xE000) continue;
      text::append_utf8(groups.back().emplace_back(), code);
    }
  }
  std::uint64_t state = 1;
  const auto draw = [&](std::uint64_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33) % below;
  };
  const json& ranges = document().at("ranges");
  for (std::size_t i = 0; i < kTexts; ++i) {
    if (i % kTogether == 0) groups.emplace_back();
    std::string& text = groups.back().emplace_back();
    for (std::uint64_t left = 1 + draw(16); left > 0; --left) {
      const json& range = ranges[draw(ranges.size())];
      const auto first = range[0].get<std::uint64_t>(), last = range[1].get<std::uint64_t>();
      text::append_utf8(text, static_cast<std::int32_t>(first + draw(last - first + 1)));
    }
  }
  return groups;
}

Normalizer read(const json& value) {
  Normalizer normalizer;
  for (const json& step : steps_of(value, "normalizers")) normalizer.add(NormalizerStep::read(step).value());
  return normalizer;
}

TEST(Normalizer, MakesOfEveryCodePointAndOfRandomTextsWhatTheReferenceDoes) {
  const std::vector<std::vector<std::string>> groups = groups_of_texts();
  for (const auto& [name, described] : document().at("normalizers").items()) {
    const Normalizer normalizer = read(described.at("step"));
    ASSERT_EQ(described.at("digests").size(), groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) {
      formats::Sha256 sha;
      for (const std::string& text : groups[i]) sha.update(normalizer.apply(text) + std::string(1, '\0'));
      EXPECT_EQ(sha.hex().substr(0, 16), described.at("digests")[i]) << name << ", group " << i;
    }
  }
}

// The fast way to form C against the plain one.
TEST(Normalizer, BringsTextToFormCAsThePlainWayDoes) {
  for (const auto& group : groups_of_texts()) {
    for (const std::string& text : group)
      ASSERT_EQ(to_nfc(text), to_normal_form(text, NormalForm::kC)) << text;
  }
}

TEST(Normalizer, IsWrittenAsItWasRead) {
  for (const auto& [name, described] : document().at("normalizers").items())
    EXPECT_EQ(read(described.at("step")).json(), described.at("step")) << name;
  EXPECT_TRUE(Normalizer().json().is_null());
  EXPECT_TRUE(read(json::parse(R"([{"type": "NFC"}])")[0]).is_form_c());
}

TEST(Normalizer, MakesNoTextMuchLonger) {
  const json thrice =
      json::parse(R"({"type": "Replace", "pattern": {"Regex": "a{2,}"}, "content": "aaaaaa"})");
  Normalizer normalizer;
  for (int i = 0; i < 5; ++i) normalizer.add(NormalizerStep::read(thrice).value());
  EXPECT_EQ(normalizer.growth(), 243.0);
  EXPECT_EQ(normalizer.apply("aa").size(), 6u);
  EXPECT_NO_THROW(check_growth(normalizer, "x.json"));
  normalizer.add(NormalizerStep::read(json::parse(R"({"type": "Prepend", "prepend": "a"})")).value());
  try {
    check_growth(normalizer, "x.json");
    FAIL() << "was taken";
  } catch (const formats::FormatError& error) {
    EXPECT_STREQ(error.what(),
                 "x.json: the steps of the normalizer (Replace, Replace, Replace, Replace, Replace, Prepend) "
                 "could make a text more than 256 times longer, which is refused");
  }
}

// U+FDFA, U+1D160 and U+0130 and what they become.
TEST(Normalizer, GrowsNoMoreThanItSays) {
  for (const auto& [name, described] : document().at("normalizers").items()) {
    const Normalizer normalizer = read(described.at("step"));
    for (const char* text : {"\xEF\xB7\xBA", "\xF0\x9D\x85\xA0", "\xC4\xB0", "  ",
                             "\xCC\x81"
                             "e"}) {
      EXPECT_LE(static_cast<double>(normalizer.apply(text).size()),
                normalizer.growth() * static_cast<double>(std::string(text).size()))
          << name;
    }
  }
}

TEST(Normalizer, KnowsNoOtherSteps) {
  for (const char* step :
       {R"({"type": "BertNormalizer"})", R"({"type": "Precompiled"})", R"({"type": "Replace"})",
        R"({"type": "Replace", "pattern": {"Regex": "a|b"}, "content": ""})",
        R"({"type": "Replace", "pattern": {"Regex": "ab+"}, "content": ""})",
        R"({"type": "Replace", "pattern": {"Regex": "a{0,}"}, "content": ""})",
        R"({"type": "Replace", "pattern": {"Regex": "a{2,3}"}, "content": ""})",
        R"({"type": "Replace", "pattern": {"Regex": "\\d"}, "content": ""})",
        R"({"type": "Replace", "pattern": {"String": ""}, "content": ""})", "7"})
    EXPECT_FALSE(NormalizerStep::read(json::parse(step)).has_value()) << step;
}

}  // namespace
}  // namespace gistmill::tokenizer
