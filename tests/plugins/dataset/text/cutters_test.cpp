// Where tables and JSON are cut.
#include "plugins/dataset/text/cutters.hpp"

#include <gmock/gmock.h>

#include <gistmill/formats/error.hpp>

namespace gistmill::dataset {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> pieces(Cutter& cutter, std::string_view text) {
  std::vector<std::string> found;
  try {
    cutter.open(text, "f");
    for (std::string piece; cutter.next(piece);) found.push_back(piece);
  } catch (const formats::FormatError& error) {
    found.push_back(error.what());
  }
  return found;
}

std::vector<std::string> table(std::string_view text, std::size_t longest, bool header = true) {
  return pieces(*table_cutter(longest, header), text);
}
std::vector<std::string> records(std::string_view text, const std::string& path) {
  return pieces(*record_cutter(path), text);
}

TEST(Table, IsCutAtRowEndsAndEveryPieceBeginsWithTheHeader) {
  EXPECT_THAT(table("a,b\n1,2\n3,4\n5,6\n", 12), ElementsAre("a,b\n1,2\n3,4\n", "a,b\n5,6\n"));
  EXPECT_THAT(table("a,b\n1,2\n3,4\n5,6", 1000), ElementsAre("a,b\n1,2\n3,4\n5,6"));
  EXPECT_THAT(table("1,2\n3,4\n5,6\n", 8, false), ElementsAre("1,2\n3,4\n", "5,6\n"));
}

TEST(Table, KeepsARowWhole) {
  EXPECT_THAT(table("a\n1234567890\n2\n", 5), ElementsAre("a\n1234567890\n", "a\n2\n"));
}

TEST(Table, DoesNotEndARowWithinQuotes) {
  EXPECT_THAT(table("a,b\n1,\"x\ny \"\"z\"\"\n\"\n2,w\n", 4),
              ElementsAre("a,b\n1,\"x\ny \"\"z\"\"\n\"\n", "a,b\n2,w\n"));
  EXPECT_THAT(table("a\tb\n5\" disk\tx\n6\" disk\ty\n", 4),
              ElementsAre("a\tb\n5\" disk\tx\n", "a\tb\n6\" disk\ty\n"))
      << "a mark within a field is none";
  EXPECT_THAT(table("a\n\"never closed\n1\n2\n", 3), ElementsAre("a\n\"never closed\n", "a\n1\n", "a\n2\n"));
}

TEST(Table, MayBeItsHeaderAlone) {
  EXPECT_THAT(table("a,b\n", 4), ElementsAre("a,b\n"));
  EXPECT_THAT(table("", 4), IsEmpty());
}

TEST(Records, AreTheElementsOfAnArrayAsTheyAreWritten) {
  EXPECT_THAT(records("[{\"a\": 1}, {\"a\":2},\n 3]", "."),
              ElementsAre("{\"a\": 1}\n", "{\"a\":2}\n", "3\n"));
  EXPECT_THAT(records(R"({"n": 1, "data": {"items": ["x", [2]], "more": []}})", "data.items"),
              ElementsAre("\"x\"\n", "[2]\n"));
  EXPECT_THAT(records("[]", "."), IsEmpty());
  EXPECT_THAT(records("", "."), IsEmpty());
}

TEST(Records, LoseTheIndentationThatTheyHaveInTheFile) {
  EXPECT_THAT(records("[\n  {\n    \"a\": 1,\n    \"b\": {\n      \"c\": 2\n    }\n  },\n  {}\n]\n", "."),
              ElementsAre("{\n  \"a\": 1,\n  \"b\": {\n    \"c\": 2\n  }\n}\n", "{}\n"));
}

TEST(Records, AreRefusedWhereThereAreNone) {
  EXPECT_THAT(records("{\"data\": 1}", "items"), ElementsAre("f: there is no array 'items' (records)"));
  EXPECT_THAT(records("{\n \"items\": {}}", "items"),
              ElementsAre("f:2:11: 'items' is an object when records should name an array"));
  EXPECT_THAT(records("[1, 2", "."), ElementsAre("f:1:6: is not JSON: the end when it should be ']'"));
}

TEST(Records, AreNotLookedForWithoutAPath) { EXPECT_THAT(records("[1, {]", ""), ElementsAre("[1, {]")); }

}  // namespace
}  // namespace gistmill::dataset
