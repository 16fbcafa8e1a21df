// The batch script of a sweep, and what [sweep.slurm] takes. Whether Slurm likes it: tests/cluster.
#include "host/sweep/slurm.hpp"

#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"
#include "host/recipe/toml.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

SlurmJob job() {
  SlurmJob job;
  job.program = "/opt/gistmill";
  job.folder = "/home/ann/sweeps/one";
  job.working_folder = "/home/ann";
  job.tasks = 3;
  return job;
}

TEST(SlurmScript, IsOneArrayOfWorkersThatSaveBeforeTheirTimeLimit) {
  const std::string script = slurm_script(job());
  EXPECT_THAT(script, HasSubstr("#SBATCH --array=0-2\n"));
  EXPECT_THAT(script, HasSubstr("#SBATCH --signal=B:TERM@120\n"));
  EXPECT_THAT(script, HasSubstr("#SBATCH --requeue\n"));
  EXPECT_THAT(script, HasSubstr("'/opt/gistmill' sweep work '/home/ann/sweeps/one'"));
  EXPECT_THAT(script, Not(HasSubstr("--partition")));
}

TEST(SlurmScript, QuotesPathsForSbatchAndForTheShell) {
  SlurmJob odd = job();
  odd.folder = "/it's 100% \"odd\"";
  const std::string script = slurm_script(odd);
  EXPECT_THAT(script, HasSubstr(R"(#SBATCH --output="/it's 100%% \"odd\"/slurm-%A_%a.log")"));
  EXPECT_THAT(script, HasSubstr(R"(sweep work '/it'\''s 100% "odd"')"));
}

TEST(SlurmScript, AsksForWhatTheStudySays) {
  SlurmJob asking = job();
  asking.settings = {.partition = "gpu",
                     .time = "1:00:00",
                     .memory = "8G",
                     .cpus = 4,
                     .save_seconds = 30,
                     .options = {"--gres=gpu:1"}};
  const std::string script = slurm_script(asking);
  for (const char* option : {"--partition=\"gpu\"", "--time=\"1:00:00\"", "--mem=\"8G\"", "--cpus-per-task=4",
                             "--signal=B:TERM@30", "--gres=gpu:1"})
    EXPECT_THAT(script, HasSubstr("#SBATCH " + std::string(option) + "\n"));
}

std::string refusal_of(const std::string& table) {
  try {
    read_slurm_settings(parse_toml(table, "study.toml", ExitCode::recipe));
  } catch (const Failure& failure) {
    return failure.message();
  }
  return "";
}

TEST(SlurmSettings, RefuseWhatSbatchCannotBeTold) {
  EXPECT_EQ(refusal_of("time = \"1:00\"\noptions = [\"--gres=gpu:1\"]\n"), "");
  EXPECT_THAT(refusal_of("tme = \"1:00\"\n"), HasSubstr("unknown key 'tme'"));
  EXPECT_THAT(refusal_of("save_seconds = 70000\n"), HasSubstr("should be at most 65535"));
  EXPECT_THAT(refusal_of("options = [\"--a\\nrm\"]\n"), HasSubstr("more than one line"));
}

}  // namespace
}  // namespace gistmill
