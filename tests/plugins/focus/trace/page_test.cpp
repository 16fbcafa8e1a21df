#include "plugins/focus/trace/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/focus/trace/replay.hpp"
#include "tests/plugins/focus/trace/played.hpp"

namespace gistmill::focus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<SessionLife> lives_of(const std::vector<BlockRecord>& records) {
  Replay replay;
  std::vector<SessionLife> lives;
  for (const BlockRecord& record : records) {
    replay.play(record);
    if (record.begins) lives.emplace_back(*record.begins);
    lives.back().add(replay.session(), record);
  }
  return lives;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

// At each iteration the bands tile what the context covered.
TEST(Bands, AreTheContextAtEveryIteration) {
  const test::Played all = test::played(1, 60, 21);
  const std::vector<Band> bands = lives_of(all.records)[0].bands();
  for (std::size_t i = 0; i < all.contexts.size(); ++i) {
    for (const Entry& entry : all.contexts[i].entries()) {
      const std::int64_t end = entry.start + width_of(entry.level, test::kBlock);
      std::size_t covering = 0;
      for (const Band& band : bands) {
        const auto iteration = static_cast<std::int64_t>(i) + 1;
        if (band.born > iteration || band.gone <= iteration || band.end <= entry.start || band.start >= end)
          continue;
        ++covering;
        EXPECT_EQ(band.level, entry.level) << "iteration " << iteration;
        EXPECT_TRUE(band.start <= entry.start && end <= band.end);
      }
      ASSERT_EQ(covering, 1u) << "iteration " << i + 1 << ", entry at " << entry.start;
    }
  }
}

TEST(Bands, WhatWasDroppedEnds) {
  Session session(0, {"text", {4, 8, 4, Overflow::drop}, Place::center});
  SessionLife life(session.head());
  for (std::int64_t i = 0; i < 4; ++i) {
    session.append(nullptr);
    life.add(session, session.record(std::nullopt, 0));
  }
  for (const Band& band : life.bands()) EXPECT_EQ(band.gone, std::min<std::int64_t>(band.born + 2, 5));
}

TEST(Picture, HasAMarkForEachActionAndEachCollapseForRoom) {
  const test::Played all = test::played(1, 60, 22);
  std::size_t expands = 0, collapses = 0, room = 0;
  for (const BlockRecord& record : all.records) {
    for (const Round& round : record.actions) {
      for (const Edit& edit : round) ++(edit.direction == Direction::expand ? expands : collapses);
    }
    room += record.room.collapsed.size();
  }
  ASSERT_GT(expands, 0u);
  ASSERT_GT(room, 0u);
  const std::string svg = picture_of(lives_of(all.records)[0]);
  EXPECT_EQ(count(svg, "class='expand'"), expands);
  EXPECT_EQ(count(svg, "class='collapse'"), collapses);
  EXPECT_EQ(count(svg, "class='room'"), room);
  EXPECT_GT(count(svg, "class='l0'"), 0u);
  EXPECT_GT(count(svg, "class='l1'"), 0u);
}

TEST(Page, IsOneFileThatLoadsNothingAndKnowsLightAndDark) {
  const std::string page = page_of(lives_of(test::played(2, 10, 23).records));
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(page, Not(HasSubstr("http")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_EQ(count(page, "role='img'"), 2u);
  EXPECT_THAT(page, HasSubstr("2 sessions, 20 blocks"));
}

TEST(Page, DrawsTheFirstSessionsAndCountsAll) {
  const std::string page = page_of(lives_of(test::played(10, 3, 24).records));
  EXPECT_EQ(count(page, "role='img'"), 8u);
  EXPECT_THAT(page, HasSubstr("2 further sessions"));
  EXPECT_THAT(page, HasSubstr("10 sessions, 30 blocks"));
}

TEST(Page, ANameCannotBecomeMarkup) {
  Session session(0, {"<b>&'\"\x01", {4, 40, 4, Overflow::collapse}, Place::center});
  SessionLife life(session.head());
  session.append(nullptr);
  life.add(session, session.record(std::nullopt, 0));
  EXPECT_THAT(page_of({life}), HasSubstr("<h2>&lt;b&gt;&amp;&#39;&quot;</h2>"));
}

}  // namespace
}  // namespace gistmill::focus
