#include "plugins/dataset/spans/corpora.hpp"

#include <limits>
#include <optional>
#include <utility>

#include <gistmill/formats/digest.hpp>

#include "plugins/store/common/provenance.hpp"
#include "plugins/store/common/translated.hpp"

namespace gistmill::dataset {
namespace {

void check_one_tokenizer(const std::vector<std::pair<std::string, std::string>>& tokenizers) {
  for (const auto& [path, tokenizer] : tokenizers) {
    const auto& [first_path, first] = tokenizers.front();
    if (tokenizer == first) continue;
    throw Error(GM_ERROR_USER,
                "corpora of two tokenizers cannot be mixed: '" + first_path + "' is of " + first + ", '" +
                    path + "' of " + tokenizer + "; let their pipelines call the same tokenizer",
                "corpus");
  }
}

}  // namespace

std::string tokenizer_of(const std::string& provenance) {
  const std::optional<store::TokenizerIdentity> tokenizer = store::tokenizer_identity(provenance);
  return tokenizer ? tokenizer->text() : "";
}

Corpora::Corpora(const std::vector<WeightedFile>& files) {
  std::size_t documents = 0;
  std::vector<std::pair<std::string, std::string>> tokenizers;
  for (const WeightedFile& file : files) {
    files_.push_back({file.path,
                      store::translated("corpus", [&] { return formats::TokenFileReader(file.path); }),
                      static_cast<std::int32_t>(documents)});
    documents += files_.back().reader.documents();
    if (documents > std::numeric_limits<std::int32_t>::max())
      throw Error(GM_ERROR_USER, "the corpora have more than 2^31 documents", "corpus");
    const std::string tokenizer = tokenizer_of(files_.back().reader.provenance());
    if (!tokenizer.empty()) tokenizers.emplace_back(file.path, tokenizer);
  }
  check_one_tokenizer(tokenizers);
}

void Corpora::verify() const {
  store::translated("corpus", [&] {
    for (const File& file : files_) file.reader.verify();
  });
}

std::vector<std::vector<Window>> Corpora::find_windows(std::int32_t split, std::int64_t length,
                                                       bool first_only) const {
  std::vector<std::vector<Window>> windows;
  for (const File& file : files_) {
    try {
      windows.push_back(dataset::find_windows(file.reader, split, length, first_only));
    } catch (const Error& error) {
      if (files_.size() == 1) throw;
      throw Error(error.code, "'" + file.path + "': " + error.what(), error.key);
    }
  }
  return windows;
}

void Corpora::read(std::size_t corpus, const Window& window, std::int64_t length, std::int32_t* out) const {
  store::translated("corpus", [&] {
    files_[corpus].reader.read(window.document, window.begin, static_cast<std::size_t>(length), out);
  });
}

std::int32_t Corpora::document(std::size_t corpus, const Window& window) const {
  return files_[corpus].first_document + static_cast<std::int32_t>(window.document);
}

std::string_view Corpora::name(std::size_t corpus, const Window& window) const {
  return files_[corpus].reader.name(window.document);
}

std::string Corpora::digest() const {
  if (files_.size() == 1) return files_.front().reader.digest();
  formats::Sha256 sha;
  for (const File& file : files_) sha.update_field(file.reader.digest());
  return sha.hex();
}

}  // namespace gistmill::dataset
