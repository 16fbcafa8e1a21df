// SentencePiece BPE from tokenizer.json, as Llama 2 and Mistral were converted to it. Each part is compared
// with those that are known, whole and exactly; what is not known is refused by name.
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
  const auto pattern = step.find("pattern");
  return type_of(step) == "Replace" && pattern != step.end() && string_of(*pattern, "String") == from &&
         string_of(step, "content") == to;
}

// Llama 2: a normalizer that prepends and replaces. Later files: the Metaspace pre-tokenizer.
Prefix prefix_of(const tokenizer::TokenizerJson& file) {
  const std::vector<json> normalizers = steps_of(file.normalizer, "normalizers");
  const std::vector<json> pre_tokenizers = steps_of(file.pre_tokenizer, "pretokenizers");
  const std::string space(kSpace);
  if (pre_tokenizers.empty() && !normalizers.empty() && is_replace(normalizers.back(), " ", space)) {
    if (normalizers.size() == 1) return Prefix::kNone;
    const json& first = normalizers.front();
    if (normalizers.size() == 2 && type_of(first) == "Prepend" && string_of(first, "prepend") == space) {
      return Prefix::kFragments;
    }
  }
  if (normalizers.empty() && pre_tokenizers.size() == 1 && type_of(pre_tokenizers[0]) == "Metaspace" &&
      string_of(pre_tokenizers[0], "replacement") == space && !boolean_of(pre_tokenizers[0], "split", true)) {
    const std::string scheme = string_of(pre_tokenizers[0], "prepend_scheme");
    if (scheme == "first") return Prefix::kTextUnless;
    if (scheme == "always") return Prefix::kFragmentsUnless;
    if (scheme == "never") return Prefix::kNone;
  }
  refuse(file, "normalizer and pre_tokenizer", {file.normalizer, file.pre_tokenizer},
         "those of Llama 2: Prepend and Replace, or Metaspace without split");
}

void check_decoder(const tokenizer::TokenizerJson& file) {
  const std::vector<json> steps = steps_of(file.decoder, "decoders");
  const bool known = steps.size() >= 3 && steps.size() <= 4 &&
                     is_replace(steps[0], std::string(kSpace), " ") && type_of(steps[1]) == "ByteFallback" &&
                     type_of(steps[2]) == "Fuse";
  const bool strips =
      steps.size() < 4 || (type_of(steps[3]) == "Strip" && string_of(steps[3], "content") == " " &&
                           steps[3].value("start", json()) == 1 && steps[3].value("stop", json()) == 0);
  if (known && strips) return;
  refuse(file, "decoder", file.decoder, "that of Llama 2: Replace, ByteFallback, Fuse and Strip");
}

void check_model(const tokenizer::TokenizerJson& file) {
  const json& model = file.model;
  tokenizer::check_plain_bpe(file);
  if (!boolean_of(model, "byte_fallback", false)) {
    refuse(file, "model.byte_fallback", false,
           "true for SentencePiece BPE: unknown characters would be lost");
  }
  if (boolean_of(model, "ignore_merges", false)) refuse(file, "model.ignore_merges", true, "false");
}

}  // namespace

Vocabulary vocabulary_from(const tokenizer::TokenizerJson& file, const std::filesystem::path& folder) {
  check_model(file);
  const Prefix prefix = prefix_of(file);
  check_decoder(file);
  Vocabulary vocabulary(tokenizer::common_vocabulary(file, folder));
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    vocabulary.types.push_back(byte_named(vocabulary.tokens[id]) >= 0 ? PieceType::kByte
                                                                      : PieceType::kNormal);
  }
  for (const tokenizer::AddedToken& token : vocabulary.added) {
    const auto id = static_cast<std::size_t>(token.id);
    if (id >= vocabulary.model_tokens) vocabulary.types[id] = PieceType::kControl;
    // The text of such a token would change by the normalizer before it is looked for.
    if (token.normalized && !file.normalizer.is_null()) {
      vocabulary.fail("added token " + std::to_string(token.id) + ", " + formats::printable(token.content) +
                      ", is looked for in normalized text, which is not supported with this normalizer");
    }
  }
  vocabulary.by_scores = false;
  vocabulary.merges = file.merges;
  vocabulary.prefix = prefix;
  return vocabulary;
}

}  // namespace gistmill::spm
