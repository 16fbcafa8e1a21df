// Options in, tensors out, and the cursor as bytes.
#include "plugins/dataset/text/text.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::string_view kStateHead = "dataset/text 1 ";  // format version, then the position

CorpusOptions corpus_options(const Options& options) {
  return {{source_options(options)}, options.string("separator"), options.string("skip_until")};
}

}  // namespace

Text::Text(const Options& options) : corpus_(corpus_options(options)) {}

std::tuple<Tensor, Tensor, Tensor> Text::next() {
  Document document;
  if (corpus_.next(document)) return tensors_of(document);
  if (corpus_.replaced() > 0) {
    log(GM_LOG_WARNING,
        std::to_string(corpus_.replaced()) + " byte sequences were not UTF-8 and became U+FFFD");
  }
  throw EndOfData();
}

std::string Text::save_state() const { return position_state(kStateHead, corpus_.position()); }

void Text::load_state(std::string_view state) { corpus_.seek(position_of(kStateHead, state)); }

}  // namespace gistmill::dataset
