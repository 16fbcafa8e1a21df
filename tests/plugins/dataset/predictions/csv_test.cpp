// RFC 4180, and what strangers make of it.
#include "plugins/dataset/predictions/csv.hpp"

#include <gmock/gmock.h>

namespace gistmill::dataset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Record = std::vector<std::string>;

std::vector<Record> records(std::string_view text) {
  CsvReader reader(text);
  std::vector<Record> all;
  for (Record record; reader.next(record);) all.push_back(record);
  return all;
}

void expect_refusal(std::string_view text, std::uint64_t line, const std::string& message,
                    CsvLimits limits = {}) {
  CsvReader reader(text, limits);
  try {
    for (Record record; reader.next(record);) {
    }
    ADD_FAILURE() << "nothing was thrown";
  } catch (const CsvError& error) {
    EXPECT_EQ(error.line, line);
    EXPECT_THAT(error.what(), HasSubstr(message));
  }
}

TEST(Csv, SeparatesFieldsByCommasAndRecordsByLineEnds) {
  EXPECT_THAT(records("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n"),
              ElementsAre(Record{"aaa", "bbb", "ccc"}, Record{"zzz", "yyy", "xxx"}));
  EXPECT_THAT(records("a,b\nc,d"), ElementsAre(Record{"a", "b"}, Record{"c", "d"}));
  EXPECT_THAT(records(",\n , "), ElementsAre(Record{"", ""}, Record{" ", " "}));
}

TEST(Csv, TakesEverythingInQuotesAsItIs) {
  EXPECT_THAT(records("\"a\",\"b \r\nbb\",\"c,\"\r\nz,\"y\"\"y\",\"\""),
              ElementsAre(Record{"a", "b \r\nbb", "c,"}, Record{"z", "y\"y", ""}));
  EXPECT_THAT(records("\"\"\"\""), ElementsAre(Record{"\""}));
  EXPECT_THAT(records("\"a\n\",b\r\n"), ElementsAre(Record{"a\n", "b"}));
}

TEST(Csv, PassesOverEmptyLinesAndAByteOrderMark) {
  EXPECT_THAT(records("\xEF\xBB\xBF\na,b\n\r\n\n1,2\n\n"), ElementsAre(Record{"a", "b"}, Record{"1", "2"}));
  EXPECT_THAT(records(""), IsEmpty());
  EXPECT_THAT(records("\n\r\n"), IsEmpty());
}

TEST(Csv, CountsLinesInQuotesToo) {
  CsvReader reader("a\n\"b\nb\"\n\nc\n");
  Record record;
  std::vector<std::uint64_t> lines;
  while (reader.next(record)) lines.push_back(reader.line());
  EXPECT_THAT(lines, ElementsAre(1, 2, 5));
}

TEST(Csv, RefusesQuotesThatCannotBeRead) {
  expect_refusal("a,b\n1,2\"\n", 2, "a quote stands in a field that does not begin with one");
  expect_refusal("a\n\"b\n\"c\n", 3, "goes on after its closing quote");
  expect_refusal("a\n\"b\nc\n", 2, "the file ends within the field");
  expect_refusal("\"a\"\r,b", 1, "goes on after its closing quote");
}

TEST(Csv, RefusesWhatIsTooLong) {
  expect_refusal("abcd,abcde\n", 1, "more than 4 bytes", {4, 3});
  expect_refusal("a\n\"ab\"\"\"\"c\"\n", 2, "more than 4 bytes", {4, 3});
  expect_refusal("a,b,c\na,b,c,d\n", 2, "more than 3 fields", {4, 3});
}

}  // namespace
}  // namespace gistmill::dataset
