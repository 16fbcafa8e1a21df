// What the report page says, and that it stands alone.
#include "host/report/html_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>

namespace gistmill {
namespace {

using testing::HasSubstr;
using testing::Not;

RunRecord trained_run() {
  RunRecord record;
  record.recipe = "recipes/gistnet/quickstart.toml";
  record.version = "0.1.0";
  record.status = "finished";
  record.threads = 2;
  record.started = 1'700'000'000;
  record.seconds = 512;
  StageRecord stage;
  stage.name = "contextual";
  stage.steps = 3;
  stage.parameters = 2'950'000;
  stage.points = {{1, 2.0, 1e-4, 1.0, 0.5, 7}, {2, 1.5, 2e-4, 1.0, 0.5, 7}, {3, 1.0, 1e-4, 1.0, 0.5, 7}};
  record.stages = {stage};
  EvaluationTable table;
  table.name = "heldout";
  table.cluster = "document";
  table.reference = "dropped";
  table.paired = "last 1";
  table.described = {
      {"delta_nll.32", {Aggregate::mean, Better::lower, "nats", "delta-NLL", "H", std::nullopt}}};
  EvaluationEntry entry;
  entry.variant = "dropped";
  entry.figure = "delta_nll.32";
  entry.measured = {0.6, 0.02, 512, 64};
  table.entries.push_back(entry);
  entry.variant = "contextual";
  entry.trained = true;
  entry.measured = {0.25, 0.02, 512, 64};
  entry.recovered = Estimate{0.583, 0.03, 512, 64};
  entry.paired = Estimate{-0.06, 0.01, 512, 64};
  table.entries.push_back(entry);
  record.evaluations = {table};
  return record;
}

TEST(HtmlPage, OpensWithTheResultAndItsUncertainty) {
  const std::string page = html_page(trained_run());
  EXPECT_THAT(page, HasSubstr("contextual beats last 1 by 0.060 nats at H = 32, 6.0 standard errors."));
  EXPECT_THAT(page, HasSubstr("contextual recovers 58 % (3 %)"));
  EXPECT_THAT(page, HasSubstr("512 spans of 64 documents"));
  EXPECT_LT(page.find("contextual beats"), page.find("<svg"));
}

TEST(HtmlPage, SaysWhichSideIsBetter) {
  RunRecord record = trained_run();
  EXPECT_THAT(html_page(record), HasSubstr("lower is better"));
  EXPECT_THAT(html_page(record), HasSubstr("difference from last 1, below 0 is better"));
  record.evaluations[0].described[0].spec.better = Better::higher;
  EXPECT_THAT(html_page(record), HasSubstr("higher is better"));
  EXPECT_THAT(html_page(record), HasSubstr("difference from last 1, above 0 is better"));
  EXPECT_THAT(html_page(record), HasSubstr("contextual falls short of last 1 by 0.060 nats"));
}

TEST(HtmlPage, HasWhatIsPublishedBesideWhatWasMeasured) {
  RunRecord record = trained_run();
  EXPECT_THAT(html_page(record), Not(HasSubstr(">published<")));
  record.evaluations[0].entries[1].published = {"delta_nll.32", 0.27, 0.05};
  EXPECT_THAT(html_page(record),
              HasSubstr("<td>0.270</td><td>-0.020 <span class='verdict met'>agrees</span></td>"));
  record.evaluations[0].entries[1].published->within = 0.001;
  EXPECT_THAT(html_page(record), HasSubstr("<td>-0.020 <span class='verdict missed'>differs</span></td>"));
  record.evaluations[0].entries[1].published->within.reset();
  EXPECT_THAT(html_page(record), HasSubstr("<td>0.270</td><td>-0.020</td>"));
}

TEST(HtmlPage, HasIntervalsInPlaceOfErrorsWhereTheyWereMade) {
  RunRecord record = trained_run();
  record.evaluations[0].entries[1].measured.interval = Bounds{0.21, 0.3};
  const std::string page = html_page(record);
  EXPECT_THAT(page, HasSubstr("0.250 <span class='error'>[0.210, 0.300]</span>"));
  EXPECT_THAT(page, HasSubstr("brackets: 95 % intervals by bootstrap over clusters"));
}

TEST(HtmlPage, HasLadderTableAndCurves) {
  const std::string page = html_page(trained_run());
  EXPECT_THAT(page, HasSubstr("class='chart ladder'"));
  EXPECT_THAT(page, HasSubstr("0.250 <span class='error'>(0.020)</span>"));
  EXPECT_THAT(page, HasSubstr("aria-label='loss'"));
  EXPECT_THAT(page, HasSubstr("aria-label='learning rate'"));
  EXPECT_THAT(page, HasSubstr("14.0 spans/s"));
}

TEST(HtmlPage, FetchesNothingAndRunsNothing) {
  const std::string page = html_page(trained_run());
  for (const char* part : {"http:", "https:", "<script", "<link", "@import", "url(", "src="}) {
    EXPECT_THAT(page, Not(HasSubstr(part)));
  }
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(page, HasSubstr("@media print"));
}

TEST(HtmlPage, ShowsTheWorstItemsWithTheLossOfEachTokenBehindThem) {
  RunRecord record = trained_run();
  Example example{"contextual", false, "k", 1.25, "A span", {{" so\n", 3.5}, {"\xC3", 0.25}, {"\xA4", 0.25}}};
  record.examples = {{"", "heldout", "delta_nll.32", {example}}};
  example.best = true;
  example.tokens = {{" well", -0.5}, {" known", 0.0}, {" no number", std::nan("")}};
  example.mean = 1.23;
  example.mean_less = 0.888;
  record.examples[0].examples.push_back(example);
  const std::string page = html_page(record);
  EXPECT_THAT(page, HasSubstr("Worst and best spans: heldout"));
  EXPECT_THAT(page, HasSubstr("<h3>contextual, worst</h3>"));
  EXPECT_THAT(page, HasSubstr("<span class='own'>A span</span>"));
  EXPECT_THAT(page, HasSubstr("<span class='h4' title='3.50 nats'> so⏎</span>"));
  EXPECT_THAT(page, HasSubstr("<span class='h2' title='0.50 nats'>ä</span>")) << "two tokens, one letter";
  EXPECT_THAT(page, HasSubstr("<h3>contextual, best</h3>"));
  EXPECT_THAT(page, HasSubstr("<span class='g2' title='-0.50 nats'> well</span>"));
  EXPECT_THAT(page, HasSubstr("<span title='0.00 nats'> known</span> no number</p>"));
  EXPECT_THAT(page, HasSubstr("<span class='soft'>nats, 1.230 against 0.888</span>"));
}

TEST(HtmlPage, EscapesEveryTextOfTheRun) {
  const std::string evil = "<evil&'\">";
  RunRecord record = trained_run();
  record.recipe = record.version = record.processor = record.working_folder = record.status = record.failure =
      evil;
  record.recipe_lock = evil;
  record.command = {evil};
  record.messages = {{0.0, evil, evil, evil}};
  record.plugins = record.contents = {{evil, evil, evil}};
  record.stages[0].name = evil;
  record.stages[0].trains = {evil};
  EvaluationTable& table = record.evaluations[0];
  table.name = table.stage = table.items = evil;
  table.reference = table.paired = table.entries[0].variant = evil;
  for (EvaluationEntry& entry : table.entries) entry.figure = evil;
  record.stages[0].evaluations = {table, table};
  record.examples = {{evil, evil, evil, {{evil, true, evil, 0.0, evil, {{evil, 0.0}}}}}};
  const std::string page = html_page(record);
  EXPECT_THAT(page, Not(HasSubstr("<evil")));
  EXPECT_THAT(page, HasSubstr("&lt;evil&amp;&#39;&quot;&gt;"));
}

TEST(HtmlPage, ClosesEveryElement) {
  const std::string page = html_page(trained_run());
  std::vector<std::string> open;
  const std::regex tag("<(/?)([a-z][a-z0-9]*)[^>]*?(/?)>");
  for (std::sregex_iterator it(page.begin(), page.end(), tag), end; it != end; ++it) {
    const std::string name = (*it)[2];
    if ((*it)[3] == "/" || name == "meta") continue;
    if ((*it)[1] != "/") {
      open.push_back(name);
      continue;
    }
    ASSERT_FALSE(open.empty()) << "</" << name << ">";
    EXPECT_EQ(open.back(), name);
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

TEST(HtmlPage, SaysHowToRunItAgain) {
  RunRecord record = trained_run();
  EXPECT_THAT(html_page(record), HasSubstr("<pre>gistmill run recipes/gistnet/quickstart.toml</pre>"));
  record.command = {"gistmill", "run", "my recipe.toml", "--set", "a='b'"};
  record.working_folder = "/home/ada";
  EXPECT_THAT(html_page(record), HasSubstr("<pre>cd /home/ada\ngistmill run &#39;my recipe.toml&#39; --set "
                                           "&#39;a=&#39;\\&#39;&#39;b&#39;\\&#39;&#39;&#39;</pre>"));
}

TEST(HtmlPage, ShowsRecipePluginsAndMessages) {
  RunRecord record = trained_run();
  record.recipe_lock = "[run]\nsteps = 3  # a.toml:1:1\n";
  record.plugins = {{"loss-kl", "0.1.0", "abcd1234"}};
  record.messages = {{0.0, "warning", "teacher", "slow here"}};
  record.damaged_lines = 2;
  const std::string page = html_page(record);
  EXPECT_THAT(page, HasSubstr("steps = 3  # a.toml:1:1"));
  EXPECT_THAT(page, HasSubstr("abcd1234"));
  EXPECT_THAT(page, HasSubstr("slow here"));
  EXPECT_THAT(page, HasSubstr("2 lines of events.jsonl are damaged"));
}

TEST(HtmlPage, OfAnUnfinishedRunTellsHowFarItCame) {
  RunRecord record = trained_run();
  record.evaluations.clear();
  record.status.clear();
  const std::string page = html_page(record);
  EXPECT_THAT(page, HasSubstr("not ended"));
  EXPECT_THAT(page, HasSubstr("contextual: 3 of 3 steps, loss 2.000 at step 1, 1.000 at step 3."));
  EXPECT_THAT(page, Not(HasSubstr("class='chart ladder'")));
}

TEST(HtmlPage, HasACurveOfEveryFigureThatWasMeasuredOnTheWay) {
  RunRecord record = trained_run();
  EvaluationTable table = record.evaluations[0];
  EvaluationEntry entry = table.entries[1];
  entry.figure = "hits";
  table.entries.push_back(entry);
  table.headline = "delta_nll.32";
  table.step = 1;
  record.stages[0].evaluations.push_back(table);
  EXPECT_THAT(html_page(record), Not(HasSubstr("while training"))) << "one point is no curve";
  table.step = 2;
  record.stages[0].evaluations.push_back(table);
  const std::string page = html_page(record);
  EXPECT_THAT(page, HasSubstr("aria-label='heldout while training'"));
  EXPECT_THAT(page, HasSubstr("aria-label='hits'"));
}

TEST(HtmlPage, HasARowForEachStageWithItsPlanBesideIt) {
  RunRecord record = trained_run();
  StageRecord& stage = record.stages[0];
  stage.points = {};
  for (std::int64_t step = 1; step <= 20; ++step)
    stage.points.push_back({step,
                            3.0 - 0.1 * static_cast<double>(step),
                            1e-4,
                            1.0,
                            step <= 3 ? 2.0 : 1.0,
                            7,
                            {},
                            0.5,
                            step <= 3 ? 1e9 : 2e9});
  stage.steps = 20;
  const std::string page = html_page(record);
  EXPECT_THAT(page, HasSubstr("<tr><td>contextual</td><td>20</td><td>2.95 M</td><td>2.85</td><td>1.05</td>"));
  EXPECT_THAT(
      page, HasSubstr("<td>2 s</td><td>1.15 s</td><td>40 s</td><td>23 s</td><td>1.0 GB</td><td>2.0 GB</td>"));
}

TEST(HtmlPage, HoldsThePlanThatWasMadeBeforeTheRunAgainstIt) {
  RunRecord record = trained_run();
  EXPECT_THAT(html_page(record), HasSubstr("what the first 3 steps of each stage told"));
  record.costs["contextual"] = {0.25, 3e9};
  const std::string page = html_page(record);
  EXPECT_THAT(page, HasSubstr("what gistmill plan measured before the run"));
  EXPECT_THAT(page, HasSubstr("<td>0.25 s</td><td>0.5 s</td>"));
  EXPECT_THAT(page, HasSubstr("<td>3.0 GB</td>"));
}

TEST(HtmlPage, SaysWhatWasWantedAndWhoMeetsIt) {
  RunRecord record = trained_run();
  EXPECT_THAT(html_page(record), Not(HasSubstr("<h3>Targets</h3>")));
  record.evaluations[0].targets = {{"delta_nll.32", 0.5, std::nullopt, 2.0}};
  std::string page = html_page(record);
  EXPECT_THAT(page, HasSubstr("<td>H = 32</td><td>below 0.5; bad: above 2</td>"
                              "<td>0.250 (0.020) <span class='verdict met'>met</span></td>"
                              "<td title=\"\">0 of 1</td>"));
  record.stages[0].evaluations = {record.evaluations[0]};
  EXPECT_THAT(html_page(record),
              HasSubstr("<td>delta-NLL in nats 0.250 (0.020) at H = 32: met, target below 0.5</td>"));
  record.evaluations[0].targets[0].below = 0.7;
  EXPECT_THAT(html_page(record), HasSubstr("<td title=\"dropped\">1 of 1</td>")) << "the target is too easy";
  record.evaluations[0].targets = {{"delta_nll.32", 0.1, std::nullopt, 0.2}};
  EXPECT_THAT(html_page(record), HasSubstr("<span class='verdict bad'>bad</span>"));
}

TEST(HtmlPage, HasACurveOfEveryPartOfTheLoss) {
  RunRecord record = trained_run();
  EXPECT_THAT(html_page(record), Not(HasSubstr("without its weight")));
  for (StepPoint& point : record.stages[0].points) point.losses = {{"nll", point.loss}, {"apart<", 0.5}};
  const std::string page = html_page(record);
  EXPECT_THAT(page, HasSubstr("nll, without its weight"));
  EXPECT_THAT(page, HasSubstr("apart&lt;, without its weight"));
}

TEST(HtmlPage, NamesTheTrainingOfARecipeWithoutStages) {
  RunRecord record = trained_run();
  record.evaluations.clear();
  record.stages[0].name.clear();
  const std::string page = html_page(record);
  EXPECT_THAT(page, HasSubstr("training: 3 of 3 steps"));
  EXPECT_THAT(page, Not(HasSubstr("<h3></h3>")));
}

TEST(HtmlPage, OfAFailedRunBeginsWithTheReason) {
  RunRecord record = trained_run();
  record.status = "failed";
  record.failure = "loss is not finite at step 3";
  EXPECT_THAT(html_page(record), HasSubstr("<p class='lead error-level'>loss is not finite at step 3</p>"));
}

TEST(HtmlPage, OpensWithTheFiguresWhereNothingTrained) {
  RunRecord record = trained_run();
  record.stages.clear();
  for (EvaluationEntry& entry : record.evaluations[0].entries) entry.trained = false;
  EXPECT_THAT(html_page(record), HasSubstr("<p class='lead'>heldout: delta-NLL in nats of dropped 0.600 "
                                           "(0.020), contextual 0.250 (0.020).</p>"));
}

TEST(HtmlPage, OfAnEmptyRunSaysThatThereIsNothingYet) {
  EXPECT_THAT(html_page(RunRecord{}), HasSubstr("The run has written no result yet."));
}

}  // namespace
}  // namespace gistmill
