// Gists as a store keeps them.
#include "plugins/transform/stored/stored.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::transform {
namespace {

Tensor stored(const std::string& precision, const std::vector<float>& values) {
  const Stored transform(test::PlainOptions({{"precision", precision}}).get());
  return transform.apply(Tensor::of(values, {2, 1, 3}));
}

TEST(StoredGists, AreAsTheyWereInF32AndRoundedOtherwise) {
  const std::vector<float> values = {1.0f, -0.3f, 1e-3f, 20.0f, 0.1f, 0.0f};
  for (const auto& [precision, step] :
       {std::pair("f32", 0.0), {"f16", 1e-3}, {"bf16", 4e-3}, {"int8", 0.5 / 127}, {"int4", 0.5 / 7}}) {
    const Tensor given = stored(precision, values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double largest = i < 3 ? 1 : 20;
      EXPECT_NEAR(given.data<float>()[i], values[i], step * 1.001 * largest) << precision << ' ' << i;
    }
  }
  EXPECT_NE(stored("int8", values).data<float>()[1], values[1]);
}

TEST(StoredGists, AreRefusedWhereThePrecisionDoesNotHoldThem) {
  EXPECT_THROW(stored("f16", {1, 2, 3, 4, 1e6f, 6}), Error);
  EXPECT_NO_THROW(stored("bf16", {1, 2, 3, 4, 1e6f, 6}));
}

}  // namespace
}  // namespace gistmill::transform
