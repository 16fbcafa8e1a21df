// gistnet/refine through the C ABI: ports, options, seeds, dropout.
#include <gmock/gmock.h>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

constexpr std::int64_t kSpan = 4;
constexpr std::int64_t kHidden = 6;
constexpr std::int64_t kRecorded = 3;

OptionTable options(const OptionTable& changes = {}) {
  OptionTable table = {{"input", std::string("embeddings")},
                       {"states", std::vector<std::int64_t>{}},
                       {"width", std::int64_t{8}},
                       {"heads", std::int64_t{2}},
                       {"mlp", std::int64_t{8}},
                       {"layers", std::int64_t{1}},
                       {"mid_slots", std::int64_t{1}},
                       {"query", std::string("slot")},
                       {"position", std::string("end")},
                       {"scale", 1.3},
                       {"dropout", 0.0}};
  for (const auto& [key, value] : changes) table[key] = value;
  return table;
}

class RefinePlugin : public ::testing::Test {
 protected:
  PluginDriver& make(const OptionTable& changes = {}, std::uint64_t seed = 1) {
    driver_ = std::make_unique<PluginDriver>(GISTNET_REFINE_PLUGIN, "gistnet/refine", options(changes));
    driver_->start({{"S", kSpan}, {"D", kHidden}, {"N", kRecorded}}, seed);
    return *driver_;
  }
  // Gives the head something to say.
  void teach_head() {
    for (Parameter& one : driver_->parameters()) {
      if (one.name == "head.weight") one.tensor.copy_(random_normal(one.tensor.sizes(), 9));
    }
  }
  at::Tensor embeddings_ = random_normal({3, kSpan, kHidden}, 1, at::kFloat);
  at::Tensor norm_ = at::tensor(2.0f).squeeze();
  at::Tensor states_ = random_normal({3, kSpan, kRecorded, kHidden}, 2, at::kFloat);
  std::unique_ptr<PluginDriver> driver_;
};

TEST_F(RefinePlugin, StartsFromTheLastTokensEmbeddingAtTheSpansEnd) {
  const auto out = make().forward(0, {embeddings_, norm_, {}});
  EXPECT_TRUE(at::equal(out[0], embeddings_.narrow(1, kSpan - 1, 1)));
  EXPECT_TRUE(at::equal(out[1], at::full({3, 1}, kSpan - 1, at::kInt)));
}

// Each of the two poolings has weights of its own; with equal rows they are the same for all.
TEST_F(RefinePlugin, SaysHowEvenlyItsSlotsAttend) {
  const at::Tensor alike = embeddings_.narrow(1, 0, 1).expand({-1, kSpan, -1}).contiguous();
  make();
  for (Parameter& one : driver_->parameters()) {
    if (one.name.find("self.") != std::string::npos) one.tensor.zero_();  // rotary positions tell rows apart
  }
  const at::Tensor even = driver_->forward(0, {alike, norm_, {}})[2];
  EXPECT_TRUE(at::allclose(even, at::full({3}, 2.0f), 1e-5, 1e-5)) << "log2 of 4 tokens";
  const at::Tensor found = make().forward(0, {100 * embeddings_, norm_, {}})[2];
  EXPECT_EQ(found.sizes(), (at::IntArrayRef{3}));
  EXPECT_GT(found.min().item<float>(), 0);
  EXPECT_LT(found.max().item<float>(), 2);
}

TEST_F(RefinePlugin, DoesNotMeasureItsAttentionInTraining) {
  make();
  const auto result =
      driver_->forward_and_vjp(0, {embeddings_, norm_, {}}, {1, 0, 0}, {at::ones({3, 1, kHidden}), {}, {}});
  EXPECT_TRUE(result.outputs[2].isnan().all().item<bool>());
}

TEST_F(RefinePlugin, PlacesTheGistWherePositionSays) {
  EXPECT_EQ(
      make({{"position", std::string("center")}}).forward(0, {embeddings_, norm_, {}})[1][0].item<int>(), 2);
  EXPECT_EQ(make({{"position", std::string("start")}}).forward(0, {embeddings_, norm_, {}})[1][0].item<int>(),
            0);
}

TEST_F(RefinePlugin, MeasuresItsCorrectionInEmbeddings) {
  make();
  teach_head();
  const at::Tensor last = embeddings_.narrow(1, kSpan - 1, 1);
  const at::Tensor moved = driver_->forward(0, {embeddings_, norm_, {}})[0] - last;
  // Embeddings and their norm doubled: the same features, the same correction, twice as large.
  const at::Tensor doubled = driver_->forward(0, {2 * embeddings_, 2 * norm_, {}})[0] - 2 * last;
  EXPECT_GT(moved.abs().max().item<float>(), 0.01f);
  EXPECT_TRUE(at::allclose(doubled, 2 * moved, 1e-4, 1e-5));
}

