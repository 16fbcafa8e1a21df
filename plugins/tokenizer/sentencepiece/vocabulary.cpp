// What tokenizer.model and tokenizer.json say alike, whatever finds their pieces.
#include "plugins/tokenizer/sentencepiece/vocabulary.hpp"

#include <map>
#include <set>
#include <utility>

#include "plugins/tokenizer/common/added_files.hpp"
#include "plugins/tokenizer/common/settings.hpp"
#include "plugins/tokenizer/sentencepiece/decoding.hpp"

namespace gistmill::sentencepiece {
namespace {

using formats::printable;

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

// Control pieces and the unknown one are special. User-defined ones, where they are added tokens, are found
// before anything merges: by SentencePiece in normalized text; by LlamaTokenizer in the text as it is, and
// text may still merge into them.
void add_pieces(const ModelFile& file, bool llama, UserDefined user_defined_are, Vocabulary* vocabulary) {
  for (std::size_t i = 0; i < file.types.size(); ++i) {
    const bool user_defined =
        file.types[i] == PieceType::kUserDefined && user_defined_are == UserDefined::kAdded;
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

// A map of characters, which leaves user-defined pieces alone.
void add_character_map(const ModelFile& file, Vocabulary* vocabulary) {
  if (file.character_map.empty()) return;
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < file.types.size(); ++i) {
    if (file.types[i] == PieceType::kUserDefined) kept.emplace_back(file.pieces[i]);
  }
  auto step = tokenizer::NormalizerStep::character_map(file.character_map, kept);
  if (!step) {
    vocabulary->fail("the map of characters of normalizer " + printable(file.normalizer) +
                     " is broken, expected the length of a double array, the array, and its texts");
  }
  vocabulary->text_normalizer.add(std::move(*step));
  tokenizer::check_growth(vocabulary->text_normalizer, file.source);
}

// Behind the pieces: what the files beside the model add, and which token has which role.
void add_tokens(const ModelFile& file, const tokenizer::TokensBeside& beside,
                const tokenizer::Configuration& configuration, bool llama, Vocabulary* vocabulary) {
  const std::size_t size = file.pieces.size();
  vocabulary->named = {within(file.bos, size), within(file.eos, size), within(file.unk, size),
                       within(file.pad, size)};
  tokenizer::add_tokens_beside(beside, vocabulary);
  if (!llama) {
    for (tokenizer::AddedToken& token : vocabulary->added) {
      if (token.normalized && token.id >= static_cast<std::int32_t>(size))
        token.content = with_escaped_spaces(vocabulary->text_normalizer.apply(token.content));
    }
  }
  const tokenizer::NamedTokens named = tokenizer::named_tokens(configuration.values, vocabulary->tokens);
  for (const auto role : {&tokenizer::NamedTokens::bos, &tokenizer::NamedTokens::eos,
                          &tokenizer::NamedTokens::unk, &tokenizer::NamedTokens::pad}) {
    if (named.*role >= 0) vocabulary->named.*role = named.*role;
  }
  vocabulary->types.resize(vocabulary->tokens.size(), PieceType::kControl);
}

}  // namespace

void Vocabulary::add_spaces_to(formats::Sha256* sha) const {
  if (normalizer != Normalizer::kIdentity)
    sha->update_field("n" + std::to_string(static_cast<int>(normalizer)));
  if (!text_normalizer.empty()) sha->update_field("text is normalized");
  text_normalizer.add_to(sha);
  if (words_apart) sha->update_field("words apart");
  if (added_spaces) sha->update_field("added spaces");
  if (spaces_left_out != SpacesLeftOut::kPrefix)
    sha->update_field("left out " + std::to_string(static_cast<int>(spaces_left_out)));
  if (!decodes_bytes) sha->update_field("names of bytes");
}

std::string Vocabulary::normalizer_name() const {
  if (!text_normalizer.empty()) return text_normalizer.names();
  return remove_extra_whitespaces ? "remove extra spaces" : "identity";
}

const char* Vocabulary::prefix_name() const {
  static constexpr const char* kPrefixes[] = {"none", "fragments", "fragments without one",
                                              "text without one"};
  return kPrefixes[static_cast<int>(prefix)];
}

void read_model_file(const ModelFile& file, const std::filesystem::path& folder,
                     const tokenizer::Configuration& configuration, UserDefined user_defined_are,
                     Vocabulary* vocabulary) {
  vocabulary->source = file.source;
  if (file.whitespace_as_suffix) vocabulary->fail("has treat_whitespace_as_suffix, which is not supported");
  if (!file.escape_whitespaces) vocabulary->fail("has no escape_whitespaces, which is not supported");
  check_class(configuration);
  vocabulary->tokens = file.pieces;
  vocabulary->model_tokens = file.pieces.size();
  vocabulary->types = file.types;
  vocabulary->prefix = prefix_of(file, configuration);
  vocabulary->remove_extra_whitespaces = file.remove_extra_whitespaces;
  add_character_map(file, vocabulary);
  const bool llama = configuration.tokenizer_class == "LlamaTokenizer";
  if (!llama) {
    vocabulary->normalizer =
        vocabulary->prefix == Prefix::kFragments ? Normalizer::kPrependAndReplace : Normalizer::kReplace;
  }
  tokenizer::TokensBeside beside = tokenizer::tokens_beside(folder, configuration.values);
  if (!llama && configuration.tokenizer_class != "GemmaTokenizer") {
    rename_pieces(beside, vocabulary);
    // transformers looks for them in the text as it is, so that a space is put behind each.
    for (tokenizer::AddedToken& token : beside.tokens)
      token.normalized = token.normalized && (token.id < 0 || !file.add_dummy_prefix);
  }
  add_pieces(file, llama, user_defined_are, vocabulary);
  add_tokens(file, beside, configuration, llama, vocabulary);
  if (vocabulary->named.bos >= 0 && configuration.flag("add_bos_token").value_or(true))
    vocabulary->begin = {vocabulary->named.bos};
  vocabulary->split_special_tokens = configuration.flag("split_special_tokens").value_or(false);
  vocabulary->chat_templates = tokenizer::chat_sources(folder, configuration.values);
  vocabulary->special_texts = tokenizer::template_texts(configuration.values);
}

void read_spaces(const tokenizer::TokenizerJson& file, SpaceSteps spaces,
                 const tokenizer::Configuration& configuration, Vocabulary* vocabulary) {
  const Decoding decoding = decoding_of(file);
  for (std::size_t id = 0; id < vocabulary->tokens.size(); ++id) {
    vocabulary->types.push_back(byte_named(vocabulary->tokens[id]) >= 0 ? PieceType::kByte
                                                                        : PieceType::kNormal);
  }
  if (configuration.tokenizer_class == "LlamaTokenizer" &&
      !configuration.flag("add_prefix_space").value_or(true)) {
    spaces.prefix = Prefix::kNone;
    if (spaces.normalizer == Normalizer::kPrependAndReplace) spaces.normalizer = Normalizer::kReplace;
  }
  vocabulary->normalizer = spaces.normalizer;
  vocabulary->prefix = spaces.prefix;
  vocabulary->words_apart = spaces.words_apart;
  vocabulary->spaces_left_out = decoding.left_out;
  vocabulary->decodes_bytes = decoding.bytes;
  vocabulary->text_normalizer = spaces.text;
  for (tokenizer::AddedToken& token : vocabulary->added) {
    const auto id = static_cast<std::size_t>(token.id);
    if (!vocabulary->is_own(id)) vocabulary->types[id] = PieceType::kControl;
    if (token.normalized && spaces.doubles) {
      vocabulary->fail("added token " + std::to_string(token.id) + ", " + printable(token.content) +
                       ", is looked for in normalized text, which is not supported with this normalizer");
    }
    if (token.normalized) token.content = spaces.normal_form(token.content);
  }
  vocabulary->byte_fallback = tokenizer::boolean_of(file.model, "byte_fallback", false);
}

}  // namespace gistmill::sentencepiece
