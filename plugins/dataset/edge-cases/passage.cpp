#include "plugins/dataset/edge-cases/passage.hpp"

#include <utility>

namespace gistmill::dataset {
namespace {

constexpr std::size_t kLongestSentence = 60;  // words

bool is_white(char letter) { return std::string_view(" \t\n\f\v").find(letter) != std::string_view::npos; }

// "late." or "late.\"" or "late!)"
bool ends_sentence(const std::string& word) {
  const std::size_t last = word.find_last_not_of("\"')]_*");
  return last != std::string::npos && std::string_view(".!?").find(word[last]) != std::string_view::npos;
}

class SentenceReader {
 public:
  Passage read(std::string_view text) {
    while (!text.empty()) {
      std::size_t size = 0;
      int line_ends = 0;
      for (; size < text.size() && is_white(text[size]); ++size) line_ends += text[size] == '\n' ? 1 : 0;
      if (line_ends > 1) end_paragraph();
      text.remove_prefix(size);
      for (size = 0; size < text.size() && !is_white(text[size]);) ++size;
      if (size > 0) add(std::string(text.substr(0, size)));
      text.remove_prefix(size);
    }
    end_paragraph();
    return std::move(sentences_);
  }

 private:
  void add(std::string word) {
    const bool last = ends_sentence(word);
    sentence_.words.push_back(std::move(word));
    if (last || sentence_.words.size() == kLongestSentence) end_sentence();
  }
  void end_sentence() {
    if (!sentence_.words.empty()) sentences_.push_back(std::exchange(sentence_, {}));
  }
  void end_paragraph() {
    end_sentence();
    if (!sentences_.empty()) sentences_.back().ends_paragraph = true;
  }

  Passage sentences_;
  Sentence sentence_;
};

}  // namespace

Passage sentences_of(std::string_view text) { return SentenceReader().read(text); }

std::vector<Passage> passages_of(std::string_view text, std::size_t words) {
  std::vector<Passage> passages;
  Passage passage;
  std::size_t count = 0;
  for (Sentence& sentence : sentences_of(text)) {
    count += sentence.words.size();
    passage.push_back(std::move(sentence));
    if (count < words) continue;
    passages.push_back(std::exchange(passage, {}));
    count = 0;
  }
  if (passage.empty()) return passages;
  if (passages.empty() || count * 2 >= words) {
    passages.push_back(std::move(passage));
  } else {
    for (Sentence& sentence : passage) passages.back().push_back(std::move(sentence));
  }
  return passages;
}

std::size_t count_words(const Passage& passage) {
  std::size_t count = 0;
  for (const Sentence& sentence : passage) count += sentence.words.size();
  return count;
}

void TextWriter::words(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (!text_.empty() && text_.back() != '\n') text_ += ' ';
    text_ += word;
    ++count_;
  }
}

void TextWriter::sentence(const Sentence& sentence) {
  words(sentence.words);
  if (sentence.ends_paragraph) paragraph();
}

void TextWriter::paragraph() {
  if (text_.empty() || text_.ends_with("\n\n")) return;
  text_ += text_.back() == '\n' ? "\n" : "\n\n";
}

void TextWriter::block(const std::string& lines) {
  paragraph();
  text_ += lines;
  paragraph();
}

std::string TextWriter::take() {
  while (!text_.empty() && text_.back() == '\n') text_.pop_back();
  return std::exchange(text_, "") + '\n';
}

}  // namespace gistmill::dataset
