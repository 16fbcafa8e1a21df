// The components: what their options and ports refuse, and that they choose as the functions do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "plugins/allocator/baselines/component.hpp"
#include "plugins/allocator/greedy/component.hpp"
#include "plugins/allocator/oracle/component.hpp"
#include "tests/plugins/support/plain_options.hpp"
#include "tests/support/message_of.hpp"

namespace gistmill::allocator {
namespace {

using gistmill::test::PlainCall;
using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using ::testing::HasSubstr;

PlainTable greedy_options(const PlainTable& other = {}) {
  PlainTable table = {{"expand_threshold", 0.2},        {"collapse_threshold", 0.2},
                      {"max_actions", std::int64_t{4}}, {"siblings", std::string("mean")},
                      {"cooldown", std::int64_t{2}},    {"residency", std::int64_t{0}}};
  for (const auto& [key, value] : other) table[key] = value;
  return table;
}

template <class Component>
std::pair<std::string, std::string> refused(const PlainTable& table) {
  try {
    const Component component(PlainOptions(table).get());
  } catch (const Error& error) {
    return {error.key, error.what()};
  }
  return {"", ""};
}

Tensor scalar(std::int32_t value) { return Tensor::of<std::int32_t>({value}, {}); }

// 1 0 0 0 of 4 tokens each, the newest protected; the oldest was collapsed 5 iterations ago.
struct Ports {
  Tensor levels = Tensor::of<std::int32_t>({1, 0, 0, 0}, {4});
  Tensor starts = Tensor::of<std::int32_t>({0, 4, 8, 12}, {4});
  Tensor scores = Tensor::of<float>({0.9f, -0.5f, 0.0f, -1.0f}, {4});
  Tensor utilities = Tensor::of<float>({3, 0, 0, -1, 0, -2, 0, 5}, {4, 2});
  Tensor residency = Tensor::of<std::int32_t>({5, 3, 2, 1}, {4});
  Tensor last_action = Tensor::of<std::int32_t>({-1, 0, 0, 0}, {4});
  std::int32_t budget = 13;

