// Plans recipes against manifests that stand in this folder as text: no plugin is built or loaded.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/registry/contract.hpp"

namespace gistmill {

// The components of gist training, with the ports that they have in the product.
extern const char* const kGistManifest;
// [components] for them, without gist and loss.
extern const char* const kComponents;
// The nine calls of gist training: minimizes loss, trains gist.
extern const char* const kTrainPipeline;
// The calls alone, each with a comma behind it.
std::string train_calls();

class PlanTest : public testing::Test {
 protected:
  PlanTest();
  ~PlanTest() override;

  void offer(const std::string& manifest);  // one more plugin, held to `contracts`
  // Writes a recipe; its origins are "recipe.toml:line:column" after the folder.
  std::filesystem::path write(const std::string& name, const std::string& text) const;
  Recipe recipe(const std::string& text) const;
  Plan plan(const std::string& text) const;
  // "12:5 message", and below it one line for each note; "" where the recipe is fine.
  std::string failure_of(const std::string& text) const;

  std::vector<Contract> contracts;
  Catalog catalog;
  std::filesystem::path folder;

 private:
  std::deque<Manifest> manifests_;
};

std::string text_of(const Failure& failure, const std::filesystem::path& folder);

const PlannedCall& call_of(const PlannedPipeline& pipeline, std::string_view name);

// One line a call: "gist.compress trains".
std::vector<std::string> kinds_of(const PlannedPipeline& pipeline);

}  // namespace gistmill
