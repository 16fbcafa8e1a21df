#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "plugins/dataset/edge-cases/variations.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::array<std::string_view, 3> kKeyboard = {"qwertyuiop", "asdfghjkl", "zxcvbnm"};
constexpr std::array<std::string_view, 8> kStray = {",", ".", "!!", "--", "#", "~", "*", ";"};

bool is_plain(const std::string& word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

char lower(char letter) { return static_cast<char>(std::tolower(static_cast<unsigned char>(letter))); }
char upper(char letter) { return static_cast<char>(std::toupper(static_cast<unsigned char>(letter))); }

// The key to the right of it, or to the left of the last one of its row.
char neighbor_key(char letter) {
  for (const std::string_view row : kKeyboard) {
    const std::size_t at = row.find(lower(letter));
    if (at != std::string_view::npos) return at + 1 < row.size() ? row[at + 1] : row[at - 1];
  }
  return letter;
}

// One wrong letter in a word of at least three.
void mistype(std::string& word, KeyedRandom& random) {
  const std::size_t at = 1 + random.below(word.size() - 2);
  switch (random.below(4)) {
    case 0:
      std::swap(word[at], word[at - 1]);
      break;
    case 1:
      word.erase(at, 1);
      break;
    case 2:
      word.insert(at, 1, word[at]);
      break;
    default:
      word[at] = neighbor_key(word[at]);
  }
}

void change_case(std::string& word, KeyedRandom& random) {
  const std::uint64_t how = random.below(3);
  for (char& letter : word)
    letter = how == 0 || (how == 2 && random.below(2) == 0) ? upper(letter) : lower(letter);
}

void add_stray(std::string& word, KeyedRandom& random) {
  const std::string_view stray = kStray[random.below(kStray.size())];
  random.below(2) == 0 ? word.append(stray) : word.insert(0, stray);
}

void disturb(std::string& word, KeyedRandom& random) {
  const std::uint64_t how = random.below(5);
  if (how < 3 && is_plain(word) && word.size() >= 3) {
    mistype(word, random);
  } else if (how == 3 && is_plain(word)) {
    change_case(word, random);
  } else {
    add_stray(word, random);
  }
}

}  // namespace

std::string noisy(const Passage& passage, double share, KeyedRandom& random) {
  TextWriter text;
  for (Sentence sentence : passage) {
    for (std::string& word : sentence.words) {
      if (random.unit() < share) disturb(word, random);
    }
    text.sentence(sentence);
  }
  return text.take();
}

}  // namespace gistmill::dataset
