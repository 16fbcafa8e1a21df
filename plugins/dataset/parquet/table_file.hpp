// The rows of one Parquet file, a batch in memory at a time, with only the columns that are asked for. Reads
// through Apache Arrow; nothing of it is seen from outside.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill::dataset {

class TableFile {
 public:
  // Opens the file and finds the columns by their names. Throws Error(GM_ERROR_USER): no Parquet, or a column
  // that is not there, naming those that are.
  TableFile(const std::filesystem::path& path, const std::vector<std::string>& columns);
  ~TableFile();
  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;

  // The next row. False at the end. Throws Error(GM_ERROR_USER): a damaged file.
  bool next();
  std::uint64_t number() const { return number_; }  // of the row, from 1

  // Of the row, by the place of the column in `columns`:
  bool is_null(std::size_t column) const;
  bool is_string(std::size_t column) const;           // of all rows alike
  std::string_view string(std::size_t column) const;  // UTF-8 as it lies in the file; good until next()
  // Any value, lists and structures included; `valid` is false where bytes that are not UTF-8 were replaced.
  std::string json(std::size_t column, bool& valid) const;
  bool is_messages(std::size_t column) const;  // a list of structures, of all rows alike
  bool is_integers(std::size_t column) const;  // a list of integers, of all rows alike
  std::vector<std::int64_t> integers(std::size_t column) const;
  std::string type(std::size_t column) const;  // as Arrow writes it: "list<element: int32>"

 private:
  struct Reader;
  [[noreturn]] void fail(const std::string& message) const;

  std::string path_;
  std::unique_ptr<Reader> reader_;
  std::uint64_t number_ = 0;
};

}  // namespace gistmill::dataset
