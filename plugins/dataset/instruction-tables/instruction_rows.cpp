#include "plugins/dataset/instruction-tables/instruction_rows.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace gistmill::dataset {
namespace {

constexpr std::size_t kMaxDepth = 64;

}  // namespace

InstructionRows::InstructionRows(SourceOptions options, SampleFields fields, bool skip)
    : SampleSource(std::move(options), skip), fields_(std::move(fields)) {}

void InstructionRows::restart() {
  SampleSource::restart();
  file_.reset();
}

// Of conversations, else with a column of inputs, else without one. What is missing then is missing.
void InstructionRows::open(const CorpusFile& file) {
  path_ = file.path.string();
  const std::vector<std::vector<std::string>> forms = {{fields_.messages},
                                                       {fields_.instruction, fields_.input, fields_.output},
                                                       {fields_.instruction, fields_.output}};
  for (std::size_t i = 0; i < forms.size(); ++i) {
    columns_ = forms[i];
    try {
      file_ = std::make_unique<TableFile>(file.path, columns_);
      return;
    } catch (const Error&) {
      if (i + 1 == forms.size()) throw;
    }
  }
}

std::string InstructionRows::json_of_row(const std::string& place) {
  std::string row = "{";
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    bool valid = true;
    row += (i == 0 ? "" : ",") + nlohmann::json(columns_[i]).dump() + ":" + file_->json(i, valid);
    if (!valid) count_invalid(1, place, "column '" + columns_[i] + "' holds bytes that are not UTF-8");
  }
  return row + "}";
}

bool InstructionRows::read(std::string& name, std::string& text) {
  while (file_->next()) {
    stop_if_canceled();
    const std::string row = std::to_string(file_->number());
    const std::string json = json_of_row(": row " + row);
    const std::string place = path_ + ": row " + row;
    std::string complaint;
    const bool kept = take(
        [&] {
          try {
            formats::JsonCursor cursor(json, place, kMaxDepth, formats::JsonCursor::Place::kByte);
            return read_sample(cursor, fields_);
          } catch (const formats::FormatError& error) {
            complaint = error.what();
            throw;
          }
        },
        [&] { return complaint; });
    if (!kept) continue;
    name = "#" + row;
    text = sample().instruction;
    return true;
  }
  return false;
}

}  // namespace gistmill::dataset
