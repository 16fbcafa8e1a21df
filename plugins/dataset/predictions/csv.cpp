#include "plugins/dataset/predictions/csv.hpp"

#include <algorithm>

namespace gistmill::dataset {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

CsvReader::CsvReader(std::string_view text, CsvLimits limits) : rest_(text), limits_(limits) {
  if (rest_.substr(0, kByteOrderMark.size()) == kByteOrderMark) rest_.remove_prefix(kByteOrderMark.size());
}

void CsvReader::append(std::string& field, std::string_view bytes) const {
  if (bytes.size() > limits_.field_bytes - field.size()) {
    throw CsvError(line_, "a field has more than " + std::to_string(limits_.field_bytes) + " bytes");
  }
  field += bytes;
}

// Takes what ends a field. Text that goes on otherwise is refused.
char CsvReader::read_separator() {
  if (rest_.empty()) return '\0';
  const std::size_t size = rest_.substr(0, 2) == "\r\n" ? 2 : 1;
  const char end = rest_[size - 1];
  if (end != ',' && end != '\n') {
    throw CsvError(line_, "a field goes on after its closing quote; a quote in a field is written as two");
  }
  rest_.remove_prefix(size);
  if (end == '\n') ++line_;
  return end;
}

char CsvReader::read_quoted(std::string& field) {
  const std::uint64_t opened = line_;
  rest_.remove_prefix(1);
  while (true) {
    const std::size_t quote = rest_.find('"');
    if (quote == std::string_view::npos)
      throw CsvError(opened, "a field's closing quote is missing: the file ends within the field");
    const std::string_view part = rest_.substr(0, quote);
    append(field, part);
    line_ += static_cast<std::uint64_t>(std::count(part.begin(), part.end(), '\n'));
    rest_.remove_prefix(quote + 1);
    if (rest_.empty() || rest_.front() != '"') return read_separator();
    append(field, "\"");
    rest_.remove_prefix(1);
  }
}

char CsvReader::read_field(std::string& field) {
  if (!rest_.empty() && rest_.front() == '"') return read_quoted(field);
  const std::size_t end = std::min(rest_.find_first_of(",\n\""), rest_.size());
  std::string_view part = rest_.substr(0, end);
  rest_.remove_prefix(end);
  if (!rest_.empty() && rest_.front() == '"')
    throw CsvError(line_, "a quote stands in a field that does not begin with one");
  if (!rest_.empty() && rest_.front() == '\n' && !part.empty() && part.back() == '\r') part.remove_suffix(1);
  append(field, part);
  return read_separator();
}

bool CsvReader::next(std::vector<std::string>& fields) {
  fields.clear();
  while (rest_.substr(0, 1) == "\n" || rest_.substr(0, 2) == "\r\n") read_separator();
  if (rest_.empty()) return false;
  record_line_ = line_;
  char end = ',';
  while (end == ',') {
    if (fields.size() == limits_.columns)
      throw CsvError(record_line_, "a record has more than " + std::to_string(limits_.columns) + " fields");
    end = read_field(fields.emplace_back());
  }
  return true;
}

}  // namespace gistmill::dataset
