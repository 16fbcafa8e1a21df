#include "plugins/tokenizer/sentencepiece/encoder.hpp"

#include <algorithm>

namespace gistmill::sentencepiece {

// Where added tokens are looked for in normalized text, all of that is normalized before; else a fragment is,
// as it is encoded, without a copy.
Encoder::Encoder(const Pieces& pieces, const tokenizer::MergeTable& merges)
    : tokenizer::Encoder(pieces.added(), merges),
      pieces_(pieces),
      prefix_(pieces.prefix()),
      removes_spaces_(pieces.remove_extra_whitespaces()) {
  if (pieces.added().normalized.empty()) return;
  if (pieces.normalizer() == Normalizer::kPrependAndReplace) prefix_ = Prefix::kNone;
  if (pieces.normalizer() != Normalizer::kIdentity) removes_spaces_ = false;
}

std::string_view Encoder::normalize(std::string_view text, bool) {
  const tokenizer::Normalizer& before = pieces_.text_normalizer();
  start_removed_ = false;
  if (!before.empty()) text = normalized_ = before.apply(text, &start_removed_);
  const Normalizer normalizer = pieces_.normalizer();
  if (normalizer == Normalizer::kIdentity || pieces_.added().normalized.empty()) return text;
  if (pieces_.remove_extra_whitespaces()) text = without_extra_spaces(text);
  escaped_.clear();
  if (normalizer == Normalizer::kPrependAndReplace && !text.empty()) escaped_ = kSpace;
  for (const char c : text) c == ' ' ? void(escaped_ += kSpace) : escaped_.push_back(c);
  return escaped_;
}

// Leaves out spaces at the ends, and all but one of those that stand together; also U+2581 at the end.
std::string_view Encoder::without_extra_spaces(std::string_view fragment) {
  while (fragment.ends_with(' ') || fragment.ends_with(kSpace)) {
    fragment.remove_suffix(fragment.ends_with(' ') ? 1 : kSpace.size());
  }
  fragment.remove_prefix(std::min(fragment.find_first_not_of(' '), fragment.size()));
  trimmed_.clear();
  for (const char c : fragment) {
    if (c != ' ' || trimmed_.empty() || trimmed_.back() != ' ') trimmed_ += c;
  }
  return trimmed_;
}

bool Encoder::wants_prefix(std::string_view text, bool first) const {
  const bool has_one = text.starts_with(' ') || text.starts_with(kSpace);
  switch (prefix_) {
    case Prefix::kFragments:
      return true;
    case Prefix::kFragmentsUnless:
      return !has_one;
    case Prefix::kTextUnless:
      return first && !has_one && !start_removed_;
    case Prefix::kNone:
      break;
  }
  return false;
}

}  // namespace gistmill::sentencepiece
