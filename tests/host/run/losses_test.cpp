// What is minimized as a sum of parts, and learning rates of single instances, through the C ABI.
#include <gmock/gmock.h>

#include <cstring>

#include "gistmill/formats/safetensors.hpp"
#include "host/diagnostic/failure.hpp"
#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class LossesTest : public RunTest {
 protected:
  // loss = sum(y * y) / 2 and tilt = sum(y), of which `minimize` makes one number.
  std::filesystem::path parts(const std::string& minimize, const std::string& more = "") {
    return recipe(R"(
[components]
tilt = { use = "test/tilt" }
[pipelines.train]
steps = ["data.next", "scale.apply", "loss.value", { call = "tilt.value", out = { loss = "tilt" } }]
minimize = )" + minimize +
                      "\n" + more,
                  "parts.toml");
  }
  // The same number from one component.
  std::filesystem::path combined(const std::string& weight) {
    return recipe("[components]\nloss = { use = \"test/both\", weight = " + weight + " }\n", "combined.toml");
  }
  std::vector<float> parameters(const std::string& run, const std::string& name = "scale.a",
                                const std::string& step = "000008") const {
    const formats::Safetensors file(folder_ / run / ("checkpoints/step-" + step) / "parameters.safetensors");
    const auto& tensor = file.tensor(name);
    std::vector<float> values(tensor.data.size() / sizeof(float));
    std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
    return values;
  }
  std::string refusal(const std::filesystem::path& path) {
    try {
      run(request(path, "refused"));
    } catch (const Failure& failure) {
      return failure.what();
    }
    return "no failure";
  }
};

TEST_F(LossesTest, AWeightedSumTrainsAsTheOneComponentThatComputesIt) {
  run(request(parts("{ loss = 1.0, tilt = 0.25 }"), "parts"));
  run(request(combined("0.25"), "combined"));
  const auto sum = events("step", "parts");
  const auto one = events("step", "combined");
  ASSERT_EQ(sum.size(), 8u);
  for (std::size_t i = 0; i < sum.size(); ++i) {
    EXPECT_NEAR(sum[i]["loss"].get<double>(), one[i]["loss"].get<double>(), 1e-6);
    EXPECT_NEAR(sum[i]["gradient_norm"].get<double>(), one[i]["gradient_norm"].get<double>(), 1e-6);
  }
  const auto first = parameters("parts");
  const auto second = parameters("combined");
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_NEAR(first[i], second[i], 1e-6);
}

// y = a x with x = (1/4, 2/4, 3/4, 1) and a = 1: loss 0.9375, tilt 2.5.
TEST_F(LossesTest, EveryPartIsLoggedWithoutItsWeight) {
  run(request(parts("{ loss = 2.0, tilt = -0.5 }", "[run]\nmicro_steps = 3\n"), "parts"));
  const auto step = events("step", "parts")[0];
  EXPECT_NEAR(step["losses"]["loss"].get<double>(), 0.9375, 1e-6);
  EXPECT_NEAR(step["losses"]["tilt"].get<double>(), 2.5, 1e-6);
  EXPECT_NEAR(step["loss"].get<double>(), 2 * 0.9375 - 0.5 * 2.5, 1e-6);
}

TEST_F(LossesTest, ASingleSlotIsThePartOfWeightOneAndLogsNoParts) {
  run(request(recipe(), "slot"));
  run(request(recipe("[pipelines.train]\nminimize = { loss = 1.0 }\n", "table.toml"), "table"));
  EXPECT_FALSE(events("step", "slot")[0].contains("losses"));
  EXPECT_FALSE(events("step", "table")[0].contains("losses"));
  EXPECT_EQ(parameters("slot"), parameters("table"));
}

TEST_F(LossesTest, AWeightScalesTheGradientOfASinglePart) {
  run(request(recipe(), "whole"));
  run(request(recipe("[pipelines.train]\nminimize = { loss = 0.5 }\n", "half.toml"), "half"));
  EXPECT_NEAR(events("step", "half")[0]["gradient_norm"].get<double>(),
              0.5 * events("step", "whole")[0]["gradient_norm"].get<double>(), 1e-6);
  EXPECT_NEAR(events("step", "half")[0]["losses"]["loss"].get<double>(), 0.9375, 1e-6);
}

TEST_F(LossesTest, APartOfWeightZeroIsLoggedAndChangesNothing) {
  run(request(recipe(), "plain"));
  run(request(parts("{ loss = 1.0, tilt = 0.0 }"), "parts"));
  EXPECT_EQ(parameters("parts"), parameters("plain"));
  EXPECT_NEAR(events("step", "parts")[0]["losses"]["tilt"].get<double>(), 2.5, 1e-6);
}

TEST_F(LossesTest, APartThatIsNotFiniteIsNamed) {
  const auto path = recipe(R"(
[components]
bad  = { use = "test/ramp", poison = 5 }
tilt = { use = "test/tilt" }
[pipelines.train]
minimize = { loss = 1.0, tilt = 0.25 }
[pipelines.train.insert]
after."data.next" = [{ call = "bad.next", out = { x = "z" } },
                     { call = "tilt.value", in = { y = "z" }, out = { loss = "tilt" } }]
)");
  EXPECT_THAT(refusal(path),
              HasSubstr("part 'tilt' of the loss is nan at step 5 of 8; parameters are those of step 4"));
}