  Tensor greedy(const Greedy& component) const {
    return component.allocate(levels, starts, scores, residency, last_action, scalar(4), scalar(16),
                              scalar(budget), scalar(4));
  }
  template <class Component>
  Tensor blind(const Component& component) const {
    return component.allocate(levels, starts, residency, last_action, scalar(4), scalar(16), scalar(budget),
                              scalar(4));
  }
};

std::vector<std::int32_t> values(const Tensor& actions) {
  EXPECT_EQ(actions.shape().size(), 2u);
  return {actions.data<std::int32_t>(), actions.data<std::int32_t>() + actions.size()};
}

std::string refused_ports(const Ports& ports) {
  return gistmill::test::message_of<Error>(
      [&] { ports.greedy(Greedy(PlainOptions(greedy_options()).get())); });
}

TEST(GreedyComponent, RefusesThresholdsThatAreOutOfOrder) {
  const auto [key, message] = refused<Greedy>(greedy_options({{"expand_threshold", -0.3}}));
  EXPECT_EQ(key, "expand_threshold");
  EXPECT_THAT(message, HasSubstr("out of order"));
  EXPECT_EQ(refused<Greedy>(greedy_options({{"expand_threshold", -0.2}})).first, "") << "they meet";
}

TEST(EveryAllocator, RefusesToActLessThanOnce) {
  const PlainTable none = greedy_options({{"max_actions", std::int64_t{0}}});
  for (const auto& [key, message] : {refused<Greedy>(none), refused<NoCooldown>(none), refused<Recency>(none),
                                     refused<Random>(none), refused<Oracle>(none)}) {
    EXPECT_EQ(key, "max_actions");
    EXPECT_THAT(message, HasSubstr("at least 1; allocator/none"));
  }
}

TEST(GreedyComponent, GivesIndexAndDirection) {
  EXPECT_EQ(values(Ports().greedy(Greedy(PlainOptions(greedy_options()).get()))),
            (std::vector<std::int32_t>{1, -1, 0, 1}));
}

TEST(NoCooldown, ActsWhereGreedyWaits) {
  Ports ports;
  ports.residency = Tensor::of<std::int32_t>({1, 3, 2, 1}, {4});
  EXPECT_EQ(values(ports.greedy(Greedy(PlainOptions(greedy_options()).get()))),
            (std::vector<std::int32_t>{1, -1}));
  EXPECT_EQ(values(ports.greedy(NoCooldown(PlainOptions(greedy_options()).get()))),
            (std::vector<std::int32_t>{1, -1, 0, 1}));
}

TEST(OracleComponent, TakesTheBestThatTheBudgetAllows) {
  const Oracle oracle(PlainOptions(greedy_options()).get());
  const Ports ports;
  const Tensor actions = oracle.allocate(ports.levels, ports.starts, ports.utilities, ports.residency,
                                         ports.last_action, scalar(4), scalar(16), scalar(13), scalar(4));
  EXPECT_EQ(values(actions), (std::vector<std::int32_t>{0, 1, 1, -1}))
      << "the cheapest collapse pays; the tail's 5 nats are out of reach";
}

TEST(Baselines, ActWithoutScores) {
  const PlainOptions options(greedy_options());
  Ports ports;
  EXPECT_TRUE(values(ports.blind(Recency(options.get()))).empty()) << "nothing older than the gist";
  EXPECT_TRUE(values(ports.blind(None(options.get()))).empty());
  const Random random(options.get());
  const auto draw = [&](std::uint64_t key) {
    return values(random.allocate(PlainCall(key), ports.levels, ports.starts, ports.residency,
                                  ports.last_action, scalar(4), scalar(16), scalar(13), scalar(4)));
  };
  EXPECT_EQ(draw(3), draw(3));
}

TEST(Baselines, GiveNoActionsAsAnArrayOfNoRows) {
  EXPECT_EQ(Ports().blind(None(PlainOptions({}).get())).shape(), (std::vector<std::int64_t>{0, 2}));
}

TEST(EveryAllocator, RefusesArraysThatAreNoWorkingContext) {
  Ports ports;
  EXPECT_EQ(refused_ports(ports), "");
  ports.levels = Tensor::of<std::int32_t>({1, 0, 3, 0}, {4});
  EXPECT_THAT(refused_ports(ports), HasSubstr("levels[2] is 3 when levels are 0 to 2"));
  ports = Ports();
  ports.starts = Tensor::of<std::int32_t>({0, 4, 12, 12}, {4});
  EXPECT_THAT(refused_ports(ports), HasSubstr("starts[2] is 12 when the entry before ends at 8"));
  ports = Ports();
  ports.levels = Tensor::of<std::int32_t>({1, 2, 0, 0}, {4});
  EXPECT_THAT(refused_ports(ports),
              HasSubstr("starts[1] is 4 when an entry of level 2 begins with a multiple"));
  ports = Ports();
  ports.scores = Tensor::of<float>({1, 1}, {2});
  EXPECT_THAT(refused_ports(ports), HasSubstr("2 scores when the context has 4 entries"));
  ports = Ports();
  ports.residency = Tensor::of<std::int32_t>({1, 1}, {2});
  EXPECT_THAT(refused_ports(ports), HasSubstr("residency has 2 numbers when the context has 4 entries"));
  ports.residency = Tensor::of<std::int32_t>({1, -1, 0, 0}, {4});
  EXPECT_THAT(refused_ports(ports), HasSubstr("residency[1] is -1"));
  ports = Ports();
  ports.last_action = Tensor::of<std::int32_t>({1, 2, 0, 0}, {4});
  EXPECT_THAT(refused_ports(ports), HasSubstr("last_action[1] is 2"));
}

}  // namespace
}  // namespace gistmill::allocator
