// What the page of a sweep says, and that it stands alone.
#include "host/sweep/page/sweep_page.hpp"

#include <gmock/gmock.h>

#include "tests/host/sweep/made_up_points.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

SweepFindings findings() {
  SweepFindings findings;
  findings.study = "studies/width.toml";
  findings.folder = "sweeps/width";
  findings.points = std::filesystem::current_path() / "sweeps/points";
  findings.program = "0.1.0";
  std::vector<MeasuredPoint> points = {point("1", "0", 1.0), point("1", "1", 2.0), point("2", "0", 0.9),
                                       point("2", "1", 1.8)};
  for (const MeasuredPoint& each : points) {
    LedgerPoint done;
    done.id = each.id;
    done.settings = each.settings;
    done.state = PointState::done;
    findings.ledger.push_back(done);
  }
  findings.table = sweep_table(headline(), points);
  return findings;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(SweepPage, OpensWithTheResultAndItsUncertainty) {
  const std::string page = sweep_page(findings());
  EXPECT_THAT(page, HasSubstr("gist.width=2 is best: delta 1.4 ± 5.7 over 2 seeds; against gist.width=1: "
                              "-0.15 ± 0.64 over 2 seeds, not distinguishable."));
  EXPECT_LT(page.find("is best"), page.find("<svg"));
}

TEST(SweepPage, HasAPlotForEachChoiceWithADotForEachPoint) {
  const std::string page = sweep_page(findings());
  EXPECT_EQ(count(page, "<svg"), 1u);
  EXPECT_EQ(count(page, "<circle"), 4u);
  EXPECT_EQ(count(page, "<circle class='dot c1'"), 2u);  // of the second seed
  EXPECT_EQ(count(page, "<path class='whisker"), 2u);
}

TEST(SweepPage, NamesTheBestPointAndTheCommandThatRunsItAgain) {
  EXPECT_THAT(sweep_page(findings()), HasSubstr("gistmill run sweeps/points/20/point.toml --folder runs/20"));
}

TEST(SweepPage, TellsOfFailedPointsWithMessageAndCommand) {
  SweepFindings failed = findings();
  failed.ledger[3].state = PointState::failed;
  failed.ledger[3].exit_code = 6;
  failed.ledger[3].error = "error: loss is nan <at> step 1";
  const std::string page = sweep_page(failed);
  EXPECT_THAT(page, HasSubstr("3 of 4 points done, 1 failed"));
  EXPECT_THAT(page, HasSubstr("exit code 6: error: loss is nan &lt;at&gt; step 1"));
  EXPECT_THAT(page, HasSubstr("gistmill run sweeps/points/21/"));
}

TEST(SweepPage, OfNoPointSaysSo) {
  SweepFindings none = findings();
  none.table.reset();
  EXPECT_THAT(sweep_page(none), HasSubstr("No point is done yet."));
}

TEST(SweepPage, LoadsNothing) {
  const std::string page = sweep_page(findings());
  for (const char* part : {"<script", "<link", "<img", "http:", "https:", "url("})
    EXPECT_THAT(page, Not(HasSubstr(part)));
}

}  // namespace
}  // namespace gistmill
