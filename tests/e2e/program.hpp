// Runs the real program in a scratch folder and keeps what it said.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace gistmill {

struct Answer {
  int code = -1;
  std::string out;  // standard output
  std::string err;  // standard error
};

class ProgramTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(::testing::TempDir()) /
        ("gistmill-e2e-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  static std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
  }

  // `arguments` are shell words; the working folder is the scratch folder. `before`: shell code such as
  // "ulimit -f 8;".
  Answer gistmill(const std::string& arguments, const std::string& before = "") const {
    const std::string program = std::string(GISTMILL_BUILD_DIR) + "/bin/gistmill";
    const std::string command = "cd '" + folder_.string() + "' && (" + before + " '" + program + "' " +
                                arguments + ") > .out 2> .err < /dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(folder_ / ".out"), read(folder_ / ".err")};
  }

  // "" where there is no model, which the caller says as the reason to skip.
  static std::string model() {
    const char* named = std::getenv("GISTMILL_MODEL");
    return named != nullptr && std::filesystem::exists(named) ? named : "";
  }

  // A recipe with `more` merged over tests/plugins/plain/ramp.toml: two steps that need no model.
  static std::string ramp(const std::string& more = "") {
    return "extends = \"" GISTMILL_SOURCE_DIR "/tests/plugins/plain/ramp.toml\"\n" + more;
  }
  static std::string test_plugins() {
    return "--plugins '" + std::string(GISTMILL_BUILD_DIR) + "/tests/plugins' ";
  }

  std::filesystem::path folder_;
};

}  // namespace gistmill
