// Options in, tensors out, the cursor as bytes.
#include "plugins/dataset/parquet/parquet.hpp"

#include <memory>
#include <utility>

#include "plugins/dataset/parquet/rows.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::string_view kIdsState = "dataset/parquet-ids 1 ";  // format version, then the position

std::string field_of(const Options& options) {
  std::string field = options.string("field");
  if (field.empty())
    throw Error(GM_ERROR_USER, "field is \"\" when it should be the name of a column", "field");
  return field;
}

RecordText record_of(const Options& options) {
  const std::string text = options.string("template");
  return text.empty() ? RecordText::of_field(field_of(options)) : RecordText::of_template(text);
}

}  // namespace

Parquet::Parquet(const Options& options)
    : DocumentComponent("dataset/parquet",
                        std::make_unique<Rows>(text_source_options(options), record_of(options),
                                               !options.string("template").empty())) {}

ParquetIds::ParquetIds(const Options& options) : rows_(source_options(options), field_of(options)) {}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> ParquetIds::next() {
  Document document;
  if (!rows_.next(document)) throw EndOfData();
  auto [text, name, split, file, digest] = tensors_of(document);
  std::vector<std::int32_t> ids;
  if (document.split != kPackedFile) ids = rows_.ids();
  const auto count = static_cast<std::int64_t>(ids.size());
  return {Tensor::of(ids, {count}), std::move(name), std::move(split), std::move(file), std::move(digest)};
}

std::string ParquetIds::save_state() const { return position_state(kIdsState, rows_.position()); }

void ParquetIds::load_state(std::string_view state) { rows_.seek(position_of(kIdsState, state)); }

}  // namespace gistmill::dataset
