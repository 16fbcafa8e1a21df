// Vocabularies from tokenizer.model, and their digest.
#include "plugins/tokenizer/unigram/vocabulary.hpp"

#include <algorithm>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/mapped_file.hpp>

#include "plugins/tokenizer/common/configuration.hpp"

namespace gistmill::unigram {
namespace {

using sentencepiece::ModelFile;
using sentencepiece::ModelType;

void check_model(const ModelFile& file) {
  if (file.model_type != ModelType::kUnigram)
    throw tokenizer::OtherKind(file.source + ": is no SentencePiece model of type unigram");
  const auto unknown = std::count(file.types.begin(), file.types.end(), PieceType::kUnknown);
  if (unknown != 1) {
    throw formats::FormatError(file.source + ": has " + std::to_string(unknown) +
                               " pieces of type unknown, expected 1");
  }
}

// Of files of one kind.
Vocabulary vocabulary_from(const tokenizer::TokenizerPath& found) {
  if (found.kind != tokenizer::TokenizerFile::kSentencePiece)
    throw tokenizer::OtherKind(found.path.string() + ": is of byte-level BPE when it should be Unigram");
  const formats::MappedFile file(found.path);
  tokenizer::refuse_foreign(file.bytes(), found.path);
  return unigram::vocabulary_from(sentencepiece::parse_model_file(file.bytes(), found.path.string()),
                                  found.folder);
}

}  // namespace

std::string Vocabulary::digest() const {
  formats::Sha256 sha;
  sha.update_field("gistmill unigram vocabulary 1");
  for (const int part :
       {static_cast<int>(prefix), static_cast<int>(remove_extra_whitespaces), static_cast<int>(library),
        static_cast<int>(word_split), static_cast<int>(byte_fallback), unknown})
    sha.update_field(std::to_string(part));
  add_spaces_to(&sha);
  add_to(&sha);
  sha.update_field({reinterpret_cast<const char*>(types.data()), types.size()});
  sha.update_field({reinterpret_cast<const char*>(scores.data()), scores.size() * sizeof(double)});
  return sha.hex();
}

Vocabulary vocabulary_from(const formats::Gguf& file) {
  const std::string_view model = file.string("tokenizer.ggml.model");
  if (model == "t5") {
    throw formats::FormatError(
        file.name() +
        ": tokenizer.ggml.model is 't5', GGUF's word for Unigram, which is read from "
        "tokenizer.json and tokenizer.model alone; use the model's Hugging Face folder");
  }
  throw tokenizer::OtherKind(file.name() + ": tokenizer.ggml.model is " + formats::printable(model) +
                             ", which is no Unigram");
}

Vocabulary vocabulary_from(const ModelFile& file, const std::filesystem::path& folder) {
  check_model(file);
  Vocabulary vocabulary;
  read_model_file(file, folder, tokenizer::read_configuration(folder, tokenizer::ModelKind::kUnigram),
                  sentencepiece::UserDefined::kPieces, &vocabulary);
  const auto unknown = std::find(file.types.begin(), file.types.end(), PieceType::kUnknown);
  vocabulary.unknown = static_cast<std::int32_t>(unknown - file.types.begin());
  vocabulary.byte_fallback = file.byte_fallback;
  vocabulary.scores.assign(file.scores.begin(), file.scores.end());
  vocabulary.library = Library::kSentencePiece;
  return vocabulary;
}

Vocabulary load_vocabulary(const std::filesystem::path& model) {
  return tokenizer::read_vocabulary(model, [](const auto&... file) { return vocabulary_from(file...); });
}

}  // namespace gistmill::unigram
