#include "plugins/tokenizer/sentencepiece/space_steps.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "plugins/tokenizer/common/settings.hpp"

namespace gistmill::sentencepiece {
namespace {

using nlohmann::json;
using tokenizer::boolean_of;
using tokenizer::refuse;
using tokenizer::steps_of;
using tokenizer::string_of;
using tokenizer::type_of;

struct NormalizerSteps {
  tokenizer::Normalizer text;  // what is done before spaces are
  bool prepends = false;
  bool replaces = false;
  bool doubles = false;  // a space that stands first, as transformers 5 writes a SentencePiece model
};

// A step that may as well come before those of spaces: it stands there, or does nothing with spaces and
// leaves no text empty that one was put before. Nothing where it is another.
std::optional<tokenizer::NormalizerStep> step_before(const json& step, bool prepends, bool replaces) {
  auto known = tokenizer::NormalizerStep::read(step);
  if (!prepends && !replaces) return known;
  const std::string type = type_of(step);
  const bool commutes = type == "NFC" || type == "NFD" || type == "Lowercase";
  return commutes || (type == "StripAccents" && !prepends) ? known : std::nullopt;
}

// Nothing where there is a step that is not known, or not there.
std::optional<NormalizerSteps> normalizer_steps(const tokenizer::TokenizerJson& file) {
  const std::string space(kSpace);
  NormalizerSteps known;
  for (const json& step : steps_of(file.normalizer, "normalizers")) {
    const bool prepends = type_of(step) == "Prepend" && string_of(step, "prepend") == space;
    if (prepends && !known.prepends) {
      known.prepends = true;
    } else if (is_replace(step, " ", space)) {
      known.replaces = true;
    } else if (known.replaces && is_replace(step, "\\A" + space, space + space)) {
      known.doubles = true;
    } else if (auto step_of_text = step_before(step, known.prepends, known.replaces)) {
      known.text.add(std::move(*step_of_text));
    } else {
      return std::nullopt;
    }
  }
  return known;
}

// A cut at spaces where the normalizer left none, as Gemma's: it finds nothing.
bool finds_nothing(const json& step) {
  return type_of(step) == "Split" && tokenizer::has_pattern(step, " ") && !boolean_of(step, "invert", false);
}

// Metaspace, and WhitespaceSplit on either side of it. False where there is another.
bool take_pre_tokenizers(std::vector<json> steps, bool splits_words, SpaceSteps* spaces) {
  const auto splits = [](const json& step) { return type_of(step) == "WhitespaceSplit"; };
  if (splits_words && steps.size() == 2 && splits(steps[0]) != splits(steps[1])) {
    spaces->word_split = splits(steps[0]) ? WordSplit::kBefore : WordSplit::kBehind;
    steps.erase(steps.begin() + (splits(steps[0]) ? 0 : 1));
  }
  const std::optional<Prefix> prefix = metaspace_prefix(steps[0]);
  if (steps.size() > 1 || !prefix) return false;
  spaces->prefix = *prefix;
  spaces->words_apart = boolean_of(steps[0], "split", true);
  return true;
}

// Llama 2: a normalizer that prepends and replaces. Gemma: one that replaces. Later files: the Metaspace
// pre-tokenizer, which does both.
std::optional<SpaceSteps> known_spaces(const tokenizer::TokenizerJson& file, bool splits_words) {
  const std::optional<NormalizerSteps> normalizer = normalizer_steps(file);
  if (!normalizer) return std::nullopt;
  std::vector<json> pre_tokenizers = steps_of(file.pre_tokenizer, "pretokenizers");
  if (normalizer->replaces) std::erase_if(pre_tokenizers, finds_nothing);
  SpaceSteps spaces;
  spaces.text = normalizer->text;
  if (normalizer->replaces) spaces.normalizer = Normalizer::kReplace;
  if (pre_tokenizers.empty()) {
    if (!normalizer->replaces || normalizer->doubles) return std::nullopt;
    if (normalizer->prepends) {
      spaces.normalizer = Normalizer::kPrependAndReplace;
      spaces.prefix = Prefix::kFragments;
    }
    return spaces;
  }
  if (normalizer->prepends || !take_pre_tokenizers(std::move(pre_tokenizers), splits_words, &spaces))
    return std::nullopt;
  if (!normalizer->doubles) return spaces;
  // Always one space more than there are, whether Metaspace adds it or the normalizer did.
  if (spaces.prefix != Prefix::kFragmentsUnless || spaces.words_apart ||
      spaces.word_split != WordSplit::kNone)
    return std::nullopt;
  spaces.prefix = Prefix::kFragments;
  spaces.doubles = true;
  return spaces;
}

}  // namespace

bool is_replace(const json& step, const std::string& from, const std::string& to) {
  return type_of(step) == "Replace" && tokenizer::has_pattern(step, from) && string_of(step, "content") == to;
}

// prepend_scheme, in older files add_prefix_space.
std::optional<Prefix> metaspace_prefix(const json& metaspace) {
  if (type_of(metaspace) != "Metaspace" || string_of(metaspace, "replacement") != kSpace) return std::nullopt;
  const bool adds = boolean_of(metaspace, "add_prefix_space", true);
  const std::string stated = string_of(metaspace, "prepend_scheme");
  const std::string scheme = !stated.empty() ? stated : adds ? "always" : "never";
  if (scheme == "first") return Prefix::kTextUnless;
  if (scheme == "always") return Prefix::kFragmentsUnless;
  if (scheme == "never") return Prefix::kNone;
  return std::nullopt;
}

std::string SpaceSteps::normal_form(const std::string& content) const {
  std::string form = text.apply(content);
  if (normalizer == Normalizer::kIdentity || form.empty()) return form;
  return (normalizer == Normalizer::kPrependAndReplace ? std::string(kSpace) : std::string()) +
         with_escaped_spaces(form);
}

SpaceSteps space_steps(const tokenizer::TokenizerJson& file, bool splits_words) {
  const std::optional<SpaceSteps> known = known_spaces(file, splits_words);
  if (known) {
    tokenizer::check_growth(known->text, file.source);
    return *known;
  }
  refuse(file, "normalizer and pre_tokenizer", {file.normalizer, file.pre_tokenizer},
         std::string("those of Llama 2 or Gemma: Prepend and Replace, Replace, or Metaspace") +
             (splits_words ? ", also with WhitespaceSplit" : "") + "; before them " +
             tokenizer::kKnownNormalizers);
}

}  // namespace gistmill::sentencepiece
