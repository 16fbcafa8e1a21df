// Calls that are answered from disk: which run, what they give, and what damaged files do.
#include "host/run/step/call_cache.hpp"

#include <gmock/gmock.h>

#include <chrono>

#include "host/diagnostic/failure.hpp"

#include "tests/host/run/pages_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CallCacheTest : public PagesTest {
 protected:
  // How often an operation of the reader ran.
  int runs(const std::string& operation, const std::string& run = "run") const {
    int count = 0;
    for (const auto& event : events("message", run)) count += event["text"] == operation + " runs";
    return count;
  }
  std::vector<std::filesystem::path> entries() const {
    std::vector<std::filesystem::path> files;
    const auto folder = folder_ / "prepared/calls";
    if (!std::filesystem::exists(folder)) return files;
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
      if (each.is_regular_file()) files.push_back(each.path());
    }
    return files;
  }
  // "<key>-<format>.h5"
  static std::string key_of(const std::filesystem::path& entry) {
    const std::string stem = entry.stem().string();
    return stem.substr(0, stem.rfind('-'));
  }
  std::string warnings(const std::string& run) const {
    std::string text;
    for (const auto& event : events("message", run)) {
      if (event["level"] == "warning") text += event["text"].get<std::string>() + "\n";
    }
    return text;
  }
  // A run without a cache: what all others are held against, bit for bit.
  std::vector<double> plain() {
    run(request(cached("[]", "", "plain.toml"), "plain"));
    return losses("plain");
  }
};

TEST_F(CallCacheTest, IsHitInTheSecondEpochAndTheSecondRun) {
  const auto expected = plain();
  EXPECT_EQ(runs("read", "plain"), 4);
  run(request(cached(R"(["reader.read", "reader.sum"])")));
  EXPECT_EQ(runs("read"), 2);
  EXPECT_EQ(runs("sum"), 2);
  EXPECT_EQ(losses(), expected);
  EXPECT_EQ(entries().size(), 4u);
  run(request(cached(R"(["reader.read", "reader.sum"])"), "again"));
  EXPECT_EQ(runs("read", "again"), 0);
  EXPECT_EQ(runs("sum", "again"), 0);
  EXPECT_EQ(losses("again"), expected);
}

TEST_F(CallCacheTest, AnObjectComesBackThroughItsCodec) {
  const auto expected = plain();
  run(request(cached(R"(["reader.read"])")));
  EXPECT_EQ(runs("read"), 2);
  EXPECT_EQ(runs("sum"), 4);
  EXPECT_EQ(losses(), expected);
}

// Three pages a step, of two that come in turn.
TEST_F(CallCacheTest, EveryIterationOfARepeatedPartHasResultsOfItsOwn) {
  const auto repeated = [&](const std::string& cache, const std::string& name) {
    cached(cache, "", "once.toml");
    return write(name, R"(extends = "once.toml"
[pipelines.train]
steps = [{ repeat = 3, steps = ["pages.next", "reader.read", "reader.weight", "reader.sum", "scale.apply", "loss.value"] }]
)");
  };
  run(request(repeated("[]", "plain.toml"), "plain"));
  EXPECT_EQ(runs("read", "plain"), 12);
  run(request(repeated(R"(["reader.read", "reader.sum"])", "recipe.toml")));
  EXPECT_EQ(runs("read"), 2);
  EXPECT_EQ(losses(), losses("plain"));
}

TEST_F(CallCacheTest, CallsThatOnlyCacheHitsReadDoNotRun) {
  run(request(cached(R"(["reader.sum"])")));
  EXPECT_EQ(runs("sum"), 2);
  EXPECT_EQ(runs("read"), 2) << "of a known page no notes are needed";
  run(request(cached(R"(["reader.sum"])"), "again"));
  EXPECT_EQ(runs("read", "again"), 0);
  EXPECT_EQ(runs("weight", "again"), 0);
  EXPECT_EQ(losses("again"), losses());
}

TEST_F(CallCacheTest, CountsHitsAndReportsThem) {
  run(request(cached(R"(["reader.read", "reader.sum"])")));
  const auto told = events("cache");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0]["calls"][1]["call"], "reader.sum");
  EXPECT_EQ(told[0]["calls"][1]["hits"], 2);
  EXPECT_EQ(told[0]["calls"][1]["misses"], 2);
  EXPECT_GT(told[0]["calls"][1]["bytes_read"], 0);
  EXPECT_EQ(told[0]["bytes"], told[0]["calls"][0]["bytes_written"].get<int>() +
                                  told[0]["calls"][1]["bytes_written"].get<int>());
  const auto steps = events("step");
  EXPECT_EQ(steps[0]["cache_hits"], 0);
  EXPECT_EQ(steps[0]["cache_misses"], 2);
  EXPECT_EQ(steps[3]["cache_hits"], 1) << "notes of a page whose sum is known are not asked for";
  EXPECT_THAT(talk_, HasSubstr("caching reader.read, reader.sum in "));
  EXPECT_FALSE(plain().empty());
  EXPECT_TRUE(events("cache", "plain").empty());
  EXPECT_FALSE(events("step", "plain")[0].contains("cache_hits"));
}

