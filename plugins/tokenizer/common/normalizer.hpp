// The normalizer of tokenizer.json: what is done to text before it is cut, step by step, as `tokenizers` does
// it. SentencePiece's marks for spaces are no part of it: plugins/tokenizer/spm knows them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <gistmill/formats/digest.hpp>

#include "plugins/tokenizer/common/character_map.hpp"
#include "plugins/tokenizer/common/normal_forms.hpp"
#include "plugins/tokenizer/common/text_pattern.hpp"

namespace gistmill::tokenizer {

struct NormalizerStep {
  enum class Kind : std::uint8_t {
    kForm,          // NFC, NFD, NFKC, NFKD
    kLowercase,     // letter by letter: no rule for the end of a word
    kStripAccents,  // marks go
    kStrip,         // white space at the ends goes
    kNmt,           // control characters go, white space of one character becomes a space
    kPrepend,       // `content` before text that is not empty
    kReplace,       // `content` for what matches
    kTrim,          // spaces at the ends go
    kMap,           // a map of characters, cluster by cluster, as `tokenizers` does it (Precompiled)
    kLongestMap,    // the same as SentencePiece does it; `kept` stays
  };

  Kind kind = Kind::kForm;
  NormalForm form = NormalForm::kC;
  bool left = true, right = true;  // kStrip
  std::string content;
  std::optional<TextPattern> pattern;
  std::shared_ptr<const CharacterMap> map;
  std::shared_ptr<const Trie> kept;
  nlohmann::json source;  // as tokenizer.json has it

  // Nothing where the step, a part of a Sequence, is not known.
  static std::optional<NormalizerStep> read(const nlohmann::json& step);
  // The map of a tokenizer.model. Nothing where it is broken.
  static std::optional<NormalizerStep> character_map(std::string_view bytes,
                                                     const std::vector<std::string>& kept);
  std::string apply(std::string_view text) const;
  // Whether what the text starts with is gone behind the step, or another text stands there.
  bool removes_start(std::string_view text) const;
  double growth() const;  // how many times longer it may make a text, at most
};

class Normalizer {
 public:
  static Normalizer form_c();
  void add(NormalizerStep step);  // form C behind form C is left out

  bool empty() const { return steps_.empty(); }
  const std::vector<NormalizerStep>& steps() const { return steps_; }
  bool is_form_c() const;  // and nothing else
  double growth() const;   // how many times longer it may make a text, at most

  // Any bytes: those that are not UTF-8 stay, between what is done to the others. start_removed: whether any
  // step removes_start(), for to `tokenizers` what is left does not start the text.
  std::string apply(std::string_view text, bool* start_removed = nullptr) const;

  nlohmann::json json() const;  // as tokenizer.json has it: null, a step or a Sequence
  std::string names() const;    // "NFKC, Lowercase"
  void add_to(formats::Sha256* sha) const;

 private:
  std::vector<NormalizerStep> steps_;
};

// For messages: the names of all steps that are known.
inline constexpr const char* kKnownNormalizers =
    "NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Nmt, Precompiled, Prepend and Replace of a text";

// Steps that replace can make a text as long as they like, one by the other. Throws FormatError, with
// `source`'s name, where it is more than this many times.
constexpr double kMostGrowth = 256;
void check_growth(const Normalizer& normalizer, const std::string& source);

}  // namespace gistmill::tokenizer
