// The plugin tokenizer/bpe: options, tensors and messages around the tokenizer of bpe.hpp.
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/gguf.hpp>
#include <gistmill/plugin.hpp>

#include "plugins/tokenizer/bpe/bpe.hpp"

namespace gistmill::bpe {
namespace {

Vocabulary read_vocabulary(const std::string& path) {
  try {
    return vocabulary_from(formats::Gguf(path));
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), "model");
  }
}

Tokenizer make_tokenizer(const Vocabulary& vocabulary) {
  try {
    return Tokenizer(vocabulary);
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), "model");
  }
}

class BpeComponent {
 public:
  explicit BpeComponent(const Options& options)
      : BpeComponent(read_vocabulary(options.string("model")), options) {}

  std::string digest() const { return digest_; }

  // text: u8[B], any bytes.  Gives i32[N].
  Tensor encode(const Tensor& text) {
    const std::string_view bytes(reinterpret_cast<const char*>(text.data<std::uint8_t>()),
                                 static_cast<std::size_t>(text.size()));
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
    const auto count = static_cast<std::int64_t>(ids.size());
    return Tensor::of(ids, {count});
  }

  // tokens: i32[N], each within the vocabulary.  Gives u8[B].
  Tensor decode(const Tensor& tokens) const {
    std::string text;
    try {
      text = tokenizer_.decode(tokens.data<std::int32_t>(), static_cast<std::size_t>(tokens.size()));
    } catch (const std::out_of_range& error) {
      throw Error(GM_ERROR_USER, error.what(), "tokens");
    }
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    return Tensor::of(bytes, {static_cast<std::int64_t>(bytes.size())});
  }

 private:
  BpeComponent(const Vocabulary& vocabulary, const Options& options)
      : special_(options.boolean("special") ? SpecialTokens::kRecognize : SpecialTokens::kAsText),
        digest_(vocabulary.digest()),
        tokenizer_(make_tokenizer(vocabulary)) {}

  SpecialTokens special_;
  std::string digest_;
  Tokenizer tokenizer_;
  std::mutex mutex_;  // of the encoder, which works for one thread at a time
  Encoder encoder_{tokenizer_};
};

}  // namespace
}  // namespace gistmill::bpe

GISTMILL_PLUGIN(gistmill::component<gistmill::bpe::BpeComponent>("tokenizer/bpe")
                    .operation("encode", &gistmill::bpe::BpeComponent::encode)
                    .operation("decode", &gistmill::bpe::BpeComponent::decode));
