// Prose as sentences, and passages of them. Knows no files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill::dataset {

struct Sentence {
  std::vector<std::string> words;  // without white space, at least one
  bool ends_paragraph = false;
};

using Passage = std::vector<Sentence>;

// A sentence ends behind ". ! ?", at an empty line, or after 60 words.
Passage sentences_of(std::string_view text);

// Passages of at least `words` words; what is left at the end is a passage where it has half as many or is
// all there is, else it belongs to the last one.
std::vector<Passage> passages_of(std::string_view text, std::size_t words);

std::size_t count_words(const Passage& passage);

// Sentences one after another, with the paragraphs' empty lines.
class TextWriter {
 public:
  void sentence(const Sentence& sentence);
  void words(const std::vector<std::string>& words);
  void block(const std::string& lines);  // with an empty line before and behind; ends in a line end
  void paragraph();                      // an empty line, where there is text before it

  std::size_t count() const { return count_; }  // words written, but for those of blocks
  std::string take();                           // ends in a line end

 private:
  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace gistmill::dataset
