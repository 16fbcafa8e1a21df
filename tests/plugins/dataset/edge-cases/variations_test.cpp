// What is made of a passage, kind by kind.
#include "plugins/dataset/edge-cases/variations.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace gistmill::dataset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// 60 sentences of 10 words, all different, in paragraphs of six.
Passage passage() {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += "Sentence" + std::to_string(i);
    for (int word = 0; word < 8; ++word) text += " word" + std::to_string(i * 8 + word);
    text += i % 6 == 5 ? " ends.\n\n" : " ends. ";
  }
  return sentences_of(text);
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

template <class Make>
std::string made(Make&& make, std::uint64_t key) {
  KeyedRandom random(key);
  return make(random);
}

TEST(Passages, HoldSentencesAndTheRestGoesToTheLast) {
  const Passage sentences = sentences_of("One two. \"Three!\" he\nsaid.\n\nFour five");
  ASSERT_EQ(sentences.size(), 4u);
  EXPECT_THAT(sentences[1].words, ElementsAre("\"Three!\""));
  EXPECT_TRUE(sentences[2].ends_paragraph);
  EXPECT_FALSE(sentences[0].ends_paragraph);
  const auto sizes = [](std::string_view text, std::size_t words) {
    std::vector<std::size_t> found;
    for (const Passage& each : passages_of(text, words)) found.push_back(count_words(each));
    return found;
  };
  EXPECT_THAT(sizes("a b. c d. e f. g h. i", 4), ElementsAre(4, 5));
  EXPECT_THAT(sizes("a b. c d. e f. g h. i j.", 4), ElementsAre(4, 4, 2));
  EXPECT_THAT(sizes("a b.", 100), ElementsAre(2));
  EXPECT_TRUE(sizes(" \n\n", 4).empty());
}

TEST(Variations, AreTheSameForTheSameKeyAndOthersForAnother) {
  for (const char* kind : {"repeated", "noisy", "numbers", "twins"}) {
    const auto text = [&](std::uint64_t key) {
      return made([&](KeyedRandom& random) { return variations(kind, passage(), 0.2, random)[0].text; }, key);
    };
    EXPECT_EQ(text(7), text(7)) << kind;
    EXPECT_NE(text(7), text(8)) << kind;
  }
}

TEST(Repeated, SaysSentencesSeveralTimesAndIsAboutAsLong) {
  for (std::uint64_t key = 0; key < 20; ++key) {
    const std::string text = made([](KeyedRandom& random) { return repeated(passage(), random); }, key);
    std::map<std::string, int> times;
    for (const std::string& word : words_of(text)) {
      if (word.starts_with("Sentence")) ++times[word];
    }
    EXPECT_GT(std::count_if(times.begin(), times.end(), [](const auto& entry) { return entry.second >= 2; }),
              3);
    const std::size_t words = words_of(text).size();
    EXPECT_GE(words, 400u);
    EXPECT_LE(words, 1000u);
  }
}

TEST(Noisy, DisturbsTheShareOfWordsThatIsAskedFor) {
  const auto text = [](double share) {
    return words_of(made([&](KeyedRandom& random) { return noisy(passage(), share, random); }, 3));
  };
  const std::vector<std::string> clean = text(0);
  EXPECT_EQ(clean.size(), 600u);
  const std::vector<std::string> disturbed = text(0.2);
  ASSERT_EQ(disturbed.size(), 600u) << "no word is lost";
  int changed = 0;
  for (std::size_t i = 0; i < 600; ++i) changed += clean[i] == disturbed[i] ? 0 : 1;
  EXPECT_GT(changed, 80);
  EXPECT_LT(changed, 160);
}

TEST(Noisy, LeavesCharactersBeyondAsciiWhole) {
  const Passage umlauts = sentences_of("\u00e4\u00f6\u00fc \u4e2d\u6587 \u00e9t\u00e9.");
  const std::string text = made([&](KeyedRandom& random) { return noisy(umlauts, 1, random); }, 5);
  for (const char* word : {"\u00e4\u00f6\u00fc", "\u4e2d\u6587", "\u00e9t\u00e9."})
    EXPECT_THAT(text, HasSubstr(word));
}

