// Finds the component of a role that takes a model's file: each that has an option `model` is tried, and
// knows by itself what it can read. Knows roles and options by name, no model.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/instance/bare_instance.hpp"
#include "host/recipe/value.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

// The model, and options by role: what `--set` gives.
class ModelChoice {
 public:
  // `overrides`: "teacher.dtype=f32"; "teacher.use=teacher/llama" takes one component by name. `roles`: those
  // that the verb uses. Throws Failure (ExitCode::usage) for another role or a malformed override,
  // (ExitCode::recipe) where nothing is at `model`.
  ModelChoice(std::filesystem::path model, const std::vector<std::string>& overrides,
              const std::vector<std::string>& roles);

  // The instance of the one component of `role` that takes the model; not started. Throws Failure
  // (ExitCode::recipe) with every component's reason where none does, (ExitCode::usage) where several do or
  // no component of the role has an option that was given.
  std::unique_ptr<BareInstance> find(const std::string& role, Registry& registry) const;

  const std::filesystem::path& model() const { return model_; }

 private:
  std::filesystem::path model_;
  Value options_;  // role -> option -> value
};

}  // namespace gistmill
