#include <array>
#include <chrono>

#include "plugins/dataset/edge-cases/variations.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::array<std::string_view, 12> kThings = {"apples", "barrels", "books",  "candles",
                                                      "chairs", "coats",   "horses", "letters",
                                                      "plates", "sacks",   "stamps", "tickets"};
constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};

std::uint64_t between(std::uint64_t least, std::uint64_t most, KeyedRandom& random) {
  return least + random.below(most - least + 1);
}

// Rows of things with how many there were in two years, and a row of totals.
std::string table(KeyedRandom& random) {
  const std::uint64_t year = between(1780, 2020, random);
  std::string text =
      "| item | " + std::to_string(year) + " | " + std::to_string(year + 1) + " |\n|---|---|---|\n";
  std::uint64_t totals[2] = {0, 0};
  std::vector<std::uint32_t> order = random.permutation(kThings.size());
  order.resize(between(4, 9, random));
  for (const std::uint32_t thing : order) {
    text += "| " + std::string(kThings[thing]);
    for (std::uint64_t& total : totals) {
      const std::uint64_t count = between(2, 980, random);
      total += count;
      text += " | " + std::to_string(count);
    }
    text += " |\n";
  }
  return text + "| total | " + std::to_string(totals[0]) + " | " + std::to_string(totals[1]) + " |\n";
}

std::string written(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  return std::to_string(static_cast<unsigned>(date.day())) + " " +
         std::string(kMonths[static_cast<unsigned>(date.month()) - 1]) + " " +
         std::to_string(static_cast<int>(date.year()));
}

// "12 days later, on 3 March 1871, ..." from line to line.
std::string dates(KeyedRandom& random) {
  using std::chrono::days;
  const std::chrono::sys_days first = std::chrono::year(1750) / 1 / 1;
  std::chrono::sys_days day = first + days(random.below(100000));
  std::string text = "The first of them is dated " + written(day) + ".\n";
  for (std::uint64_t left = between(3, 7, random); left > 0; --left) {
    const std::uint64_t later = between(2, 90, random);
    day += days(later);
    text += std::to_string(later) + " days later, on " + written(day) + ", came the next.\n";
  }
  return text;
}

std::string sums(KeyedRandom& random) {
  std::string text;
  for (std::uint64_t left = between(4, 9, random); left > 0; --left) {
    const std::uint64_t a = between(11, 999, random);
    const std::uint64_t b = between(2, a - 1, random);
    const auto line = [&](const char* sign, std::uint64_t result) {
      text += std::to_string(a) + sign + std::to_string(b) + " = " + std::to_string(result) + "\n";
    };
    switch (random.below(3)) {
      case 0:
        line(" + ", a + b);
        break;
      case 1:
        line(" - ", a - b);
        break;
      default:
        line(" * ", a * b);
    }
  }
  return text;
}

}  // namespace

std::string numbers(const Passage& passage, KeyedRandom& random) {
  TextWriter text;
  std::uint64_t until_block = between(1, 3, random);
  for (const Sentence& sentence : passage) {
    text.sentence(sentence);
    if (--until_block > 0) continue;
    until_block = between(2, 5, random);
    const std::uint64_t what = random.below(3);
    text.block(what == 0 ? table(random) : what == 1 ? dates(random) : sums(random));
  }
  return text.take();
}

}  // namespace gistmill::dataset