TEST_F(RefinePlugin, ReadsHiddenStatesOnlyWhereToldTo) {
  make({{"input", std::string("hidden")}, {"states", std::vector<std::int64_t>{0, 2}}});
  teach_head();
  const at::Tensor gist = driver_->forward(0, {embeddings_, norm_, states_})[0];
  at::Tensor unread = states_.clone();
  unread.select(2, 1).mul_(-1);
  EXPECT_TRUE(at::equal(driver_->forward(0, {embeddings_, norm_, unread})[0], gist));
  at::Tensor read = states_.clone();
  read.select(2, 2).mul_(-1);
  EXPECT_FALSE(at::allclose(driver_->forward(0, {embeddings_, norm_, read})[0], gist, 1e-3));
}

TEST_F(RefinePlugin, TrainsEveryParameterThroughTheAbi) {
  make({{"mid_slots", std::int64_t{4}}});
  teach_head();
  const auto gradients = driver_->bind_gradients();
  const at::Tensor weights = random_normal({3, 1, kHidden}, 5, at::kFloat);
  const auto result = driver_->forward_and_vjp(0, {embeddings_, norm_, {}}, {1, 0, 0}, {weights, {}, {}});
  EXPECT_EQ(result.gradients[0].sizes(), embeddings_.sizes());
  const auto parameters = driver_->parameters();
  ASSERT_EQ(gradients.size(), parameters.size());
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    EXPECT_GT(gradients[i].abs().max().item<float>(), 0) << parameters[i].name;
  }
}

TEST_F(RefinePlugin, DropsOutOnlyInTrainingAndByTheCallsKey) {
  make({{"dropout", 0.5}});
  teach_head();
  const at::Tensor weights = at::ones({3, 1, kHidden});
  const auto train = [&](std::uint64_t key) {
    return driver_->forward_and_vjp(0, {embeddings_, norm_, {}}, {1, 0, 0}, {weights, {}, {}}, key)
        .outputs[0];
  };
  EXPECT_TRUE(at::equal(train(1), train(1)));
  EXPECT_FALSE(at::equal(train(1), train(2)));
  const at::Tensor evaluated = driver_->forward(0, {embeddings_, norm_, {}})[0];
  EXPECT_TRUE(at::equal(evaluated, driver_->forward(0, {embeddings_, norm_, {}})[0]));
  EXPECT_FALSE(at::equal(evaluated, train(1)));
  make();
  teach_head();
  EXPECT_TRUE(at::equal(evaluated, driver_->forward(0, {embeddings_, norm_, {}})[0])) << "as without dropout";
}

TEST_F(RefinePlugin, AsksWithTheLastTokenOnlyWhereToldTo) {
  make();
  teach_head();
  const at::Tensor slot = driver_->forward(0, {embeddings_, norm_, {}})[0];
  make({{"query", std::string("last")}});
  teach_head();
  EXPECT_FALSE(at::allclose(slot, driver_->forward(0, {embeddings_, norm_, {}})[0]));
}

TEST_F(RefinePlugin, StartsFromItsSeedAlone) {
  const auto first_weight = [](const PluginDriver& driver) {
    return driver.parameters().front().tensor.clone();
  };
  const at::Tensor one = first_weight(make({}, 1));
  const at::Tensor two = first_weight(make({}, 2));
  EXPECT_TRUE(at::equal(one, first_weight(make({}, 1))));
  EXPECT_FALSE(at::equal(one, two));
}

TEST_F(RefinePlugin, RefusesAWidthThatHeadsDoNotDivide) {
  try {
    make({{"width", std::int64_t{10}}});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.status, GM_ERROR_USER);
    EXPECT_EQ(refused.key, "width");
    EXPECT_STREQ(
        refused.what(),
        "width is 10 when it should be a multiple of twice heads, 4, so that rotary positions find pairs "
        "in every head");
  }
}

TEST_F(RefinePlugin, RefusesAStateThatIsNotRecorded) {
  try {
    make({{"input", std::string("hidden")}, {"states", std::vector<std::int64_t>{0, 3}}});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.key, "states");
    EXPECT_THAT(refused.what(), ::testing::HasSubstr("state 3 is chosen when 3 are recorded"));
  }
}

TEST_F(RefinePlugin, RefusesHiddenInputWithoutStates) {
  make({{"input", std::string("hidden")}});
  try {
    driver_->forward(0, {embeddings_, norm_, {}});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.key, "input");
    EXPECT_THAT(refused.what(), ::testing::HasSubstr("port states is not wired"));
  }
}

}  // namespace
}  // namespace gistmill::test
