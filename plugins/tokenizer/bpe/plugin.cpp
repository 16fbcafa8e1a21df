// The plugin tokenizer/bpe: options, tensors and messages around the tokenizer of bpe.hpp.
#include "plugins/tokenizer/bpe/bpe.hpp"
#include "plugins/tokenizer/common/component.hpp"

namespace gistmill::bpe {
namespace {

nlohmann::json normalizer_name(const tokenizer::Normalizer& normalizer) {
  if (normalizer.empty()) return nullptr;
  return normalizer.is_form_c() ? "nfc" : normalizer.names();
}

struct Kind {
  using Vocabulary = bpe::Vocabulary;
  using Tokenizer = bpe::Tokenizer;
  using Encoder = bpe::Encoder;

  static std::function<Vocabulary()> loader(const Options& options) {
    return [model = options.string("model"), pre_tokenizer = options.string("pre_tokenizer")] {
      return load_vocabulary(model, pre_tokenizer);
    };
  }
  static tokenizer::HuggingFaceFiles files(const Vocabulary& vocabulary) {
    return huggingface_files(vocabulary);
  }
  static nlohmann::json describe(const Vocabulary& vocabulary) {
    return {{"kind", "bpe"},
            {"pre_tokenizer", pre_tokenizer_name(vocabulary.pre_tokenizer)},
            {"normalizer", normalizer_name(vocabulary.normalizer)},
            {"merges", vocabulary.merges.size() / 2}};
  }
};

using BpeComponent = tokenizer::Component<Kind>;

}  // namespace
}  // namespace gistmill::bpe

GISTMILL_PLUGIN(gistmill::component<gistmill::bpe::BpeComponent>("tokenizer/bpe")
                    .operation("encode", &gistmill::bpe::BpeComponent::encode)
                    .operation("decode", &gistmill::bpe::BpeComponent::decode)
                    .operation("chat", &gistmill::bpe::BpeComponent::chat)
                    .operation("identity", &gistmill::bpe::BpeComponent::identity)
                    .operation("decode_rows", &gistmill::bpe::BpeComponent::decode_rows)
                    .operation("vocabulary", &gistmill::bpe::BpeComponent::vocabulary)
                    .operation("files", &gistmill::bpe::BpeComponent::files));
