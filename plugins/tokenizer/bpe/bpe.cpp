// Building a tokenizer from its vocabulary, and encoding with it.
#include "plugins/tokenizer/bpe/bpe.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <unordered_map>

namespace gistmill::bpe {
namespace {

[[noreturn]] void fail(const Vocabulary& vocabulary, const std::string& message) {
  throw formats::FormatError(vocabulary.source + ": " + message);
}

PreTokenizer pre_tokenizer_of(const Vocabulary& vocabulary) {
  try {
    return pre_tokenizer_named(vocabulary.pre_tokenizer);
  } catch (const std::invalid_argument& error) {
    fail(vocabulary, std::string("tokenizer.ggml.pre: ") + error.what());
  }
}

bool is_special(TokenType type) { return type == TokenType::kControl || type == TokenType::kUserDefined; }

using Ids = std::unordered_map<std::string_view, std::int32_t>;

Ids ids_by_text(const Vocabulary& vocabulary) {
  if (vocabulary.tokens.size() != vocabulary.types.size()) {
    fail(vocabulary, "has " + std::to_string(vocabulary.types.size()) + " token types for " +
                         std::to_string(vocabulary.tokens.size()) + " tokens");
  }
  if (vocabulary.tokens.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    fail(vocabulary,
         "has " + std::to_string(vocabulary.tokens.size()) + " tokens, expected at most 2^31 - 1");
  }
  Ids ids;
  ids.reserve(vocabulary.tokens.size());
  for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    const auto [entry, inserted] = ids.emplace(vocabulary.tokens[i], static_cast<std::int32_t>(i));
    if (!inserted) {
      fail(vocabulary, "tokens " + std::to_string(entry->second) + " and " + std::to_string(i) +
                           " are both " + formats::printable(vocabulary.tokens[i]));
    }
  }
  return ids;
}

MergeTable merge_table(const Vocabulary& vocabulary, const Ids& ids) {
  MergeTable table(vocabulary.merges.size());
  std::string joined;
  for (std::size_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
    const std::string_view merge = vocabulary.merges[rank];
    const auto refuse = [&](const std::string& why) {
      fail(vocabulary, "merge " + std::to_string(rank) + ", " + formats::printable(merge) + ", " + why);
    };
    const std::size_t space = merge.find(' ');
    if (space == std::string_view::npos || merge.find(' ', space + 1) != std::string_view::npos) {
      refuse("is not two tokens with a space between");
    }
    const std::string_view left = merge.substr(0, space);
    const std::string_view right = merge.substr(space + 1);
    joined.assign(left).append(right);
    const auto id_of = [&](std::string_view text) {
      const auto found = ids.find(text);
      if (found == ids.end())
        refuse("needs token " + formats::printable(text) + ", which the vocabulary lacks");
      return found->second;
    };
    const Merge result{static_cast<std::uint32_t>(rank), id_of(joined)};
    if (!table.insert(id_of(left), id_of(right), result)) refuse("occurs twice");
  }
  return table;
}

}  // namespace

Tokenizer::Tokenizer(const Vocabulary& vocabulary)
    : pre_tokenizer_(pre_tokenizer_of(vocabulary)),
      merges_(merge_table(vocabulary, ids_by_text(vocabulary))) {
  byte_tokens_.fill(-1);
  bytes_.resize(vocabulary.tokens.size());
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    const std::string& text = vocabulary.tokens[i];
    const auto id = static_cast<std::int32_t>(i);
    if (is_special(vocabulary.types[i])) {
      bytes_[i] = text;
      if (!text.empty()) special_by_first_byte_[static_cast<unsigned char>(text[0])].push_back(id);
    } else if (!from_byte_alphabet(text, &bytes_[i])) {
      bytes_[i] = text;  // a token outside the alphabet stands for its text, and no text becomes it
    } else if (bytes_[i].size() == 1) {
      byte_tokens_[static_cast<unsigned char>(bytes_[i][0])] = id;
    }
  }
  for (auto& candidates : special_by_first_byte_) {
    std::stable_sort(candidates.begin(), candidates.end(),
                     [&](auto a, auto b) { return bytes_of(a).size() > bytes_of(b).size(); });
  }
}

