// A shipped recipe with stages, evaluations and several variants, on a real model and two ranks.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/e2e/small_training.hpp"

namespace gistmill {
namespace {

class RanksModelTest : public TrainTest {
 protected:
  nlohmann::json summary_of(const std::string& folder, const std::string& launcher) const {
    const std::string stages = " --set 'stage.*.variables.model=" + model() +
                               "' --set 'stage.*.variables.text=text' --set 'stage.*.run.steps=3'" +
                               " --set 'stage.*.run.micro_steps=2'" + sizes("stage.*.");
    const Answer answer = gistmill("run '" GISTMILL_SOURCE_DIR "/recipes/gistnet/quickstart.toml' --folder " +
                                       folder + small() + stages + " --set run.threads=1",
                                   launcher);
    EXPECT_EQ(answer.code, 0) << answer.err;
    EXPECT_EQ(answer.err.find("rank 0 alone measures") != std::string::npos, !launcher.empty()) << answer.err;
    return answer.code == 0 ? nlohmann::json::parse(read(folder_ / folder / "summary.json"))
                            : nlohmann::json();
  }
};

TEST_F(RanksModelTest, StagesAndEvaluationsGiveTheFiguresOfOneProcess) {
  if (std::system("command -v mpirun > /dev/null") != 0 ||
      !std::filesystem::exists(std::string(GISTMILL_BUILD_DIR) + "/lib/gistmill/plugins/collective-mpi.so"))
    GTEST_SKIP() << "no mpirun, or built without MPI (Debian: openmpi-bin, libopenmpi-dev)";
  // The ranks come first: a corpus that is missing is prepared once.
  const auto together = summary_of("together", "mpirun --allow-run-as-root --oversubscribe -n 2");
  const auto alone = summary_of("alone", "");
  ASSERT_TRUE(together.contains("evaluations"));
  EXPECT_EQ(together["run"]["steps"], alone["run"]["steps"]);
  EXPECT_EQ(together["run"]["items"], alone["run"]["items"]);
  const auto& found = together["evaluations"][0]["entries"];
  const auto& expected = alone["evaluations"][0]["entries"];
  ASSERT_EQ(found.size(), expected.size());
  ASSERT_GT(found.size(), 0u);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i]["variant"], expected[i]["variant"]);
    EXPECT_EQ(found[i]["n"], expected[i]["n"]);
    EXPECT_NEAR(found[i]["mean"], expected[i]["mean"], 0.02)
        << found[i] << ": bf16 rounds what the model computes";
  }
}

}  // namespace
}  // namespace gistmill
