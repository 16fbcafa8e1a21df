// Every plugin that comes with the program passes; what needs files that no check can make up is counted and
// said.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "tests/host/certify/certified_plugin.hpp"

namespace gistmill::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> shipped_plugins() {
  std::vector<std::string> libraries;
  for (const auto& entry : fs::directory_iterator(fs::path(GISTMILL_BUILD_DIR) / "lib/gistmill/plugins")) {
    if (entry.path().extension() == ".so") libraries.push_back(entry.path().string());
  }
  std::sort(libraries.begin(), libraries.end());
  return libraries;
}

class ShippedPlugin : public testing::TestWithParam<std::string> {};

TEST_P(ShippedPlugin, Passes) {
  const Certified answer = certified_file(GetParam(), "");
  EXPECT_EQ(answer.code, 0) << answer.faults() << answer.json.value("text", "");
  ASSERT_TRUE(answer.json.contains("passed"));
  EXPECT_GE(answer.json["passed"], 4) << "manifest, scan, symbols and load need no files";
  std::cout << answer.json["passed"] << " checks passed, " << answer.json["not_checked"] << " not checked, "
            << answer.json["seconds"] << " s\n";
}

std::string name_of(const testing::TestParamInfo<std::string>& plugin) {
  std::string name = fs::path(plugin.param).stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, ShippedPlugin, testing::ValuesIn(shipped_plugins()), name_of);

}  // namespace
}  // namespace gistmill::test
