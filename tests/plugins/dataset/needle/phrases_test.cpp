// The phrases of needle prompts: their texts and names, and how bad templates are refused.
#include "plugins/dataset/needle/phrases.hpp"

#include <gmock/gmock.h>

#include <set>

#include "tests/plugins/dataset/needle/phrase_options.hpp"
#include "tests/plugins/dataset/tensor_bytes.hpp"
#include "tests/plugins/support/refusal.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::bytes;
using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using test::phrase_table;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::pair<std::string, std::string>> phrases(NeedlePhrases& source) {
  std::vector<std::pair<std::string, std::string>> all;
  try {
    for (;;) {
      const auto [text, name, split] = source.next();
      all.emplace_back(bytes(name), bytes(text));
    }
  } catch (const EndOfData&) {
    return all;
  }
}

std::string refusal(const PlainTable& changes) {
  return gistmill::test::refusal_of([&] { NeedlePhrases(PlainOptions(phrase_table(changes)).get()); });
}

TEST(NeedlePhrases, AreANeedleOfEachNameAndNumberAQuestionOfEachNameAndEachAnswer) {
  const std::int32_t number = magic_numbers(1, 1)[0];
  const std::string digits = std::to_string(number);
  NeedlePhrases source(PlainOptions(phrase_table({{"numbers", std::int64_t{1}}})).get());
  EXPECT_THAT(
      phrases(source),
      ElementsAre(std::pair("question/0", "Rome?"), std::pair("needle/0/" + digits, "Rome has " + digits),
                  std::pair("question/1", "Oslo?"), std::pair("needle/1/" + digits, "Oslo has " + digits),
                  std::pair("answer/" + digits, " " + digits)));
}

TEST(NeedlePhrases, HaveNumbersOfFourDigitsEachAnother) {
  const std::vector<std::int32_t> numbers = magic_numbers(9000, 3);
  EXPECT_EQ(std::set<std::int32_t>(numbers.begin(), numbers.end()).size(), 9000u);
  EXPECT_THAT(numbers, Each(::testing::AllOf(::testing::Ge(1000), ::testing::Le(9999))));
  EXPECT_EQ(magic_numbers(5, 3), magic_numbers(5, 3));
  EXPECT_NE(magic_numbers(5, 3), magic_numbers(5, 4));
}

TEST(NeedlePhrases, GoOnFromASavedPosition) {
  NeedlePhrases source(PlainOptions(phrase_table()).get());
  source.next();
  source.next();
  NeedlePhrases other(PlainOptions(phrase_table()).get());
  other.load_state(source.save_state());
  EXPECT_EQ(phrases(other), phrases(source));
  EXPECT_THROW(other.load_state("dataset/needle-phrases 1 999"), Error);
}

TEST(NeedlePhrases, RefuseATemplateWithoutItsPlaceAndNamesThatAreNotDistinct) {
  EXPECT_THAT(refusal({{"needle", std::string("{name} has none")}}),
              HasSubstr("when it should hold {number}"));
  EXPECT_THAT(refusal({{"question", std::string("Who?")}}), HasSubstr("question: "));
  EXPECT_THAT(refusal({{"answer", std::string("42")}}), HasSubstr("answer: "));
  EXPECT_THAT(refusal({{"names", std::vector<std::string>{"Rome", "Rome"}}}), HasSubstr("names: "));
}

TEST(NeedlePhrases, NamesThatAreNoneAreRefused) {
  EXPECT_EQ(PhraseName::of("needle/2/4821").text(), "needle/2/4821");
  for (const char* name :
       {"", "needle", "needle/2", "needle/x/1", "question/", "question/-1", "emma__01.txt"})
    EXPECT_THROW(PhraseName::of(name), Error) << name;
}

}  // namespace
}  // namespace gistmill::dataset
