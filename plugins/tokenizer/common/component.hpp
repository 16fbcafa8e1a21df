// The component that all tokenizer plugins are: options, tensors, messages and the chat operation around a
// tokenizer. Kind says which: its Vocabulary, Tokenizer and Encoder, how to load and how to describe them,
// and where it has `files`, how to write them.
#pragma once

#include <algorithm>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gistmill/formats/digest.hpp>
#include <gistmill/plugin.hpp>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/common/chat.hpp"
#include "plugins/tokenizer/common/file_use.hpp"
#include "plugins/tokenizer/common/huggingface_writer.hpp"
#include "plugins/tokenizer/common/vocabulary.hpp"

namespace gistmill::tokenizer {

template <class Kind>
class Component {
 public:
  explicit Component(const Options& options) : Component(Kind::loader(options), options) {}

  std::string digest() const {
    formats::Sha256 sha;
    sha.update_field(vocabulary_digest_);
    sha.update_field(chat_.digest());
    return sha.hex();
  }

  std::string describe() const {
    return description_.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  // Gives u8[H], the digest in hexadecimal: what data are held to that were made with a tokenizer.
  Tensor identity() const { return bytes(digest()); }

  // Gives u8[W] and i32[V]: the bytes of all tokens, one token behind the other, and where each ends.
  std::tuple<Tensor, Tensor> vocabulary() const {
    std::string all;
    std::vector<std::int32_t> ends;
    for (std::int32_t id = 0; id < tokenizer_.size(); ++id) {
      all += tokenizer_.bytes_of(id);
      ends.push_back(static_cast<std::int32_t>(all.size()));
    }
    return {bytes(all), Tensor::of(ends, {tokenizer_.size()})};
  }

  // Gives u8[M] and u8[N]: tokenizer.json and tokenizer_config.json, of the vocabulary as it is read again.
  std::tuple<Tensor, Tensor> files() const {
    return at_model([&]() -> std::tuple<Tensor, Tensor> {
      const Vocabulary vocabulary = load_();
      if (vocabulary.digest() != vocabulary_digest_) vocabulary.fail("has changed since it was read");
      const HuggingFaceFiles written = Kind::files(vocabulary);
      return {bytes(written.tokenizer), bytes(written.configuration)};
    });
  }

  // text: u8[B], any bytes.  Gives i32[N].
  Tensor encode(const Tensor& text) {
    const std::string_view bytes = view(text);
    std::vector<std::int32_t> ids;
    std::uint64_t dropped = 0;
    {
      const std::lock_guard lock(mutex_);
      const std::uint64_t before = encoder_.dropped();
      ids = encoder_.encode(bytes, special_);
      dropped = encoder_.dropped() - before;
    }
    if (dropped > 0) {
      log(GM_LOG_WARNING, "dropped " + std::to_string(dropped) + " of " + std::to_string(bytes.size()) +
                              " bytes: the vocabulary has no token for them");
    }
    return Tensor::of(ids, {static_cast<std::int64_t>(ids.size())});
  }

  // tokens: i32[N], each within the vocabulary.  Gives u8[B].
  Tensor decode(const Tensor& tokens) const {
    try {
      return bytes(tokenizer_.decode(tokens.data<std::int32_t>(), static_cast<std::size_t>(tokens.size())));
    } catch (const std::out_of_range& error) {
      throw Error(GM_ERROR_USER, error.what(), "tokens");
    }
  }

  // tokens: i32[B, G]; lengths: i32[B], how many of a row's tokens are its text, from the left.
  // Gives u8[B, M], one text per row, filled up with zero bytes; M is the longest text's.
  Tensor decode_rows(const Tensor& tokens, const Tensor& lengths) const {
    const std::int64_t rows = tokens.shape()[0], width = tokens.shape()[1];
    std::vector<std::string> texts;
    std::size_t longest = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      texts.push_back(
          row_text(tokens.data<std::int32_t>() + row * width, lengths.data<std::int32_t>()[row], width, row));
      longest = std::max(longest, texts.back().size());
    }
    std::vector<std::uint8_t> filled(texts.size() * longest);
    for (std::size_t row = 0; row < texts.size(); ++row) {
      std::copy(texts[row].begin(), texts[row].end(),
                filled.begin() + static_cast<std::ptrdiff_t>(row * longest));
    }
    return Tensor::of(filled, {rows, static_cast<std::int64_t>(longest)});
  }

  // messages: u8[B], JSON.  Gives u8[M].
  Tensor chat(const Tensor& messages) const {
    if (chat_.empty()) throw Error(GM_ERROR_USER, source_ + ": the model has no chat template", "model");
    try {
      return bytes(chat_.render(parse_request(view(messages))));
    } catch (const UnreadableTemplate& error) {
      throw Error(GM_ERROR_USER, error.what(), "model");
    } catch (const std::invalid_argument& error) {
      throw Error(GM_ERROR_USER, error.what(), "messages");
    } catch (const formats::FormatError& error) {
      throw Error(GM_ERROR_USER, error.what(), "messages");
    }
  }

