// Tables from rows: which entry gets which comparison, and rows that must be refused.
#include "host/figures/evaluation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// One figure, four spans of two documents.
EvaluationRows ladder() {
  const std::vector<std::int64_t> documents = {1, 1, 2, 2};
  EvaluationRows rows;
  rows.name = "heldout";
  rows.figures = {{"delta_nll.32", {}}};
  rows.variants = {
      {"dropped", "", false, {{0.8, 0.4, 0.6, 0.6}}, documents},
      {"last 1", "", false, {{0.4, 0.2, 0.3, 0.3}}, documents},
      {"contextual", "", true, {{0.3, 0.2, 0.2, 0.1}}, documents},
      {"swapped", "contextual", true, {{0.5, 0.5, 0.3, 0.3}}, documents},
  };
  rows.reference = "dropped";
  rows.paired = "last 1";
  return rows;
}

void expect_failure(const EvaluationRows& rows, ExitCode code, const std::string& part) {
  try {
    evaluate(rows);
    FAIL() << "expected a failure about: " << part;
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), code);
    EXPECT_THAT(failure.message(), HasSubstr(part));
    EXPECT_THAT(failure.message(), HasSubstr("evaluation 'heldout'"));
  }
}

TEST(Evaluation, GivesEachVariantItsMean) {
  const EvaluationTable table = evaluate(ladder());
  EXPECT_EQ(table.name, "heldout");
  EXPECT_NEAR(table.find("dropped", "delta_nll.32")->measured.value, 0.6, 1e-12);
  EXPECT_NEAR(table.find("contextual", "delta_nll.32")->measured.value, 0.2, 1e-12);
  EXPECT_EQ(table.find("contextual", "delta_nll.32")->measured.items, 4);
  EXPECT_EQ(table.find("contextual", "delta_nll.32")->measured.clusters, 2);
  EXPECT_TRUE(table.find("contextual", "delta_nll.32")->trained);
}

TEST(Evaluation, MeasuresWhatIsRecoveredUpToTheCeiling) {
  EvaluationRows rows = ladder();
  rows.figures[0].spec.better = Better::higher;  // no ideal is known
  EXPECT_FALSE(evaluate(rows).entries.front().recovered);
  rows.reference = "last 1";
  rows.ceiling = "dropped";
  const EvaluationTable table = evaluate(rows);
  EXPECT_EQ(table.ceiling, "dropped");
  EXPECT_DOUBLE_EQ(table.find("dropped", "delta_nll.32")->recovered->value, 1.0);
  EXPECT_DOUBLE_EQ(table.find("last 1", "delta_nll.32")->recovered->value, 0.0);
  EXPECT_NEAR(table.find("contextual", "delta_nll.32")->recovered->value, (0.3 - 0.2) / (0.3 - 0.6), 1e-12);
  rows.ceiling = "dropt";
  expect_failure(rows, ExitCode::failed, "ceiling 'dropt' is not one of its variants");
}

TEST(Evaluation, JudgesAVariantByHowFarItIsFromAnother) {
  EvaluationRows rows = ladder();  // means 0.6, 0.3, 0.2
  rows.targets = {{"delta_nll.32", 0.15, std::nullopt, 0.35, "contextual"}};
  const EvaluationTable table = evaluate(rows);
  const auto verdict = [&](const char* variant) {
    return table.verdict(*table.find(variant, "delta_nll.32"));
  };
  EXPECT_EQ(verdict("last 1"), Verdict::met);
  EXPECT_EQ(verdict("dropped"), Verdict::bad);
  EXPECT_EQ(verdict("contextual"), std::nullopt) << "it is no distance from itself";
  rows.targets[0].than = "full";
  const EvaluationTable without = evaluate(rows);
  EXPECT_EQ(without.verdict(*without.find("last 1", "delta_nll.32")), std::nullopt)
      << "nothing to hold it against";
}

