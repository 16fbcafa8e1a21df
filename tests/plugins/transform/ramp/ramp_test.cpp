// transform/ramp: which value a step has.
#include "plugins/transform/ramp/ramp.hpp"

#include <gmock/gmock.h>

#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::ramp {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;

Ramp make(double first, double last, std::int64_t after, std::int64_t steps) {
  const PlainTable table = {{"first", first}, {"last", last}, {"after", after}, {"steps", steps}};
  return Ramp(PlainOptions(table).get());
}

float value_of(const Ramp& ramp, std::uint64_t step, std::uint64_t micro_step = 0) {
  gm_call call{};
  call.step = step;
  call.micro_step = micro_step;
  const Tensor value = ramp.next(Call(&call));
  EXPECT_TRUE(value.shape().empty());
  return *value.data<float>();
}

TEST(Ramp, GoesEvenlyFromOneValueToTheOther) {
  const Ramp ramp = make(1.0, 0.2, 0, 4);
  EXPECT_FLOAT_EQ(value_of(ramp, 1), 1.0f);
  EXPECT_FLOAT_EQ(value_of(ramp, 2), 0.8f);
  EXPECT_FLOAT_EQ(value_of(ramp, 3), 0.6f);
  EXPECT_FLOAT_EQ(value_of(ramp, 5), 0.2f);
}

TEST(Ramp, StaysAtItsEndsBeforeAndAfter) {
  const Ramp ramp = make(4.0, 1.5, 100, 50);
  for (const std::uint64_t step : {0u, 1u, 100u, 101u}) EXPECT_EQ(value_of(ramp, step), 4.0f) << step;
  for (const std::uint64_t step : {151u, 152u, 4000000000u}) EXPECT_EQ(value_of(ramp, step), 1.5f) << step;
}

TEST(Ramp, HasOneValueForAllMicroStepsOfAStep) {
  const Ramp ramp = make(0.0, 1.0, 0, 7);
  for (std::uint64_t micro_step = 0; micro_step < 3; ++micro_step) {
    EXPECT_EQ(value_of(ramp, 3, micro_step), value_of(ramp, 3));
  }
}

TEST(Ramp, HasTheSameValueAtAStepWhateverStepsItSaw) {
  const Ramp whole = make(0.0, 1.0, 2, 9);
  for (std::uint64_t step = 0; step < 5; ++step) value_of(whole, step);
  const Ramp resumed = make(0.0, 1.0, 2, 9);
  for (std::uint64_t step = 5; step < 13; ++step) EXPECT_EQ(value_of(whole, step), value_of(resumed, step));
}

}  // namespace
}  // namespace gistmill::ramp
