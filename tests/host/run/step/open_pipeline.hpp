// What tests of one pipeline share: a recipe's training pipeline, opened to be run call by call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "host/run/step/pipeline_run.hpp"
#include "host/run/step/session.hpp"
#include "tests/host/run/run_fixture.hpp"

namespace gistmill {

class OpenPipelineTest : public RunTest {
 protected:
  void TearDown() override {
    close();
    set_plugin_events(nullptr);
    RunTest::TearDown();
  }

  // The pipeline `train`, to be run by hand; it has an instance `scale`.
  PipelineRun& open(const std::filesystem::path& path) {
    close();
    recipe_ = load_recipe(path, {});
    registry_ = std::make_unique<Registry>(request({}).plugin_folders);
    session_ = std::make_unique<Session>(recipe_, make_plan(recipe_, *registry_), *registry_, events_,
                                         SessionUse::train_and_evaluate, nullptr);
    session_->find("scale")->bind_gradients();
    run_ = std::make_unique<PipelineRun>(*session_->plan().pipeline("train"), session_->instances());
    context_.train = true;
    context_.cancel = &never_;
    return *run_;
  }
  void close() {
    run_.reset();
    session_.reset();
  }
  // a, the numbers that scale multiplies by.
  Parameter& parameter() { return session_->find("scale")->parameters().at(0); }

  const std::int32_t never_ = 0;
  Events events_{nullptr};
  Recipe recipe_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<PipelineRun> run_;
  StepContext context_;
};

}  // namespace gistmill
