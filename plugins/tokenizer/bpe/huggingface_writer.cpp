// Byte-level BPE as tokenizer.json: what huggingface.cpp reads back as the same vocabulary.
#include <iterator>
#include <utility>

#include "plugins/tokenizer/bpe/huggingface_patterns.hpp"
#include "plugins/tokenizer/bpe/vocabulary.hpp"

namespace gistmill::bpe {
namespace {

using nlohmann::json;

json byte_level(bool prefix_space, bool use_regex) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", prefix_space},
          {"trim_offsets", true},
          {"use_regex", use_regex}};
}

json split_by(const char* pattern) {
  return {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
}

json sequence_of(json steps) { return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}}; }

json pre_tokenizer_of(const Vocabulary& vocabulary) {
  const PreTokenizer kind = vocabulary.pre_tokenizer;
  if (kind == PreTokenizer::kGpt2) return byte_level(vocabulary.prefix_space, true);
  if (vocabulary.prefix_space) {
    vocabulary.fail(std::string("puts a space before text that is split as ") + pre_tokenizer_name(kind) +
                    " does it, which tokenizer.json cannot say");
  }
  json steps = json::array();
  if (kind == PreTokenizer::kStarcoder) {
    steps.push_back({{"type", "Digits"}, {"individual_digits", true}});
    steps.push_back(byte_level(false, true));
    return sequence_of(steps);
  }
  if (kind == PreTokenizer::kDeepseekV3) {
    for (const char* pattern : kDeepseekPatterns) steps.push_back(split_by(pattern));
  } else {
    for (const KnownPattern& known : kPatterns) {
      if (known.pre_tokenizer == kind && steps.empty()) steps.push_back(split_by(known.pattern));
    }
  }
  steps.push_back(byte_level(false, false));
  return sequence_of(steps);
}

}  // namespace

tokenizer::HuggingFaceFiles huggingface_files(const Vocabulary& vocabulary) {
  json model = tokenizer::bpe_model(vocabulary, vocabulary.merges);
  const auto unknown = static_cast<std::size_t>(vocabulary.unknown);
  model["unk_token"] = vocabulary.unknown < 0 ? json() : json(std::string(vocabulary.tokens[unknown]));
  model["dropout"] = nullptr;
  model["continuing_subword_prefix"] = nullptr;
  model["end_of_word_suffix"] = nullptr;
  model["fuse_unk"] = vocabulary.fuse_unknown;
  model["byte_fallback"] = false;
  model["ignore_merges"] = vocabulary.ignore_merges;
  return tokenizer::huggingface_files(vocabulary, {{"model", std::move(model)},
                                                   {"normalizer", vocabulary.normalizer.json()},
                                                   {"pre_tokenizer", pre_tokenizer_of(vocabulary)},
                                                   {"decoder", byte_level(true, true)}});
}

}  // namespace gistmill::bpe
