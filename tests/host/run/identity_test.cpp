// One identity in three places: the prepared corpus, the cached call and the lock of a run know a plugin by
// its build, so that nothing made by other code is taken for what this code makes.
#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "gistmill/formats/token_file.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/recipe/recipe.hpp"
#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class IdentityInRuns : public RunTest {
 protected:
  std::filesystem::path codes_recipe() {
    return write("codes.toml", R"(
[components]
codes  = { use = "test/codes" }
store  = { use = "store/tokens" }
corpus = { use = "dataset/spans", corpus = "prepare" }
pages  = { use = "test/pages" }
reader = { use = "test/reader" }
scale  = { use = "test/scale" }
loss   = { use = "test/half-squares" }
optimizer = { use = "optimizer/adamw" }

[pipelines.prepare]
steps = ["codes.next", "codes.shift", { call = "store.append", in = { tokens = "shifted" } }]

[pipelines.train]
steps = [
  "pages.next",
  { call = "codes.shift", in = { tokens = "page" } },
  { call = "reader.read", in = { page = "shifted" } },
  "reader.weight", "reader.sum", "scale.apply", "loss.value",
]
minimize = "loss"
train = ["scale"]
cache = ["codes.shift"]

[run]
steps = 2
prepared = ")" + prepared().string() +
                                   "\"\n");
  }
  std::filesystem::path prepared() const { return folder_ / "prepared"; }

  RunRequest with(const std::string& build, RunVerb verb, const std::string& run = "run") {
    RunRequest asked = request(codes_recipe(), run);
    asked.verb = verb;
    asked.plugin_folders.insert(asked.plugin_folders.begin(),
                                std::filesystem::path(GISTMILL_BUILD_DIR) / "tests/codes" / build);
    return asked;
  }
  // The file that `prepare` answers with.
  std::filesystem::path prepare(const std::string& build) {
    talk_.clear();
    return prepare_files(with(build, RunVerb::run))[0]["path"].get<std::string>();
  }
  static nlohmann::json provenance(const std::filesystem::path& corpus) {
    return nlohmann::json::parse(formats::TokenFileReader(corpus).provenance());
  }
  // What the one entry of the cache says of the instance that ran.
  nlohmann::json cached_identity() const {
    for (const auto& each : std::filesystem::recursive_directory_iterator(prepared() / "calls")) {
      if (!each.is_regular_file()) continue;
      const std::string bytes = read(each.path());
      std::istringstream text(bytes.substr(bytes.find("{\"instance\":")));
      nlohmann::json identity;
      text >> identity;
      return identity["instance"];
    }
    return nullptr;
  }
  LockedPlugin locked(const std::string& component) const {
    const Recipe lock = load_recipe(folder_ / "run/recipe.lock.toml", {});
    for (const LockedPlugin& plugin : lock.lock->plugins) {
      if (plugin.component == component) return plugin;
    }
    return {};
  }
};

TEST_F(IdentityInRuns, ARebuiltPluginPreparesAnotherFileAndSaysWhy) {
  const auto first = prepare("first");
  EXPECT_THAT(talk_, Not(HasSubstr("again")));
  const std::string bytes = read(first);

  const auto second = prepare("second");
  EXPECT_NE(first, second);
  EXPECT_THAT(talk_, HasSubstr("preparing " + second.string() + " again: " + first.string() +
                               " was made by another build of test/codes"));
  EXPECT_EQ(read(first), bytes) << "what the other build made stays as it is";
  std::int32_t ids[4] = {};
  formats::TokenFileReader(second).read(0, 0, 4, ids);
  EXPECT_EQ(ids[0], 3) << "1 shifted by 2";

  EXPECT_EQ(prepare("first"), first);
  EXPECT_THAT(talk_, Not(HasSubstr("preparing"))) << "it is there already";
}

