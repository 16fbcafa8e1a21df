// Records of comma-separated values as RFC 4180 has them: fields in quotes hold commas, line ends and doubled
// quotes. Lines end with CR LF, as the RFC says, or with LF alone. Reads what strangers wrote: every length
// is checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill::dataset {

struct CsvLimits {
  std::size_t field_bytes = std::size_t{1} << 20;
  std::size_t columns = 1024;
};

// Where and why text is no CSV: "12: a quote ...", the line counted from 1.
struct CsvError : std::runtime_error {
  CsvError(std::uint64_t line_seen, const std::string& message)
      : std::runtime_error(message), line(line_seen) {}
  std::uint64_t line;
};

class CsvReader {
 public:
  // `text` outlives this. A byte order mark at its beginning is passed over.
  explicit CsvReader(std::string_view text, CsvLimits limits = {});

  // The next record, of at least one field; false at the end. Lines without any character are passed over.
  // Throws CsvError.
  bool next(std::vector<std::string>& fields);

  // The line that the last record begins in, counted from 1.
  std::uint64_t line() const { return record_line_; }

 private:
  // Gives one field and the character behind it: ',', '\n', or '\0' at the end of the text.
  char read_field(std::string& field);
  char read_quoted(std::string& field);
  char read_separator();
  void append(std::string& field, std::string_view bytes) const;

  std::string_view rest_;
  CsvLimits limits_;
  std::uint64_t line_ = 1;
  std::uint64_t record_line_ = 0;
};

}  // namespace gistmill::dataset
