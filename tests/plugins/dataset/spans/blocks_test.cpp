// Blocks with the windows that begin with them: which there are, and how the last batch is filled.
#include "plugins/dataset/spans/blocks.hpp"

#include <gmock/gmock.h>

#include <numeric>

#include "tests/plugins/support/plain_options.hpp"
#include "tests/plugins/support/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Documents of counting ids from 0, 1000, 2000: 15 tokens, 7 (held out) and 8.
class BlocksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    formats::TokenFileWriter writer(folder_ / "c.h5", "{}");
    int document = 0;
    for (const std::size_t length : {15, 7, 8}) {
      std::vector<std::int32_t> ids(length);
      std::iota(ids.begin(), ids.end(), 1000 * document);
      writer.append(ids.data(), ids.size(), "doc" + std::to_string(document), document == 1);
      ++document;
    }
    writer.commit();
  }
  Blocks make(const PlainTable& changes = {}) const {
    PlainTable table = {{"corpus", (folder_ / "c.h5").string()},
                        {"block", std::int64_t{3}},
                        {"horizon", std::int64_t{6}},
                        {"batch", std::int64_t{4}},
                        {"limit", std::int64_t{0}}};
    for (const auto& [key, value] : changes) table[key] = value;
    return Blocks(PlainOptions(table).get());
  }
  Error refusal(const PlainTable& changes) const {
    return gistmill::test::error_of([&] { make(changes); });
  }
  // "doc0 1 0: 0 1 2 3 4 5" of each row: name, document, begin, split and window.
  static std::vector<std::string> rows(Blocks& blocks) {
    const auto [ids, names, documents, begins, splits] = blocks.next();
    std::vector<std::string> found;
    for (std::int64_t row = 0; row < ids.shape()[0]; ++row) {
      std::string text(reinterpret_cast<const char*>(names.data<std::uint8_t>()) + row * names.shape()[1],
                       static_cast<std::size_t>(names.shape()[1]));
      for (const Tensor* numbers : {&documents, &begins, &splits})
        text += " " + std::to_string(numbers->data<std::int32_t>()[row]);
      text += ":";
      for (std::int64_t i = 0; i < 6; ++i)
        text += " " + std::to_string(ids.data<std::int32_t>()[row * 6 + i]);
      found.push_back(text);
    }
    return found;
  }

  ScratchFolder folder_;
};

TEST_F(BlocksTest, MoveByOneBlockThroughEachDocumentTrainBeforeValidation) {
  Blocks blocks = make();
  EXPECT_THAT(rows(blocks), ElementsAre("doc0 0 0 0: 0 1 2 3 4 5", "doc0 0 3 0: 3 4 5 6 7 8",
                                        "doc0 0 6 0: 6 7 8 9 10 11", "doc0 0 9 0: 9 10 11 12 13 14"));
  EXPECT_THAT(
      rows(blocks),
      ElementsAre("doc2 2 0 0: 2000 2001 2002 2003 2004 2005", "doc1 1 0 1: 1000 1001 1002 1003 1004 1005",
                  "doc2 2 0 -1: 2000 2001 2002 2003 2004 2005", "doc2 2 0 -1: 2000 2001 2002 2003 2004 2005"))
      << "two copies fill the last batch";
  EXPECT_THROW(blocks.next(), EndOfData);
}

TEST_F(BlocksTest, AreTheFirstOfEachSplitWhereTheyAreLimited) {
  Blocks blocks = make({{"limit", std::int64_t{1}}, {"batch", std::int64_t{2}}});
  EXPECT_THAT(rows(blocks),
              ElementsAre("doc0 0 0 0: 0 1 2 3 4 5", "doc1 1 0 1: 1000 1001 1002 1003 1004 1005"));
  EXPECT_THROW(blocks.next(), EndOfData);
}

TEST_F(BlocksTest, RefuseAHorizonThatIsNoMultipleOfABlock) {
  const Error error = refusal({{"horizon", std::int64_t{7}}});
  EXPECT_EQ(error.key, "horizon");
  EXPECT_STREQ(error.what(), "horizon is 7 when it should be a multiple of block, 3");
}

TEST_F(BlocksTest, SayThatEveryDocumentIsTooShort) {
  EXPECT_THAT(refusal({{"horizon", std::int64_t{18}}}).what(),
              HasSubstr("none of 3 documents has 18 tokens, a window"));
}

}  // namespace
}  // namespace gistmill::dataset
