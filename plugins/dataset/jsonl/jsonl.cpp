// Options in, tensors out, the cursor as bytes, and what was left out said at the end.
#include "plugins/dataset/jsonl/jsonl.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::string_view kStateHead = "dataset/jsonl 1 ";  // format version, then the position

RecordText record_of(const Options& options) {
  const std::string text = options.string("template");
  if (!text.empty()) return RecordText::of_template(text);
  const std::string field = options.string("field");
  if (field.empty()) throw Error(GM_ERROR_USER, "field is \"\" when it should be a name", "field");
  return RecordText::of_field(field);
}

}  // namespace

Jsonl::Jsonl(const Options& options)
    : lines_(source_options(options), record_of(options), options.string("broken") == "skip") {}

std::tuple<Tensor, Tensor, Tensor> Jsonl::next() {
  Document document;
  if (lines_.next(document)) return tensors_of(document);
  if (lines_.replaced() > 0) {
    log(GM_LOG_WARNING,
        std::to_string(lines_.replaced()) + " byte sequences were not UTF-8 and became U+FFFD");
  }
  if (lines_.broken() > 0) {
    log(GM_LOG_WARNING, std::to_string(lines_.broken()) + " of " + std::to_string(lines_.lines()) +
                            " lines are broken and were left out, the first at " + lines_.first_broken());
  }
  throw EndOfData();
}

std::string Jsonl::save_state() const { return position_state(kStateHead, lines_.position()); }

void Jsonl::load_state(std::string_view state) { lines_.seek(position_of(kStateHead, state)); }

}  // namespace gistmill::dataset
