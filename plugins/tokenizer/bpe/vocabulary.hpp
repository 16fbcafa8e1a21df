// What a byte-level BPE tokenizer is made of, as a model's files state it. Data only, checked for sense by
// Tokenizer.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <gistmill/formats/gguf.hpp>

#include "plugins/tokenizer/bpe/splitter.hpp"
#include "plugins/tokenizer/common/huggingface_writer.hpp"
#include "plugins/tokenizer/common/normalizer.hpp"
#include "plugins/tokenizer/common/vocabulary.hpp"

namespace gistmill::bpe {

struct Vocabulary : tokenizer::CommonVocabulary {
  Vocabulary() = default;
  explicit Vocabulary(tokenizer::CommonVocabulary common) : CommonVocabulary(std::move(common)) {}

  PreTokenizer pre_tokenizer = PreTokenizer::kGpt2;
  tokenizer::Normalizer normalizer;  // of text, before anything but plain added tokens is looked for in it
  bool prefix_space = false;         // text between added tokens that starts with no space gets one
  bool ignore_merges = false;     // a piece that is a token is that token, whatever merging would make of it
  bool fuse_unknown = false;      // bytes without a token next to each other become one unknown token
  std::int32_t unknown = -1;      // stands for a byte without a token; -1: such bytes are dropped
  tokenizer::StringTable merges;  // left, right, left, right, ...: best first
  tokenizer::SameMerge same_merge = tokenizer::SameMerge::kRefused;

  // SHA-256 of all that encoding and decoding depend on.
  std::string digest() const;
};

// All throw formats::FormatError, also where the tokenizer is of another kind or has a part that is not
// known.

// GGUF: tokenizer.ggml.{model,pre,tokens,token_type,merges}; the model must be "gpt2", GGUF's word for
// byte-level BPE. pre: the pre-tokenizer of a file that names none (converters named none before May 2024),
// or that names llama.cpp's "default"; by one of llama.cpp's names.
Vocabulary vocabulary_from(const formats::Gguf& file, const std::string& pre = "");
// tokenizer.json, with its neighbors in `folder`.
Vocabulary vocabulary_from(const tokenizer::TokenizerJson& file, const std::filesystem::path& folder);
// vocab.json and merges.txt of a folder. Which pre-tokenizer they need, tokenizer_config.json says by the
// name of a class; without one it is GPT-2's.
Vocabulary vocabulary_from_folder(const std::filesystem::path& folder);
// Whichever of these the MODEL has.
Vocabulary load_vocabulary(const std::filesystem::path& model, const std::string& pre = "");

// The same vocabulary as files that transformers reads; vocabulary_from() reads it back. Throws FormatError:
// what tokenizer.json cannot say.
tokenizer::HuggingFaceFiles huggingface_files(const Vocabulary& vocabulary);

}  // namespace gistmill::bpe
