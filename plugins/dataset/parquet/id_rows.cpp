#include "plugins/dataset/parquet/id_rows.hpp"

#include <limits>
#include <utility>

namespace gistmill::dataset {

IdRows::IdRows(SourceOptions options, std::string column)
    : DocumentSource(std::move(options)), column_(std::move(column)) {}

void IdRows::open(const CorpusFile& file) {
  path_ = file.path.string();
  file_ = std::make_unique<TableFile>(file.path, std::vector<std::string>{column_});
  if (file_->is_integers(0)) return;
  throw Error(GM_ERROR_USER,
              path_ + ": column '" + column_ + "' holds " + file_->type(0) +
                  " when it should hold lists of integers; dataset/parquet reads text",
              "field");
}

bool IdRows::read(std::string& name, std::string& text) {
  while (file_->next()) {
    stop_if_canceled();
    if (file_->is_null(0)) continue;
    take(file_->integers(0));
    if (ids_.empty()) continue;
    name = "#" + std::to_string(file_->number());
    text.clear();
    return true;
  }
  return false;
}

void IdRows::take(const std::vector<std::int64_t>& values) {
  ids_.clear();
  for (const std::int64_t value : values) {
    if (value < 0 || value > std::numeric_limits<std::int32_t>::max()) {
      throw Error(GM_ERROR_USER,
                  path_ + ": row " + std::to_string(file_->number()) + " has " + std::to_string(value) +
                      " when a token id is 0 to 2147483647",
                  "files");
    }
    ids_.push_back(static_cast<std::int32_t>(value));
  }
}

std::string IdRows::why_none() const { return "no row of column '" + column_ + "' has any token"; }

}  // namespace gistmill::dataset
