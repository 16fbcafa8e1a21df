// What decides the key of a cached call: contents with their shapes, and which output of which call.
#include "host/run/step/value_identity.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "host/run/step/session.hpp"
#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

class ValueIdentityTest : public RunTest {
 protected:
  // measures is called on what the source gives, then loss and other on its outputs score and hits.
  void SetUp() override {
    RunTest::SetUp();
    recipe_ = load_recipe(recipe(R"(
[components]
measures = { use = "test/measures" }
[pipelines.train]
steps = ["data.next", "measures.measure", "scale.apply", "loss.value",
         { call = "loss.value", in = { y = "score" }, out = { loss = "of-score" } },
         { call = "loss.value", in = { y = "hits" }, out = { loss = "of-hits" } }]
)"),
                          {});
    registry_ = std::make_unique<Registry>(request({}).plugin_folders);
    session_ = std::make_unique<Session>(recipe_, make_plan(recipe_, *registry_), *registry_, events_,
                                         SessionUse::train_and_evaluate, nullptr);
    known_ = std::make_unique<InstanceIdentities>(session_->trained());
    identities_ = std::make_unique<ValueIdentities>(*session_->plan().pipeline("train"),
                                                    session_->instances(), *known_);
  }
  void TearDown() override {
    session_.reset();
    set_plugin_events(nullptr);
    RunTest::TearDown();
  }
  // The key of call number `call` in a step whose source gives `x`.
  std::optional<CallKey> key(std::size_t call, const at::Tensor& x) {
    identities_->begin_step();
    return identities_->key(call, [&](const SlotRef&) { return SlotValue(x); });
  }

  enum : std::size_t { kNext, kMeasure, kApply, kLoss, kOfScore, kOfHits };
  Events events_{nullptr};
  Recipe recipe_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<InstanceIdentities> known_;
  std::unique_ptr<ValueIdentities> identities_;
};

TEST_F(ValueIdentityTest, TheSameContentsHaveTheSameKeyAndOthersAnother) {
  const at::Tensor x = at::arange(4, at::kFloat);
  EXPECT_EQ(key(kMeasure, x)->key, key(kMeasure, x.clone())->key);
  EXPECT_NE(key(kMeasure, x)->key, key(kMeasure, x + 1)->key);
}

TEST_F(ValueIdentityTest, TheSameNumbersInAnotherShapeAreOtherContents) {
  const at::Tensor x = at::arange(6, at::kFloat);
  EXPECT_NE(key(kMeasure, x.view({2, 3}))->key, key(kMeasure, x.view({3, 2}))->key);
}

TEST_F(ValueIdentityTest, EachOutputOfACallIsAnotherValue) {
  const at::Tensor x = at::arange(4, at::kFloat);
  EXPECT_NE(key(kOfScore, x)->key, key(kOfHits, x)->key);
}

TEST_F(ValueIdentityTest, AnInstanceIsAnotherOneWithOtherParameters) {
  TensorInstance& scale = *session_->find("scale");
  const std::string before = InstanceIdentities({}).of(scale);
  EXPECT_EQ(InstanceIdentities({}).of(scale), before);
  scale.parameters().at(0).tensor.fill_(3.0);
  EXPECT_NE(InstanceIdentities({}).of(scale), before);
}

TEST_F(ValueIdentityTest, NeitherSourcesNorWhatTrainsHaveAKey) {
  const at::Tensor x = at::arange(4, at::kFloat);
  EXPECT_FALSE(key(kNext, x).has_value());
  EXPECT_FALSE(key(kApply, x).has_value());
}

}  // namespace
}  // namespace gistmill
