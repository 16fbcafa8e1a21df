// What option `kind` of dataset/text chooses.
#include <gmock/gmock.h>

#include <memory>

#include "plugins/dataset/text/text.hpp"
#include "tests/plugins/dataset/tensor_bytes.hpp"
#include "tests/plugins/dataset/text_files.hpp"
#include "tests/plugins/support/plain_options.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::bytes;
using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;

constexpr char kPython[] = "def f(x):\n\tif x:\n\n\n\t    return  1   \n";

class KindsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    put("a.py", kPython);
    put("b.json", "{\n  \"items\": [1, 2]\n}\n");
    put("c.csv", "a,b\r\n1,2\r\n3,4\r\n");
    put("d.txt", "prose");
    put("e.go", "package main\n");
  }
  void put(const std::string& name, std::string_view text) const { test::put(folder_ / "t" / name, text); }

  // "name|text" of every document, or "key: message".
  std::vector<std::string> all(const PlainTable& changes) const {
    PlainTable options = {{"files", std::vector<std::string>{folder_ / "t"}},
                          {"kind", std::string("prose")},
                          {"extensions", std::vector<std::string>{"kind"}},
                          {"separator", std::string()},
                          {"records", std::string()},
                          {"longest", std::int64_t{16384}},
                          {"header", true},
                          {"skip_until", std::string()},
                          {"invalid", std::string("replace")},
                          {"validation", 0.0},
                          {"hold_out", std::vector<std::string>{}},
                          {"group", std::string("file")},
                          {"salt", std::string()},
                          {"packed", std::string()}};
    for (const auto& [key, value] : changes) options[key] = value;
    std::vector<std::string> found;
    try {
      Text source(PlainOptions(options).get());
      for (;;) {
        const auto [text, name, split, file, digest] = source.next();
        found.push_back(bytes(name) + "|" + bytes(text));
      }
    } catch (const EndOfData&) {
    } catch (const Error& error) {
      found.push_back(error.key + ": " + error.what());
    }
    return found;
  }
  static PlainTable kind(const std::string& name) { return {{"kind", name}}; }

  ScratchFolder folder_;
};

TEST_F(KindsTest, ChooseTheFilesOfAFolder) {
  EXPECT_THAT(all(kind("prose")), ElementsAre("t/d.txt|prose"));
  EXPECT_THAT(all({{"extensions", std::vector<std::string>{"kind", ".go"}}}),
              ElementsAre("t/d.txt|prose", "t/e.go|package main\n"));
  EXPECT_EQ(all({{"extensions", std::vector<std::string>{}}}).size(), 5u);
}

TEST_F(KindsTest, LeaveTabsIndentationAndBlankLinesOfCodeAsTheyAre) {
  EXPECT_THAT(all(kind("code")), ElementsAre("t/a.py|" + std::string(kPython), "t/e.go|package main\n"));
}

TEST_F(KindsTest, CutJsonAtRecordsWhereThatIsAskedFor) {
  EXPECT_THAT(all(kind("json")), ElementsAre("t/b.json|{\n  \"items\": [1, 2]\n}\n"));
  EXPECT_THAT(all({{"kind", std::string("json")}, {"records", std::string("items")}}),
              ElementsAre("t/b.json#1|1\n", "t/b.json#2|2\n"));
  put("b.json", "{\"items\": [1");
  EXPECT_THAT(all({{"kind", std::string("json")}, {"records", std::string("items")}}),
              ElementsAre("files: " + (folder_ / "t/b.json").string() +
                          ":1:13: is not JSON: the end when it should be ']'"));
}

TEST_F(KindsTest, CutTablesAtRows) {
  EXPECT_THAT(all({{"kind", std::string("table")}, {"longest", std::int64_t{8}}}),
              ElementsAre("t/c.csv#1|a,b\n1,2\n", "t/c.csv#2|a,b\n3,4\n"));
}

TEST_F(KindsTest, RefuseOptionsOfAnotherKind) {
  EXPECT_THAT(all({{"kind", std::string("table")}, {"separator", std::string("x")}}),
              ElementsAre("separator: separator is for prose and code when kind is \"table\""));
  EXPECT_THAT(all({{"records", std::string(".")}}),
              ElementsAre("records: records is for json when kind is \"prose\""));
}

}  // namespace
}  // namespace gistmill::dataset
