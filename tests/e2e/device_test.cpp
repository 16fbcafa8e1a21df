// Training on a device through the real program. The device is a fake one that every machine has
// (tests/plugins/support/fake_device.hpp): what it shows is that the numbers are those of main memory and
// that nothing waits for the device, not how fast one is.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/e2e/events.hpp"
#include "tests/e2e/small_training.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

const char* const kFakeDevice = "LD_PRELOAD='" FAKE_DEVICE "' GISTMILL_FAKE_DEVICE_WAITS=waits";

class DeviceTest : public TrainTest {
 protected:
  struct Trained {
    std::vector<double> losses;
    std::vector<double> gradient_norms;
    std::int64_t waits = 0;
  };

  Trained train(const std::string& recipe, const std::string& device, int steps) {
    const std::string folder = recipe + "-" + device + std::to_string(steps);
    const Answer answer = gistmill(
        "run '" GISTMILL_SOURCE_DIR "/recipes/gistnet/" + recipe + ".toml' --folder " + folder + small() +
            " --set run.device=" + device + " --set run.steps=" + std::to_string(steps) +
            " --set components.teacher.dtype=f32 --set evaluations.heldout.steps=1 --set checkpoints.every=0",
        device == "cpu" ? "" : kFakeDevice);
    EXPECT_EQ(answer.code, 0) << answer.err;
    Trained trained;
    for (const nlohmann::json& event : events_of(folder_ / folder, "step")) {
      trained.losses.push_back(event["loss"]);
      trained.gradient_norms.push_back(event["gradient_norm"]);
    }
    if (device != "cpu") trained.waits = std::stoll(read(folder_ / "waits"));
    return trained;
  }

  void expect_same_training(const std::string& recipe) {
    const Trained here = train(recipe, "cpu", 2);
    const Trained there = train(recipe, "fake", 2);
    ASSERT_EQ(there.losses.size(), 2u);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_NEAR(there.losses[i] / here.losses[i], 1.0, 1e-4);
      EXPECT_NEAR(there.gradient_norms[i] / here.gradient_norms[i], 1.0, 1e-4);
    }
  }
};

TEST_F(DeviceTest, TheContextualCompressorTrainsAsInMainMemory) { expect_same_training("contextual"); }
TEST_F(DeviceTest, TheRefiningCompressorTrainsAsInMainMemory) { expect_same_training("refine"); }

TEST_F(DeviceTest, AStepWaitsForTheLossAndTheGradientNormAlone) {
  const std::int64_t two = train("contextual", "fake", 2).waits;
  const std::int64_t four = train("contextual", "fake", 4).waits;
  EXPECT_EQ(four - two, 2 * 2);
}

TEST_F(DeviceTest, ADeviceThatIsNotThereIsRefusedAtItsLine) {
  write("mine.toml", "extends = \"" GISTMILL_SOURCE_DIR
                     "/recipes/gistnet/contextual.toml\"\n[run]\ndevice = \"cuda:7\"\n");
  const Answer answer = gistmill("run mine.toml" + small());
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.err, HasSubstr("mine.toml:3:10: run.device is 'cuda:7'"));
  write("mine.toml",
        "extends = \"" GISTMILL_SOURCE_DIR "/recipes/gistnet/contextual.toml\"\n[run]\ndevice = \"gpu\"\n");
  const Answer unknown = gistmill("run mine.toml" + small());
  EXPECT_EQ(unknown.code, 3);
  EXPECT_THAT(unknown.err, HasSubstr("mine.toml:3:10: run.device is 'gpu' when it should be a device"));
}

}  // namespace
}  // namespace gistmill
