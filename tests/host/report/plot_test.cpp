// What is written beside a page: the numbers, and the picture that stands alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "host/report/loss_plot.hpp"
#include "host/report/metrics_json.hpp"
#include "host/report/png_picture.hpp"
#include "host/report/svg_text.hpp"

namespace gistmill {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

RunRecord two_stages() {
  RunRecord record;
  record.recipe = "a.toml";
  StageRecord first;
  first.name = "first";
  first.steps = 2;
  first.points = {{1, 2.0, 1e-4, 1.0, 0.5, 7}, {2, kNan, 2e-4, 1.0, 0.5, 7}};
  first.points[1].losses = {{"kl", 0.25}};
  StageRecord second = first;
  second.name = "second";
  record.stages = {first, second};
  return record;
}

TEST(MetricsJson, HasEveryNumberOfEveryStep) {
  const auto json = nlohmann::json::parse(metrics_json(two_stages()));
  ASSERT_EQ(json["stages"].size(), 2u);
  const auto& stage = json["stages"][1];
  EXPECT_EQ(stage["stage"], "second");
  EXPECT_EQ(stage["step"], nlohmann::json({1, 2}));
  EXPECT_EQ(stage["loss"], nlohmann::json({2.0, nullptr}));
  EXPECT_EQ(stage["losses"]["kl"], nlohmann::json({nullptr, 0.25}));
  EXPECT_EQ(stage["learning_rate"], nlohmann::json({1e-4, 2e-4}));
}

TEST(LossPlot, NeedsNoStyleSheet) {
  const std::string svg = loss_plot(two_stages());
  EXPECT_THAT(svg, StartsWith("<?xml"));
  EXPECT_THAT(svg, HasSubstr("a: loss"));
  EXPECT_THAT(svg, HasSubstr(">second<"));
  EXPECT_THAT(svg, Not(HasSubstr("var(")));
}

TEST(LossPlot, IsEmptyWithoutALoss) { EXPECT_EQ(loss_plot(RunRecord()), ""); }

TEST(PngPicture, IsDrawnOrSaysWhatIsMissing) {
  const PngPicture picture = png_picture(loss_plot(two_stages()), 1.0);
  if (picture.bytes.empty()) GTEST_SKIP() << picture.missing;
  EXPECT_THAT(picture.bytes, StartsWith("\x89PNG"));
  EXPECT_GT(picture.bytes.size(), 4000u) << "an empty picture is smaller";
}

TEST(PngPicture, OfNoPictureIsNone) {
  const PngPicture picture = png_picture("no svg", 1.0);
  EXPECT_EQ(picture.bytes, "");
  EXPECT_NE(picture.missing, "");
}

TEST(SvgText, IsCutWhereItIsTooWide) {
  EXPECT_EQ(fitted("abcdef", 60, 10), "abcdef");
  EXPECT_EQ(fitted("abcdef", 50, 10), "abcd…");
  EXPECT_EQ(fitted("ääääää", 50, 10), "ääää…");
}

}  // namespace
}  // namespace gistmill
