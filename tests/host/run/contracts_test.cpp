// A component that fulfils one contract serves wherever that one is enough.
#include "run_fixture.hpp"

namespace gistmill {
namespace {

class ContractsTest : public RunTest {
 protected:
  // `measured`: the calls from the compressor to the model, in the pipeline that measures.
  std::filesystem::path gist_recipe(const std::string& measured) {
    return write("gist.toml", R"(
[components]
data  = { use = "test/passages" }
model = { use = "student/passage" }
gist  = { use = "gistnet/vector" }
own   = { use = "transform/roll" }
other = { use = "transform/roll", shift = 1 }
loss  = { use = "loss/delta-nll" }
delta = { use = "metric/delta-nll", horizons = [2] }
optimizer = { use = "optimizer/adamw" }

[pipelines.train]
steps = ["data.next", "model.scale", "model.head", "model.read", "model.embed", "model.original",
  "loss.reference", "gist.compress", "model.resume", "loss.value"]
minimize = "loss"
train = ["gist"]

[pipelines.measure]
steps = ["data.next", "model.scale", "model.head", "model.read", "model.embed", "model.original",
  "loss.reference", )" + measured +
                                  R"(, "loss.value", "delta.measure"]

[run]
steps = 20

[learning_rate]
peak = 0.05
floor = 0.05

[evaluations.heldout]
pipeline = "measure"
steps = 1
reference = "own"
[[evaluations.heldout.variants]]
name = "own"
[[evaluations.heldout.variants]]
name = "other"
use = { own = "other" }
)");
  }
};

constexpr const char* kMoved =
    R"({ call = "gist.compress", out = { gist = "compressed" } }, { call = "own.apply", in = { gist = "compressed" } }, "model.resume")";

TEST_F(ContractsTest, AComponentThatIsOnlyResumableTrainsAGist) {
  const RunOutcome outcome = run(request(gist_recipe(kMoved)));
  ASSERT_EQ(outcome.code, ExitCode::ok) << outcome.text << talk_;
  const auto steps = events("step");
  ASSERT_EQ(steps.size(), 20u);
  EXPECT_LT(steps.back()["loss"].get<double>(), steps.front()["loss"].get<double>());
}

TEST_F(ContractsTest, ATransformStandsBetweenCompressorAndModelUnderTheNameOfTheGist) {
  const RunOutcome outcome = run(request(gist_recipe(kMoved)));
  ASSERT_EQ(outcome.code, ExitCode::ok) << outcome.text << talk_;
  const auto table = nlohmann::json::parse(read(folder_ / "run/summary.json"));
  EXPECT_NE(table.dump().find("delta_nll.2"), std::string::npos);
}

}  // namespace
}  // namespace gistmill
