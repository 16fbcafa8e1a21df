// Vocabularies from GGUF metadata and from tokenizer.model, and their digest.
#include "plugins/tokenizer/spm/vocabulary.hpp"

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/mapped_file.hpp>
#include <unordered_map>

#include "plugins/tokenizer/common/configuration.hpp"

namespace gistmill::spm {
namespace {

using formats::printable;

// Unused pieces are in no text, so nothing merges into one: right as long as no other piece is made of it.
void check_unused(const std::vector<PieceType>& types, const tokenizer::StringTable& pieces,
                  const Vocabulary& vocabulary) {
  std::unordered_map<std::string_view, std::size_t> unused;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i] == PieceType::kUnused) unused.emplace(pieces[i], i);
  }
  if (unused.empty()) return;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i] != PieceType::kNormal) continue;
    const std::string_view piece = pieces[i];
    for (std::size_t cut = 1; cut < piece.size(); ++cut) {
      for (const std::string_view part : {piece.substr(0, cut), piece.substr(cut)}) {
        const auto found = unused.find(part);
        if (found == unused.end()) continue;
        vocabulary.fail("piece " + std::to_string(found->second) + ", " + printable(part) +
                        ", is of type unused, and piece " + std::to_string(i) + ", " + printable(piece) +
                        ", is made of it, which is not supported");
      }
    }
  }
}

void check_model(const ModelFile& file) {
  static constexpr const char* kTypes[] = {"", "unigram", "BPE", "word", "char"};
  const std::string found = file.source + ": is a SentencePiece " +
                            kTypes[static_cast<int>(file.model_type)] +
                            " model when it should be a BPE model";
  if (file.model_type == ModelType::kUnigram) throw tokenizer::OtherKind(found);
  if (file.model_type != ModelType::kBpe) throw formats::FormatError(found);
  if (!file.byte_fallback)
    throw formats::FormatError(file.source + ": has no byte_fallback: unknown characters would be lost");
}

}  // namespace

std::string Vocabulary::digest() const {
  formats::Sha256 sha;
  sha.update_field("gistmill spm vocabulary 1");
  sha.update_field(std::to_string(static_cast<int>(prefix)) + (remove_extra_whitespaces ? "r" : "-") +
                   (by_scores ? "s" : "m"));
  add_spaces_to(&sha);
  if (!byte_fallback || unknown >= 0 || ignore_merges) {
    sha.update_field(
        std::string{byte_fallback ? 'b' : '-', fuse_unknown ? 'f' : '-', ignore_merges ? 'i' : '-'});
    sha.update_field(std::to_string(unknown));
  }
  add_to(&sha);
  sha.update_field({reinterpret_cast<const char*>(types.data()), types.size()});
  sha.update_field({reinterpret_cast<const char*>(scores.data()), scores.size() * sizeof(float)});
  for (std::size_t i = 0; i < merges.size(); ++i) sha.update_field(merges[i]);
  return sha.hex();
}

Vocabulary vocabulary_from(const formats::Gguf& file) {
  const std::string_view model = file.string("tokenizer.ggml.model");
  if (model != "llama") {
    throw tokenizer::OtherKind(file.name() + ": tokenizer.ggml.model is " + printable(model) +
                               " when it should be 'llama' (SentencePiece BPE)");
  }
  std::vector<tokenizer::TokenType> types;
  Vocabulary vocabulary(tokenizer::common_vocabulary(file, &types));
  for (std::size_t i = 0; i < types.size(); ++i) {
    const auto type = static_cast<std::int64_t>(types[i]);
    if (type < 1 || type > 6)
      vocabulary.fail("token " + std::to_string(i) + " has type " + std::to_string(type) +
                      ", expected 1 to 6");
    vocabulary.types.push_back(static_cast<PieceType>(type));
    if (vocabulary.types.back() != PieceType::kUnknown) continue;
    vocabulary.added.push_back(
        {static_cast<std::int32_t>(i), std::string(vocabulary.tokens[i]), true, false, false, false});
  }
  check_unused(vocabulary.types, vocabulary.tokens, vocabulary);
  for (const double score : file.numbers("tokenizer.ggml.scores"))
    vocabulary.scores.push_back(static_cast<float>(score));
  vocabulary.prefix =
      file.boolean_or("tokenizer.ggml.add_space_prefix", true) ? Prefix::kFragments : Prefix::kNone;
  vocabulary.remove_extra_whitespaces = file.boolean_or("tokenizer.ggml.remove_extra_whitespaces", false);
  vocabulary.added_spaces = false;  // llama.cpp's converter wrote them as spaces where they are
  return vocabulary;
}

Vocabulary vocabulary_from(const ModelFile& file, const std::filesystem::path& folder) {
  check_model(file);
  Vocabulary vocabulary;
  read_model_file(file, folder, tokenizer::read_configuration(folder), sentencepiece::UserDefined::kAdded,
                  &vocabulary);
  check_unused(file.types, file.pieces, vocabulary);
  vocabulary.scores = file.scores;
  vocabulary.scores.resize(vocabulary.tokens.size(), 0.0f);
  return vocabulary;
}

namespace {

// Of files of one kind.
Vocabulary vocabulary_from(const tokenizer::TokenizerPath& found) {
  if (found.kind != tokenizer::TokenizerFile::kSentencePiece) {
    const std::string message =
        found.path.string() + ": is of byte-level BPE when it should be SentencePiece BPE";
    // A class of SentencePiece that the configuration names reads tokenizer.model, whatever lies before it.
    const std::string named = tokenizer::read_configuration(found.folder).tokenizer_class;
    if (named == "LlamaTokenizer" || named == "GemmaTokenizer") throw formats::FormatError(message);
    throw tokenizer::OtherKind(message);
  }
  const formats::MappedFile file(found.path);
  tokenizer::refuse_foreign(file.bytes(), found.path);
  return spm::vocabulary_from(parse_model_file(file.bytes(), found.path.string()), found.folder);
}

}  // namespace

Vocabulary load_vocabulary(const std::filesystem::path& model) {
  return tokenizer::read_vocabulary(model, [](const auto&... file) { return vocabulary_from(file...); });
}

}  // namespace gistmill::spm
