// SentencePiece BPE from tokenizer.json, as Llama 2 and Mistral were converted to it. Each part is compared
// with those that are known, whole and exactly; what is not known is refused by name.
#include <algorithm>
#include <optional>
#include <utility>

#include "plugins/tokenizer/common/settings.hpp"
#include "plugins/tokenizer/spm/merge_pairs.hpp"
#include "plugins/tokenizer/spm/spm.hpp"
#include "plugins/tokenizer/spm/vocabulary.hpp"

namespace gistmill::spm {
namespace {

using nlohmann::json;
using tokenizer::boolean_of;
using tokenizer::refuse;
using tokenizer::steps_of;
using tokenizer::string_of;
using tokenizer::type_of;

bool is_replace(const json& step, const std::string& from, const std::string& to) {
  return type_of(step) == "Replace" && tokenizer::has_pattern(step, from) && string_of(step, "content") == to;
}

// How spaces are treated, from normalizer and pre-tokenizer together.
struct Spaces {
  tokenizer::Normalizer text;  // before them
  Normalizer normalizer = Normalizer::kIdentity;
  Prefix prefix = Prefix::kNone;
  bool words_apart = false;
  bool doubles = false;  // a space more, where there is one already
};

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

// Metaspace: prepend_scheme, in older files add_prefix_space; nothing where it is of another character.
std::optional<Prefix> prefix_of(const json& metaspace) {
  if (type_of(metaspace) != "Metaspace" || string_of(metaspace, "replacement") != kSpace) return std::nullopt;
  const bool adds = boolean_of(metaspace, "add_prefix_space", true);
  const std::string stated = string_of(metaspace, "prepend_scheme");
  const std::string scheme = !stated.empty() ? stated : adds ? "always" : "never";
  if (scheme == "first") return Prefix::kTextUnless;
  if (scheme == "always") return Prefix::kFragmentsUnless;
  if (scheme == "never") return Prefix::kNone;
  return std::nullopt;
}

// A cut at spaces where the normalizer left none, as Gemma's: it finds nothing.
bool finds_nothing(const json& step) {
  return type_of(step) == "Split" && tokenizer::has_pattern(step, " ") && !boolean_of(step, "invert", false);
}

// Llama 2: a normalizer that prepends and replaces. Gemma: one that replaces. Later files: the Metaspace
// pre-tokenizer, which does both.
std::optional<Spaces> known_spaces(const tokenizer::TokenizerJson& file) {
  const std::optional<NormalizerSteps> normalizer = normalizer_steps(file);
  if (!normalizer) return std::nullopt;
  std::vector<json> pre_tokenizers = steps_of(file.pre_tokenizer, "pretokenizers");
  if (normalizer->replaces) std::erase_if(pre_tokenizers, finds_nothing);
  Spaces spaces;
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
  const std::optional<Prefix> prefix = prefix_of(pre_tokenizers[0]);
  if (pre_tokenizers.size() > 1 || !prefix || normalizer->prepends) return std::nullopt;
  spaces.prefix = *prefix;
  spaces.words_apart = boolean_of(pre_tokenizers[0], "split", true);
  if (!normalizer->doubles) return spaces;
  // Always one space more than there are, whether Metaspace adds it or the normalizer did.
  if (*prefix != Prefix::kFragmentsUnless || spaces.words_apart) return std::nullopt;
  spaces.prefix = Prefix::kFragments;
  spaces.doubles = true;
  return spaces;
}

Spaces spaces_of(const tokenizer::TokenizerJson& file) {
  if (const std::optional<Spaces> known = known_spaces(file)) return *known;
  refuse(file, "normalizer and pre_tokenizer", {file.normalizer, file.pre_tokenizer},
         std::string("those of Llama 2 or Gemma: Prepend and Replace, Replace, or Metaspace; before them ") +
             tokenizer::kKnownNormalizers);
}

// Metaspace as a decoder, not after tokens were joined: all of the text would be its first token.
std::optional<SpacesLeftOut> metaspace_decoder(const json& step, bool joined) {
  const std::optional<Prefix> prefix = prefix_of(step);
  if (!prefix) return std::nullopt;
  if (*prefix == Prefix::kNone) return SpacesLeftOut::kNone;
  return joined ? std::nullopt : std::optional(SpacesLeftOut::kFirstToken);
}

// What decoders have done so far. Spaces and bytes come back in either order; tokens are joined after their
// bytes are text, and a space at the start is one of the whole text only then.
struct Decoding {
  bool has_bytes = true;  // whether bytes are to come back at all
  bool spaces = false, bytes = false, joined = false, stripped = false;
  SpacesLeftOut left_out = SpacesLeftOut::kPrefix;

