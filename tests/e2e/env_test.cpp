// gistmill env: what it says of the program and the machine, and what it must not say.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class Env : public ProgramTest {
 protected:
  nlohmann::json env(const std::string& before = "", const std::string& arguments = "") const {
    const Answer answer = gistmill("env --json " + arguments, before);
    EXPECT_EQ(answer.code, 0) << answer.err;
    return nlohmann::json::parse(answer.out);
  }
  static std::vector<std::string> missing(const nlohmann::json& env) {
    std::vector<std::string> all;
    for (const auto& item : env["missing"]) {
      EXPECT_NE(item["remedy"], "") << item;
      all.push_back(item["what"]);
    }
    return all;
  }
};

TEST_F(Env, SaysWhatTheProgramAndTheMachineAre) {
  const nlohmann::json env = this->env();
  EXPECT_EQ(env["version"], nlohmann::json::parse(gistmill("version --json").out)["version"]);
  EXPECT_GE(env["machine"]["cores"], 1);
  EXPECT_GE(env["machine"]["hardware_threads"], env["machine"]["cores"]);
  EXPECT_GT(env["machine"]["memory_bytes"], env["machine"]["available_bytes"]);
  EXPECT_GT(env["machine"]["available_bytes"], 0);
  EXPECT_NE(env["system"]["kernel"], "");
}

TEST_F(Env, IsATableForPeople) {
  const Answer answer = gistmill("env", "export OMP_NUM_THREADS=3;");
  EXPECT_THAT(answer.out, HasSubstr("\nthreads     3 on "));
  EXPECT_THAT(answer.out, HasSubstr("OMP_NUM_THREADS=3\n"));
  EXPECT_THAT(answer.out, ContainsRegex("\nmemory      [0-9.]+ [MG]B, [0-9.]+ [MG]B available\n"));
}

TEST_F(Env, ShowsOnlyVariablesThatTheProgramReads) {
  const nlohmann::json env = this->env("export GISTMILL_CHECK=1 MY_SECRET=word;");
  EXPECT_EQ(env["environment"]["GISTMILL_CHECK"], "1");
  EXPECT_THAT(env.dump(), Not(HasSubstr("word")));
}

TEST_F(Env, NeverShowsTheHomeFolder) {
  const std::string home = (folder_ / "home").string();
  std::filesystem::create_directories(home + "/plugins");
  write("home/plugins/broken.so", "no library");
  const nlohmann::json env =
      this->env("export HOME='" + home + "' GISTMILL_PLUGIN_PATH='" + home + "/plugins:" + home + "';");
  EXPECT_THAT(env.dump(), Not(HasSubstr(home)));
  EXPECT_EQ(env["plugins"]["folders"][0]["folder"], "~/plugins");
  EXPECT_EQ(env["plugins"]["folders"][1]["folder"], "~");
  EXPECT_EQ(env["plugins"]["refused"][0]["file"], "~/plugins/broken.so");
  EXPECT_EQ(this->env("export HOME='" + home + "' GISTMILL_PLUGIN_PATH='" + home +
                      "x';")["plugins"]["folders"][0]["folder"],
            home + "x");
  const Answer answer = gistmill("env --plugins '" + home + "/plugins'", "export HOME='" + home + "';");
  EXPECT_THAT(answer.out, Not(HasSubstr(home)));
}

TEST_F(Env, CountsPluginsOfEachFolder) {
  const nlohmann::json plugins = env("", test_plugins())["plugins"];
  EXPECT_GE(plugins["folders"][0]["plugins"], 1);
  EXPECT_GE(plugins["components"], 1);
}

TEST_F(Env, SaysWhatIsMissingAndWhatToDo) {
  write("plugins/broken.so", "no library");
  const std::vector<std::string> found =
      missing(env("export GISTMILL_PLUGIN_PATH=plugins:nowhere GISTMILL_TORCH_ROOT=/nowhere;"));
  EXPECT_THAT(found, Contains(HasSubstr("plugins/broken.so was refused: ")));
  EXPECT_THAT(found, Contains("there is no folder nowhere"));
  const nlohmann::json torch = env("export GISTMILL_TORCH_ROOT=/nowhere;")["libtorch"];
  EXPECT_EQ(torch["found"], false);
  if (torch["wanted"] == "") return;
  EXPECT_THAT(
      found,
      Contains("LibTorch was not found in GISTMILL_TORCH_ROOT: there is no /nowhere/lib/libtorch_cpu.so"));
}

TEST_F(Env, FindsTheLibTorchOfTheBuildAndRefusesAnother) {
  const nlohmann::json torch = env("unset GISTMILL_TORCH_ROOT;")["libtorch"];
  if (torch["wanted"] == "") GTEST_SKIP() << "built without LibTorch";
  EXPECT_EQ(torch["found"], true) << torch;
  EXPECT_EQ(torch["by"], "lib/gistmill/torch");
  EXPECT_EQ(torch["version"], torch["wanted"]);
  write("torch/lib/libtorch_cpu.so", "");
  write("torch/include/torch/headeronly/version.h",
        "#define TORCH_VERSION_MAJOR 1\n#define TORCH_VERSION_MINOR 2\n#define TORCH_VERSION_PATCH 3\n");
  const nlohmann::json other = env("export GISTMILL_TORCH_ROOT=torch;")["libtorch"];
  EXPECT_EQ(other["found"], false);
  EXPECT_THAT(other["problem"].get<std::string>(), HasSubstr("is 1.2.3 when this program was built with "));
}

}  // namespace
}  // namespace gistmill
