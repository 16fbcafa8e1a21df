#include "plugins/dataset/text/text.hpp"

#include <memory>

#include "plugins/dataset/text/corpus.hpp"

namespace gistmill::dataset {
namespace {

CorpusOptions corpus_options(const Options& options) {
  return {{text_source_options(options)}, options.string("separator"), options.string("skip_until")};
}

}  // namespace

Text::Text(const Options& options)
    : DocumentComponent("dataset/text", std::make_unique<Corpus>(corpus_options(options))) {}

}  // namespace gistmill::dataset
