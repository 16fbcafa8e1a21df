// Batches whose layout says what cannot be: each is refused with its row.
#include <gmock/gmock.h>

#include "tests/plugins/transform/gist-mask/masked.hpp"

namespace gistmill::gist_mask {
namespace {

using test::masked;
using test::Row;
using ::testing::HasSubstr;

std::string refusal(const std::vector<Row>& rows) {
  try {
    masked("gist", 8, rows);
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    return error.what();
  }
  return "nothing was thrown";
}

TEST(GistMaskOfABadBatch, NamesTheRowThatHasFewerGistTokensThanTheOthers) {
  EXPECT_EQ(refusal({{0, {1, 2, 3}}, {0, {1, 2, -1}}}),
            "row 2 of the batch has 2 gist tokens when it should have 3, as the others, or none: -1 in all "
            "places");
  EXPECT_THAT(refusal({{0, {-1, 2}}}), HasSubstr("row 1 of the batch has 1 gist tokens"));
}

TEST(GistMaskOfABadBatch, NamesAGistTokenOutsideOfTheText) {
  EXPECT_EQ(refusal({{0, {8}}}),
            "row 1 of the batch has a gist token in column 8 when its text is in columns 0 to 7");
  EXPECT_THAT(refusal({{0, {2}}, {3, {2}}}), HasSubstr("row 2 of the batch has a gist token in column 2"))
      << "in the padding";
  EXPECT_THAT(refusal({{0, {-2}}}), HasSubstr("column -2"));
}

TEST(GistMaskOfABadBatch, NamesPlacesThatDoNotAscend) {
  EXPECT_EQ(refusal({{0, {3, 3}}}),
            "row 1 of the batch has gist tokens in columns 3 and 3, which should ascend");
  EXPECT_THAT(refusal({{0, {4, 3}}}), HasSubstr("columns 4 and 3"));
}

TEST(GistMaskOfABadBatch, NamesPaddingThatIsLongerThanTheRow) {
  EXPECT_EQ(refusal({{9, {-1}}}), "row 1 of the batch has 9 columns of padding when it has 8 columns");
  EXPECT_THAT(refusal({{-1, {-1}}}), HasSubstr("has -1 columns of padding"));
}

}  // namespace
}  // namespace gistmill::gist_mask
