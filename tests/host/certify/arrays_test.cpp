// Elements and handles of plain arrays, against values written out.
#include "host/certify/arrays.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace gistmill {
namespace {

TEST(Arrays, ElementsOfEveryDtypeAreReadBackAsTheyWereSet) {
  for (const gm_dtype dtype :
       {gm_dtype{GM_FLOAT, 64, 1}, gm_dtype{GM_FLOAT, 32, 1}, gm_dtype{GM_BFLOAT, 16, 1},
        gm_dtype{GM_INT, 64, 1}, gm_dtype{GM_INT, 32, 1}, gm_dtype{GM_UINT, 8, 1}}) {
    Tensor array = Tensor::zeros(dtype, {3});
    set_element(array, 1, 3);
    EXPECT_EQ(element(array, 0), 0) << dtype.code << " " << dtype.bits;
    EXPECT_EQ(element(array, 1), 3) << dtype.code << " " << dtype.bits;
  }
}

TEST(Arrays, HalfsAreReadAsIeeeSays) {
  Tensor array = Tensor::zeros(gm_dtype{GM_FLOAT, 16, 1}, {4});
  gm_tensor* const handle = array.share();
  const std::uint16_t bits[] = {0x3c00, 0xc500, 0x0001, 0x7c00};  // 1, -5, the least, infinity
  std::memcpy(handle->data, bits, sizeof bits);
  handle->deleter(handle);
  EXPECT_EQ(element(array, 0), 1);
  EXPECT_EQ(element(array, 1), -5);
  EXPECT_EQ(element(array, 2), std::ldexp(1.0, -24));
  EXPECT_EQ(first_not_finite(array), 3);
}

TEST(Arrays, AHandleWithGapsHoldsTheSameValues) {
  const Tensor array = Tensor::of<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  gm_tensor* const handle = share_with_gaps(array);
  EXPECT_EQ(handle->strides[1], 2);
  EXPECT_GT(handle->strides[0], 6);
  EXPECT_EQ(difference_of(array, Tensor::adopt(handle)), "");
}

TEST(Arrays, TheFirstDifferenceIsNamed) {
  const Tensor a = Tensor::of<float>({1, 2}, {2}), b = Tensor::of<float>({1, 3}, {2});
  EXPECT_EQ(difference_of(a, a), "");
  EXPECT_EQ(difference_of(a, b), "element 1 is 2 and then 3");
  EXPECT_NE(difference_of(a, Tensor()), "");
}

}  // namespace
}  // namespace gistmill
