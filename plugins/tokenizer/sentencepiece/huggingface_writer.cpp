#include "plugins/tokenizer/sentencepiece/huggingface_writer.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace gistmill::sentencepiece {
namespace {

using nlohmann::json;

json replace(std::string_view from, std::string_view to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

json metaspace(const char* scheme, bool split) {
  return {{"type", "Metaspace"}, {"replacement", kSpace}, {"prepend_scheme", scheme}, {"split", split}};
}

json sequence(const char* name, json steps) {
  if (steps.empty()) return nullptr;
  if (steps.size() == 1) return steps[0];
  return {{"type", "Sequence"}, {name, std::move(steps)}};
}

[[noreturn]] void cannot_say(const Vocabulary& vocabulary, const std::string& what) {
  vocabulary.fail(what + ", which tokenizer.json cannot say");
}

void check(const Vocabulary& vocabulary) {
  if (vocabulary.remove_extra_whitespaces) cannot_say(vocabulary, "removes extra spaces");
  for (const tokenizer::NormalizerStep& step : vocabulary.text_normalizer.steps()) {
    if (step.kind == tokenizer::NormalizerStep::Kind::kLongestMap)
      cannot_say(vocabulary, "has a map of characters as SentencePiece reads it");
  }
}

// Whether the normalizer, and not the pre-tokenizer, puts the space before each fragment and marks spaces.
bool is_by_normalizer(const Vocabulary& vocabulary) {
  return !vocabulary.words_apart &&
         (vocabulary.prefix == Prefix::kFragments || vocabulary.prefix == Prefix::kNone);
}

// `tokenizers` looks for normalized added tokens in what the normalizer made of text, and normalizes the
// tokens themselves: each then begins with the space that is put before text.
void check_normalized_tokens(const Vocabulary& vocabulary, Normalizer written) {
  SpaceSteps steps;
  steps.text = vocabulary.text_normalizer;
  steps.normalizer = written;
  for (const tokenizer::AddedToken& token : vocabulary.added) {
    const std::string text(vocabulary.tokens[static_cast<std::size_t>(token.id)]);
    if (!token.normalized || (vocabulary.normalizer == written && token.content == steps.normal_form(text)))
      continue;
    cannot_say(vocabulary, "looks for added token " + std::to_string(token.id) + ", " +
                               formats::printable(text) + ", in text whose spaces are marked");
  }
}

json normalizer_of(const Vocabulary& vocabulary) {
  json steps = json::array();
  for (const tokenizer::NormalizerStep& step : vocabulary.text_normalizer.steps())
    steps.push_back(step.source);
  const bool whole = is_by_normalizer(vocabulary);
  const bool prepends = whole && vocabulary.prefix == Prefix::kFragments;
  const bool replaces = whole || vocabulary.normalizer == Normalizer::kReplace;
  check_normalized_tokens(vocabulary, prepends   ? Normalizer::kPrependAndReplace
                                      : replaces ? Normalizer::kReplace
                                                 : Normalizer::kIdentity);
  if (prepends) steps.push_back({{"type", "Prepend"}, {"prepend", kSpace}});
  if (replaces) steps.push_back(replace(" ", kSpace));
  return sequence("normalizers", std::move(steps));
}

json pre_tokenizer_of(const Vocabulary& vocabulary) {
  if (is_by_normalizer(vocabulary)) return nullptr;
  switch (vocabulary.prefix) {
    case Prefix::kNone:
      return metaspace("never", vocabulary.words_apart);
    case Prefix::kTextUnless:
      return metaspace("first", vocabulary.words_apart);
    case Prefix::kFragmentsUnless:
      return metaspace("always", vocabulary.words_apart);
    case Prefix::kFragments:
      break;
  }
  cannot_say(vocabulary, "cuts text before spaces, and puts a space before each fragment that has one");
}

json decoder_of(const Vocabulary& vocabulary) {
  json steps = json::array();
  const bool whole = vocabulary.spaces_left_out == SpacesLeftOut::kPrefix;
  if (whole) {
    steps.push_back(replace(kSpace, " "));
  } else {
    steps.push_back(metaspace(vocabulary.spaces_left_out == SpacesLeftOut::kNone ? "never" : "always", true));
  }
  if (vocabulary.decodes_bytes) steps.push_back({{"type", "ByteFallback"}});
  if (whole) steps.push_back({{"type", "Fuse"}});
  if (whole && vocabulary.prefix != Prefix::kNone)
    steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  return sequence("decoders", std::move(steps));
}

}  // namespace

json space_parts(const Vocabulary& vocabulary) {
  check(vocabulary);
  return {{"normalizer", normalizer_of(vocabulary)},
          {"pre_tokenizer", pre_tokenizer_of(vocabulary)},
          {"decoder", decoder_of(vocabulary)}};
}

}  // namespace gistmill::sentencepiece
