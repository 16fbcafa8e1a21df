#include "plugins/dataset/needle/phrase_tokens.hpp"

#include "plugins/dataset/needle/phrases.hpp"

namespace gistmill::dataset {

PhraseTokens::PhraseTokens(const std::filesystem::path& path) {
  const formats::TokenFileReader file(path);
  file.verify();
  for (std::size_t i = 0; i < file.documents(); ++i) take(file, i);
  for (const auto& [number, ids] : answers_) numbers_.push_back(number);
  digest_ = file.digest();
  check();
}

void PhraseTokens::take(const formats::TokenFileReader& file, std::size_t document) {
  const PhraseName name = PhraseName::of(file.name(document));
  Ids ids(file.length(document));
  file.read(document, 0, ids.size(), ids.data());
  if (ids.empty()) {
    throw Error(GM_ERROR_USER, "phrase '" + std::string(file.name(document)) + "' has no tokens", "phrases");
  }
  switch (name.kind) {
    case PhraseName::Kind::needle:
      needles_[{name.subject, name.number}] = std::move(ids);
      return;
    case PhraseName::Kind::question:
      questions_[name.subject] = std::move(ids);
      return;
    case PhraseName::Kind::answer:
      answers_[name.number] = std::move(ids);
  }
}

// Each subject has a needle of each number.
void PhraseTokens::check() const {
  std::int32_t subject = 0;
  bool whole =
      !answers_.empty() && !questions_.empty() && needles_.size() == answers_.size() * questions_.size();
  for (const auto& [asked, ids] : questions_) {
    whole = whole && asked == subject++;
    for (const std::int32_t number : numbers_) whole = whole && needles_.contains({asked, number});
  }
  if (!whole)
    throw Error(GM_ERROR_USER, "the phrases are not those of one dataset/needle-phrases", "phrases");
}

}  // namespace gistmill::dataset
