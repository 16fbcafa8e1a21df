// Byte-level BPE from tokenizer.json. Each part is compared with those that are known, whole and exactly;
// what is not known is refused by name.
#include <algorithm>
#include <utility>

#include "plugins/tokenizer/bpe/huggingface_patterns.hpp"
#include "plugins/tokenizer/bpe/vocabulary.hpp"
#include "plugins/tokenizer/common/settings.hpp"

namespace gistmill::bpe {
namespace {

using nlohmann::json;
using tokenizer::boolean_of;
using tokenizer::refuse;
using tokenizer::steps_of;
using tokenizer::string_of;
using tokenizer::type_of;

bool is_byte_level(const json& step, bool use_regex) {
  return type_of(step) == "ByteLevel" && boolean_of(step, "use_regex", true) == use_regex;
}

// Without a space before the text.
bool is_plain_byte_level(const json& step, bool use_regex) {
  return is_byte_level(step, use_regex) && !boolean_of(step, "add_prefix_space", true);
}

// GPT2Tokenizer makes its own ByteLevel, and tokenizer_config.json says whether that puts a space before
// text; to every other class tokenizer.json says it.
bool prefix_space_of(const tokenizer::TokenizerJson& file, const tokenizer::Configuration& configuration) {
  const std::vector<json> steps = steps_of(file.pre_tokenizer, "pretokenizers");
  const std::optional<bool> configured = configuration.flag("add_prefix_space");
  if (steps.size() == 1 && configuration.tokenizer_class == "GPT2Tokenizer")
    return configured.value_or(false);
  if (configuration.tokenizer_class == "Qwen2Tokenizer" && configured.value_or(false)) {
    throw formats::FormatError(configuration.path.string() +
                               ": add_prefix_space is true when it should be false for Qwen2Tokenizer, which "
                               "would put a space before every word");
  }
  return steps.size() == 1 && boolean_of(steps[0], "add_prefix_space", true);
}

// The expression by which a Split cuts.
std::string expression_of(const json& step) {
  const auto pattern = step.find("pattern");
  return type_of(step) != "Split" || pattern == step.end() ? std::string() : string_of(*pattern, "Regex");
}

bool is_deepseek(const std::vector<json>& steps) {
  constexpr std::size_t kSplits = std::size(kDeepseekPatterns);
  if (steps.size() != kSplits + 1 || !is_plain_byte_level(steps.back(), false)) return false;
  for (std::size_t i = 0; i < kSplits; ++i) {
    if (expression_of(steps[i]) != kDeepseekPatterns[i] || string_of(steps[i], "behavior") != "Isolated" ||
        boolean_of(steps[i], "invert", false))
      return false;
  }
  return true;
}

// The pattern that a Split cuts out pieces by; null where it does something else. The patterns that are known
// leave nothing between two pieces: isolating them, or what lies between, or removing the latter is the same.
const KnownPattern* pattern_of(const json& step) {
  const bool inverted = boolean_of(step, "invert", false);
  const std::string behavior = string_of(step, "behavior");
  if (type_of(step) != "Split" || !(behavior == "Isolated" || (behavior == "Removed" && inverted)))
    return nullptr;
  const std::string text = expression_of(step);
  for (const KnownPattern& known : kPatterns) {
    if (text == known.pattern) return &known;
  }
  return nullptr;
}

PreTokenizer pre_tokenizer_of(const tokenizer::TokenizerJson& file) {
  std::vector<json> steps = steps_of(file.pre_tokenizer, "pretokenizers");
  if (steps.size() == 1 && is_byte_level(steps[0], true)) return PreTokenizer::kGpt2;
  if (is_deepseek(steps)) return PreTokenizer::kDeepseekV3;
  const bool digits =
      !steps.empty() && type_of(steps[0]) == "Digits" && boolean_of(steps[0], "individual_digits", false);
  if (digits) steps.erase(steps.begin());
  // ByteLevel cuts by GPT-2's pattern itself, or does not where a Split did.
  const KnownPattern* pattern = steps.size() == 2 ? pattern_of(steps[0]) : &kPatterns[0];
  const bool known = pattern != nullptr && !steps.empty() && steps.size() <= 2 &&
                     is_plain_byte_level(steps.back(), steps.size() == 1);
  if (known && !digits && steps.size() == 2) return pattern->pre_tokenizer;
  if (known && digits && pattern->pre_tokenizer == PreTokenizer::kGpt2) return PreTokenizer::kStarcoder;
  refuse(file, "pre_tokenizer", file.pre_tokenizer,
         "that of GPT-2 (ByteLevel), StarCoder and SmolLM (Digits, ByteLevel), Llama 3, Qwen 2, gpt-oss or "
         "Tekken (Split by their pattern, ByteLevel), or DeepSeek V3 (three of them, ByteLevel), all but the "
         "first "
         "without a prefix space");
}

tokenizer::Normalizer normalizer_of(const tokenizer::TokenizerJson& file) {
  tokenizer::Normalizer normalizer;
  for (const json& step : steps_of(file.normalizer, "normalizers")) {
    auto known = tokenizer::NormalizerStep::read(step);
    if (!known) refuse(file, "normalizer", step, std::string("null or of ") + tokenizer::kKnownNormalizers);
    normalizer.add(std::move(*known));
  }
  tokenizer::check_growth(normalizer, file.source);
  return normalizer;
}

void check_decoder(const tokenizer::TokenizerJson& file) {
  const std::vector<json> steps = steps_of(file.decoder, "decoders");
  // Fuse joins what is joined anyway.
  const auto fuses = [](const json& step) { return type_of(step) == "Fuse"; };
  if (!steps.empty() && type_of(steps[0]) == "ByteLevel" &&
      std::all_of(steps.begin() + 1, steps.end(), fuses))
    return;
  refuse(file, "decoder", file.decoder, "ByteLevel");
}

void check_model(const tokenizer::TokenizerJson& file) {
  const json& model = file.model;
  tokenizer::check_plain_bpe(file);
  if (boolean_of(model, "byte_fallback", false)) {
    throw tokenizer::OtherKind(file.source +
                               ": model.byte_fallback is true when it should be false for byte-level BPE, "
                               "which has a token for every byte");
  }
}

}  // namespace

Vocabulary vocabulary_from(const tokenizer::TokenizerJson& file, const std::filesystem::path& folder) {
  check_model(file);
  const PreTokenizer pre_tokenizer = pre_tokenizer_of(file);
  tokenizer::Normalizer normalizer = normalizer_of(file);
  check_decoder(file);
  const tokenizer::Configuration configuration =
      tokenizer::read_configuration(folder, tokenizer::ModelKind::kByteLevelBpe);
  Vocabulary vocabulary(tokenizer::common_vocabulary(file, folder, configuration));
  vocabulary.pre_tokenizer = pre_tokenizer;
  vocabulary.normalizer = std::move(normalizer);
  vocabulary.prefix_space = prefix_space_of(file, configuration);
  vocabulary.ignore_merges = boolean_of(file.model, "ignore_merges", false);
  vocabulary.fuse_unknown = boolean_of(file.model, "fuse_unk", false);
  vocabulary.unknown = tokenizer::unknown_token(file, vocabulary);
  vocabulary.merges = file.merges;
  vocabulary.same_merge = tokenizer::SameMerge::kLaterCounts;
  return vocabulary;
}

}  // namespace gistmill::bpe