TEST_F(CallCacheTest, MissesWithAnotherOptionFileOrPage) {
  write("book.txt", "one");
  const std::string book =
      "[components.reader]\nuse = \"test/reader\"\nbook = \"" + (folder_ / "book.txt").string() + "\"\n";
  const auto with = [&](const std::string& more, const std::string& name) {
    write(name + ".toml", "extends = \"recipe.toml\"\n" + more);
    run(request(folder_ / (name + ".toml"), name));
    return runs("read", name);
  };
  run(request(cached(R"(["reader.read"])")));
  EXPECT_EQ(with("", "same"), 0);
  EXPECT_EQ(with("[components.reader]\nfactor = 2.0\n", "option"), 2);
  EXPECT_EQ(with(book, "file"), 2);
  EXPECT_EQ(with(book, "file-again"), 0);
  write("book.txt", "two");
  EXPECT_EQ(with(book, "file-changed"), 2);
  EXPECT_EQ(with("[components.pages]\npages = 3\n", "page"), 1) << "two of the three are known";
  EXPECT_EQ(with("[run]\nthreads = 7\n", "threads"), 2) << "rounding differs with the number of threads";
}

TEST_F(CallCacheTest, DamagedEntriesAreMadeAgainWithOneWarning) {
  const auto expected = plain();
  run(request(cached(R"(["reader.read", "reader.sum"])")));
  for (const auto& path : entries()) {
    std::string bytes = read(path);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    std::ofstream(path, std::ios::binary) << bytes;
  }
  run(request(cached(R"(["reader.read", "reader.sum"])"), "again"));
  EXPECT_EQ(losses("again"), expected);
  EXPECT_EQ(runs("read", "again"), 2);
  const std::string said = warnings("again");
  EXPECT_THAT(said, HasSubstr("is not a whole cached call: its size or checksum"));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  run(request(cached(R"(["reader.read", "reader.sum"])"), "mended"));
  EXPECT_EQ(runs("read", "mended"), 0);
}

TEST_F(CallCacheTest, EntriesOfAnOlderFormatAreMadeAgainWithoutAWarning) {
  run(request(cached(R"(["reader.read", "reader.sum"])")));
  const int made = runs("read");
  ASSERT_GT(made, 0);
  for (const auto& path : entries()) {  // as format 1 named them, with the checksum that it had
    std::filesystem::remove(path);
    std::ofstream(path.parent_path() / (key_of(path) + ".h5"))
        << "gistmill cached call, HDF5 behind 512 bytes; 4096 bytes, checksum 0123456789abcdef\n";
  }
  run(request(cached(R"(["reader.read", "reader.sum"])"), "again"));
  EXPECT_EQ(losses("again"), losses());
  EXPECT_EQ(runs("read", "again"), made);
  EXPECT_EQ(warnings("again"), "");
}

TEST_F(CallCacheTest, EntriesThatDoNotFitThePortsAreMadeAgain) {
  run(request(cached(R"(["reader.read", "reader.sum"])")));
  const float number = 1;
  for (const auto& path : entries()) {  // whole files, under the right key, of other values
    const bool object = read(path).find("reader.read") != std::string::npos;
    const EntryValue value = {
        object ? "notes" : "x", object ? "test.notes/1" : "", {{object ? "values" : "", "f32", {}, &number}}};
    write_entry(path, {key_of(path), "", ""}, {value});
  }
  run(request(cached(R"(["reader.read", "reader.sum"])"), "again"));
  EXPECT_EQ(losses("again"), losses());
  EXPECT_THAT(warnings("again"), HasSubstr("reader.sum is run again"));
}

// Of the two halves the first one fits by itself, and would make them three numbers long.
TEST_F(CallCacheTest, AnEntryThatDoesNotFitDecidesNoSizes) {
  cached("[]", "", "base.toml");
  const auto halved = write("halved.toml", R"(extends = "base.toml"
[components]
figure = { use = "test/figure" }
halves = { use = "test/halves" }
[pipelines.measure]
steps = ["pages.next", "reader.read", "reader.weight", "reader.sum", "halves.split",
         { call = "figure.measure", in = { x = "low" } }]
cache = ["halves.split"]
[run]
steps = 0
[evaluations.e]
pipeline = "measure"
steps = 1
)");
  run(request(halved));
  const float numbers[] = {1, 2, 3};
  for (const auto& path : entries()) {
    write_entry(path, {key_of(path), "", ""},
                {{"low", "", {{"", "f32", {3}, numbers}}}, {"high", "", {{"", "f32", {1}, numbers}}}});
  }
  run(request(halved, "again"));
  EXPECT_THAT(warnings("again"), HasSubstr("halves.split is run again"));
  EXPECT_EQ(events("evaluation", "again")[0]["entries"], events("evaluation")[0]["entries"]);
}

