// Byte-level BPE from tokenizer.json. Each part is compared with those that are known, whole and exactly;
// what is not known is refused by name.

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

constexpr const char* kLlama3Pattern =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
    "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr const char* kQwen2Pattern =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
    "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

bool is_byte_level(const json& step, bool use_regex) {
  return type_of(step) == "ByteLevel" && boolean_of(step, "use_regex", true) == use_regex;
}

// Without a space before the text.
bool is_plain_byte_level(const json& step, bool use_regex) {
  return is_byte_level(step, use_regex) && !boolean_of(step, "add_prefix_space", true);
}

// tokenizer_config.json counts where it speaks of a space and ByteLevel stands alone, as in transformers.
bool prefix_space_of(const tokenizer::TokenizerJson& file, std::optional<bool> configured) {
  const std::vector<json> steps = steps_of(file.pre_tokenizer, "pretokenizers");
  if (steps.size() != 1) return false;
  const bool stated = boolean_of(steps[0], "add_prefix_space", true);
  const bool alone = type_of(file.pre_tokenizer) == "ByteLevel";
  return alone ? configured.value_or(stated) : stated;
}

// The regular expression that a Split cuts out pieces by; "" where it does something else. The patterns that
// are known leave nothing between two pieces, so removing what lies between them is the same.
std::string isolated_pattern(const json& step) {
  const bool inverted = boolean_of(step, "invert", false);
  if (type_of(step) != "Split" || string_of(step, "behavior") != (inverted ? "Removed" : "Isolated"))
    return {};
  const auto pattern = step.find("pattern");
  return pattern == step.end() ? std::string() : string_of(*pattern, "Regex");
}

PreTokenizer pre_tokenizer_of(const tokenizer::TokenizerJson& file) {
  const std::vector<json> steps = steps_of(file.pre_tokenizer, "pretokenizers");
  if (steps.size() == 1 && is_byte_level(steps[0], true)) return PreTokenizer::kGpt2;
  if (steps.size() == 2) {
    const bool digits = type_of(steps[0]) == "Digits" && boolean_of(steps[0], "individual_digits", false);
    if (digits && is_plain_byte_level(steps[1], true)) return PreTokenizer::kStarcoder;
    const std::string pattern = isolated_pattern(steps[0]);
    if (pattern == kLlama3Pattern && is_plain_byte_level(steps[1], false)) return PreTokenizer::kLlama3;
    if (pattern == kQwen2Pattern && is_plain_byte_level(steps[1], false)) return PreTokenizer::kQwen2;
  }
  refuse(file, "pre_tokenizer", file.pre_tokenizer,
         "that of GPT-2 (ByteLevel), StarCoder and SmolLM (Digits, ByteLevel), Llama 3 or Qwen 2 (Split by "
         "their "
         "pattern, ByteLevel), the last three without a prefix space");
}

bool is_nfc(const tokenizer::TokenizerJson& file) {
  const std::vector<json> steps = steps_of(file.normalizer, "normalizers");
  if (steps.empty()) return false;
  if (steps.size() == 1 && type_of(steps[0]) == "NFC") return true;
  refuse(file, "normalizer", file.normalizer, "null or NFC");
}

void check_decoder(const tokenizer::TokenizerJson& file) {
  const std::vector<json> steps = steps_of(file.decoder, "decoders");
  if (steps.size() == 1 && type_of(steps[0]) == "ByteLevel") return;
  refuse(file, "decoder", file.decoder, "ByteLevel");
}

void check_model(const tokenizer::TokenizerJson& file) {
  const json& model = file.model;
  tokenizer::check_plain_bpe(file);
  if (boolean_of(model, "byte_fallback", false)) {
    refuse(file, "model.byte_fallback", true, "false for byte-level BPE, which has a token for every byte");
  }
}

std::int32_t unknown_of(const tokenizer::TokenizerJson& file, const tokenizer::CommonVocabulary& vocabulary) {
  const json value = file.model.value("unk_token", json());
  if (value.is_null() || value == "") return -1;
  for (std::size_t id = 0; value.is_string() && id < vocabulary.model_tokens; ++id) {
    if (vocabulary.tokens[id] == value.get_ref<const std::string&>()) return static_cast<std::int32_t>(id);
  }
  refuse(file, "model.unk_token", value, "null or a token of the vocabulary");
}

}  // namespace

Vocabulary vocabulary_from(const tokenizer::TokenizerJson& file, const std::filesystem::path& folder) {
  check_model(file);
  const PreTokenizer pre_tokenizer = pre_tokenizer_of(file);
  const bool nfc = is_nfc(file);
  check_decoder(file);
  Vocabulary vocabulary(tokenizer::common_vocabulary(file, folder));
  vocabulary.pre_tokenizer = pre_tokenizer;
  vocabulary.nfc = nfc;
  vocabulary.prefix_space = prefix_space_of(file, vocabulary.add_prefix_space);
  vocabulary.ignore_merges = boolean_of(file.model, "ignore_merges", false);
  vocabulary.fuse_unknown = boolean_of(file.model, "fuse_unk", false);
  vocabulary.unknown = unknown_of(file, vocabulary);
  vocabulary.merges = file.merges;
  return vocabulary;
}

}  // namespace gistmill::bpe
