// Rows of Parquet files as samples: columns and conversations, what lacks an answer, going on.
#include "plugins/dataset/instruction-tables/instruction_rows.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string fixture(const std::string& name) {
  return std::string(GISTMILL_SOURCE_DIR) + "/tests/plugins/dataset/instruction-tables/fixtures/" + name;
}

InstructionRows open(const std::string& file, const SampleFields& fields = {}, bool skip = false) {
  SourceOptions options;
  options.files = {file};
  options.extensions = {".parquet"};
  options.validation = 0;
  options.group = "document";
  return {options, fields, skip};
}

// "instruction|input|output" of every sample, and the error that ended them.
std::vector<std::string> all(InstructionRows&& rows) {
  std::vector<std::string> found;
  Document document;
  try {
    while (rows.next(document)) {
      const Sample& sample = rows.sample();
      found.push_back(sample.instruction + "|" + sample.input + "|" + sample.output);
    }
  } catch (const Error& error) {
    found.push_back(error.what());
  }
  return found;
}

TEST(InstructionRows, AreSamplesByTheirColumns) {
  EXPECT_THAT(all(open(fixture("alpaca.parquet"))),
              ElementsAre("Say hi.||hi", "Add.|1\n2|3", "Name a \"color\".||Rot, gr\xC3\xBCn"));
}

TEST(InstructionRows, TakeColumnsOfOtherNamesAndNeedNoInput) {
  EXPECT_THAT(all(open(fixture("renamed.parquet"), {"task", "data", "answer", "messages"})),
              ElementsAre("Say hi.||hi"));
}

TEST(InstructionRows, AreSamplesOfConversations) {
  InstructionRows rows = open(fixture("talks.parquet"));
  EXPECT_THAT(all(open(fixture("talks.parquet"))), ElementsAre("Be brief.|2+2?|4", "Hi||Hello"));
  Document document;
  while (rows.next(document)) {
  }
  EXPECT_THAT(rows.notes(), ElementsAre(HasSubstr("of 1 of 2 samples, conversations with more turns")));
}

TEST(InstructionRows, NameTheRowWithoutAnAnswer) {
  EXPECT_THAT(all(open(fixture("broken.parquet"))), ElementsAre("a||x", HasSubstr("broken.parquet: row 2")));
  EXPECT_THAT(all(open(fixture("broken.parquet"))).back(), HasSubstr("the sample's output is empty"));
  EXPECT_THAT(all(open(fixture("broken.parquet"), {}, true)), ElementsAre("a||x", "c||z"));
}

TEST(InstructionRows, NameTheColumnsThatAreThereWhereNoneFits) {
  EXPECT_THAT(all(open(fixture("renamed.parquet"))), ElementsAre(HasSubstr("instruction")));
  const testing::ScratchFolder scratch;
  std::ofstream(scratch / "no.parquet") << "text";
  EXPECT_THAT(all(open((scratch / "no.parquet").string())), ElementsAre(HasSubstr("no.parquet")));
}

TEST(InstructionRows, GoOnFromAPosition) {
  InstructionRows rows = open(fixture("alpaca.parquet"));
  Document document;
  rows.seek(2);
  ASSERT_TRUE(rows.next(document));
  EXPECT_EQ(rows.sample().instruction, "Name a \"color\".");
  EXPECT_FALSE(rows.next(document));
}

}  // namespace
}  // namespace gistmill::dataset
