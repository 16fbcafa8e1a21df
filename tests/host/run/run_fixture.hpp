// What tests of the run room share: recipes on the plain C plugin, run in a scratch folder.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "host/prepare/prepare_recipe.hpp"
#include "host/run/library.hpp"

namespace gistmill {

class RunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("gistmill-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // What a recipe begins with that is merged over `layers` of tests/plugins.
  static std::string over(const std::vector<std::string>& layers) {
    std::string text = "extends = [";
    for (const std::string& layer : layers)
      text += "\"" GISTMILL_SOURCE_DIR "/tests/plugins/" + layer + "\", ";
    return text + "]\n";
  }

  // A recipe that fits y = a * x to zero, with `more` merged over it.
  std::filesystem::path recipe(const std::string& more = "", const std::string& name = "recipe.toml") {
    write("base.toml", over({"plain/ramp.toml"}) + R"(
[run]
steps = 8

[learning_rate]
peak = 0.1
floor = 0.01
)");
    return write(name, "extends = \"base.toml\"\n" + more);
  }

  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  std::string read(const std::filesystem::path& path) const {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
  }

  RunRequest request(const std::filesystem::path& recipe, const std::string& run = "run") {
    RunRequest request;
    request.recipe = recipe;
    request.folder = folder_ / run;
    request.plugin_folders = {std::filesystem::path(GISTMILL_BUILD_DIR) / "tests/plugins",
                              std::filesystem::path(GISTMILL_BUILD_DIR) / "lib/gistmill/plugins"};
    request.talk = [this](std::string_view line) { talk_ += std::string(line) + "\n"; };
    return request;
  }

  RunOutcome run(const RunRequest& asked) {
    RunOutcome outcome;
    gistmill_run_verb(&asked, &outcome);
    return outcome;
  }

  // What the verb prepare answers for that recipe and these plugins.
  static nlohmann::json prepare_files(const RunRequest& asked) {
    PrepareRequest request;
    request.recipe = asked.recipe;
    request.plugin_folders = asked.plugin_folders;
    request.talk = asked.talk;
    return prepare_recipe(request).files;
  }

  // Goes on with a run that had ended, as if it had been interrupted before its summary.
  RunOutcome resume(const std::filesystem::path& recipe, const std::string& name = "run") {
    std::filesystem::remove(folder_ / name / "summary.json");
    RunRequest asked = request(recipe, name);
    asked.resume = true;
    return run(asked);
  }

  std::vector<nlohmann::json> events(const std::string& kind, const std::string& run = "run") const {
    std::vector<nlohmann::json> found;
    std::istringstream lines(read(folder_ / run / "events.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      nlohmann::json event = nlohmann::json::parse(line);
      if (event["event"] == kind) found.push_back(std::move(event));
    }
    return found;
  }

  std::filesystem::path folder_;
  std::string talk_;
};

}  // namespace gistmill