  // False where the step is not known, or not at this place.
  bool take(const json& step) {
    const std::string type = type_of(step);
    if (is_replace(step, std::string(kSpace), " ")) return !std::exchange(spaces, true);
    if (const auto metaspace = metaspace_decoder(step, joined)) {
      left_out = *metaspace;
      return !std::exchange(spaces, true);
    }
    if (type == "ByteFallback") return !joined && !std::exchange(bytes, true);
    if (type == "Fuse") return joined = bytes || !has_bytes || is_metaspace();
    return type == "Strip" && string_of(step, "content") == " " && step.value("start", json()) == 1 &&
           step.value("stop", json()) == 0 && spaces && joined && !is_metaspace() &&
           !std::exchange(stripped, true);
  }
  bool is_metaspace() const { return left_out != SpacesLeftOut::kPrefix; }
};

Decoding decoding_of(const tokenizer::TokenizerJson& file) {
  const std::vector<json> steps = steps_of(file.decoder, "decoders");
  Decoding decoding;
  decoding.has_bytes = boolean_of(file.model, "byte_fallback", false);
  const bool known =
      std::all_of(steps.begin(), steps.end(), [&](const json& step) { return decoding.take(step); });
  if (known && decoding.spaces && (decoding.bytes || !decoding.has_bytes || decoding.is_metaspace()))
    return decoding;
  refuse(
      file, "decoder", file.decoder,
      "that of Llama 2: Replace, ByteFallback, Fuse and Strip; or Metaspace, alone or beside ByteFallback");
}

void check_model(const tokenizer::TokenizerJson& file) {
  tokenizer::check_plain_bpe(file);
  const std::vector<json> decoders = steps_of(file.decoder, "decoders");
  if (!decoders.empty() && type_of(decoders[0]) == "ByteLevel") {
    throw tokenizer::OtherKind(file.source +
                               ": the decoder is ByteLevel when it should be of SentencePiece BPE");
  }
}

// The text that normalizing makes of an added token, by which it is found in normalized text.
std::string normal_form(const std::string& content, const Spaces& spaces) {
  std::string text = spaces.text.apply(content);
  if (spaces.normalizer == Normalizer::kIdentity || text.empty()) return text;
  return (spaces.normalizer == Normalizer::kPrependAndReplace ? std::string(kSpace) : std::string()) +
         with_escaped_spaces(text);
}

}  // namespace

Vocabulary vocabulary_from(const tokenizer::TokenizerJson& file, const std::filesystem::path& folder) {
  check_model(file);
  Spaces spaces = spaces_of(file);
  tokenizer::check_growth(spaces.text, file.source);
  const Decoding decoding = decoding_of(file);
  const tokenizer::Configuration configuration = tokenizer::read_configuration(folder);
  Vocabulary vocabulary(tokenizer::common_vocabulary(file, folder, configuration));
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    vocabulary.types.push_back(byte_named(vocabulary.tokens[id]) >= 0 ? PieceType::kByte
                                                                      : PieceType::kNormal);
  }
  vocabulary.normalizer = spaces.normalizer;
  vocabulary.prefix = spaces.prefix;
  vocabulary.words_apart = spaces.words_apart;
  vocabulary.spaces_left_out = decoding.left_out;
  vocabulary.decodes_bytes = decoding.bytes;
  if (configuration.tokenizer_class == "LlamaTokenizer" &&
      !configuration.flag("add_prefix_space").value_or(true)) {
    vocabulary.prefix = Prefix::kNone;
    if (vocabulary.normalizer == Normalizer::kPrependAndReplace) vocabulary.normalizer = Normalizer::kReplace;
    spaces.normalizer = vocabulary.normalizer;
  }
  vocabulary.text_normalizer = spaces.text;
  for (tokenizer::AddedToken& token : vocabulary.added) {
    const auto id = static_cast<std::size_t>(token.id);
    if (!vocabulary.is_own(id)) vocabulary.types[id] = PieceType::kControl;
    if (token.normalized && spaces.doubles) {
      vocabulary.fail("added token " + std::to_string(token.id) + ", " + formats::printable(token.content) +
                      ", is looked for in normalized text, which is not supported with this normalizer");
    }
    if (token.normalized) token.content = normal_form(token.content, spaces);
  }
  vocabulary.byte_fallback = decoding.has_bytes;
  const auto bytes = std::count(vocabulary.types.begin(), vocabulary.types.end(), PieceType::kByte);
  if (!vocabulary.byte_fallback || bytes < 256) {  // else nothing is unknown
    vocabulary.unknown = tokenizer::unknown_token(file, vocabulary);
    vocabulary.fuse_unknown = boolean_of(file.model, "fuse_unk", false);
  }
  vocabulary.ignore_merges = boolean_of(file.model, "ignore_merges", false);
  vocabulary.by_scores = false;
  vocabulary.merges = file.merges;
  vocabulary.same_merge = tokenizer::SameMerge::kLaterCounts;
  return vocabulary;
}

}  // namespace gistmill::spm