TEST(Numbers, AreRight) {
  const std::regex sum(R"((\d+) ([-+*]) (\d+) = (\d+))");
  const std::regex row(R"(\| (\w+) \| (\d+) \| (\d+) \|)");
  int sums = 0;
  int totals = 0;
  for (std::uint64_t key = 0; key < 5; ++key) {
    long columns[2] = {0, 0};
    for (const std::string& line :
         lines_of(made([](KeyedRandom& random) { return numbers(passage(), random); }, key))) {
      std::smatch found;
      if (std::regex_match(line, found, sum)) {
        const long a = std::stol(found[1]);
        const long b = std::stol(found[3]);
        EXPECT_EQ(std::stol(found[4]), found[2] == "+" ? a + b : found[2] == "-" ? a - b : a * b) << line;
        ++sums;
      } else if (std::regex_match(line, found, row)) {
        const long values[2] = {std::stol(found[2]), std::stol(found[3])};
        if (found[1] == "item") {
          columns[0] = columns[1] = 0;
        } else if (found[1] == "total") {
          EXPECT_EQ(values[0], columns[0]);
          EXPECT_EQ(values[1], columns[1]);
          ++totals;
        } else {
          for (int i = 0; i < 2; ++i) columns[i] += values[i];
        }
      }
    }
  }
  EXPECT_GT(sums, 20);
  EXPECT_GT(totals, 5);
}

TEST(Numbers, HaveDatesThatAreSoManyDaysApart) {
  const std::string text = made([](KeyedRandom& random) { return numbers(passage(), random); }, 1);
  const std::regex later(R"((\d+) days later, on (\d+) (\w+) (\d+), came the next\.)");
  const std::regex first(R"(The first of them is dated (\d+) (\w+) (\d+)\.)");
  const std::vector<std::string> months = {"January",   "February", "March",    "April",
                                           "May",       "June",     "July",     "August",
                                           "September", "October",  "November", "December"};
  const auto day_of = [&](const std::string& day, const std::string& month, const std::string& year) {
    std::tm time{};  // timegm is another implementation of the calendar
    time.tm_mday = std::stoi(day);
    time.tm_mon = static_cast<int>(std::find(months.begin(), months.end(), month) - months.begin());
    time.tm_year = std::stoi(year) - 1900;
    return ::timegm(&time) / 86400;
  };
  long last = 0;
  int dates = 0;
  for (const std::string& line : lines_of(text)) {
    std::smatch found;
    if (std::regex_match(line, found, first)) last = day_of(found[1], found[2], found[3]);
    if (!std::regex_match(line, found, later)) continue;
    const long day = day_of(found[2], found[3], found[4]);
    EXPECT_EQ(day - last, std::stol(found[1])) << line;
    last = day;
    ++dates;
  }
  EXPECT_GT(dates, 2);
}

TEST(Twins, DifferInOneValueWhereItIsStatedAndWhereItIsRecalled) {
  std::set<char> kinds;
  for (std::uint64_t key = 0; key < 40; ++key) {
    KeyedRandom random(key);
    const Twins made = twins(passage(), random);
    const std::vector<std::string> first = words_of(made.first);
    const std::vector<std::string> second = words_of(made.second);
    ASSERT_EQ(first.size(), second.size());
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (first[i] != second[i]) places.push_back(i);
    }
    ASSERT_EQ(places.size(), 2u) << key;
    EXPECT_EQ(first[places[0]], first[places[1]]);
    EXPECT_EQ(second[places[0]], second[places[1]]);
    EXPECT_GE(places[1] - places[0], 32u) << "a span that holds the one does not reach the other";
    EXPECT_LE(places[1] - places[0], 60u);
    EXPECT_GT(places[0], 100u) << "there is text before";
    EXPECT_LT(places[1], first.size() - 100) << "and behind";
    const char letter = first[places[0]][0];
    kinds.insert(std::isdigit(letter) != 0 ? '1' : std::isupper(letter) != 0 ? 'A' : 'a');
  }
  EXPECT_EQ(kinds.size(), 3u) << "numbers, names and words";
}

TEST(Twins, AreMadeOfAnyPassage) {
  for (const char* text : {"One.", "a b c d e f g h i j k l m n o p q r s t u v w x y z", "A b. C d. E f."}) {
    KeyedRandom random(1);
    const Twins made = twins(sentences_of(text), random);
    EXPECT_NE(made.first, made.second);
  }
}

}  // namespace
}  // namespace gistmill::dataset
