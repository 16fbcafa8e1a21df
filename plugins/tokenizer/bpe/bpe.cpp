// Building a tokenizer from its vocabulary, and encoding with it.
#include "plugins/tokenizer/bpe/bpe.hpp"

#include <stdexcept>

#include "plugins/tokenizer/bpe/byte_alphabet.hpp"
#include "plugins/tokenizer/common/form_c.hpp"

namespace gistmill::bpe {
namespace {

// Tokens that are looked for in normalized text are normalized themselves.
tokenizer::AddedTokenSets added_tokens(const Vocabulary& vocabulary) {
  if (vocabulary.normalizer.empty()) return added_sets(vocabulary);
  tokenizer::CommonVocabulary normalized;
  normalized.added = vocabulary.added;
  for (tokenizer::AddedToken& token : normalized.added) {
    if (token.normalized) token.content = vocabulary.normalizer.apply(token.content);
  }
  return added_sets(normalized);
}

}  // namespace

Tokenizer::Tokenizer(const Vocabulary& vocabulary)
    : pre_tokenizer_(vocabulary.pre_tokenizer),
      prefix_space_(vocabulary.prefix_space),
      normalizer_(vocabulary.normalizer),
      unknown_(vocabulary.unknown),
      fuse_unknown_(vocabulary.fuse_unknown),
      added_(added_tokens(vocabulary)),
      merges_(merge_table(vocabulary, vocabulary.merges, vocabulary.same_merge)) {
  byte_tokens_.fill(-1);
  const std::size_t size = vocabulary.tokens.size();
  std::vector<bool> is_added(size);
  for (const tokenizer::AddedToken& token : vocabulary.added)
    is_added[static_cast<std::size_t>(token.id)] = true;
  bytes_.reserve(size, vocabulary.tokens.bytes());
  std::vector<std::int32_t> whole;
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    const std::string_view text = vocabulary.tokens[i];
    const auto id = static_cast<std::int32_t>(i);
    const bool in_alphabet = from_byte_alphabet(text, &bytes);
    // A token outside the alphabet stands for its text, and no text becomes it.
    bytes_.add(is_added[i] || !in_alphabet ? text : std::string_view(bytes));
    if (!in_alphabet || !vocabulary.is_own(i)) continue;
    if (bytes.size() == 1) byte_tokens_[static_cast<unsigned char>(bytes[0])] = id;
    // An added token among the model's is found as its text, which is not what its bytes are here.
    if (!is_added[i] || bytes == text) whole.push_back(id);
  }
  if (!vocabulary.ignore_merges) return;
  whole_.emplace(bytes_, whole.size());
  for (const std::int32_t id : whole) whole_->insert(id);
}

std::string Tokenizer::decode(const std::int32_t* ids, std::size_t count) const {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += bytes_of(ids[i]);
  return text;
}

Encoder::Encoder(const Tokenizer& tokenizer)
    : tokenizer::Encoder(tokenizer.added(), tokenizer.merges()), tokenizer_(tokenizer) {}

std::string_view Encoder::normalize(std::string_view text, bool) {
  const tokenizer::Normalizer& normalizer = tokenizer_.normalizer();
  if (normalizer.empty()) return text;
  if (normalizer.is_form_c()) return tokenizer::in_form_c(text, &normalized_);
  return normalized_ = normalizer.apply(text);
}

void Encoder::encode_fragment(std::string_view fragment, bool, tokenizer::IdBuffer& out) {
  if (tokenizer_.prefix_space() && fragment.front() != ' ') fragment = prefixed_.assign(" ").append(fragment);
  Splitter splitter(tokenizer_.pre_tokenizer(), fragment);
  const char* const end = fragment.data() + fragment.size();
  for (std::string_view piece = splitter.next(); !piece.empty(); piece = splitter.next()) {
    encode_piece(piece, end, out);
  }
}

// Before merging, bytes without a token are dropped, so that their neighbors may merge, or become the unknown
// token, as in Hugging Face's tokenizers.
bool Encoder::start_piece(std::string_view piece) {
  symbols_.clear();
  if (const std::int32_t id = tokenizer_.whole(piece); id >= 0) {
    symbols_.push_back(id);
    return false;
  }
  bool after_unknown = false;
  for (const char c : piece) {
    const std::int32_t id = tokenizer_.token_of(static_cast<unsigned char>(c));
    if (id >= 0) {
      symbols_.push_back(id);
    } else if (tokenizer_.unknown() < 0) {
      ++dropped_;
    } else if (!(after_unknown && tokenizer_.fuse_unknown())) {
      symbols_.push_back(tokenizer_.unknown());
    }
    after_unknown = id < 0;
  }
  return true;
}

}  // namespace gistmill::bpe
