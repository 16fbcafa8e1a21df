#include <algorithm>

#include "plugins/dataset/edge-cases/variations.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::size_t kPhrase = 8;  // words of a phrase, at most

// The next one to four sentences.
Passage take_chunk(const Passage& passage, std::size_t& next, KeyedRandom& random) {
  Passage chunk;
  for (std::size_t left = 1 + random.below(4); left > 0 && next < passage.size(); --left)
    chunk.push_back(passage[next++]);
  return chunk;
}

void write(const Passage& chunk, TextWriter& text) {
  for (const Sentence& sentence : chunk) text.sentence(sentence);
}

void write_phrase(const Passage& chunk, std::uint64_t times, TextWriter& text) {
  write(chunk, text);
  const std::vector<std::string>& words = chunk.back().words;
  const auto count = static_cast<std::ptrdiff_t>(std::min(words.size(), kPhrase));
  for (; times > 0; --times) text.words({words.end() - count, words.end()});
  text.paragraph();
}

}  // namespace

std::string repeated(const Passage& passage, KeyedRandom& random) {
  const std::size_t enough = count_words(passage);
  TextWriter text;
  for (std::size_t next = 0; next < passage.size() && text.count() < enough;) {
    const Passage chunk = take_chunk(passage, next, random);
    const std::uint64_t times = 2 + random.below(3);
    switch (random.below(3)) {
      case 0:
        for (std::uint64_t i = 0; i < times; ++i) write(chunk, text);
        break;
      case 1: {
        const Passage other = take_chunk(passage, next, random);
        for (std::uint64_t i = 0; i < times; ++i) {
          write(chunk, text);
          write(other, text);
        }
        break;
      }
      default:
        write_phrase(chunk, 2 * times, text);
    }
  }
  return text.take();
}

}  // namespace gistmill::dataset
