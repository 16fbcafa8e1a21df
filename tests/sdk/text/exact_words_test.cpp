// Which words of a text are numbers, names and identifiers.
#include <gistmill/text/exact_words.hpp>

#include <gmock/gmock.h>

#include <string>

namespace gistmill::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> words(std::string_view text, const ExactKinds& kinds) {
  std::vector<std::string> found;
  for (const ByteRange& range : exact_words(text, kinds))
    found.emplace_back(text.substr(range.begin, range.end - range.begin));
  return found;
}
std::vector<std::string> numbers(std::string_view text) { return words(text, {true, false, false}); }
std::vector<std::string> names(std::string_view text) { return words(text, {false, true, false}); }
std::vector<std::string> identifiers(std::string_view text) { return words(text, {false, false, true}); }

TEST(ExactNumbers, GoOverOneSignBetweenDigits) {
  EXPECT_THAT(numbers("In 1813, 1,024 of 3.14 at 12:30 on 2026-11-30. And 7..8, 9 - 10."),
              ElementsAre("1813", "1,024", "3.14", "12:30", "2026-11-30", "7", "8", "9", "10"));
}

TEST(ExactNumbers, HaveTheirUnits) {
  EXPECT_THAT(numbers("10km, the 3rd, 0x1F, but v2"), ElementsAre("10km", "3rd", "0x1F"));
}

TEST(ExactNames, BeginWithACapitalWhereNoSentenceBegins) {
  EXPECT_THAT(names("The river. A man, Darcy, saw Emma! \"Who?\" (He was Thomas.) They met"),
              ElementsAre("Darcy", "Emma", "Thomas"));
  EXPECT_THAT(names("saw her\nMother\n\nThen he"), ElementsAre("Mother"));  // a line's end is no sentence's
}

TEST(ExactNames, StandBehindAShortTitle) {
  EXPECT_THAT(names("so Mr. Darcy came. Then St. Ives. Very late. Nobody knew"),
              ElementsAre("Mr", "Darcy", "St", "Ives"));
}

TEST(ExactNames, AreCapitalsAnywhere) {
  EXPECT_THAT(names("NATO met. I knew; so did I. EU too"), ElementsAre("NATO", "EU"));
}

TEST(ExactNames, HaveCapitalsOfAnyAlphabet) {
  EXPECT_THAT(names("then \xC3\x89mile and \xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD"),
              ElementsAre("\xC3\x89mile", "\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD"));
}

TEST(ExactIdentifiers, HaveAnUnderscoreADigitOrACapitalInside) {
  EXPECT_THAT(identifiers("call read_all(sha256, getName, Plain, plain, 3rd, _, x1)"),
              ElementsAre("read_all", "sha256", "getName", "x1"));
  EXPECT_THAT(names("the getName of Plain"), ElementsAre("Plain"));
}

TEST(ExactWords, OfAllKindsComeInTheOrderOfTheText) {
  EXPECT_THAT(words("see Emma in 1815 by find_all", {true, true, true}),
              ElementsAre("Emma", "1815", "find_all"));
  EXPECT_THAT(words("see Emma in 1815", {}), IsEmpty());
  EXPECT_THAT(words("", {true, true, true}), IsEmpty());
}

TEST(ExactWords, PassOverBytesThatAreNotUtf8) {
  EXPECT_THAT(words("saw \xFF\xC3 Emma \xC3", {true, true, true}), ElementsAre("Emma"));
}

}  // namespace
}  // namespace gistmill::text
