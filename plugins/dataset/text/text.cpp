// Options in, tensors out, and the cursor as bytes.
#include "plugins/dataset/text/text.hpp"

#include <charconv>
#include <cstdint>
#include <vector>

namespace gistmill::dataset {
namespace {

constexpr std::string_view kStateHead = "dataset/text 1 ";  // format version, then the position

Tensor bytes(const std::string& text) {
  return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                    {static_cast<std::int64_t>(text.size())});
}

CorpusOptions corpus_options(const Options& options) {
  CorpusOptions corpus;
  corpus.files = options.strings("files");
  corpus.extensions = options.strings("extensions");
  corpus.separator = options.string("separator");
  corpus.skip_until = options.string("skip_until");
  corpus.validation = options.number("validation");
  corpus.hold_out = options.strings("hold_out");
  corpus.group = options.string("group");
  corpus.salt = options.string("salt");
  return corpus;
}

}  // namespace

Text::Text(const Options& options) : corpus_(corpus_options(options)) {}

std::tuple<Tensor, Tensor, Tensor> Text::next() {
  Document document;
  if (!corpus_.next(document)) {
    if (corpus_.replaced() > 0) {
      log(GM_LOG_WARNING,
          std::to_string(corpus_.replaced()) + " byte sequences were not UTF-8 and became U+FFFD");
    }
    throw EndOfData();
  }
  return {bytes(document.text), bytes(document.name), Tensor::of<std::int32_t>({document.split}, {})};
}

std::string Text::save_state() const { return std::string(kStateHead) + std::to_string(corpus_.position()); }

void Text::load_state(std::string_view state) {
  std::uint64_t position = 0;
  const bool ours = state.starts_with(kStateHead);
  const std::string_view digits = ours ? state.substr(kStateHead.size()) : std::string_view();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), position);
  if (!ours || error != std::errc() || end != digits.data() + digits.size()) {
    throw Error(GM_ERROR_USER,
                "the saved position is of a version of dataset/text that this one does not read");
  }
  corpus_.seek(position);
}

}  // namespace gistmill::dataset
