// What the newest rows of a text attend to, against the softmax of every row, layer and head in f64.
#include <gmock/gmock.h>

#include <random>

#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/trainable.hpp"
#include "tests/plugins/support/fake_device.hpp"
#include "tests/plugins/teacher/decoder/growing_text.hpp"
#include "tests/plugins/teacher/decoder/reference.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using ::testing::HasSubstr;

// 15 times 8 tokens, of which some rows became gists.
Batch working_context() {
  std::mt19937_64 random(3);
  GrowingText text;
  for (int i = 0; i < 15; ++i) {
    text.grow(random);
    if (i % 2 == 0) text.edit(random);
  }
  return text.batch();
}

// By the words of the header: all weights of all rows, then the mean of the last.
at::Tensor plainly(const Model& model, const Batch& text, std::int64_t newest) {
  const Reference reference(model.config(), model.weights());
  at::Tensor rows = reference.embed(text.ids.flatten());
  rows.index_copy_(0, text.gist_places.flatten(), text.gist.flatten(0, 1).to(at::kDouble));
  std::vector<at::Tensor> weights;
  reference.hidden(rows, text.positions.flatten(), nullptr, &weights);
  return at::stack(weights).narrow(2, rows.size(0) - newest, newest).mean(at::IntArrayRef{0, 1, 2});
}

class Attended : public ::testing::TestWithParam<Config> {};

TEST_P(Attended, IsTheMeanOfTheSoftmaxOverLayersHeadsAndTheNewestRows) {
  const Model model = random_model(GetParam(), 11);
  const Batch text = working_context();
  const std::int64_t rows = text.ids.size(1);
  ASSERT_GT(text.positions.max().item<std::int64_t>(), 100) << "beyond the windows of 40";
  for (const std::int64_t newest : {std::int64_t{1}, std::int64_t{7}, rows}) {
    const at::Tensor found = model.attended(text, newest);
    EXPECT_NEAR(found.sum().item<double>(), 1.0, 1e-5);
    EXPECT_LE((found - plainly(model, text, newest)).abs().max().item<double>(), 1e-5) << newest;
  }
  EXPECT_TRUE(at::equal(model.attended(text, rows + 9), model.attended(text, rows))) << "there are no more";
}

INSTANTIATE_TEST_SUITE_P(Decoder, Attended,
                         ::testing::Values(tiny_config(), tiny_gpt2_config(), tiny_mixed_config(),
                                           tiny_gemma_config()),
                         [](const auto& instance) { return instance.param.architecture; });

TEST(AttendedRows, OfADeviceAreThoseOfMainMemory) {
  const Model model = random_model(tiny_config(), 11);
  Weights weights = random_model(tiny_config(), 11).weights();
  replace_weights(weights, [](const std::string&, const at::Tensor& tensor, bool) {
    return tensor.to(gistmill::test::kFakeDevice);
  });
  const Model there(tiny_config(), std::move(weights), {}, 32);
  const Batch text = working_context();
  EXPECT_TRUE(at::allclose(there.attended(text, 7).cpu(), model.attended(text, 7), 0, 1e-5));
}

TEST(AttendedRows, AreOfOneText) {
  const Model model = random_model(tiny_config(), 11);
  try {
    model.attended({at::zeros({2, 5}, at::kLong), {}, {}, {}}, 1);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.key, "ids");
    EXPECT_THAT(error.what(), HasSubstr("2 texts when it should be one"));
  }
}

}  // namespace
}  // namespace gistmill::decoder::test
