// The plugin tokenizer/spm: options, tensors and messages around the tokenizer of spm.hpp.
#include "plugins/tokenizer/common/component.hpp"
#include "plugins/tokenizer/spm/spm.hpp"

namespace gistmill::spm {
namespace {

struct Kind {
  using Vocabulary = spm::Vocabulary;
  using Tokenizer = spm::Tokenizer;
  using Encoder = spm::Encoder;

  static std::function<Vocabulary()> loader(const Options& options) {
    return [model = options.string("model")] { return load_vocabulary(model); };
  }
  static tokenizer::HuggingFaceFiles files(const Vocabulary& vocabulary) {
    return huggingface_files(vocabulary);
  }
  static nlohmann::json describe(const Vocabulary& vocabulary) {
    return {{"kind", "spm"},
            {"pre_tokenizer", nullptr},
            {"normalizer", vocabulary.normalizer_name()},
            {"prefix_space", vocabulary.prefix_name()},
            {"merges", vocabulary.by_scores ? nlohmann::json("by scores")
                                            : nlohmann::json(vocabulary.merges.size() / 2)}};
  }
};

using SpmComponent = tokenizer::Component<Kind>;

}  // namespace
}  // namespace gistmill::spm

GISTMILL_PLUGIN(gistmill::component<gistmill::spm::SpmComponent>("tokenizer/spm")
                    .operation("encode", &gistmill::spm::SpmComponent::encode)
                    .operation("decode", &gistmill::spm::SpmComponent::decode)
                    .operation("chat", &gistmill::spm::SpmComponent::chat)
                    .operation("identity", &gistmill::spm::SpmComponent::identity)
                    .operation("decode_rows", &gistmill::spm::SpmComponent::decode_rows)
                    .operation("vocabulary", &gistmill::spm::SpmComponent::vocabulary)
                    .operation("files", &gistmill::spm::SpmComponent::files));
