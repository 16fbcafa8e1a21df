// libFuzzer on the CSV reader, which reads outputs that strangers publish: what it reads it reads again from
// what a writer makes of it, and nothing is longer than its limits.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/dataset/predictions/csv.hpp"
#include "tests/fuzz/cost_watch.hpp"

namespace {

using gistmill::dataset::CsvError;
using gistmill::dataset::CsvLimits;
using gistmill::dataset::CsvReader;
using Records = std::vector<std::vector<std::string>>;

constexpr CsvLimits kLimits{256, 16};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

Records read(std::string_view text, const CsvLimits& limits) {
  CsvReader reader(text, limits);
  Records records;
  std::uint64_t line = 0;
  for (std::vector<std::string> fields; reader.next(fields);) {
    if (reader.line() <= line) fail("a record begins in the line of the one before it");
    line = reader.line();
    records.push_back(fields);
  }
  return records;
}

std::string written(const Records& records) {
  std::string text;
  for (const auto& fields : records) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      text += i == 0 ? "\"" : ",\"";
      for (const char c : fields[i]) text.append(c == '"' ? 2 : 1, c);
      text += '"';
    }
    text += "\r\n";
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Records records;
  try {
    const gistmill::fuzz::CostWatch watch(size, 128);  // a field of one byte is a string among others
    records = read(text, kLimits);
  } catch (const CsvError& error) {
    if (error.line == 0) fail("an error has no line");
    return 0;
  }
  for (const auto& fields : records) {
    if (fields.empty() || fields.size() > kLimits.columns) fail("a record has another number of fields");
    for (const std::string& field : fields) {
      if (field.size() > kLimits.field_bytes) fail("a field is longer than its limit");
    }
  }
  if (read(written(records), kLimits) != records) fail("what was written is read as something else");
  return 0;
}
