// Vocabularies from GGUF metadata and from tokenizer.model, and their digest.
#include "plugins/tokenizer/spm/vocabulary.hpp"

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/mapped_file.hpp>
#include <unordered_map>

#include "plugins/tokenizer/common/added_files.hpp"
#include "plugins/tokenizer/common/settings.hpp"

namespace gistmill::spm {
namespace {

using formats::printable;

// Unused pieces are in no text, so nothing merges into one: right as long as no other piece is made of it.
void check_unused(const Vocabulary& vocabulary) {
  std::unordered_map<std::string_view, std::size_t> unused;
  for (std::size_t i = 0; i < vocabulary.types.size(); ++i) {
    if (vocabulary.types[i] == PieceType::kUnused) unused.emplace(vocabulary.tokens[i], i);
  }
  if (unused.empty()) return;
  for (std::size_t i = 0; i < vocabulary.types.size(); ++i) {
    if (vocabulary.types[i] != PieceType::kNormal) continue;
    const std::string_view piece = vocabulary.tokens[i];
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

// Pieces that encoding must treat in ways that are not written here.
void check_types(const Vocabulary& vocabulary, bool user_defined) {
  check_unused(vocabulary);
  for (std::size_t i = 0; i < vocabulary.types.size(); ++i) {
    const PieceType type = vocabulary.types[i];
    const std::string piece = "piece " + std::to_string(i) + ", " + printable(vocabulary.tokens[i]) + ", ";
    if (type == PieceType::kUserDefined && !user_defined) {
      vocabulary.fail(piece + "is of type user-defined, which is not supported in tokenizer.model");
    }
  }
}

void check_model(const ModelFile& file) {
  const auto refuse = [&](const std::string& message) {
    throw formats::FormatError(file.source + ": " + message);
  };
  static constexpr const char* kTypes[] = {"", "unigram", "BPE", "word", "char"};
  if (file.model_type != ModelType::kBpe) {
    refuse(std::string("is a SentencePiece ") + kTypes[static_cast<int>(file.model_type)] +
           " model when it should be a BPE model");
  }
  if (!file.byte_fallback) refuse("has no byte_fallback: unknown characters would be lost");
  if (file.whitespace_as_suffix) refuse("has treat_whitespace_as_suffix, which is not supported");
  if (!file.escape_whitespaces) refuse("has no escape_whitespaces, which is not supported");
  // A model that was trained with the identity names it; one without a map of characters does the same.
  if (file.has_character_map) {
    refuse("has normalizer " + printable(file.normalizer) + " when it should be 'identity'");
  }
}

// How tokenizer_config.json changes what tokenizer.model says of the space before a text, as in transformers.
Prefix prefix_of(const ModelFile& file, const nlohmann::json& config) {
  if (!file.add_dummy_prefix || !tokenizer::boolean_of(config, "add_prefix_space", true))
    return Prefix::kNone;
  return tokenizer::boolean_of(config, "legacy", true) ? Prefix::kFragments : Prefix::kTextUnless;
}

std::int32_t within(std::int32_t id, std::size_t size) {
  return id >= 0 && static_cast<std::size_t>(id) < size ? id : -1;
}

}  // namespace

std::string Vocabulary::digest() const {
  formats::Sha256 sha;
  sha.update_field("gistmill spm vocabulary 1");
  sha.update_field(std::to_string(static_cast<int>(prefix)) + (remove_extra_whitespaces ? "r" : "-") +
                   (by_scores ? "s" : "m"));
  add_to(&sha);
  sha.update_field({reinterpret_cast<const char*>(types.data()), types.size()});
  sha.update_field({reinterpret_cast<const char*>(scores.data()), scores.size() * sizeof(float)});
  for (std::size_t i = 0; i < merges.size(); ++i) sha.update_field(merges[i]);
  return sha.hex();
}

Vocabulary vocabulary_from(const formats::Gguf& file) {
  const std::string_view model = file.string("tokenizer.ggml.model");
  if (model != "llama") {
    throw formats::FormatError(file.name() + ": tokenizer.ggml.model is " + printable(model) +
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
  check_types(vocabulary, true);
  for (const double score : file.numbers("tokenizer.ggml.scores"))
    vocabulary.scores.push_back(static_cast<float>(score));
  vocabulary.prefix =
      file.boolean_or("tokenizer.ggml.add_space_prefix", true) ? Prefix::kFragments : Prefix::kNone;
  vocabulary.remove_extra_whitespaces = file.boolean_or("tokenizer.ggml.remove_extra_whitespaces", false);
  return vocabulary;
}

Vocabulary vocabulary_from(const ModelFile& file, const std::filesystem::path& folder) {
  check_model(file);
  Vocabulary vocabulary;
  vocabulary.source = file.source;
  vocabulary.tokens = file.pieces;
  vocabulary.model_tokens = file.pieces.size();
  vocabulary.types = file.types;
  vocabulary.scores = file.scores;
  const nlohmann::json config = tokenizer::effective_config(folder);
  vocabulary.prefix = prefix_of(file, config);
  vocabulary.remove_extra_whitespaces = file.remove_extra_whitespaces;
  check_types(vocabulary, false);
  for (std::size_t i = 0; i < file.types.size(); ++i) {
    if (file.types[i] != PieceType::kControl && file.types[i] != PieceType::kUnknown) continue;
    vocabulary.added.push_back(
        {static_cast<std::int32_t>(i), std::string(file.pieces[i]), true, false, false, false});
  }
  const std::size_t size = file.pieces.size();
  vocabulary.named = {within(file.bos, size), within(file.eos, size), within(file.unk, size),
                      within(file.pad, size)};
  tokenizer::add_tokens_beside(tokenizer::tokens_beside(folder, config), config, &vocabulary);
  vocabulary.types.resize(vocabulary.tokens.size(), PieceType::kControl);
  vocabulary.scores.resize(vocabulary.tokens.size(), 0.0f);
  vocabulary.adds_bos = tokenizer::adds_bos(nlohmann::json(), config, true);
  vocabulary.chat_template = tokenizer::chat_template(folder, config);
  return vocabulary;
}

namespace {

// Of files of one kind.
Vocabulary vocabulary_from(const tokenizer::TokenizerPath& found) {
  if (found.kind != tokenizer::TokenizerFile::kSentencePiece) {
    throw formats::FormatError(found.path.string() +
                               ": is of byte-level BPE when it should be SentencePiece BPE");
  }
  const formats::MappedFile file(found.path);
  return vocabulary_from(parse_model_file(file.bytes(), found.path.string()), found.folder);
}

}  // namespace

Vocabulary load_vocabulary(const std::filesystem::path& model) {
  return tokenizer::read_vocabulary(model, [](const auto&... file) { return vocabulary_from(file...); });
}

}  // namespace gistmill::spm
