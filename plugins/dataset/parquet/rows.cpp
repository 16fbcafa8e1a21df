#include "plugins/dataset/parquet/rows.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <gistmill/formats/error.hpp>

namespace gistmill::dataset {
namespace {

// The columns that fields such as "title" and "meta.body" lie in.
std::vector<std::string> columns_of(const std::vector<std::string>& fields) {
  std::vector<std::string> columns;
  for (const std::string& field : fields) {
    const std::string column = field.substr(0, field.find('.'));
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
  }
  return columns;
}

}  // namespace

Rows::Rows(SourceOptions options, RecordText record, bool templated)
    : DocumentSource(std::move(options)),
      record_(std::move(record)),
      columns_(columns_of(record_.fields())),
      templated_(templated) {}

void Rows::open(const CorpusFile& file) {
  path_ = file.path.string();
  file_ = std::make_unique<TableFile>(file.path, columns_);
}

bool Rows::read(std::string& name, std::string& text) {
  while (file_->next()) {
    stop_if_canceled();
    text = cleaned(text_of_row(), place());
    if (is_blank(text)) continue;
    name = "#" + std::to_string(file_->number());
    return true;
  }
  return false;
}

std::string Rows::json_of(std::size_t column) {
  bool valid = true;
  std::string json = file_->json(column, valid);
  if (!valid) count_invalid(1, place(), "column '" + columns_[column] + "' holds bytes that are not UTF-8");
  return json;
}

std::string Rows::text_of_row() {
  const bool whole = !templated_ && record_.fields()[0] == columns_[0];  // no field within a column
  if (whole && file_->is_null(0)) return "";
  if (whole && file_->is_string(0)) return std::string(file_->string(0));
  if (whole && file_->is_messages(0)) {
    std::string messages = json_of(0);
    return messages == "[]" ? "" : messages;
  }
  if (whole) {
    throw Error(GM_ERROR_USER,
                path_ + ": column '" + columns_[0] + "' holds " + file_->type(0) +
                    " when it should hold text or chat messages" +
                    (file_->is_integers(0) ? "; dataset/parquet-ids reads token ids" : ""),
                "field");
  }
  std::string row = "{";
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    row += (i == 0 ? "" : ",") + nlohmann::json(columns_[i]).dump() + ":" + json_of(i);
  }
  try {
    return record_.text(row + "}", path_ + place());
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), "files");
  }
}

std::string Rows::why_none() const { return "no row of column '" + columns_[0] + "' holds any"; }

}  // namespace gistmill::dataset
