// How tokenizer.json treats spaces: its normalizer and pre-tokenizer together, each compared with those that
// are known, whole and exactly.
#pragma once

#include <optional>
#include <string>

#include "plugins/tokenizer/common/normalizer.hpp"
#include "plugins/tokenizer/common/tokenizer_json.hpp"
#include "plugins/tokenizer/sentencepiece/spaces.hpp"

namespace gistmill::sentencepiece {

// Where WhitespaceSplit stands, which cuts at white space and leaves it out: before Metaspace or behind it.
enum class WordSplit { kNone, kBefore, kBehind };

struct SpaceSteps {
  tokenizer::Normalizer text;  // before spaces
  Normalizer normalizer = Normalizer::kIdentity;
  Prefix prefix = Prefix::kNone;
  bool words_apart = false;
  bool doubles = false;  // a space more, where there is one already
  WordSplit word_split = WordSplit::kNone;

  // The text that normalizing makes of an added token, by which it is found in normalized text.
  std::string normal_form(const std::string& content) const;
};

// Throws formats::FormatError where they are none of those. splits_words: whether WhitespaceSplit is among
// them.
SpaceSteps space_steps(const tokenizer::TokenizerJson& file, bool splits_words);

// Where Metaspace puts a space; as a decoder, which it leaves out. Nothing where the step is none, or of
// another character.
std::optional<Prefix> metaspace_prefix(const nlohmann::json& step);
// Replace of one text by another.
bool is_replace(const nlohmann::json& step, const std::string& from, const std::string& to);

}  // namespace gistmill::sentencepiece
