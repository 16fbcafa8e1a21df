// Vocabularies from GGUF metadata and from tokenizer.model, and their digest.
#include "plugins/tokenizer/spm/vocabulary.hpp"

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/mapped_file.hpp>
#include <map>
#include <set>
#include <unordered_map>

#include "plugins/tokenizer/common/added_files.hpp"
#include "plugins/tokenizer/spm/joints.hpp"

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

// LlamaTokenizer of transformers puts the space before text in its own way; without its name, SentencePiece's
// own counts.
Prefix prefix_of(const ModelFile& file, const tokenizer::Configuration& configuration) {
  if (!file.add_dummy_prefix || !configuration.flag("add_prefix_space").value_or(true)) return Prefix::kNone;
  const bool llama = configuration.tokenizer_class == "LlamaTokenizer";
  if (!configuration.flag("legacy").value_or(!llama)) return Prefix::kTextUnless;
  return llama ? Prefix::kFragmentsUnless : Prefix::kFragments;
}

// Tokenizers of the model's own are not run, and may do something else with the file.
void check_class(const tokenizer::Configuration& configuration) {
  const auto own = configuration.values.find("auto_map");
  if (own == configuration.values.end() || !own->is_object() || !own->contains("AutoTokenizer")) return;
  if (configuration.tokenizer_class.empty() || configuration.tokenizer_class == "LlamaTokenizer") return;
  throw formats::FormatError(configuration.path.string() +
                             ": auto_map names a tokenizer of the model's own, " +
                             printable(configuration.tokenizer_class) +
                             ", which is not run, when tokenizer.model alone is there; expected a "
                             "tokenizer.json, which transformers saves");
}

// Control pieces and the unknown one are special. User-defined ones are found before anything merges: by
// SentencePiece in normalized text; by LlamaTokenizer in the text as it is, and text may still merge into
// them.
void add_pieces(const ModelFile& file, bool llama, Vocabulary* vocabulary) {
  for (std::size_t i = 0; i < file.types.size(); ++i) {
    const bool user_defined = file.types[i] == PieceType::kUserDefined;
    const bool special = file.types[i] == PieceType::kControl || file.types[i] == PieceType::kUnknown;
    const bool renamed = vocabulary->tokens[i] != file.pieces[i];
    if ((!special && !user_defined) || renamed) continue;
    vocabulary->added.push_back({static_cast<std::int32_t>(i), std::string(file.pieces[i]), special, false,
                                 false, user_defined && !llama});
    if (user_defined && llama) vocabulary->types[i] = PieceType::kNormal;
  }
}

// A piece whose id added_tokens_decoder or added_tokens.json gives to another text has that text, as in
// transformers: a placeholder that was left for it. LlamaTokenizer and GemmaTokenizer know no placeholders.
void rename_pieces(const tokenizer::TokensBeside& beside, Vocabulary* vocabulary) {
  std::map<std::int32_t, std::string_view> names;
  for (const tokenizer::AddedToken& token : beside.tokens) {
    if (token.id >= 0 && static_cast<std::size_t>(token.id) < vocabulary->model_tokens)
      names.emplace(token.id, token.content);
  }
  std::set<std::string_view> kept;
  for (std::size_t i = 0; i < vocabulary->model_tokens; ++i) {
    if (!names.contains(static_cast<std::int32_t>(i))) kept.insert(vocabulary->tokens[i]);
  }
  tokenizer::StringTable tokens;
  for (std::size_t i = 0; i < vocabulary->model_tokens; ++i) {
    const auto name = names.find(static_cast<std::int32_t>(i));
    const bool renamed =
        name != names.end() && name->second != vocabulary->tokens[i] && !kept.contains(name->second);
    tokens.add(renamed ? name->second : vocabulary->tokens[i]);
    if (renamed) vocabulary->types[i] = PieceType::kControl;
  }
  vocabulary->tokens = std::move(tokens);
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
  if (normalizer != Normalizer::kIdentity)
    sha.update_field("n" + std::to_string(static_cast<int>(normalizer)));
  if (!text_normalizer.empty()) sha.update_field("text is normalized");
  text_normalizer.add_to(&sha);
  if (words_apart) sha.update_field("words apart");
  if (added_spaces) sha.update_field("added spaces");
  if (spaces_left_out != SpacesLeftOut::kPrefix)
    sha.update_field("left out " + std::to_string(static_cast<int>(spaces_left_out)));
  if (!decodes_bytes) sha.update_field("names of bytes");
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
  check_unused(vocabulary);
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
  const tokenizer::Configuration configuration = tokenizer::read_configuration(folder);
  check_class(configuration);
  Vocabulary vocabulary;
  vocabulary.source = file.source;
  vocabulary.tokens = file.pieces;
  vocabulary.model_tokens = file.pieces.size();
  vocabulary.types = file.types;
  vocabulary.scores = file.scores;
  vocabulary.prefix = prefix_of(file, configuration);
  vocabulary.remove_extra_whitespaces = file.remove_extra_whitespaces;
  check_unused(vocabulary);
  const bool llama = configuration.tokenizer_class == "LlamaTokenizer";
  if (!llama) {
    vocabulary.normalizer =
        vocabulary.prefix == Prefix::kFragments ? Normalizer::kPrependAndReplace : Normalizer::kReplace;
  }
  tokenizer::TokensBeside beside = tokenizer::tokens_beside(folder, configuration.values);
  if (!llama && configuration.tokenizer_class != "GemmaTokenizer") {
    rename_pieces(beside, &vocabulary);
    // transformers looks for them in the text as it is, so that a space is put behind each.
    for (tokenizer::AddedToken& token : beside.tokens)
      token.normalized = token.normalized && (token.id < 0 || !file.add_dummy_prefix);
  }
  add_pieces(file, llama, &vocabulary);
  const std::size_t size = file.pieces.size();
  vocabulary.named = {within(file.bos, size), within(file.eos, size), within(file.unk, size),
                      within(file.pad, size)};
  tokenizer::add_tokens_beside(beside, &vocabulary);
  if (!llama) {
    for (tokenizer::AddedToken& token : vocabulary.added) {
      if (token.normalized && token.id >= static_cast<std::int32_t>(size))
        token.content = with_escaped_spaces(token.content);
    }
  }
  const tokenizer::NamedTokens named = tokenizer::named_tokens(configuration.values, vocabulary.tokens);
  for (const auto role : {&tokenizer::NamedTokens::bos, &tokenizer::NamedTokens::eos,
                          &tokenizer::NamedTokens::unk, &tokenizer::NamedTokens::pad}) {
    if (named.*role >= 0) vocabulary.named.*role = named.*role;
  }
  vocabulary.types.resize(vocabulary.tokens.size(), PieceType::kControl);
  vocabulary.scores.resize(vocabulary.tokens.size(), 0.0f);
  if (vocabulary.named.bos >= 0 && configuration.flag("add_bos_token").value_or(true))
    vocabulary.begin = {vocabulary.named.bos};
  vocabulary.split_special_tokens = configuration.flag("split_special_tokens").value_or(false);
  vocabulary.chat_templates = tokenizer::chat_sources(folder, configuration.values);
  vocabulary.special_texts = tokenizer::template_texts(configuration.values);
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
  return vocabulary_from(parse_model_file(file.bytes(), found.path.string()), found.folder);
}

}  // namespace

Vocabulary load_vocabulary(const std::filesystem::path& model) {
  return tokenizer::read_vocabulary(model, [](const auto&... file) { return vocabulary_from(file...); });
}

}  // namespace gistmill::spm