TEST_F(IdentityInRuns, StagesThatPrepareOtherTextHaveFilesOfTheirOwn) {
  RunRequest asked = with("first", RunVerb::run);
  asked.recipe = write("whole.toml", R"(
[[stage]]
name = "one"
recipe = "codes.toml"
[[stage]]
name = "two"
recipe = "codes.toml"
set = ["components.codes.factor=3"]
)");
  const nlohmann::json files = prepare_files(asked);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_NE(files[0]["path"], files[1]["path"]);
}

TEST_F(IdentityInRuns, EveryCorpusOfAMixtureIsPreparedAndKnown) {
  RunRequest asked = with("first", RunVerb::run);
  asked.recipe = write("mixed.toml", R"(
extends = "codes.toml"
[components]
others = { use = "test/codes", factor = 3 }
corpus = { corpus = { prepare = 0.7, more = 0.3 } }
[pipelines.more]
steps = ["others.next", { call = "store.append", in = { tokens = "tokens" } }]
)");
  const nlohmann::json files = prepare_files(asked);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0]["pipeline"], "more");
  EXPECT_EQ(files[1]["pipeline"], "prepare");
  EXPECT_EQ(files[1]["path"], prepare("first").string()) << "the same file as for that corpus alone";
  for (const auto& file : prepare_files(asked)) EXPECT_EQ(file["made"], false);
}

TEST_F(IdentityInRuns, CorpusOfAnEarlierVersionIsLeftAloneAndNamed) {
  std::filesystem::create_directories(prepared());
  const auto old = prepared() / "prepare-0123456789abcdef.h5";
  formats::TokenFileWriter writer(
      old, R"({"pipeline": "prepare", "calls": ["codes.next", "codes.shift", "store.append"], "instances": {
          "codes": {"use": "test/codes", "version": "0.1.0", "options": {"factor": 1}, "content": ""},
          "store": {"use": "store/tokens", "version": "0.1.0", "options": {"longest": 0, "shortest": 0, "short": "join",
                    "join": "file", "between": []}, "content": ""}}, "identity": "0"})");
  const std::int32_t id = 7;
  writer.append(&id, 1, "old", 0);
  writer.commit();
  write("prepared/prepare-damaged.h5", "no corpus");
  const std::string bytes = read(old);
  EXPECT_NE(prepare("first"), old);
  EXPECT_THAT(talk_,
              HasSubstr(" again: " + old.string() + " was made by an earlier version, which did not record"));
  EXPECT_EQ(read(old), bytes);
}

TEST_F(IdentityInRuns, IsTheSameInPreparedCorporaCachedCallsAndLocks) {
  const nlohmann::json corpus = provenance(prepare("first"))["instances"]["codes"];
  run(with("first", RunVerb::run));
  const nlohmann::json call = cached_identity();
  ASSERT_EQ(corpus.size(), 5u) << corpus;
  for (const auto& [key, value] : corpus.items()) EXPECT_EQ(call[key], value) << key;
  EXPECT_EQ(locked("test/codes").sha256, corpus["build"]);
  EXPECT_EQ("codes " + locked("test/codes").version, corpus["plugin"]);
}

TEST_F(IdentityInRuns, ARunContinuesWithThePluginsThatItBeganWith) {
  run(with("first", RunVerb::run));
  std::filesystem::remove(folder_ / "run/summary.json");  // as if it had ended before
  RunRequest resumed = with("second", RunVerb::run);
  resumed.resume = true;
  try {
    run(resumed);
    FAIL() << "went on";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::plugin);
    EXPECT_THAT(failure.what(), HasSubstr("run/recipe.lock.toml:"));
    EXPECT_THAT(failure.what(), HasSubstr("test/codes: locked 0.1.0"));
  }
  resumed.ignore_lock = true;
  EXPECT_EQ(run(resumed).code, ExitCode::ok);
  const auto messages = events("message");
  const bool said = std::any_of(messages.begin(), messages.end(), [](const nlohmann::json& event) {
    return event["text"].get<std::string>().rfind("plugin differs from the lock: test/codes: ", 0) == 0;
  });
  EXPECT_TRUE(said);
}

}  // namespace
}  // namespace gistmill
