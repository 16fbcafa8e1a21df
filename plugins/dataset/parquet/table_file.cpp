#include "plugins/dataset/parquet/table_file.hpp"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/schema.h>

#include <algorithm>
#include <gistmill/plugin/values.hpp>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

namespace gistmill::dataset {
namespace {

constexpr std::int64_t kBatchRows = 256;  // of a column of books this is a few hundred megabytes at most

std::string_view string_of(const arrow::Array& array, std::int64_t row) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
      return static_cast<const arrow::StringArray&>(array).GetView(row);
    case arrow::Type::LARGE_STRING:
      return static_cast<const arrow::LargeStringArray&>(array).GetView(row);
    default: {
      const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
      return string_of(*coded.dictionary(), coded.GetValueIndex(row));
    }
  }
}

// A value in the words of JSON. Bytes that are not UTF-8 become U+FFFD.
nlohmann::json value_of(const arrow::Array& array, std::int64_t row);

template <class List>
nlohmann::json list_of(const List& list, std::int64_t row) {
  nlohmann::json values = nlohmann::json::array();
  for (std::int64_t i = 0; i < list.value_length(row); ++i) {
    values.push_back(value_of(*list.values(), list.value_offset(row) + i));
  }
  return values;
}

nlohmann::json object_of(const arrow::StructArray& structure, std::int64_t row) {
  nlohmann::json object = nlohmann::json::object();
  for (int i = 0; i < structure.num_fields(); ++i) {
    object[structure.struct_type()->field(i)->name()] = value_of(*structure.field(i), row);
  }
  return object;
}

template <class Array>
auto number_of(const arrow::Array& array, std::int64_t row) {
  return static_cast<const Array&>(array).Value(row);
}

nlohmann::json value_of(const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) return nullptr;
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
      return std::string(string_of(array, row));
    case arrow::Type::BOOL:
      return number_of<arrow::BooleanArray>(array, row);
    case arrow::Type::INT8:
      return number_of<arrow::Int8Array>(array, row);
    case arrow::Type::INT16:
      return number_of<arrow::Int16Array>(array, row);
    case arrow::Type::INT32:
      return number_of<arrow::Int32Array>(array, row);
    case arrow::Type::INT64:
      return number_of<arrow::Int64Array>(array, row);
    case arrow::Type::UINT8:
      return number_of<arrow::UInt8Array>(array, row);
    case arrow::Type::UINT16:
      return number_of<arrow::UInt16Array>(array, row);
    case arrow::Type::UINT32:
      return number_of<arrow::UInt32Array>(array, row);
    case arrow::Type::UINT64:
      return number_of<arrow::UInt64Array>(array, row);
    case arrow::Type::FLOAT:
      return number_of<arrow::FloatArray>(array, row);
    case arrow::Type::DOUBLE:
      return number_of<arrow::DoubleArray>(array, row);
    case arrow::Type::LIST:
      return list_of(static_cast<const arrow::ListArray&>(array), row);
    case arrow::Type::LARGE_LIST:
      return list_of(static_cast<const arrow::LargeListArray&>(array), row);
    case arrow::Type::STRUCT:
      return object_of(static_cast<const arrow::StructArray&>(array), row);
    case arrow::Type::DICTIONARY: {
      const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
      return value_of(*coded.dictionary(), coded.GetValueIndex(row));
    }
    default:
      throw Error(GM_ERROR_USER,
                  "values of type " + array.type()->ToString() + " are neither text nor numbers");
  }
}

bool holds_strings(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) {
    return holds_strings(*static_cast<const arrow::DictionaryType&>(type).value_type());
  }
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::LARGE_STRING;
}

// The type of a list's elements; null where it is none.
std::shared_ptr<arrow::DataType> element_of(const arrow::DataType& type) {
  if (type.id() != arrow::Type::LIST && type.id() != arrow::Type::LARGE_LIST) return nullptr;
  return static_cast<const arrow::BaseListType&>(type).value_type();
}

// The first and, behind it, the last of a list's elements.
std::pair<std::int64_t, std::int64_t> elements_of(const arrow::Array& array, std::int64_t row,
                                                  std::shared_ptr<arrow::Array>& values) {
  if (array.type_id() == arrow::Type::LIST) {
    const auto& list = static_cast<const arrow::ListArray&>(array);
    values = list.values();
    return {list.value_offset(row), list.value_offset(row) + list.value_length(row)};
  }
  const auto& list = static_cast<const arrow::LargeListArray&>(array);
  values = list.values();
  return {list.value_offset(row), list.value_offset(row) + list.value_length(row)};
}

}  // namespace

struct TableFile::Reader {
  std::unique_ptr<parquet::arrow::FileReader> file;
  std::unique_ptr<arrow::RecordBatchReader> batches;
  std::shared_ptr<arrow::RecordBatch> batch;
  std::vector<int> columns;  // of the batches, in the order that was asked for
  std::int64_t row = -1;     // in the batch

  const arrow::Array& column(std::size_t index) const { return *batch->column(columns[index]); }
  const arrow::DataType& type(std::size_t index) const {
    return *batches->schema()->field(columns[index])->type();
  }
};

namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text.empty() ? "none" : text;
}

