#include "plugins/focus/trace/session.hpp"

#include <gtest/gtest.h>

#include "tests/plugins/focus/trace/played.hpp"

namespace gistmill::focus {
namespace {

constexpr Direction kExpand = Direction::expand;
constexpr Direction kCollapse = Direction::collapse;

Session session_of(std::int64_t blocks) {
  Session session(0, {"text", {4, 40, 4, Overflow::collapse}, Place::center});
  for (std::int64_t i = 0; i < blocks; ++i) session.append(test::tokens_of("text", i, 4).data());
  return session;
}

TEST(Telemetry, OfABlockWithoutActionsHasNoSwapsAndNothingThatLeft) {
  const Figures figures = session_of(3).record(std::nullopt, 0.5).figures;
  EXPECT_EQ(figures.loss_at_h, std::nullopt);
  EXPECT_EQ(figures.swap_rate_per_block, 0);
  EXPECT_EQ(figures.mean_residency_iterations, 1) << "2, 1 and 0 iterations";
  EXPECT_EQ(figures.left_residency_iterations, std::nullopt);
  EXPECT_EQ(figures.latency_ms, 0.5);
  EXPECT_EQ(figures.token_budget_utilization, 12.0 / 40);
}

TEST(Telemetry, CountsActionsAndHowLongWhatTheyTookAwayHadStood) {
  Session session = session_of(4);
  session.act({{0, kCollapse}, {1, kCollapse}});
  const Figures figures = session.record(2.5, 0).figures;
  EXPECT_EQ(figures.loss_at_h, 2.5);
  EXPECT_EQ(figures.swap_rate_per_block, 2);
  EXPECT_EQ(figures.left_residency_iterations, 2.5) << "3 and 2";
  EXPECT_EQ(figures.mean_residency_iterations, 0.25) << "0, 0, 1 and 0";
  EXPECT_EQ(figures.token_budget_utilization, 10.0 / 40);
}

TEST(Telemetry, IsThatOfItsOwnBlock) {
  Session session = session_of(4);
  session.act({{0, kCollapse}});
  session.append(test::tokens_of("text", 4, 4).data());
  EXPECT_EQ(session.record(std::nullopt, 0).figures.swap_rate_per_block, 0);
  EXPECT_TRUE(session.record(std::nullopt, 0).actions.empty());
  EXPECT_EQ(session.record(std::nullopt, 0).begins, std::nullopt);
}

TEST(Session, CountsHowOftenANodeCameIntoItsContext) {
  Session session = session_of(4);
  session.act({{0, kCollapse}});
  session.append(test::tokens_of("text", 4, 4).data());
  session.act({{0, kExpand}});
  EXPECT_EQ(session.tree().node(0, 0).access_count, 2u) << "appended, expanded";
  EXPECT_EQ(session.tree().node(1, 0).access_count, 1u);
  EXPECT_EQ(session.tree().node(1, 4).access_count, 0u);
}

TEST(Session, ASecondRoundOfActionsSeesWhatTheFirstHasDone) {
  Session session = session_of(4);
  session.act({{0, kCollapse}, {1, kCollapse}});
  session.act({});
  session.act({{1, kExpand}});
  const BlockRecord record = session.record(std::nullopt, 0);
  EXPECT_EQ(record.actions, (std::vector<Round>{{{0, kCollapse}, {1, kCollapse}}, {{1, kExpand}}}));
  EXPECT_EQ(record.context, "0: 1x1 0x3");
  EXPECT_EQ(record.figures.swap_rate_per_block, 3);
}

TEST(Session, IsAsItWasWhereABlockOrAnActionIsRefused) {
  Session session(0, {"text", {4, 4, 4, Overflow::collapse}, Place::center});
  session.append(test::tokens_of("text", 0, 4).data());
  const std::string before = to_text(session.record(std::nullopt, 0));
  EXPECT_THROW(session.append(test::tokens_of("text", 1, 4).data()), ContextError);
  EXPECT_THROW(session.act({{0, kCollapse}}), ContextError);
  EXPECT_EQ(to_text(session.record(std::nullopt, 0)), before);
}

}  // namespace
}  // namespace gistmill::focus
