// gistmill::Tensor across the ABI: what a plugin without LibTorch sees of a tensor that it is given.
#include "gistmill/plugin/tensor.hpp"

#include <gmock/gmock.h>

namespace gistmill {
namespace {

std::vector<float> values(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + tensor.size()};
}

gm_tensor* read_only(const Tensor& tensor) {
  gm_tensor* shared = tensor.share();
  shared->flags |= GM_TENSOR_READ_ONLY;
  return shared;
}

TEST(PlainTensor, AnInputCannotBeWrittenTo) {
  Tensor input = Tensor::adopt(read_only(Tensor::of<float>({1, 2}, {2})));
  EXPECT_THROW(input.mutable_data<float>(), Error);
  EXPECT_THAT(values(input), ::testing::ElementsAre(1, 2));
}

TEST(PlainTensor, AnInputThatIsHandedOnStaysReadOnly) {
  const Tensor input = Tensor::adopt(read_only(Tensor::of<float>({1, 2}, {2})));
  Tensor handed_on = Tensor::adopt(input.share());
  EXPECT_THROW(handed_on.mutable_data<float>(), Error);
}

TEST(PlainTensor, ATensorOfItsOwnCanBeWrittenTo) {
  Tensor own = Tensor::zeros<float>({2});
  own.mutable_data<float>()[1] = 3;
  EXPECT_THAT(values(own), ::testing::ElementsAre(0, 3));
}

TEST(PlainTensor, OneWithoutElementsIsATensorAlsoWithoutAnAddress) {
  gm_tensor* shared = Tensor::zeros<float>({0, 4}).share();
  shared->data = nullptr;  // as DLPack has it
  const Tensor input = Tensor::adopt(shared);
  EXPECT_TRUE(static_cast<bool>(input));
  EXPECT_EQ(input.size(), 0);
}

// LibTorch writes whatever it likes as the stride of a dimension of size 1.
TEST(PlainTensor, StridesOfDimensionsOfSizeOneDoNotCount) {
  const Tensor own = Tensor::of<float>({1, 2, 3}, {1, 3});
  gm_tensor* shared = own.share();
  shared->strides[0] = 77;
  const Tensor input = Tensor::adopt(shared);
  EXPECT_EQ(input.data<float>(), own.data<float>()) << "it was copied";
}

}  // namespace
}  // namespace gistmill
