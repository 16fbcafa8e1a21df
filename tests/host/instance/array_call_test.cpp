// Operations by name on plain arrays, and descriptions, of plugins in C and in C++.
#include "host/instance/array_call.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "host/check/violation.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

// Through the checking proxy, so that the plugins of this repository are held against the contract too.
class ArrayCallTest : public ::testing::Test {
 protected:
  void SetUp() override { setenv("GISTMILL_CHECK", "1", 1); }
  void TearDown() override { EXPECT_THAT(take_violations(), ::testing::IsEmpty()); }
  // With the manifest's defaults.
  std::unique_ptr<Instance> make(const std::string& component) {
    PlannedInstance planned;
    planned.name = component;
    planned.spec = registry_.find(component);
    for (const OptionSpec& option : planned.spec->options)
      planned.options.push_back({option.key, *option.default_value, {}});
    auto instance =
        std::make_unique<Instance>(planned, registry_.load(component, plugin_host()), plugin_host());
    instance->start({{"N", 3}}, 0);
    return instance;
  }
  static std::string refusal(const Instance& instance, const char* operation, const Arrays& in) {
    try {
      call_operation(instance, operation, in);
    } catch (const Failure& failure) {
      return failure.message();
    }
    return "";
  }

  Registry registry_{{std::string(GISTMILL_BUILD_DIR) + "/tests/plugins"}};
};

TEST_F(ArrayCallTest, RunsAnOperationByName) {
  const auto scale = make("test/scale");
  const Arrays out = call_operation(*scale, "apply", {{"x", Tensor::of<float>({1, 2, 3}, {3})}});
  ASSERT_EQ(out.at("y").size(), 3);
  EXPECT_EQ(out.at("y").data<float>()[2], 3.0f);
}

TEST_F(ArrayCallTest, RefusesWhatTheManifestDoesNotHave) {
  const auto scale = make("test/scale");
  EXPECT_EQ(refusal(*scale, "aply", {}), "test/scale has no operation 'aply'");
  EXPECT_EQ(refusal(*scale, "apply", {{"z", Tensor::of<float>({1}, {1})}}),
            "test/scale has no input 'z' in its operation apply");
  EXPECT_EQ(refusal(*scale, "apply", {}),
            "test/scale needs input 'x' in its operation apply, which only recipes can give");
  EXPECT_EQ(refusal(*scale, "apply", {{"x", Tensor::of<float>({1, 2}, {1, 2})}}),
            "test/scale has a wrong port 'x' of apply: f32[1, 2] when it should be f32[N]");
  EXPECT_EQ(refusal(*scale, "apply", {{"x", Tensor::of<std::int32_t>({1}, {1})}}),
            "test/scale has a wrong port 'x' of apply: i32[1] when it should be f32[N]");
}

TEST_F(ArrayCallTest, PluginInPlainCDescribesItself) {
  EXPECT_EQ(make("test/ramp")->describe().dump(), "{\"calls\":0,\"size\":4}");
}

TEST_F(ArrayCallTest, ComponentWithoutADescriptionHasAnEmptyOne) {
  EXPECT_EQ(make("test/scale")->describe().dump(), "{}");
}

}  // namespace
}  // namespace gistmill