// The gradient is 1e30 x, whose squares are beyond f32.
TEST_F(LossesTest, AnInfiniteGradientStopsBeforeParametersChange) {
  EXPECT_THAT(refusal(parts("{ loss = 0.0, tilt = 1e30 }")),
              HasSubstr("gradient norm is inf at step 1 of 8; parameters are those of step 0"));
}

// loss reads what scale makes, tilt what second makes: neither gradient depends on the other's parameters.
class RatesTest : public LossesTest {
 protected:
  std::filesystem::path two(const std::string& rates, const std::string& name) {
    return recipe(R"(
[components]
second = { use = "test/scale" }
other  = { use = "test/half-squares" }
[pipelines.train]
steps = ["data.next", "scale.apply", "loss.value", { call = "second.apply", out = { y = "z" } },
         { call = "other.value", in = { y = "z" }, out = { loss = "more" } }]
minimize = { loss = 1.0, more = 1.0 }
train = ["scale", "second"]
[run]
clip = 0
)" + rates,
                  name);
  }
};

TEST_F(RatesTest, AnInstanceTrainsAtItsOwnRateAndTheOthersAtTheGeneralOne) {
  run(request(two("[learning_rate.second]\npeak = 0.03\nfloor = 0.003\nwarmup = 3\n", "own.toml"), "own"));
  run(request(two("", "general.toml"), "general"));
  run(request(two("[learning_rate]\npeak = 0.03\nfloor = 0.003\nwarmup = 3\n", "lower.toml"), "lower"));
  EXPECT_EQ(parameters("own", "scale.a"), parameters("general", "scale.a"));
  EXPECT_EQ(parameters("own", "second.a"), parameters("lower", "second.a"));
  EXPECT_NE(parameters("own", "second.a"), parameters("general", "second.a"));
}

// AdamW's first update is the rate times the gradient's sign.
TEST_F(RatesTest, TheFirstUpdateIsTheInstancesRate) {
  run(request(two("steps = 1\n[learning_rate.second]\npeak = 0.03\nfloor = 0.03\n", "own.toml"), "own"));
  for (const float a : parameters("own", "scale.a", "000001")) EXPECT_NEAR(a, 1 - 0.01, 1e-6);
  for (const float a : parameters("own", "second.a", "000001")) EXPECT_NEAR(a, 1 - 0.03, 1e-6);
}

// first has a buffer in front of its parameter.
TEST_F(RatesTest, ABufferTakesNobodysRate) {
  run(request(recipe(R"(
[components]
first = { use = "test/witness", label = "first" }
other = { use = "test/half-squares" }
[pipelines.train]
steps = ["data.next", { call = "first.apply", out = { y = "z" } },
         { call = "other.value", in = { y = "z" }, out = { loss = "more" } }, "scale.apply", "loss.value"]
minimize = { loss = 1.0, more = 1.0 }
train = ["first", "scale"]
[run]
steps = 1
clip = 0
[learning_rate.scale]
peak = 0.03
floor = 0.03
)")));
  for (const float a : parameters("run", "first.a", "000001")) EXPECT_NEAR(a, 1 - 0.01, 1e-3);
  for (const float a : parameters("run", "scale.a", "000001")) EXPECT_NEAR(a, 1 - 0.03, 1e-3);
}

TEST_F(RatesTest, KeysThatAnInstanceLeavesOutComeFromTheGeneralTable) {
  run(request(two("[learning_rate]\nwarmup = 4\n[learning_rate.second]\npeak = 0.04\n", "own.toml"), "own"));
  const auto steps = events("step", "own");
  EXPECT_NEAR(steps[0]["learning_rate"].get<double>(), 0.1 / 4, 1e-9);
  EXPECT_NEAR(steps[0]["learning_rates"]["second"].get<double>(), 0.04 / 4, 1e-9);
  EXPECT_NEAR(steps[7]["learning_rates"]["second"].get<double>(), 0.01, 1e-9) << "the general floor";
  EXPECT_FALSE(steps[0]["learning_rates"].contains("scale"));
}

TEST_F(RatesTest, ARateForAnInstanceThatDoesNotTrainIsRefused) {
  EXPECT_THAT(refusal(two("[learning_rate.secnd]\npeak = 0.03\n", "own.toml")),
              HasSubstr("[learning_rate.secnd] names no instance that pipeline 'train' trains"));
  EXPECT_THAT(refusal(two("[learning_rate.secnd]\npeak = 0.03\n", "own.toml")),
              HasSubstr("did you mean 'second'?"));
  EXPECT_THAT(refusal(two("[learning_rate.loss]\npeak = 0.03\n", "own.toml")),
              HasSubstr("it trains: scale second"));
}

}  // namespace
}  // namespace gistmill