const std::string& Tokenizer::bytes_of(std::int32_t id) const {
  if (id < 0 || id >= size()) {
    throw std::out_of_range("token id is " + std::to_string(id) + ", expected 0 to " +
                            std::to_string(size() - 1));
  }
  return bytes_[static_cast<std::size_t>(id)];
}

std::string Tokenizer::decode(const std::int32_t* ids, std::size_t count) const {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += bytes_of(ids[i]);
  return text;
}

Tokenizer::Special Tokenizer::find_special(std::string_view text, std::size_t from) const {
  for (std::size_t at = from; at < text.size(); ++at) {
    for (const std::int32_t id : special_by_first_byte_[static_cast<unsigned char>(text[at])]) {
      const std::string& special = bytes_[static_cast<std::size_t>(id)];
      if (text.compare(at, special.size(), special) == 0) return {at, id};
    }
  }
  return {};
}

Encoder::Encoder(const Tokenizer& tokenizer) : tokenizer_(tokenizer), cache_(std::size_t{1} << kCacheBits) {}

std::vector<std::int32_t> Encoder::encode(std::string_view text, SpecialTokens special) {
  std::vector<std::int32_t> out;
  out.reserve(text.size() / 3);
  std::size_t at = 0;
  while (special == SpecialTokens::kRecognize) {
    const Tokenizer::Special found = tokenizer_.find_special(text, at);
    if (found.id < 0) break;
    encode_text(text.substr(at, found.at - at), out);
    out.push_back(found.id);
    at = found.at + tokenizer_.bytes_of(found.id).size();
  }
  encode_text(text.substr(at), out);
  return out;
}

void Encoder::encode_text(std::string_view text, std::vector<std::int32_t>& out) {
  Splitter splitter(tokenizer_.pre_tokenizer(), text);
  for (std::string_view piece = splitter.next(); !piece.empty(); piece = splitter.next())
    encode_piece(piece, out);
}

void Encoder::encode_piece(std::string_view piece, std::vector<std::int32_t>& out) {
  if (piece.size() > kCachedBytes) {
    merge_piece(piece);
    out.insert(out.end(), symbols_.begin(), symbols_.end());
    return;
  }
  std::array<std::uint64_t, 3> key{};
  std::memcpy(key.data(), piece.data(), piece.size());
  key[2] |= static_cast<std::uint64_t>(piece.size()) << 56;
  const std::uint64_t mixed = (key[0] ^ (key[1] * 0xC2B2AE3D27D4EB4Fu) ^ (key[2] * 0x165667B19E3779F9u));
  const std::uint64_t hash = (mixed ^ (mixed >> 29)) * 0x9E3779B97F4A7C15u;
  CacheEntry& entry = cache_[static_cast<std::size_t>(hash >> (64 - kCacheBits))];
  if (entry.key == key) {
    out.insert(out.end(), entry.ids.begin(), entry.ids.begin() + entry.count);
    return;
  }
  const std::uint64_t dropped_before = dropped_;
  merge_piece(piece);
  out.insert(out.end(), symbols_.begin(), symbols_.end());
  // A piece that lost bytes is not kept: it would not be counted again.
  if (symbols_.size() > kCachedIds || dropped_ != dropped_before) return;
  entry.key = key;
  entry.count = static_cast<std::int32_t>(symbols_.size());
  std::copy(symbols_.begin(), symbols_.end(), entry.ids.begin());
}

// Leaves the ids of the piece in symbols_. Bytes without a token are gone before merging, so that their
// neighbors may merge, as in Hugging Face's tokenizers.
void Encoder::merge_piece(std::string_view piece) {
  symbols_.clear();
  for (const char c : piece) {
    const std::int32_t id = tokenizer_.token_of(static_cast<unsigned char>(c));
    if (id < 0) {
      ++dropped_;
    } else {
      symbols_.push_back(id);
    }
  }
  merger_.merge(tokenizer_.merges(), symbols_);
}

}  // namespace gistmill::bpe
