#include "plugins/dataset/spans/corpus_file.hpp"

namespace gistmill::dataset {
namespace {

template <class Body>
auto of_corpus(Body&& body) {
  try {
    return body();
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), "corpus");
  }
}

}  // namespace

formats::TokenFileReader open_corpus(const std::string& path) {
  return of_corpus([&] { return formats::TokenFileReader(path); });
}

void verify_corpus(formats::TokenFileReader& file) {
  of_corpus([&] { file.verify(); });
}

void read_window(formats::TokenFileReader& file, const Window& window, std::int64_t length,
                 std::int32_t* out) {
  of_corpus([&] { file.read(window.document, window.begin, static_cast<std::size_t>(length), out); });
}

std::int32_t split_of(const Options& options) {
  return options.string("split") == "validation" ? formats::kValidationSplit : formats::kTrainSplit;
}

}  // namespace gistmill::dataset
