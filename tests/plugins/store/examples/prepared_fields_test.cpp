// The sample recipe on the real model: what the program prepares is what the model itself gives for each
// window alone, and training reads it.
#include <gmock/gmock.h>

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "plugins/store/examples/reader.hpp"
#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "tests/e2e/small_training.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class PreparedFields : public TrainTest {
 protected:
  std::string sample() const {
    return "'" GISTMILL_SOURCE_DIR "/recipes/gistnet/sample.toml'" + small() +
           " --set components.heldout.horizon=8 --set components.blocks.limit=6"
           " --set components.blocks.batch=5 --set components.examples.spans=4"
           " --set components.teacher.dtype=f32";
  }
  // Of the pipeline that makes the fields.
  std::filesystem::path prepared(const Answer& answer) const {
    for (const auto& file : nlohmann::json::parse(answer.out)) {
      if (file["pipeline"] == "fields") return folder_ / file["path"].get<std::string>();
    }
    return {};
  }
};

TEST_F(PreparedFields, AreTheTeachersOwnOfEachWindowAlone) {
  const Answer answer = gistmill("prepare " + sample() + " --json");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const examples::ExampleFileReader file(prepared(answer));
  file.verify();
  ASSERT_EQ(file.examples(0), 6u);
  ASSERT_EQ(file.examples(1), 6u);
  EXPECT_EQ(file.shape().hidden, 576);

  const auto opened = decoder::open_model(model(), {"llama"});
  const decoder::Model teacher(opened->config(), decoder::load_weights(opened->config(), opened, at::kFloat),
                               {30}, 4);
  for (std::size_t split = 0; split < 2; ++split) {
    for (std::uint64_t i = 0; i < 6; ++i) {
      at::Tensor window = at::zeros({1, 8}, at::kInt);
      file.read_window(split, i, window.data_ptr<std::int32_t>());
      at::Tensor stored = at::zeros({4, 576});
      file.read_hidden(split, i, stored.data_ptr<float>());
      const at::Tensor own = teacher.hidden({window, {}, {}, {}})[0].narrow(0, 0, 4);
      EXPECT_LT((stored - own).abs().max().item<float>(), 2e-4) << split << " " << i;
      EXPECT_GT(own.abs().max().item<float>(), 1) << "not all zeros";
    }
  }
}

TEST_F(PreparedFields, AreThereOnTheSecondTimeAndAreTrainedOn) {
  ASSERT_EQ(gistmill("prepare " + sample()).code, 0);
  const Answer again = gistmill("prepare " + sample());
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.out, ::testing::Not(HasSubstr("made")));
  const Answer answer = gistmill("run " + sample() +
                                 " --set run.steps=2 --set learning_rate.warmup=1"
                                 " --set evaluations.heldout.steps=1 --folder run");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/checkpoints/step-000002"));
}

}  // namespace
}  // namespace gistmill
