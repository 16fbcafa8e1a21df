// The plugin tokenizer/unigram: options, tensors and messages around the tokenizer of unigram.hpp.
#include "plugins/tokenizer/common/component.hpp"
#include "plugins/tokenizer/unigram/unigram.hpp"

namespace gistmill::unigram {
namespace {

struct Kind {
  using Vocabulary = unigram::Vocabulary;
  using Tokenizer = unigram::Tokenizer;
  using Encoder = unigram::Encoder;

  static std::function<Vocabulary()> loader(const Options& options) {
    return [model = options.string("model")] { return load_vocabulary(model); };
  }
  static nlohmann::json describe(const Vocabulary& vocabulary) {
    const bool words = vocabulary.word_split != sentencepiece::WordSplit::kNone;
    return {{"kind", "unigram"},
            {"pre_tokenizer", words                    ? nlohmann::json("words")
                              : vocabulary.words_apart ? nlohmann::json("spaces")
                                                       : nlohmann::json()},
            {"normalizer", vocabulary.normalizer_name()},
            {"prefix_space", vocabulary.prefix_name()},
            {"scores", vocabulary.library == Library::kTokenizers ? "as tokenizers adds them"
                                                                  : "as SentencePiece adds them"}};
  }
};

using UnigramComponent = tokenizer::Component<Kind>;

}  // namespace
}  // namespace gistmill::unigram

GISTMILL_PLUGIN(gistmill::component<gistmill::unigram::UnigramComponent>("tokenizer/unigram")
                    .operation("encode", &gistmill::unigram::UnigramComponent::encode)
                    .operation("decode", &gistmill::unigram::UnigramComponent::decode)
                    .operation("chat", &gistmill::unigram::UnigramComponent::chat)
                    .operation("identity", &gistmill::unigram::UnigramComponent::identity)
                    .operation("decode_rows", &gistmill::unigram::UnigramComponent::decode_rows)
                    .operation("vocabulary", &gistmill::unigram::UnigramComponent::vocabulary));