std::vector<std::string> column_names(const parquet::FileMetaData& metadata) {
  const parquet::schema::GroupNode* root = metadata.schema()->group_node();
  std::vector<std::string> names;
  for (int i = 0; i < root->field_count(); ++i) names.push_back(root->field(i)->name());
  return names;
}

// The leaves of the schema that lie below the named columns.
std::vector<int> leaves_of(const parquet::FileMetaData& metadata, const std::vector<std::string>& columns) {
  std::vector<int> leaves;
  for (int i = 0; i < metadata.num_columns(); ++i) {
    const std::string top = metadata.schema()->GetColumnRoot(i)->name();
    if (std::find(columns.begin(), columns.end(), top) != columns.end()) leaves.push_back(i);
  }
  return leaves;
}

// The value of a result; throws ParquetException, which open() and next() translate, where there is none.
template <class Result>
auto value_or_throw(Result&& result) {
  PARQUET_THROW_NOT_OK(result.status());
  return std::forward<Result>(result).MoveValueUnsafe();
}

}  // namespace

void TableFile::fail(const std::string& message) const {
  throw Error(GM_ERROR_USER, path_ + ": " + message, "files");
}

TableFile::TableFile(const std::filesystem::path& path, const std::vector<std::string>& columns)
    : path_(path.string()), reader_(std::make_unique<Reader>()) {
  try {
    parquet::ArrowReaderProperties properties;
    properties.set_batch_size(kBatchRows);
    properties.set_use_threads(false);
    properties.set_pre_buffer(false);  // it would read whole row groups at once
    parquet::arrow::FileReaderBuilder builder;
    PARQUET_THROW_NOT_OK(builder.Open(value_or_throw(arrow::io::ReadableFile::Open(path_))));
    PARQUET_THROW_NOT_OK(builder.properties(properties)->Build(&reader_->file));
    const std::shared_ptr<parquet::FileMetaData> metadata = reader_->file->parquet_reader()->metadata();
    const std::vector<std::string> names = column_names(*metadata);
    for (const std::string& column : columns) {
      if (std::find(names.begin(), names.end(), column) != names.end()) continue;
      fail("there is no column '" + column + "'; the file has " + listed(names));
    }
    std::vector<int> groups(static_cast<std::size_t>(metadata->num_row_groups()));
    std::iota(groups.begin(), groups.end(), 0);
    reader_->batches =
        value_or_throw(reader_->file->GetRecordBatchReader(groups, leaves_of(*metadata, columns)));
    for (const std::string& column : columns) {
      reader_->columns.push_back(reader_->batches->schema()->GetFieldIndex(column));
    }
  } catch (const parquet::ParquetException& exception) {
    fail(exception.what());
  }
}

TableFile::~TableFile() = default;

bool TableFile::next() {
  try {
    ++reader_->row;
    while (reader_->batch == nullptr || reader_->row >= reader_->batch->num_rows()) {
      PARQUET_THROW_NOT_OK(reader_->batches->ReadNext(&reader_->batch));
      if (reader_->batch == nullptr) return false;
      PARQUET_THROW_NOT_OK(reader_->batch->ValidateFull());  // offsets come from the file
      reader_->row = 0;
    }
  } catch (const parquet::ParquetException& exception) {
    fail(exception.what());
  }
  ++number_;
  return true;
}

bool TableFile::is_null(std::size_t column) const { return reader_->column(column).IsNull(reader_->row); }

bool TableFile::is_string(std::size_t column) const { return holds_strings(reader_->type(column)); }

std::string_view TableFile::string(std::size_t column) const {
  return string_of(reader_->column(column), reader_->row);
}

std::string TableFile::json(std::size_t column, bool& valid) const {
  const nlohmann::json value = value_of(reader_->column(column), reader_->row);
  try {
    std::string text = value.dump();
    valid = true;
    return text;
  } catch (const nlohmann::json::type_error&) {
    valid = false;
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

bool TableFile::is_messages(std::size_t column) const {
  const auto element = element_of(reader_->type(column));
  return element != nullptr && element->id() == arrow::Type::STRUCT;
}

bool TableFile::is_integers(std::size_t column) const {
  const auto element = element_of(reader_->type(column));
  return element != nullptr && arrow::is_integer(element->id());
}

std::vector<std::int64_t> TableFile::integers(std::size_t column) const {
  std::shared_ptr<arrow::Array> values;
  const auto [first, last] = elements_of(reader_->column(column), reader_->row, values);
  if (values->null_count() > 0) fail("row " + std::to_string(number_) + ": a number of the list is null");
  std::vector<std::int64_t> result(static_cast<std::size_t>(last - first));
  const auto copy = [&, from = first, to = last](const auto& typed) {
    std::copy(typed.raw_values() + from, typed.raw_values() + to, result.begin());
  };
  switch (values->type_id()) {
    case arrow::Type::INT32:
      copy(static_cast<const arrow::Int32Array&>(*values));
      break;
    case arrow::Type::INT64:
      copy(static_cast<const arrow::Int64Array&>(*values));
      break;
    default:
      for (std::int64_t i = first; i < last; ++i) {
        result[static_cast<std::size_t>(i - first)] = value_of(*values, i).get<std::int64_t>();
      }
  }
  return result;
}

std::string TableFile::type(std::size_t column) const { return reader_->type(column).ToString(); }

}  // namespace gistmill::dataset
