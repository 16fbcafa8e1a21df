// dataset/text: the documents of text files, as an operation.
#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/text/corpus.hpp"

namespace gistmill::dataset {
namespace {

constexpr char kStateHead[] = "dataset/text 1 ";  // format version, then the position

Tensor bytes(const std::string& text) {
  return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                    {static_cast<std::int64_t>(text.size())});
}

CorpusOptions corpus_options(const Options& options) {
  return {options.strings("files"),     options.strings("extensions"), options.string("separator"),
          options.string("skip_until"), options.number("validation"),  options.strings("hold_out"),
          options.string("group"),      options.string("salt")};
}

class Text {
 public:
  explicit Text(const Options& options) : corpus_(corpus_options(options)) {}

  std::string digest() { return corpus_.digest(); }

  std::tuple<Tensor, Tensor, Tensor> next() {
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

  std::string save_state() const { return kStateHead + std::to_string(corpus_.position()); }

  void load_state(std::string_view state) {
    if (!state.starts_with(kStateHead)) {
      throw Error(GM_ERROR_USER, "a saved position that this version of dataset/text does not read");
    }
    corpus_.seek(std::stoull(std::string(state.substr(std::strlen(kStateHead)))));
  }

 private:
  Corpus corpus_;
};

}  // namespace
}  // namespace gistmill::dataset

GISTMILL_PLUGIN(gistmill::component<gistmill::dataset::Text>("dataset/text")
                    .operation("next", &gistmill::dataset::Text::next));
