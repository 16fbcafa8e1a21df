// Specification of how a process knows that a launcher started it with others.
#include "host/registry/launch.hpp"

#include <cstdlib>

#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"

#include "tests/support/file_bytes.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class LaunchTest : public ::testing::Test {
 protected:
  void SetUp() override { forget(); }
  void TearDown() override { forget(); }
  static void forget() {
    for (const char* name : {"GISTMILL_RANKS", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK",
                             "PMI_SIZE", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"})
      unsetenv(name);
  }
  static void given(const char* name, const char* value) { setenv(name, value, 1); }

  // By the contract that comes with the program.
  static Launch launch() {
    const std::string text = test::bytes_of(GISTMILL_SOURCE_DIR "/sdk/contracts/collective.toml");
    return launch_of_process({parse_contract(text, "collective", "collective.toml")});
  }
};

TEST_F(LaunchTest, WithoutALauncherAProcessIsAlone) {
  EXPECT_FALSE(launch().several());
  EXPECT_EQ(launch().rank, 0);
}

TEST_F(LaunchTest, MpirunGivesNumberAndCount) {
  given("OMPI_COMM_WORLD_RANK", "2");
  given("OMPI_COMM_WORLD_SIZE", "4");
  const Launch found = launch();
  EXPECT_EQ(found.rank, 2);
  EXPECT_EQ(found.size, 4);
  EXPECT_EQ(found.contract, "collective");
  EXPECT_EQ(found.launcher, "mpirun of Open MPI");
}

TEST_F(LaunchTest, AStepOfSrunIsKnownAndAScriptOfAJobIsNot) {
  given("SLURM_NTASKS", "4");  // sbatch and salloc
  given("SLURM_PROCID", "0");
  EXPECT_FALSE(launch().several());
  given("SLURM_STEP_NUM_TASKS", "4");
  EXPECT_EQ(launch().size, 4);
  EXPECT_EQ(launch().launcher, "srun");
}

TEST_F(LaunchTest, MpirunCountsBeforeTheSlurmStepThatItStartsItsDaemonsBy) {
  given("SLURM_PROCID", "1");
  given("SLURM_STEP_NUM_TASKS", "2");
  given("OMPI_COMM_WORLD_RANK", "0");
  given("OMPI_COMM_WORLD_SIZE", "1");
  EXPECT_FALSE(launch().several()) << "mpirun -n 1 on two nodes";
}

TEST_F(LaunchTest, TheSwitchMakesAProcessARunOfItsOwn) {
  given("PMI_RANK", "1");
  given("PMI_SIZE", "2");
  EXPECT_TRUE(launch().several());
  given("GISTMILL_RANKS", "off");
  EXPECT_FALSE(launch().several());
  EXPECT_EQ(launch().rank, 0);
}

TEST_F(LaunchTest, VariablesThatAreNoNumbersAreRefused) {
  given("PMI_RANK", "one");
  given("PMI_SIZE", "2");
  try {
    launch();
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::usage);
    EXPECT_THAT(failure.message(), HasSubstr("PMI_RANK is 'one'"));
  }
  given("PMI_RANK", "2");
  EXPECT_THROW(launch(), Failure) << "ranks count from 0";
}

TEST_F(LaunchTest, AContractMayNameLaunchersOfItsOwn) {
  const Contract contract = parse_contract(
      "doc = 'd'\n[[launchers]]\nname = 'starter'\nrank = 'STARTER_ME'\nsize = 'STARTER_ALL'\n", "join",
      "join.toml");
  ASSERT_EQ(contract.launchers.size(), 1u);
  EXPECT_EQ(contract.launchers[0].rank, "STARTER_ME");
  EXPECT_THROW(parse_contract("doc = 'd'\nlaunchers = ['mpirun']\n", "join", "join.toml"), Failure);
  EXPECT_THROW(parse_contract("doc = 'd'\n[[launchers]]\nname = 'x'\n", "join", "join.toml"), Failure);
}

}  // namespace
}  // namespace gistmill
