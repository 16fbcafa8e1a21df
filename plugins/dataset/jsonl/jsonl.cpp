#include "plugins/dataset/jsonl/jsonl.hpp"

#include <memory>

#include "plugins/dataset/jsonl/lines.hpp"

namespace gistmill::dataset {
namespace {

RecordText record_of(const Options& options) {
  const std::string text = options.string("template");
  if (!text.empty()) return RecordText::of_template(text);
  const std::string field = options.string("field");
  if (field.empty()) throw Error(GM_ERROR_USER, "field is \"\" when it should be a name", "field");
  return RecordText::of_field(field);
}

}  // namespace

Jsonl::Jsonl(const Options& options)
    : DocumentComponent("dataset/jsonl",
                        std::make_unique<Lines>(text_source_options(options), record_of(options),
                                                options.string("broken") == "skip")) {}

}  // namespace gistmill::dataset
