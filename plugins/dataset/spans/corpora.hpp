// The prepared corpora that the option `corpus` names, with what is wrong with one said of that option.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/token_file.hpp>
#include <gistmill/plugin.hpp>

#include "plugins/dataset/spans/windows.hpp"

namespace gistmill::dataset {

class Corpora {
 public:
  // Opens every file. Throws Error(GM_ERROR_USER, "corpus"): one cannot be read, or two were not tokenized
  // alike.
  explicit Corpora(const std::vector<WeightedFile>& files);

  std::size_t size() const { return files_.size(); }

  // Reads every file and compares its digest. Throws as the constructor.
  void verify() const;

  // [corpus]: its windows, as find_windows; an error says which of several corpora it is about.
  std::vector<std::vector<Window>> find_windows(std::int32_t split, std::int64_t length,
                                                bool first_only) const;

  // out i32[length]: the window's tokens.
  void read(std::size_t corpus, const Window& window, std::int64_t length, std::int32_t* out) const;

  // A document's number over all corpora: those of the first, then those of the second.
  std::int32_t document(std::size_t corpus, const Window& window) const;

  std::string_view name(std::size_t corpus, const Window& window) const;  // of its document

  // Of one corpus its file's, of several that of all.
  std::string digest() const;

 private:
  struct File {
    std::string path;
    formats::TokenFileReader reader;
    std::int32_t first_document;  // its number over all corpora
  };

  std::vector<File> files_;
};

// What made the ids of a token file, as its provenance tells it: the component that turned text into tokens,
// its options and its files' digest. Empty where the provenance does not say.
std::string tokenizer_of(const std::string& provenance);

}  // namespace gistmill::dataset
