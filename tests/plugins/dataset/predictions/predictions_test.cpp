// Rows of CSV files as tensors, and what is said of files that cannot be taken.
#include "plugins/dataset/predictions/predictions.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "tests/plugins/support/plain_options.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> texts(const Tensor& rows) {
  const auto width = static_cast<std::size_t>(rows.shape()[1]);
  std::vector<std::string> all;
  for (std::int64_t row = 0; row < rows.shape()[0]; ++row) {
    std::string text(reinterpret_cast<const char*>(rows.data<std::uint8_t>()) + row * rows.shape()[1], width);
    all.push_back(text.substr(0, text.find_last_not_of('\0') + 1));
  }
  return all;
}

class PredictionsTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  // The folder's files, read with these options changed.
  Predictions open(const PlainTable& changes = {}) const {
    PlainTable table = {{"files", std::vector<std::string>{folder_.path().string()}},
                        {"extensions", std::vector<std::string>{".csv"}},
                        {"source", std::string()},
                        {"prediction", std::string("prediction")},
                        {"reference", std::string("reference")},
                        {"prompt", std::string()},
                        {"remove", std::vector<std::string>{}},
                        {"strip", false},
                        {"batch", std::int64_t{2}},
                        {"longest", std::int64_t{100}}};
    for (const auto& [key, value] : changes) table[key] = value;
    Predictions predictions(PlainOptions(std::move(table)).get());
    const gm_start start{};
    predictions.start(Start(&start));
    return predictions;
  }

  void expect_refusal(const PlainTable& changes, const std::string& key, const std::string& message) const {
    try {
      open(changes);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.key, key);
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }

  const gistmill::testing::ScratchFolder folder_;
};

TEST_F(PredictionsTest, GivesRowsInBatchesUntilTheFilesEnd) {
  write("b.csv", "prediction,reference\nthird,3\n");
  write("a.csv", "reference,more,prediction\n1,x,\"first\nrow\"\n2,x,second\n");
  Predictions predictions = open();
  const auto [prediction, reference, name, prompt] = predictions.next();
  EXPECT_THAT(texts(prediction), ElementsAre("first\nrow", "second"));
  EXPECT_THAT(texts(reference), ElementsAre("1", "2"));
  const std::string top = folder_.path().filename().string();
  EXPECT_THAT(texts(name), ElementsAre(top + "/a.csv:2", top + "/a.csv:4"));
  EXPECT_THAT(texts(std::get<0>(predictions.next())), ElementsAre("third"));
  EXPECT_THROW(predictions.next(), EndOfData);
}

TEST_F(PredictionsTest, NumbersPromptsAcrossFiles) {
  write("a.csv", "x,prediction,reference\np,1,1\nq,2,2\n");
  write("b.csv", "x,prediction,reference\np,3,3\nr,4,4\n");
  Predictions predictions = open({{"prompt", std::string("x")}, {"batch", std::int64_t{8}}});
  const Tensor prompt = std::get<3>(predictions.next());
  EXPECT_THAT(std::vector<std::int32_t>(prompt.data<std::int32_t>(), prompt.data<std::int32_t>() + 4),
              ElementsAre(0, 1, 0, 2));
  Predictions without = open({{"batch", std::int64_t{8}}});
  const Tensor row = std::get<3>(without.next());
  EXPECT_THAT(std::vector<std::int32_t>(row.data<std::int32_t>(), row.data<std::int32_t>() + 4),
              ElementsAre(0, 1, 2, 3));
}

TEST_F(PredictionsTest, RemovesTextsAndThenStripsWhiteSpace) {
  write("a.csv",
        "prediction,reference\n\"\xE2\x81\x87\xE2\x80\x83"
        "a\xE2\x81\x87"
        "b \xE2\x81\x87\n\",  r\n");
  EXPECT_THAT(texts(std::get<0>(open().next())), ElementsAre("\xE2\x81\x87\xE2\x80\x83"
                                                             "a\xE2\x81\x87"
                                                             "b \xE2\x81\x87\n"));
  Predictions cleaned = open({{"remove", std::vector<std::string>{"\xE2\x81\x87"}}, {"strip", true}});
  const auto [prediction, reference, name, prompt] = cleaned.next();
  EXPECT_THAT(texts(prediction), ElementsAre("ab"));
  EXPECT_THAT(texts(reference), ElementsAre("r"));
}

TEST_F(PredictionsTest, GoesOnFromASavedPosition) {
  write("a.csv", "prediction,reference\n1,1\n2,2\n3,3\n");
  Predictions predictions = open();
  const std::string begin = predictions.save_state();
  predictions.next();
  const std::string middle = predictions.save_state();
  predictions.load_state(begin);
  EXPECT_THAT(texts(std::get<0>(predictions.next())), ElementsAre("1", "2"));
  Predictions other = open();
  other.load_state(middle);
  EXPECT_THAT(texts(std::get<0>(other.next())), ElementsAre("3"));
  EXPECT_THROW(other.load_state("dataset/text 1 0"), Error);
  EXPECT_THROW(other.load_state("dataset/predictions 1 2x"), Error);
}

TEST_F(PredictionsTest, HasTheDigestOfItsFiles) {
  write("a.csv", "prediction,reference\n1,1\n");
  const std::string digest = open().digest();
  EXPECT_EQ(open().digest(), digest);
  write("a.csv", "prediction,reference\n1,2\n");
  EXPECT_NE(open().digest(), digest);
}

TEST_F(PredictionsTest, NamesTheColumnsWhereOneIsMissing) {
  write("a.csv", "x,y_pred,y_true\n1,2,3\n");
  expect_refusal({}, "prediction",
                 "a.csv:1: has no column 'prediction', expected one of 'x', 'y_pred', 'y_true'");
  write("a.csv", "prediction,reference,reference\n1,2,3\n");
  expect_refusal({}, "reference", "a.csv:1: has two columns 'reference'");
}

TEST_F(PredictionsTest, NamesFileAndLineOfARowThatItCannotTake) {
  write("a.csv", "prediction,reference\n1,1\n\n\"2\n2\"\n");
  expect_refusal({}, "files", "a.csv:4: has 1 fields, expected 2 as in the first line");
  write("a.csv", "prediction,reference\n1,1\n2,\"2\n");
  expect_refusal({}, "files", "a.csv:3: a field's closing quote is missing");
  write("a.csv", "prediction,reference\n1,\xC3\x28\n");
  expect_refusal({}, "files", "a.csv:2: field 'reference' is not UTF-8: '\\xc3(");
  write("a.csv", std::string("prediction,reference\n1\0,2\n", 25));
  expect_refusal({}, "files", "a.csv:2: field 'prediction' has a zero byte");
  write("a.csv", "prediction,reference\n1," + std::string(101, 'x') + "\n");
  expect_refusal({}, "files", "a.csv:2: a field has more than 100 bytes");
}

TEST_F(PredictionsTest, RefusesFilesWithoutRows) {
  write("a.csv", "");
  expect_refusal({}, "files", "a.csv:1: the file is empty, expected a first line with the names of columns");
  write("a.csv", "prediction,reference\n");
  expect_refusal({}, "files", "no file has a row behind its first line");
}

TEST_F(PredictionsTest, SaysWhereFilesCanBeHadThatAreNotThere) {
  expect_refusal({{"files", std::vector<std::string>{(folder_ / "none.csv").string()}},
                  {"source", std::string("https://example.org/outputs")}},
                 "files", "none.csv'; the files are from: https://example.org/outputs");
}

}  // namespace
}  // namespace gistmill::dataset
