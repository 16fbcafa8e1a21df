// Vocabularies from GGUF metadata and from vocab.json with merges.txt, and their digest.
#include "plugins/tokenizer/bpe/vocabulary.hpp"

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/mapped_file.hpp>

#include "plugins/tokenizer/bpe/gguf_names.hpp"

namespace gistmill::bpe {
namespace {

using formats::printable;

// The name that the file gives, or that the user gives for it. Files of converters before May 2024 name none;
// "default" says that the converter did not know.
std::string name_of_pre_tokenizer(const formats::Gguf& file, const std::string& given) {
  const std::string key = "tokenizer.ggml.pre";
  std::string stated = file.has(key) ? std::string(file.string(key)) : "";
  const bool known = !stated.empty() && stated != "default";
  if (!given.empty() && known && stated != given) {
    throw formats::FormatError(file.name() + ": " + key + " is " + printable(stated) +
                               " when the option pre_tokenizer is " + printable(given) +
                               "; leave the option out");
  }
  if (known) return stated;
  if (!given.empty()) return given;
  throw formats::FormatError(
      file.name() + ": " + (stated.empty() ? "has no " + key : key + " is 'default'") +
      ", as in files of 2023, so how the text is split is not known; say which model's way it is by the "
      "tokenizer's option pre_tokenizer: gpt-2, smollm, llama-bpe, qwen2 or another of llama.cpp's names");
}

const GgufPreTokenizer& known_pre_tokenizer(const formats::Gguf& file, const std::string& given) {
  const std::string name = name_of_pre_tokenizer(file, given);
  if (const GgufPreTokenizer* known = gguf_pre_tokenizer(name)) return *known;
  throw formats::FormatError(file.name() + ": tokenizer.ggml.pre is unknown pre-tokenizer " +
                             printable(name) + ", expected one of " + gguf_pre_tokenizer_names());
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

KnownClass known_class(const tokenizer::Configuration& configuration) {
  const std::string& name = configuration.tokenizer_class;
  if (name.empty()) return kClasses[0];
  for (const KnownClass& known : kClasses) {
    if (known.name == name) return known;
  }
  throw formats::FormatError(
      configuration.path.string() + ": tokenizer_class is " + printable(name) +
      ", whose vocab.json and merges.txt cannot be read without knowing its pre-tokenizer, expected "
      "GPT2Tokenizer, Qwen2Tokenizer or a tokenizer.json");
}

}  // namespace

std::string Vocabulary::digest() const {
  formats::Sha256 sha;
  sha.update_field("gistmill bpe vocabulary 2");
  sha.update_field(pre_tokenizer_name(pre_tokenizer));
  sha.update_field(
      std::string{normalizer.is_form_c() ? 'n' : '-', ignore_merges ? 'i' : '-', fuse_unknown ? 'f' : '-'});
  if (!normalizer.is_form_c()) normalizer.add_to(&sha);
  if (prefix_space) sha.update_field("prefix space");
  sha.update_field(std::to_string(unknown));
  add_to(&sha);
  for (std::size_t i = 0; i < merges.size(); ++i) sha.update_field(merges[i]);
  return sha.hex();
}

Vocabulary vocabulary_from(const formats::Gguf& file, const std::string& pre) {
  const std::string_view model = file.string("tokenizer.ggml.model");
  if (model != "gpt2") {
    throw tokenizer::OtherKind(file.name() + ": tokenizer.ggml.model is " + printable(model) +
                               " when it should be 'gpt2' (byte-level BPE)");
  }
  const GgufPreTokenizer& known = known_pre_tokenizer(file, pre);
  std::vector<tokenizer::TokenType> types;
  Vocabulary vocabulary(tokenizer::common_vocabulary(file, &types));
  vocabulary.pre_tokenizer = known.pre_tokenizer;
  vocabulary.ignore_merges = known.ignore_merges;
  if (vocabulary.named.bos >= 0 && tokenizer::adds_bos(file, known.begins))
    vocabulary.begin = {vocabulary.named.bos};
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
  tokenizer::Configuration configuration = tokenizer::read_configuration(folder);
  const KnownClass known = known_class(configuration);
  tokenizer::add_default_tokens(std::string(known.name), &configuration.values);
  tokenizer::TokenizerJson file;
  file.source = vocab.string();
  const formats::MappedFile vocab_file(vocab), merges_file(merges);
  tokenizer::refuse_foreign(vocab_file.bytes(), vocab);
  tokenizer::refuse_foreign(merges_file.bytes(), merges);
  file.vocabulary = tokenizer::parse_vocab_json(vocab_file.bytes(), vocab.string());
  Vocabulary vocabulary(tokenizer::common_vocabulary(file, folder, configuration));
  vocabulary.pre_tokenizer = known.pre_tokenizer;
  if (known.nfc) vocabulary.normalizer = tokenizer::Normalizer::form_c();
  vocabulary.prefix_space = configuration.flag("add_prefix_space").value_or(false);
  if (vocabulary.named.bos >= 0 && configuration.flag("add_bos_token").value_or(false))
    vocabulary.begin = {vocabulary.named.bos};
  vocabulary.merges = tokenizer::parse_merges_txt(merges_file.bytes(), merges.string());
  vocabulary.same_merge = tokenizer::SameMerge::kLaterCounts;
  return vocabulary;
}

namespace {

// Of whichever kind of file there is; `pre` is for GGUF alone.
struct Reader {
  const std::string& pre;
  Vocabulary operator()(const formats::Gguf& file) const { return vocabulary_from(file, pre); }
  Vocabulary operator()(const tokenizer::TokenizerJson& file, const std::filesystem::path& folder) const {
    return vocabulary_from(file, folder);
  }
  Vocabulary operator()(const tokenizer::TokenizerPath& found) const {
    if (found.kind == tokenizer::TokenizerFile::kVocabularyAndMerges)
      return vocabulary_from_folder(found.folder);
    tokenizer::refuse_foreign(formats::MappedFile(found.path).bytes(), found.path);
    throw tokenizer::OtherKind(found.path.string() +
                               ": is a SentencePiece model when it should be byte-level BPE");
  }
};

}  // namespace

Vocabulary load_vocabulary(const std::filesystem::path& model, const std::string& pre) {
  return tokenizer::read_vocabulary(model, Reader{pre});
}

}  // namespace gistmill::bpe