TEST_F(CallCacheTest, StaysWithinItsBytesAndRemovesOldEntriesOnly) {
  run(request(cached(R"(["reader.read"])")));
  const auto first = entries();
  ASSERT_EQ(first.size(), 2u);
  for (const auto& path : first) {
    std::filesystem::last_write_time(path,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }
  // Room for one more, which may have 40 KB as far as is known before, and for none of the others beside it.
  RunRequest again = request(cached(R"(["reader.read"])"), "again");
  again.overrides = {"components.reader.factor=3.0", "cache.max_gb=4.5e-5"};
  run(again);
  EXPECT_EQ(runs("read", "again"), 3) << "one page is known in the second epoch";
  EXPECT_FALSE(std::filesystem::exists(first[0]));
  EXPECT_FALSE(std::filesystem::exists(first[1]));
  EXPECT_EQ(entries().size(), 1u);
  bool told = false;
  for (const auto& event : events("message", "again"))
    told = told || event["text"].get<std::string>().find("the cache is full") == 0;
  EXPECT_TRUE(told);
}

TEST_F(CallCacheTest, IsTurnedOffByASizeOfZero) {
  RunRequest asked = request(cached(R"(["reader.read"])"));
  asked.overrides = {"cache.max_gb=0"};
  run(asked);
  EXPECT_EQ(runs("read"), 4);
  EXPECT_TRUE(entries().empty());
}

TEST_F(CallCacheTest, AFolderThatCannotBeWrittenIsReportedOnceAndTheRunContinues) {
  write("prepared", "a file stands where the folder should be");
  run(request(cached(R"(["reader.read"])")));
  EXPECT_EQ(losses().size(), 4u);
  const std::string said = warnings("run");
  EXPECT_THAT(said, HasSubstr("nothing more is cached"));
}

TEST_F(CallCacheTest, AResumedRunGoesOnBitForBit) {
  const auto expected = plain();
  const std::string twice = "[checkpoints]\nevery = 2\n";
  const auto path = cached(R"(["reader.read", "reader.sum"])", twice);
  run(request(path));
  std::filesystem::remove_all(folder_ / "run/checkpoints/step-000004");
  resume(path);
  const auto all = losses();
  ASSERT_EQ(all.size(), 6u) << "steps 3 and 4 once more";
  EXPECT_THAT(all, ElementsAre(expected[0], expected[1], expected[2], expected[3], expected[2], expected[3]));
}

TEST_F(CallCacheTest, VariantsOfAnEvaluationShareWhatTheFirstOfThemNeeds) {
  const std::string pipeline = R"(
[components]
figure = { use = "test/figure" }
summer = { use = "test/reader" }
other  = { use = "test/reader", factor = 2.0 }  # which its sum does not show
[pipelines.measure]
steps = ["pages.next", "reader.read", "reader.weight", "summer.sum", "figure.measure"]
cache = ["summer.sum"]
[run]
steps = 0
[evaluations.e]
pipeline = "measure"
steps = 3
)";
  const std::string one = "[[evaluations.e.variants]]\nname = \"one\"\n";
  const std::string two = one + "[[evaluations.e.variants]]\nname = \"two\"\nuse = { summer = \"other\" }\n";
  cached("[]", "", "base.toml");
  const auto evaluate = [&](const std::string& variants, const std::string& name) {
    write(name + ".toml", "extends = \"base.toml\"\n" + pipeline + variants);
    run(request(folder_ / (name + ".toml"), name));
    return events("evaluation", name).at(0)["entries"];
  };
  const auto first = evaluate(one, "first");
  EXPECT_EQ(runs("read", "first"), 2);
  const auto both = evaluate(two, "both");
  EXPECT_EQ(runs("read", "both"), 2) << "of the variant that is not known yet";
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0]["mean"], first[0]["mean"]);
  EXPECT_EQ(both[1]["mean"], first[0]["mean"]);
  const auto again = evaluate(two, "again");
  EXPECT_EQ(runs("read", "again") + runs("weight", "again") + runs("sum", "again"), 0);
  EXPECT_EQ(again, both);
}

TEST_F(CallCacheTest, RefusesAnObjectThatItsInstanceCannotTurnIntoTensors) {
  write("base.toml", read(cached(R"(["reader.read"])")));
  const auto path = write("mute.toml", "extends = \"base.toml\"\n[components.reader]\nuse = \"test/mute\"\n");
  try {
    run(request(path));
    FAIL() << "an object without a codec was cached";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::recipe);
    EXPECT_THAT(failure.what(),
                HasSubstr("pages.toml:10:24: reader.read cannot be cached: test/mute does not turn "
                          "objects of type test.notes/1 into tensors"));
  }
}

TEST_F(CallCacheTest, RefusesAnInstanceThatDoesNotSayWhatItReads) {
  write("base.toml", read(cached(R"(["reader.weight"])")));
  const auto path = write("mute.toml",
                          "extends = \"base.toml\"\n[components.reader]\nuse = \"test/mute\"\n"
                          "book = \"b.txt\"\n");
  try {
    run(request(path));
    FAIL() << "results of unknown files were cached";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(),
                HasSubstr("reader.weight cannot be cached: test/mute reads files but does not"));
  }
}

}  // namespace
}  // namespace gistmill
