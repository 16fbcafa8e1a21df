// The kinds and keys of docs/reference/events.md, held against the events of a real run: every kind and every
// key that a run writes is in the page, and every key that the page does not call optional is in the run.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/docs/page.hpp"
#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::IsSupersetOf;

struct Keys {
  std::set<std::string> all;
  std::set<std::string> required;
};

// Of one kind; for an evaluation those of its figures and entries too.
Keys documented(const Section& section) {
  Keys keys;
  for (std::size_t row = 0; row < section.rows.size(); ++row) {
    const bool optional = section.rows[row].size() > 1 && section.rows[row][1].rfind("*optional*", 0) == 0;
    for (const std::string& name : section.names(row)) {
      keys.all.insert(name);
      if (!optional) keys.required.insert(name);
    }
  }
  return keys;
}

// Keys of an event and of the objects in its lists `figures` and `entries`.
std::set<std::string> written(const nlohmann::json& event) {
  std::set<std::string> keys;
  for (const auto& [key, value] : event.items()) keys.insert(key);
  for (const char* list : {"figures", "entries"}) {
    if (!event.contains(list)) continue;
    for (const auto& entry : event[list]) {
      for (const auto& [key, value] : entry.items()) keys.insert(key);
    }
  }
  return keys;
}

class EventDocs : public ProgramTest {
 protected:
  // Two stages with a cache, a file that results depend on, checkpoints and an evaluation of variants.
  std::vector<nlohmann::json> events_of_a_run() {
    write("book.txt", "what results depend on");
    const std::string part = R"(
[components]
pages  = { use = "test/pages" }
reader = { use = "test/reader", book = "book.txt" }
other  = { use = "test/reader", book = "book.txt", factor = 2.0 }
scale  = { use = "test/scale" }
loss   = { use = "test/half-squares" }
number = { use = "test/figure" }
optimizer = { use = "optimizer/adamw" }
progress = { use = "logger/progress" }
[pipelines.train]
steps = ["pages.next", "reader.read", "reader.weight", "reader.sum", "scale.apply", "loss.value"]
minimize = "loss"
train = ["scale"]
cache = ["reader.read"]
[pipelines.look]
steps = ["pages.next", "reader.read", "reader.weight", "reader.sum", "number.measure"]
[run]
steps = 2
items = "x"
loggers = ["progress"]
[evaluations.look]
pipeline = "look"
steps = 2
reference = "as it is"
paired = "as it is"
[[evaluations.look.variants]]
name = "as it is"
[[evaluations.look.variants]]
name = "doubled"
use = { reader = "other" }
)";
    write("part.toml", part);
    write("whole.toml", "extends = \"part.toml\"\n[[stage]]\nname = \"first\"\nrecipe = \"part.toml\"\n");
    return run("whole.toml", "");
  }

  // Runs and answers all events that the run's file then holds.
  std::vector<nlohmann::json> run(const std::string& recipe, const std::string& options) {
    const Answer answer = gistmill("run " + recipe + " --folder runs/whole " + options + test_plugins());
    EXPECT_EQ(answer.code, 0) << answer.err;
    std::vector<nlohmann::json> events;
    std::istringstream lines(read(folder_ / "runs/whole/events.jsonl"));
    for (std::string line; std::getline(lines, line);) events.push_back(nlohmann::json::parse(line));
    return events;
  }
};

TEST_F(EventDocs, EveryKindAndKeyOfARunIsInThePageAndWhatIsNotOptionalIsInTheRun) {
  const Page page("docs/reference/events.md");
  std::set<std::string> seen;
  for (const nlohmann::json& event : events_of_a_run()) {
    const std::string kind = event["event"];
    const Section* section = nullptr;
    for (const Section& each : page.sections()) {
      if (each.title == kind) section = &each;
    }
    ASSERT_NE(section, nullptr) << "no section for " << event;
    seen.insert(kind);
    Keys keys = documented(*section);
    for (const char* common : {"event", "time"}) keys.all.insert(common);
    const std::set<std::string> found = written(event);
    for (const std::string& key : found) EXPECT_EQ(keys.all.count(key), 1u) << kind << " has " << key;
    EXPECT_THAT(found, IsSupersetOf(keys.required)) << kind;
  }
  EXPECT_THAT(seen, IsSupersetOf({"run_started", "stage_started", "contents", "step", "evaluation", "cache",
                                  "checkpoint", "message", "stage_finished", "run_finished"}));
}

TEST_F(EventDocs, AStageThatWasResumedTellsTheItemsOfAllItsProcesses) {
  events_of_a_run();  // writes the recipes
  const std::string every_step = "--set checkpoints.every=1 ";
  run("part.toml", "--fresh " + every_step);
  std::filesystem::remove_all(folder_ /
                              "runs/whole/checkpoints/step-000002");  // as if it had ended after step 1
  std::filesystem::remove(folder_ / "runs/whole/summary.json");
  const auto events = run("part.toml", "--resume " + every_step);
  std::vector<std::int64_t> items;
  for (const nlohmann::json& event : events) {
    if (event["event"] == "stage_finished") items.push_back(event["items"]);
  }
  EXPECT_THAT(items, ::testing::ElementsAre(8, 8)) << "two steps of four, in one process and in two";
}

TEST_F(EventDocs, TheSummaryHasTheKeysOfThePagesExample) {
  events_of_a_run();
  const auto summary = nlohmann::json::parse(read(folder_ / "runs/whole/summary.json"));
  const Page page("docs/events.md");
  const std::string& text = page.section("summary.json").text;
  const std::size_t begin = text.find("```json");
  const std::size_t end = text.find("```", begin + 7);
  const auto example = nlohmann::json::parse(text.substr(begin + 7, end - begin - 7));
  const auto expect_keys = [](const nlohmann::json& shown, const nlohmann::json& real,
                              const std::string& where) {
    for (const auto& [key, value] : shown.items())
      EXPECT_TRUE(real.contains(key)) << where << " lacks " << key;
    for (const auto& [key, value] : real.items()) EXPECT_TRUE(shown.contains(key)) << where << " has " << key;
  };
  expect_keys(example, summary, "summary");
  expect_keys(example["run"], summary["run"], "run");
  auto shown = example["evaluations"][0], real = summary["evaluations"][0];
  expect_keys(shown, real, "evaluation");
  expect_keys(shown["figures"][0], real["figures"][0], "figure");
  for (const char* seldom : {"binding_gap", "binding_gap_standard_error", "verdict"})
    shown["entries"][0].erase(seldom);
  for (const auto& entry : real["entries"]) {
    if (entry["variant"] == "doubled") expect_keys(shown["entries"][0], entry, "entry");
  }
}

}  // namespace
}  // namespace gistmill
