// Each step as the package does it; what it takes for a capital or a mark was asked of it
// (make_unicode_ranges.py).
#include "plugins/tokenizer/common/normalizer.hpp"

#include <algorithm>
#include <utility>

#include <gistmill/formats/error.hpp>
#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/common/code_table.hpp"
#include "plugins/tokenizer/common/form_c.hpp"
#include "plugins/tokenizer/common/settings.hpp"
#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::tokenizer {
namespace {

using Kind = NormalizerStep::Kind;

// clang-format off
constexpr CodeRangeOf<std::int32_t> kLowercase[] = {
#include "plugins/tokenizer/common/lowercase.inc"
};
constexpr CodeRangeOf<std::uint8_t> kMarks[] = {
#include "plugins/tokenizer/common/marks.inc"
};
// clang-format on

// Calls on_character(code, bytes, out) for each character; bytes that are not UTF-8 are copied.
template <class OnCharacter>
std::string each_character(std::string_view text, const OnCharacter& on_character) {
  std::string out;
  out.reserve(text.size());
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += size) {
    const std::int32_t code = decode_utf8(text, at, &size);
    const std::string_view bytes = text.substr(at, size);
    code == kNoCharacter ? void(out += bytes) : on_character(code, bytes, &out);
  }
  return out;
}

std::string lowercase(std::string_view text) {
  static const CodeTable<std::int32_t> kTable(kLowercase);
  return each_character(text, [](std::int32_t code, std::string_view bytes, std::string* out) {
    constexpr std::int32_t kCapitalIWithDot = 0x130;  // the one that becomes two
    const std::int32_t distance = kTable.of(code);
    if (code == kCapitalIWithDot) {
      *out += "i\xCC\x87";
    } else if (distance == 0) {
      *out += bytes;
    } else {
      text::append_utf8(*out, code + distance);
    }
  });
}

std::string without_marks(std::string_view text) {
  static const CodeTable<std::uint8_t> kTable(kMarks);
  return each_character(text, [](std::int32_t code, std::string_view bytes, std::string* out) {
    if (kTable.of(code) == 0) *out += bytes;
  });
}

// The rules of nmt_nfkc for single characters, as the package has them.
std::string nmt(std::string_view text) {
  return each_character(text, [](std::int32_t code, std::string_view bytes, std::string* out) {
    const bool to_space = code == 0x9 || code == 0xA || code == 0xC || code == 0xD || code == 0x1680 ||
                          (code >= 0x200B && code <= 0x200F) || code == 0x2028 || code == 0x2029 ||
                          code == 0x2581 || code == 0xFEFF || code == 0xFFFD;
    const bool goes = (code >= 0x1 && code < 0x20) || code == 0x7F || code == 0x8F || code == 0x9F;
    if (to_space) {
      *out += ' ';
    } else if (!goes) {
      *out += bytes;
    }
  });
}

std::optional<NormalForm> form_named(const std::string& type) {
  if (type == "NFC") return NormalForm::kC;
  if (type == "NFD") return NormalForm::kD;
  if (type == "NFKC") return NormalForm::kKC;
  if (type == "NFKD") return NormalForm::kKD;
  return std::nullopt;
}

std::optional<NormalizerStep> with_map(std::string_view bytes, NormalizerStep step) {
  auto map = CharacterMap::parse(bytes);
  if (!map) return std::nullopt;
  step.map = std::make_shared<const CharacterMap>(std::move(*map));
  return step;
}

}  // namespace

std::optional<NormalizerStep> NormalizerStep::read(const nlohmann::json& step) {
  const std::string type = type_of(step);
  NormalizerStep known;
  known.source = step;
  if (const auto form = form_named(type)) {
    known.form = *form;
    return known;
  }
  if (type == "Lowercase" || type == "StripAccents" || type == "Nmt") {
    known.kind = type == "Lowercase" ? Kind::kLowercase : type == "Nmt" ? Kind::kNmt : Kind::kStripAccents;
    return known;
  }
  if (type == "Strip") {
    known.kind = Kind::kStrip;
    known.left = boolean_of(step, "strip_left", true);
    known.right = boolean_of(step, "strip_right", true);
    return known;
  }
  if (type == "Prepend") {
    known.kind = Kind::kPrepend;
    known.content = string_of(step, "prepend");
    return known;
  }
  if (type == "Precompiled") {
    known.kind = Kind::kMap;
    return with_map(from_base64(string_of(step, "precompiled_charsmap")).value_or(""), std::move(known));
  }
  if (type != "Replace" || !step.contains("pattern")) return std::nullopt;
  // transformers 5 writes so that a SentencePiece model removes extra spaces.
  if (string_of(step.at("pattern"), "Regex") == "\\A +| +\\z" && string_of(step, "content").empty()) {
    known.kind = Kind::kTrim;
    return known;
  }
  known.kind = Kind::kReplace;
  known.content = string_of(step, "content");
  known.pattern = TextPattern::read(step.at("pattern"));
  return known.pattern ? std::optional(std::move(known)) : std::nullopt;
}