TEST(Evaluation, KnowsWhatEveryVariantShares) {
  EvaluationRows rows = ladder();
  EXPECT_FALSE(evaluate(rows).is_shared("delta_nll.32"));
  rows.figures.push_back({"nll", {}});
  for (EvaluationRows::Variant& variant : rows.variants) variant.rows.push_back({1.0, 2.0, 3.0, 4.0});
  EXPECT_TRUE(evaluate(rows).is_shared("nll"));
  rows.targets = {{"nll", 0.27, std::nullopt, std::nullopt}};
  EXPECT_FALSE(evaluate(rows).is_shared("nll")) << "each variant's verdict is shown";
  rows.targets.clear();
  for (EvaluationRows::Variant& variant : rows.variants) variant.rows[0] = variant.rows[1];
  EXPECT_FALSE(evaluate(rows).is_shared("nll"))
      << "variants that are alike in all are still shown one by one";
}

TEST(Evaluation, ComparesWithTheReferenceAndThePairedVariant) {
  const EvaluationTable table = evaluate(ladder());
  const EvaluationEntry& entry = *table.find("contextual", "delta_nll.32");
  EXPECT_NEAR(entry.recovered->value, 1.0 - 0.2 / 0.6, 1e-12);
  EXPECT_NEAR(entry.paired->value, -0.1, 1e-12);
  EXPECT_NEAR(table.find("dropped", "delta_nll.32")->recovered->value, 0.0, 1e-12);
}

// A second figure that only the trained variants have.
EvaluationRows partly_measured() {
  EvaluationRows rows = ladder();
  rows.figures.push_back({"entropy", {}});
  rows.figures.back().spec.optional = true;
  for (EvaluationRows::Variant& variant : rows.variants)
    variant.rows.push_back(variant.trained ? std::vector{3.0, 2.0, 3.0, 4.0} : std::vector(4, kNan));
  return rows;
}

TEST(Evaluation, LeavesOutComparisonsWithVariantsThatAnOptionalFigureWasNotMeasuredOf) {
  const EvaluationTable table = evaluate(partly_measured());
  EXPECT_NEAR(table.find("contextual", "entropy")->measured.value, 3.0, 1e-12);
  EXPECT_FALSE(table.find("contextual", "entropy")->paired.has_value());
  EXPECT_FALSE(table.find("contextual", "entropy")->recovered.has_value());
  EXPECT_TRUE(std::isnan(table.find("last 1", "entropy")->measured.value));
  EXPECT_FALSE(table.find("last 1", "entropy")->paired.has_value());
}

TEST(Evaluation, RefusesAnOptionalFigureThatAVariantHasForSomeItemsOnly) {
  EvaluationRows rows = partly_measured();
  rows.variants[2].rows[1][3] = kNan;
  expect_failure(rows, ExitCode::numerics, "entropy of variant 'contextual' is not finite in 1 of 4 items");
}

TEST(Evaluation, RefusesAVariantWithoutAValueOfAnyItemWhereTheFigureIsNotOptional) {
  EvaluationRows rows = partly_measured();
  rows.figures[1].spec.optional = false;
  expect_failure(rows, ExitCode::numerics, "entropy of variant 'dropped' is not finite in 4 of 4 items");
}

TEST(Evaluation, DoesNotPairAVariantWithItself) {
  EXPECT_FALSE(evaluate(ladder()).find("last 1", "delta_nll.32")->paired.has_value());
}

TEST(Evaluation, TurnsASwappedVariantIntoTheBindingGapOfItsOwn) {
  const EvaluationTable table = evaluate(ladder());
  EXPECT_THAT(table.variants(), ElementsAre("dropped", "last 1", "contextual"));
  // Differences .2 .3 .1 .2: mean .2; residuals 0 .1 -.1 0 by document .1 and -.1: sqrt(2 * .02) / 4.
  EXPECT_NEAR(table.find("contextual", "delta_nll.32")->binding_gap->value, 0.2, 1e-12);
  EXPECT_NEAR(table.find("contextual", "delta_nll.32")->binding_gap->standard_error, 0.05, 1e-12);
  EXPECT_FALSE(table.find("dropped", "delta_nll.32")->binding_gap.has_value());
}

TEST(Evaluation, WithoutReferenceAndPairHasMeansOnly) {
  EvaluationRows rows = ladder();
  rows.reference.clear();
  rows.paired.clear();
  const EvaluationTable table = evaluate(rows);
  EXPECT_FALSE(table.find("contextual", "delta_nll.32")->recovered.has_value());
  EXPECT_FALSE(table.find("contextual", "delta_nll.32")->paired.has_value());
}