 private:
  using Vocabulary = typename Kind::Vocabulary;

  // What a file did wrong is the user's to put right, at the option that names the file.
  template <class Body>
  static auto at_model(Body&& body) {
    try {
      return body();
    } catch (const OtherKind& error) {
      throw Error(GM_ERROR_USER, error.what());
    } catch (const formats::FormatError& error) {
      throw Error(GM_ERROR_USER, error.what(), "model");
    } catch (const std::length_error& error) {
      throw Error(GM_ERROR_USER, error.what(), "model");
    }
  }

  Component(const std::function<Vocabulary()>& load, const Options& options)
      : Component(at_model(load), options) {
    load_ = load;
  }

  Component(const Vocabulary& vocabulary, const Options& options)
      : special_(options.boolean("special") && !vocabulary.split_special_tokens ? SpecialTokens::kRecognize
                                                                                : SpecialTokens::kAsText),
        vocabulary_digest_(vocabulary.digest()),
        tokenizer_(at_model([&] { return typename Kind::Tokenizer(vocabulary); })) {
    source_ = vocabulary.source;
    read_templates(vocabulary, options.string("date"));
    describe(vocabulary);
    if (vocabulary.renumbered.count > 0) log(GM_LOG_WARNING, source_ + ": " + vocabulary.renumbered.note());
    if (!vocabulary.left.empty())
      log(GM_LOG_WARNING, vocabulary.taken + " is taken as the tokenizer; refused: " + vocabulary.left);
  }

  void read_templates(const Vocabulary& vocabulary, const std::string& date) {
    nlohmann::ordered_json texts = vocabulary.special_texts;
    const auto name = [&](const char* role, std::int32_t id) {
      if (id >= 0 && !texts.contains(role)) texts[role] = vocabulary.tokens[static_cast<std::size_t>(id)];
    };
    name("bos_token", vocabulary.named.bos);
    name("eos_token", vocabulary.named.eos);
    name("unk_token", vocabulary.named.unk);
    name("pad_token", vocabulary.named.pad);
    try {
      chat_ = Chat(vocabulary.chat_templates, std::move(texts), date);
    } catch (const std::invalid_argument& error) {
      throw Error(GM_ERROR_USER, error.what(), "date");
    }
  }

  void describe(const Vocabulary& vocabulary) {
    description_ = Kind::describe(vocabulary);
    description_["vocabulary"] = tokenizer_.size();
    description_["add_bos"] = !vocabulary.begin.empty();
    description_["begin_tokens"] = vocabulary.begin;
    description_["added_tokens"] = vocabulary.added.size();
    if (vocabulary.renumbered.count > 0) description_["renumbered"] = vocabulary.renumbered.note();
    description_.update(file_use(vocabulary.taken, vocabulary.left));
    description_["chat_template"] = chat_.empty() ? nlohmann::json() : nlohmann::json(chat_.names());
    if (const std::string why = chat_.complaint(); !why.empty()) description_["chat_template_refused"] = why;
    nlohmann::json& special = description_["special_tokens"] = nlohmann::json::object();
    const auto name = [&](const char* role, std::int32_t id) {
      if (id < 0) return;
      special[role] = {{"id", id}, {"text", std::string(vocabulary.tokens[static_cast<std::size_t>(id)])}};
    };
    name("bos", vocabulary.named.bos);
    name("eos", vocabulary.named.eos);
    name("unk", vocabulary.named.unk);
    name("pad", vocabulary.named.pad);
  }

  std::string row_text(const std::int32_t* tokens, std::int32_t length, std::int64_t width,
                       std::int64_t row) const {
    const auto at_row = [&](const std::string& what) { return "row " + std::to_string(row) + ": " + what; };
    if (length < 0 || length > width) {
      throw Error(GM_ERROR_USER,
                  at_row("length is " + std::to_string(length) + ", expected 0 to " + std::to_string(width)),
                  "lengths");
    }
    try {
      return tokenizer_.decode(tokens, static_cast<std::size_t>(length));
    } catch (const std::out_of_range& error) {
      throw Error(GM_ERROR_USER, at_row(error.what()), "tokens");
    }
  }

  static std::string_view view(const Tensor& text) {
    return {reinterpret_cast<const char*>(text.data<std::uint8_t>()), static_cast<std::size_t>(text.size())};
  }
  static Tensor bytes(const std::string& text) {
    return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                      {static_cast<std::int64_t>(text.size())});
  }

  std::function<Vocabulary()> load_;
  SpecialTokens special_;
  std::string vocabulary_digest_;
  typename Kind::Tokenizer tokenizer_;
  std::string source_;
  Chat chat_;
  nlohmann::json description_;
  std::mutex mutex_;  // of the encoder, which works for one thread at a time
  typename Kind::Encoder encoder_{tokenizer_};
};

}  // namespace gistmill::tokenizer