// Told apart by a digest of the map and of what is kept.
std::optional<NormalizerStep> NormalizerStep::character_map(std::string_view bytes,
                                                            const std::vector<std::string>& kept) {
  NormalizerStep step;
  step.kind = Kind::kLongestMap;
  formats::Sha256 sha;
  sha.update_field(bytes);
  std::vector<NumberedString> numbered;
  for (const std::string& one : kept) {
    sha.update_field(one);
    numbered.push_back({one, 0});
  }
  step.source = {{"type", "character map"}, {"sha256", sha.hex()}};
  step.kept = std::make_shared<const Trie>(std::move(numbered));
  return with_map(bytes, std::move(step));
}

std::string NormalizerStep::apply(std::string_view text) const {
  switch (kind) {
    case Kind::kForm:
      return form == NormalForm::kC ? to_nfc(text) : to_normal_form(text, form);
    case Kind::kLowercase:
      return lowercase(text);
    case Kind::kStripAccents:
      return without_marks(text);
    case Kind::kStrip:
      if (left) text.remove_prefix(leading_space(text));
      if (right) text.remove_suffix(trailing_space(text));
      break;
    case Kind::kNmt:
      return nmt(text);
    case Kind::kPrepend:
      return text.empty() ? std::string() : content + std::string(text);
    case Kind::kReplace:
      return pattern->replace(text, content);
    case Kind::kTrim:
      text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
      text = text.substr(0, text.find_last_not_of(' ') + 1);
      break;
    case Kind::kMap:
      return map->replace_graphemes(text);
    case Kind::kLongestMap:
      return map->replace_longest(text, *kept);
  }
  return std::string(text);
}

bool NormalizerStep::removes_start(std::string_view text) const {
  if (text.empty()) return false;
  std::size_t size = 0;
  decode_utf8(text, 0, &size);
  switch (kind) {
    case Kind::kStripAccents:
    case Kind::kNmt:
      return apply(text.substr(0, size)).empty();
    case Kind::kStrip:
      return left && leading_space(text) > 0;
    case Kind::kReplace:
      return pattern->matches_start(text);
    case Kind::kTrim:
      return text.starts_with(' ');
    default:
      return false;
  }
}

double NormalizerStep::growth() const {
  constexpr double kCanonical = 3, kCompatible = 11;  // U+1D160, U+FDFA
  switch (kind) {
    case Kind::kForm:
      return form == NormalForm::kC || form == NormalForm::kD ? kCanonical : kCompatible;
    case Kind::kLowercase:
      return 1.5;
    case Kind::kPrepend:
      return 1.0 + static_cast<double>(content.size());
    case Kind::kReplace:
      return std::max(1.0, static_cast<double>(content.size()) / static_cast<double>(pattern->least_bytes()));
    case Kind::kMap:
    case Kind::kLongestMap:
      return map->growth();
    default:
      return 1;
  }
}

double Normalizer::growth() const {
  double growth = 1;
  for (const NormalizerStep& step : steps_) growth *= step.growth();
  return growth;
}

void check_growth(const Normalizer& normalizer, const std::string& source) {
  if (normalizer.growth() <= kMostGrowth) return;
  throw formats::FormatError(
      source + ": the steps of the normalizer (" + normalizer.names() + ") could make a text more than " +
      std::to_string(static_cast<int>(kMostGrowth)) + " times longer, which is refused");
}

Normalizer Normalizer::form_c() {
  Normalizer normalizer;
  normalizer.add(*NormalizerStep::read({{"type", "NFC"}}));
  return normalizer;
}

void Normalizer::add(NormalizerStep step) {
  const bool is_c = step.kind == Kind::kForm && step.form == NormalForm::kC;
  if (!(is_c && is_form_c())) steps_.push_back(std::move(step));
}

bool Normalizer::is_form_c() const {
  return steps_.size() == 1 && steps_[0].kind == Kind::kForm && steps_[0].form == NormalForm::kC;
}

std::string Normalizer::apply(std::string_view text, bool* start_removed) const {
  std::string normalized;
  for (const NormalizerStep& step : steps_) {
    if (start_removed != nullptr && step.removes_start(text)) *start_removed = true;
    normalized = step.apply(text);
    text = normalized;
  }
  return steps_.empty() ? std::string(text) : normalized;
}

nlohmann::json Normalizer::json() const {
  if (steps_.empty()) return nullptr;
  if (steps_.size() == 1) return steps_[0].source;
  nlohmann::json steps = nlohmann::json::array();
  for (const NormalizerStep& step : steps_) steps.push_back(step.source);
  return {{"type", "Sequence"}, {"normalizers", std::move(steps)}};
}

std::string Normalizer::names() const {
  std::string names;
  for (const NormalizerStep& step : steps_) names += (names.empty() ? "" : ", ") + type_of(step.source);
  return names;
}

void Normalizer::add_to(formats::Sha256* sha) const {
  for (const NormalizerStep& step : steps_) sha->update_field(step.source.dump());
}

}  // namespace gistmill::tokenizer
