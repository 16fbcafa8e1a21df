// Repeated parts of a pipeline and components that take part in their next input, through the C ABI.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/host/run/step/open_pipeline.hpp"

namespace gistmill {
namespace {

constexpr const char* kParts = R"(
[components]
session = { use = "test/session" }
tilt    = { use = "test/tilt" }
draw    = { use = "test/draw" }
mask    = { use = "test/mask" }
)";

class RepeatTest : public OpenPipelineTest {
 protected:
  std::filesystem::path with_steps(const std::string& steps, const std::string& name = "recipe.toml",
                                   const std::string& more = "") {
    return recipe(std::string(kParts) + "[pipelines.train]\nsteps = " + steps + "\n" + more, name);
  }
  // A pipeline to be run by hand, with a of scale at `a`.
  PipelineRun& open(const std::filesystem::path& path, float a) {
    PipelineRun& run = OpenPipelineTest::open(path);
    parameter().tensor.fill_(a);
    return run;
  }
  double minimized() {
    EXPECT_TRUE(run_->forward(context_));
    return run_->minimized().at(0);
  }
  at::Tensor gradient() {
    parameter().gradient.zero_();
    minimized();
    run_->backward(context_, 1.0);
    return parameter().gradient.clone();
  }
};

// x goes through scale three times: y = a^3 x, of which the loss is half the squares.
constexpr const char* kThrice =
    R"(["data.next", { repeat = 3, steps = [{ call = "scale.apply", out = { y = "x" } }] },
        { call = "loss.value", in = { y = "x" } }])";

TEST_F(RepeatTest, AReaderGetsTheIterationBeforeAndAfterThePartTheLast) {
  PipelineRun& run = open(with_steps(kThrice), 2.0f);
  ASSERT_TRUE(run.forward(context_));
  EXPECT_EQ(run.tensors("x").size(), 3u);
  const at::Tensor x = at::arange(1, 5).to(at::kFloat) / 4;
  EXPECT_TRUE(at::equal(run.tensors("x")[0], x * 2));
  EXPECT_TRUE(at::equal(run.tensor("x"), x * 8));
  EXPECT_FLOAT_EQ(run.tensor("loss").item<float>(), (x * 8).square().sum().item<float>() / 2);
}

TEST_F(RepeatTest, GradientsThroughIterationsAreThoseOfFiniteDifferences) {
  open(with_steps(kThrice), 1.25f);
  const at::Tensor exact = gradient();
  constexpr float kStep = 1e-2f;
  for (std::int64_t i = 0; i < 4; ++i) {
    parameter().tensor[i] += kStep;
    const double above = minimized();
    parameter().tensor[i] -= 2 * kStep;
    const double below = minimized();
    parameter().tensor[i] += kStep;
    // The third derivative leaves an error of a part in ten thousand.
    const double expected = (above - below) / (2 * kStep);
    EXPECT_NEAR(exact[i].item<double>(), expected, 2e-3 * std::abs(expected) + 1e-4) << i;
  }
}

TEST_F(RepeatTest, ARepeatedPartEqualsItsCallsWrittenOutBitForBit) {
  open(with_steps(kThrice), 1.25f);
  const at::Tensor repeated = gradient();
  open(with_steps(R"(["data.next", { call = "scale.apply", out = { y = "y1" } },
                      { call = "scale.apply", in = { x = "y1" }, out = { y = "y2" } },
                      { call = "scale.apply", in = { x = "y2" }, out = { y = "y3" } },
                      { call = "loss.value", in = { y = "y3" } }])",
                  "unrolled.toml"),
       1.25f);
  EXPECT_TRUE(at::equal(gradient(), repeated));
}

// loss of iteration i: sum (a^i x)^2 / 2, of which the derivative is i a^(2 i - 1) x^2.
TEST_F(RepeatTest, WhatEveryIterationMinimizesCountsAsItsMean) {
  open(with_steps(R"(["data.next", { repeat = 3, steps = [{ call = "scale.apply", out = { y = "x" } },
                      { call = "loss.value", in = { y = "x" } }] }])"),
       2.0f);
  const at::Tensor squares = (at::arange(1, 5).to(at::kFloat) / 4).square();
  EXPECT_NEAR(minimized(), squares.sum().item<double>() / 2 * (4 + 16 + 64) / 3, 1e-4);
  EXPECT_TRUE(at::allclose(gradient(), squares * ((1 * 2 + 2 * 8 + 3 * 32) / 3.0), 1e-6));
}

