// gm.collective/1 through the proxy: what passes as it is, and what is found.
#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

#include "gistmill/collective.h"
#include "tests/host/check/seeded_plugin.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CheckedCollective : public CheckingProxy {
 protected:
  const gm_collective_extension& collective() const {
    return extension<gm_collective_extension>(GM_COLLECTIVE_EXTENSION);
  }
  gm_status add_up(std::vector<float>& numbers) {
    return collective().all_reduce_sum(instance_, numbers.data(), numbers.size(), &never_, &error_);
  }

 private:
  const volatile std::int32_t never_ = 0;
};

TEST_F(CheckedCollective, PassesNumbersAndBytesAsTheyAre) {
  start();
  EXPECT_EQ(collective().rank(instance_), 1u);
  EXPECT_EQ(collective().size(instance_), 3u);
  std::vector<float> numbers = {1, -2};
  EXPECT_EQ(add_up(numbers), GM_OK);
  EXPECT_THAT(numbers, ElementsAre(3, -6));
  const volatile std::int32_t never = 0;
  std::string all(6, ' '), own = "ab";
  EXPECT_EQ(collective().all_gather(instance_, own.data(), own.size(), all.data(), &never, &error_), GM_OK);
  EXPECT_EQ(all, "ababab");
  EXPECT_EQ(collective().broadcast(instance_, own.data(), own.size(), &never, &error_), GM_OK);
  EXPECT_EQ(own, "rr");
  collective().abort(instance_, 7);
  EXPECT_EQ(seeds.ended, 7);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckedCollective, PassesFailuresAsTheyAre) {
  start();
  seeds.answer = GM_ERROR_UNAVAILABLE;
  std::vector<float> numbers = {1};
  EXPECT_EQ(add_up(numbers), GM_ERROR_UNAVAILABLE);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckedCollective, FindsACallBeforeTheRanksHaveJoined) {
  std::vector<float> numbers = {1};
  EXPECT_EQ(add_up(numbers), GM_ERROR_MISUSE);
  EXPECT_THAT(numbers, ElementsAre(1));
  EXPECT_THAT(found(), ElementsAre("same.collective.all_reduce_sum was called before start"));
}

TEST_F(CheckedCollective, FindsACallOnAnotherThread) {
  start();
  std::thread([this] { collective().size(instance_); }).join();
  EXPECT_THAT(found(), ElementsAre("same.collective.size was not called from the main thread"));
}

TEST_F(CheckedCollective, FindsACallDuringAReduction) {
  start();
  seeds.misdeed = [this](gm_tensor*) { collective().size(instance_); };
  std::vector<float> numbers = {1};
  add_up(numbers);
  EXPECT_THAT(found(),
              ElementsAre("same.collective.size was called while another call of the instance was running"));
}

TEST_F(CheckedCollective, FindsARankThatIsNoneOfThem) {
  start();
  seeds.rank = 3;
  collective().rank(instance_);
  EXPECT_THAT(found(), ElementsAre("same.collective.rank gave rank 3 of 3"));
}

}  // namespace
}  // namespace gistmill