TEST(Evaluation, KeepsSeveralFiguresApartAndInOrder) {
  EvaluationRows rows;
  rows.name = "heldout";
  rows.figures = {{"delta_nll.8", {}}, {"delta_nll.32", {}}};
  rows.variants = {{"a", "", false, {{1.0, 3.0}, {5.0, 7.0}}, {1, 2}}};
  const EvaluationTable table = evaluate(rows);
  EXPECT_THAT(table.figures(), ElementsAre("delta_nll.8", "delta_nll.32"));
  EXPECT_DOUBLE_EQ(table.find("a", "delta_nll.8")->measured.value, 2.0);
  EXPECT_DOUBLE_EQ(table.find("a", "delta_nll.32")->measured.value, 6.0);
  EXPECT_EQ(table.find("a", "delta_nll.64"), nullptr);
}

TEST(Evaluation, TakesTheLastFigureAsHeadlineUnlessOneIsNamed) {
  EvaluationRows rows;
  rows.name = "heldout";
  rows.figures = {{"delta_nll.8", {}}, {"delta_nll.32", {}}};
  rows.variants = {{"a", "", false, {{1.0}, {5.0}}, {1}}};
  EXPECT_EQ(evaluate(rows).headline_figure(), "delta_nll.32");
  rows.headline = "delta_nll.8";
  EXPECT_EQ(evaluate(rows).headline_figure(), "delta_nll.8");
  EXPECT_EQ(EvaluationTable{}.headline_figure(), "");
}

TEST(Evaluation, LeavesOutAnItemThatHasNoValueInAnyVariant) {
  EvaluationRows rows = ladder();
  for (auto& variant : rows.variants) variant.rows[0][1] = kNan;
  EXPECT_EQ(evaluate(rows).find("contextual", "delta_nll.32")->measured.items, 3);
}

TEST(Evaluation, RefusesAValueThatIsMissingInOneVariantOnly) {
  EvaluationRows rows = ladder();
  rows.variants[2].rows[0][1] = kNan;
  expect_failure(rows, ExitCode::numerics,
                 "delta_nll.32 of variant 'contextual' is not finite in 1 of 4 items");
}

TEST(Evaluation, CountsItemsThatHaveAValueInOneVariantOnly) {
  EvaluationRows rows = ladder();
  rows.figures[0].spec.aggregate = Aggregate::count;
  rows.figures[0].spec.better = Better::higher;
  rows.variants[2].rows[0] = {kNan, 1.0, kNan, 1.0};
  const EvaluationTable table = evaluate(rows);
  EXPECT_EQ(table.find("contextual", "delta_nll.32")->measured.value, 2.0);
  EXPECT_EQ(table.find("contextual", "delta_nll.32")->paired->value, -2.0);
}

TEST(Evaluation, MakesEachFigureAsItsManifestSays) {
  EvaluationRows rows;
  rows.name = "heldout";
  rows.figures = {{"hits", {Aggregate::sum, Better::higher, "", "", "", std::nullopt}},
                  {"worst", {Aggregate::max, Better::lower, "", "", "", std::nullopt}}};
  rows.variants = {{"a", "", false, {{1.0, 3.0, 4.0}, {5.0, 9.0, 7.0}}, {1, 2, 3}}};
  const EvaluationTable table = evaluate(rows);
  EXPECT_DOUBLE_EQ(table.find("a", "hits")->measured.value, 8.0);
  EXPECT_DOUBLE_EQ(table.find("a", "worst")->measured.value, 9.0);
  EXPECT_EQ(table.figure("hits").spec.aggregate, Aggregate::sum);
}

TEST(Evaluation, TellsARecoveredShareOfAHigherFigureOnlyWhereItsIdealIsKnown) {
  EvaluationRows rows = ladder();
  rows.figures[0].spec.better = Better::higher;
  EXPECT_FALSE(evaluate(rows).find("contextual", "delta_nll.32")->recovered.has_value());
  rows.figures[0].spec.ideal = 1.0;
  // From 0.6 of what was dropped down to 0.2: away from the ideal.
  EXPECT_DOUBLE_EQ(evaluate(rows).find("contextual", "delta_nll.32")->recovered->value, -1.0);
}