TEST_F(RepeatTest, RandomCallsDifferByIterationAndAreReproducible) {
  PipelineRun& run = open(with_steps(R"(["data.next", { repeat = 4, steps = [{ call = "draw.fill" },
                                         { call = "session.act", in = { y = "drawn" } }] },
                                         "scale.apply", "loss.value"])"),
                          1.0f);
  const auto drawn = [&] {
    EXPECT_TRUE(run.forward(context_));
    std::vector<float> numbers;
    for (const at::Tensor& each : run.tensors("drawn")) numbers.push_back(each[0].item<float>());
    return numbers;
  };
  const std::vector<float> numbers = drawn();
  EXPECT_EQ(std::set<float>(numbers.begin(), numbers.end()).size(), 4u);
  EXPECT_EQ(drawn(), numbers);
}

TEST_F(RepeatTest, AVjpDrawsTheNumbersOfItsIteration) {
  open(with_steps(R"(["data.next", { repeat = 3, steps = [{ call = "scale.apply", out = { y = "s" } },
                      { call = "mask.apply", in = { x = "s" }, out = { y = "x" } }] }, { call = "tilt.value", in = { y = "x" } }])"),
       1.25f);
  const at::Tensor exact = gradient();  // of sum (m1 m2 m3 a^3 x): 3 / a times the loss, by parts
  EXPECT_NEAR(exact.sum().item<double>(), 3 / 1.25 * minimized(), 1e-5);
}

TEST_F(RepeatTest, ItemsOfAllIterationsAreCounted) {
  run(request(with_steps(R"([{ repeat = 3, steps = ["data.next", "scale.apply", "loss.value"] }])",
                         "recipe.toml", "[run]\nitems = \"x\"\n")));
  EXPECT_EQ(events("step")[0]["items"], 12);
}

TEST_F(RepeatTest, AResumedRunGoesOnBitForBit) {
  const auto path =
      with_steps(R"(["session.next", { repeat = 2, steps = [{ call = "scale.apply", out = { y = "x" } },
                                   { call = "session.act", in = { y = "x" } }] }, { call = "loss.value", in = { y = "x" } }])",
                 "recipe.toml", "[checkpoints]\nevery = 1\nkeep = 100\n");
  run(request(path));
  auto again = request(path, "again");
  run(again);
  for (int step = 4; step <= 8; ++step)
    std::filesystem::remove_all(folder_ / ("again/checkpoints/step-00000" + std::to_string(step)));
  std::filesystem::remove(folder_ / "again/summary.json");
  again.resume = true;
  run(again);
  for (const char* file : {"parameters.safetensors", "optimizer.safetensors", "session.state"}) {
    EXPECT_FALSE(read(folder_ / "run/checkpoints/step-000008" / file).empty()) << file;
    EXPECT_EQ(read(folder_ / "run/checkpoints/step-000008" / file),
              read(folder_ / "again/checkpoints/step-000008" / file))
        << file;
  }
}

// The on-policy pattern: what is done in one step is what the next step begins with.
constexpr const char* kOnPolicy = R"(["session.next", "scale.apply", "session.act", "loss.value"])";

TEST_F(RepeatTest, AComponentDecidesPartOfTheNextStepsInput) {
  PipelineRun& run = open(with_steps(kOnPolicy), 2.0f);
  ASSERT_TRUE(run.forward(context_));
  const at::Tensor acted = run.tensor("y").clone();
  ASSERT_TRUE(run.forward(context_));
  EXPECT_TRUE(at::equal(run.tensor("x"), acted));
}

TEST_F(RepeatTest, AnEvaluationLeavesTheStateOfTrainingAsItWas) {
  const std::string measured = R"(
[components.measure]
use = "test/measure"
[pipelines.measure]
steps = ["session.next", "scale.apply", "session.act", "measure.measure"]
[evaluations.now]
pipeline = "measure"
steps = 2
every = 2
)";
  run(request(with_steps(kOnPolicy), "plain"));
  run(request(with_steps(kOnPolicy, "measured.toml", measured), "measured"));
  EXPECT_EQ(events("evaluation", "measured").size(), 4u);
  for (const char* file : {"parameters.safetensors", "session.state"}) {
    EXPECT_EQ(read(folder_ / "plain/checkpoints/step-000008" / file),
              read(folder_ / "measured/checkpoints/step-000008" / file))
        << file;
  }
}

}  // namespace
}  // namespace gistmill
