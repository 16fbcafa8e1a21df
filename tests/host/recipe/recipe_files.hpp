// What the tests of recipes share: a folder of their own to write recipes in, and failures as text.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "host/recipe/recipe.hpp"

namespace gistmill {

class RecipeFiles : public ::testing::Test {
 protected:
  RecipeFiles() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(test->test_suite_name()) + "." + test->name();
    for (char& c : name) c = c == '/' ? '_' : c;
    folder_ = std::filesystem::path(::testing::TempDir()) / name;
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~RecipeFiles() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  Recipe load(const std::string& name, const std::vector<std::string>& overrides = {}) {
    return load_recipe(folder_ / name, overrides);
  }

  // A text with the folder's path taken out.
  std::string without_folder(std::string text) const {
    const std::string prefix = folder_.string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

  // The whole text of the failure, without the folder.
  std::string failure(const std::string& name, const std::vector<std::string>& overrides = {},
                      ExitCode code = ExitCode::recipe) {
    try {
      load(name, overrides);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), code) << failure.what();
      return without_folder(failure.what());
    }
    return "no failure";
  }

  // The value at a dotted path of the resolved tree as TOML, or "nothing".
  static std::string at(const Recipe& recipe, const std::string& path) {
    const Value* value = &recipe.resolved;
    for (std::size_t start = 0; value != nullptr && start <= path.size();) {
      const std::size_t end = std::min(path.find('.', start), path.size());
      value = value->find(path.substr(start, end - start));
      start = end + 1;
    }
    return value == nullptr ? "nothing" : value->text();
  }

  std::filesystem::path folder_;
};

}  // namespace gistmill
