// Vocabularies from GGUF metadata and from vocab.json with merges.txt, and their digest.
#include "plugins/tokenizer/bpe/vocabulary.hpp"

#include <algorithm>
#include <set>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/mapped_file.hpp>

namespace gistmill::bpe {
namespace {

using formats::printable;

struct KnownName {
  std::string_view name;
  PreTokenizer pre_tokenizer;
  bool ignore_merges;
};

// tokenizer.ggml.pre as llama.cpp writes it; these names share the pattern, not only the family.
constexpr KnownName kGgufNames[] = {
    {"gpt-2", PreTokenizer::kGpt2, false},          {"phi-2", PreTokenizer::kGpt2, false},
    {"starcoder", PreTokenizer::kStarcoder, false}, {"smollm", PreTokenizer::kStarcoder, false},
    {"llama-bpe", PreTokenizer::kLlama3, true},     {"llama3", PreTokenizer::kLlama3, true},
    {"llama-v3", PreTokenizer::kLlama3, true},      {"smaug-bpe", PreTokenizer::kLlama3, false},
    {"qwen2", PreTokenizer::kQwen2, false},         {"deepseek-r1-qwen", PreTokenizer::kQwen2, false},
};

const KnownName& known_pre_tokenizer(const formats::Gguf& file) {
  const std::string_view name = file.string("tokenizer.ggml.pre");
  std::string all;
  for (const KnownName& known : kGgufNames) {
    if (known.name == name) return known;
    all += (all.empty() ? "" : ", ") + std::string(known.name);
  }
  throw formats::FormatError(file.name() + ": tokenizer.ggml.pre is unknown pre-tokenizer " +
                             printable(name) + ", expected one of " + all);
}

struct KnownClass {
  std::string_view name;
  PreTokenizer pre_tokenizer;
  bool nfc;
};

// tokenizer_class of tokenizer_config.json; "Fast" at the end does not count.
constexpr KnownClass kClasses[] = {
    {"GPT2Tokenizer", PreTokenizer::kGpt2, false},
    {"Qwen2Tokenizer", PreTokenizer::kQwen2, true},
};

KnownClass known_class(const nlohmann::json& config, const std::filesystem::path& folder) {
  const auto found = config.find("tokenizer_class");
  if (found == config.end() || !found->is_string()) return kClasses[0];
  std::string name = found->get<std::string>();
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  for (const KnownClass& known : kClasses) {
    if (known.name == name) return known;
  }
  throw formats::FormatError(
      (folder / "tokenizer_config.json").string() + ": tokenizer_class is " + printable(name) +
      ", whose vocab.json and merges.txt cannot be read without knowing its pre-tokenizer, expected "
      "GPT2Tokenizer, Qwen2Tokenizer or a tokenizer.json");
}

// Special tokens that a configuration names, as JSON text of tokenizer.json's "added_tokens".
void add_named(const nlohmann::json& config, Vocabulary* vocabulary) {
  std::set<std::int32_t> seen;
  for (const char* key : {"bos_token", "eos_token", "unk_token", "pad_token"}) {
    const std::string text = tokenizer::token_text(config, key);
    if (text.empty()) continue;
    for (std::size_t id = 0; id < vocabulary->tokens.size(); ++id) {
      if (vocabulary->tokens[id] != text || !seen.insert(static_cast<std::int32_t>(id)).second) continue;
      vocabulary->added.push_back({static_cast<std::int32_t>(id), text, true, false, false, false});
    }
  }
}

bool flag(const nlohmann::json& token, const char* key) {
  const auto found = token.find(key);
  return found != token.end() && found->is_boolean() && found->get<bool>();
}

// added_tokens_decoder of tokenizer_config.json: an object from ids to tokens.
void read_added_decoder(const nlohmann::json& decoder, const std::string& source,
                        tokenizer::TokenizerJson* file) {
  std::vector<std::pair<std::int32_t, const nlohmann::json*>> tokens;
  for (const auto& [key, token] : decoder.items()) {
    if (key.empty() || key.size() > 9 || key.find_first_not_of("0123456789") != std::string::npos ||
        !token.is_object()) {
      throw formats::FormatError(source + ": added_tokens_decoder has entry " + printable(key) +
                                 ", expected a token under its id");
    }
    tokens.emplace_back(std::stoi(key), &token);
  }
  std::sort(tokens.begin(), tokens.end());
  for (const auto& [id, token] : tokens) {
    file->added_contents.add(tokenizer::token_text({{"token", *token}}, "token"));
    file->added.push_back({id, flag(*token, "special"), flag(*token, "lstrip"), flag(*token, "rstrip"),
                           flag(*token, "single_word"), flag(*token, "normalized")});
  }
}

}  // namespace

std::string Vocabulary::digest() const {
  formats::Sha256 sha;
  sha.update_field("gistmill bpe vocabulary 2");
  sha.update_field(pre_tokenizer_name(pre_tokenizer));
  sha.update_field(std::string{nfc ? 'n' : '-', ignore_merges ? 'i' : '-', fuse_unknown ? 'f' : '-'});
  sha.update_field(std::to_string(unknown));
  add_to(&sha);
  for (std::size_t i = 0; i < merges.size(); ++i) sha.update_field(merges[i]);
  return sha.hex();
}

Vocabulary vocabulary_from(const formats::Gguf& file) {
  const std::string_view model = file.string("tokenizer.ggml.model");
  if (model != "gpt2") {
    throw formats::FormatError(file.name() + ": tokenizer.ggml.model is " + printable(model) +
                               " when it should be 'gpt2' (byte-level BPE)");
  }
  const KnownName& known = known_pre_tokenizer(file);
  std::vector<tokenizer::TokenType> types;
  Vocabulary vocabulary(tokenizer::common_vocabulary(file, &types));
  vocabulary.pre_tokenizer = known.pre_tokenizer;
  vocabulary.ignore_merges = known.ignore_merges;
  vocabulary.adds_bos = tokenizer::adds_bos(file, known.ignore_merges);  // Llama 3, as llama.cpp
  std::size_t rank = 0;
  for (const std::string_view merge : file.strings("tokenizer.ggml.merges")) {
    const std::size_t space = merge.find(' ');
    if (space == std::string_view::npos || merge.find(' ', space + 1) != std::string_view::npos) {
      vocabulary.fail("merge " + std::to_string(rank) + ", " + printable(merge) +
                      ", is not two tokens with a space between");
    }
    vocabulary.merges.add(merge.substr(0, space));
    vocabulary.merges.add(merge.substr(space + 1));
    ++rank;
  }
  return vocabulary;
}

Vocabulary vocabulary_from_folder(const std::filesystem::path& folder) {
  const std::filesystem::path vocab = folder / "vocab.json", merges = folder / "merges.txt";
  const nlohmann::json config = tokenizer::tokenizer_config(folder);
  const KnownClass known = known_class(config, folder);
  tokenizer::TokenizerJson file;
  file.source = vocab.string();
  file.vocabulary = tokenizer::parse_vocab_json(formats::MappedFile(vocab).bytes(), vocab.string());
  const auto decoder = config.find("added_tokens_decoder");
  const bool lists_added = decoder != config.end() && decoder->is_object();
  if (lists_added) read_added_decoder(*decoder, (folder / "tokenizer_config.json").string(), &file);
  Vocabulary vocabulary(tokenizer::common_vocabulary(file, folder));
  if (!lists_added) add_named(config, &vocabulary);
  vocabulary.pre_tokenizer = known.pre_tokenizer;
  vocabulary.nfc = known.nfc;
  vocabulary.merges = tokenizer::parse_merges_txt(formats::MappedFile(merges).bytes(), merges.string());
  return vocabulary;
}

namespace {

// Of files of one kind.
Vocabulary vocabulary_from(const tokenizer::TokenizerPath& found) {
  if (found.kind == tokenizer::TokenizerFile::kVocabularyAndMerges)
    return vocabulary_from_folder(found.folder);
  throw formats::FormatError(found.path.string() +
                             ": is a SentencePiece model when it should be byte-level BPE");
}

}  // namespace

Vocabulary load_vocabulary(const std::filesystem::path& model) {
  return tokenizer::read_vocabulary(model, [](const auto&... file) { return vocabulary_from(file...); });
}

}  // namespace gistmill::bpe