TEST(Evaluation, TakesABindingGapForACostWhereHigherIsBetterToo) {
  EvaluationRows rows = ladder();
  EXPECT_NEAR(evaluate(rows).find("contextual", "delta_nll.32")->binding_gap->value, 0.2, 1e-12);
  rows.figures[0].spec.better = Better::higher;
  EXPECT_NEAR(evaluate(rows).find("contextual", "delta_nll.32")->binding_gap->value, -0.2, 1e-12);
}

TEST(Evaluation, PutsWhatIsPublishedBesideTheFigureThatItIsOf) {
  EvaluationRows rows = ladder();
  rows.variants[2].published = {{"delta_nll.32", 0.25, 0.1}};
  const EvaluationTable table = evaluate(rows);
  EXPECT_FALSE(table.find("last 1", "delta_nll.32")->published);
  const EvaluationEntry& entry = *table.find("contextual", "delta_nll.32");
  EXPECT_EQ(*entry.published, (Published{"delta_nll.32", 0.25, 0.1}));
  EXPECT_EQ(agrees(*entry.published, entry.measured.value), true);
}

TEST(Published, AgreesWithWhatIsAsNearAsItSays) {
  const Published published{"x", 10.0, 0.5};
  EXPECT_EQ(agrees(published, 10.5), true);
  EXPECT_EQ(agrees(published, 9.4), false);
  EXPECT_EQ(agrees(published, kNan), std::nullopt);
  EXPECT_EQ(agrees({"x", 10.0, std::nullopt}, 10.0), std::nullopt);
}

TEST(Evaluation, HasIntervalsOfEveryComparisonWhereTheyAreAskedFor) {
  EvaluationRows rows = ladder();
  for (EvaluationRows::Variant& variant : rows.variants) {
    std::vector<double>& values = variant.rows[0];
    for (std::int64_t document = 3; document < 23; ++document) {
      values.push_back(values[0] + 0.01 * static_cast<double>(document));
      variant.clusters.push_back(document);
    }
  }
  EXPECT_FALSE(evaluate(rows).find("contextual", "delta_nll.32")->paired->interval);
  rows.interval = IntervalKind::bootstrap;
  const EvaluationTable table = evaluate(rows);
  const EvaluationEntry& entry = *table.find("contextual", "delta_nll.32");
  for (const auto& estimate :
       {std::optional(entry.measured), entry.recovered, entry.paired, entry.binding_gap}) {
    ASSERT_TRUE(estimate->interval);
    EXPECT_LT(estimate->interval->low, estimate->value);
    EXPECT_GT(estimate->interval->high, estimate->value);
  }
}

TEST(Evaluation, RefusesInfinity) {
  EvaluationRows rows = ladder();
  rows.variants[1].rows[0] = {0.1, HUGE_VAL, -HUGE_VAL, 0.1};
  expect_failure(rows, ExitCode::numerics, "variant 'last 1' is not finite in 2 of 4 items");
}

TEST(Evaluation, RefusesToCompareVariantsThatSawDifferentItems) {
  EvaluationRows rows = ladder();
  rows.variants[2].clusters = {1, 1, 2, 3};
  expect_failure(rows, ExitCode::failed, "saw different items");
}

TEST(Evaluation, RefusesRowsThatDoNotFitTheirDocuments) {
  EvaluationRows rows = ladder();
  rows.variants[0].rows[0].pop_back();
  expect_failure(rows, ExitCode::failed, "delta_nll.32 of variant 'dropped' has 3 values for 4 items");
  rows.variants[0].rows.clear();
  expect_failure(rows, ExitCode::failed, "variant 'dropped' has 0 figures when there are 1");
}

TEST(Evaluation, RefusesNamesOfVariantsAndFiguresThatAreNotThere) {
  EvaluationRows rows = ladder();
  rows.reference = "droped";
  expect_failure(rows, ExitCode::failed, "reference 'droped' is not one of its variants");
  rows = ladder();
  rows.paired = "last 9";
  expect_failure(rows, ExitCode::failed, "paired variant 'last 9'");
  rows = ladder();
  rows.variants[3].binding_of = "refine";
  expect_failure(rows, ExitCode::failed, "binding of 'refine'");
  rows = ladder();
  rows.headline = "kl.32";
  expect_failure(rows, ExitCode::failed, "headline 'kl.32' is not one of its figures");
}

}  // namespace
}  // namespace gistmill
