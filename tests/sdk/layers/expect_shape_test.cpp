// expect_shape where it checks: this file is compiled as a build for development is.
#undef NDEBUG
#include "gistmill/expect_shape.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace gistmill::torch {
namespace {

std::string refusal(const at::Tensor& tensor, std::initializer_list<std::int64_t> expected) {
  try {
    expect_shape(tensor, expected, "hidden");
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_INTERNAL);
    return error.what();
  }
  return "";
}

TEST(ExpectShape, NamesTheTensorWhatItIsAndWhatItShouldBe) {
  EXPECT_EQ(refusal(at::zeros({2, 3, 8}), {2, 3, 16}), "hidden is [2, 3, 8] when it should be [2, 3, 16]");
}

TEST(ExpectShape, AcceptsTheShapeItself) {
  EXPECT_EQ(refusal(at::zeros({2, 3, 8}), {2, 3, 8}), "");
  EXPECT_EQ(refusal(at::zeros({}), {}), "");
}

TEST(ExpectShape, RefusesAnotherNumberOfDimensions) {
  EXPECT_EQ(refusal(at::zeros({2, 3}), {2, 3, 1}), "hidden is [2, 3] when it should be [2, 3, 1]");
}

TEST(ExpectShape, TakesAnySizeWhereToldSoButNotAnyNumberOfDimensions) {
  EXPECT_EQ(refusal(at::zeros({5, 8}), {kAnySize, 8}), "");
  EXPECT_EQ(refusal(at::zeros({5, 8}), {kAnySize, 4}), "hidden is [5, 8] when it should be [any, 4]");
  EXPECT_EQ(refusal(at::zeros({8}), {kAnySize, 8}), "hidden is [8] when it should be [any, 8]");
}

TEST(ExpectShape, RefusesATensorThatIsUndefined) {
  EXPECT_EQ(refusal(at::Tensor(), {2}), "hidden is undefined when it should be [2]");
}

}  // namespace
}  // namespace gistmill::torch
