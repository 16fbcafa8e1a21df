// at::Tensor across the ABI, as plugins on LibTorch give it.
#include <gmock/gmock.h>

#include <gistmill/torch.hpp>

namespace gistmill {

namespace detail {
const ComponentList& plugin_components() {  // the header asks for it; this program is no plugin
  static const ComponentList none;
  return none;
}
}  // namespace detail

namespace {

TEST(Share, ALazilyNegatedViewCrossesWithItsOwnSigns) {
  const at::Tensor z = at::complex(at::tensor({1.0, 2.0}), at::tensor({3.0, -4.0}));
  const at::Tensor view = at::imag(z.conj());
  ASSERT_TRUE(view.is_neg()) << "an ordinary f64 tensor, negated when it is read";
  const at::Tensor crossed = torch::adopt(torch::share(view));
  EXPECT_TRUE(at::equal(crossed, at::tensor({-3.0, 4.0})));
}

TEST(Share, NothingIsCopiedWhereNothingIsNegated) {
  const at::Tensor tensor = at::arange(6).view({2, 3}).t();
  EXPECT_EQ(torch::adopt(torch::share(tensor)).data_ptr(), tensor.data_ptr());
}

}  // namespace
}  // namespace gistmill
