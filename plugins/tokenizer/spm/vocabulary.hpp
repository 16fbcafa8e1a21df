// What a SentencePiece BPE tokenizer is made of, as a model's files state it. Data only, checked for sense by
// Tokenizer.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/formats/gguf.hpp>

#include "plugins/tokenizer/common/huggingface_writer.hpp"
#include "plugins/tokenizer/sentencepiece/model_file.hpp"
#include "plugins/tokenizer/sentencepiece/vocabulary.hpp"

namespace gistmill::spm {

using sentencepiece::byte_named;
using sentencepiece::kSpace;
using sentencepiece::kSpaceCode;
using sentencepiece::ModelFile;
using sentencepiece::ModelType;
using sentencepiece::name_of_byte;
using sentencepiece::Normalizer;
using sentencepiece::parse_model_file;
using sentencepiece::PieceType;
using sentencepiece::Prefix;
using sentencepiece::SpacesLeftOut;
using sentencepiece::with_escaped_spaces;

struct Vocabulary : sentencepiece::Vocabulary {
  using sentencepiece::Vocabulary::Vocabulary;

  // Neighbors merge into any token, the highest score first; or, where there are merges, by these only.
  std::vector<float> scores;
  tokenizer::StringTable merges;  // left, right, left, right, ...: best first
  bool by_scores = true;
  tokenizer::SameMerge same_merge = tokenizer::SameMerge::kRefused;
  bool fuse_unknown = false;   // unknown characters next to each other become one token
  bool ignore_merges = false;  // a word that is a token is that token, whatever merging would make of it

  // SHA-256 of all that encoding and decoding depend on.
  std::string digest() const;
};

// All throw formats::FormatError, also where the tokenizer is of another kind or has a part that is not
// known.

// GGUF: tokenizer.ggml.{model,tokens,scores,token_type,add_space_prefix,remove_extra_whitespaces}; the model
// must be "llama", GGUF's word for SentencePiece BPE.
Vocabulary vocabulary_from(const formats::Gguf& file);
// tokenizer.model. `folder`: where tokenizer_config.json may lie.
Vocabulary vocabulary_from(const ModelFile& file, const std::filesystem::path& folder);
// tokenizer.json as Llama 2 and Mistral have it: BPE on characters, with bytes for those without a token.
Vocabulary vocabulary_from(const tokenizer::TokenizerJson& file, const std::filesystem::path& folder);
// Whichever of these the MODEL has.
Vocabulary load_vocabulary(const std::filesystem::path& model);

// As tokenizer.json and tokenizer_config.json, which give the same ids. Throws formats::FormatError where
// they cannot say what the vocabulary does.
tokenizer::HuggingFaceFiles huggingface_files(const Vocabulary& vocabulary);

}  // namespace gistmill::spm
