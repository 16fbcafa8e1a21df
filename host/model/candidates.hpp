// The components that a verb on models may use, and what the user set for each.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/model/component_choice.hpp"
#include "host/plan/plan.hpp"
#include "host/recipe/value.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

// One component, as it would be made for the model.
struct Candidate {
  const ComponentSpec* spec = nullptr;
  std::filesystem::path model;  // the verb's, or that of its role: --set tokenizer.model=FOLDER
  Value options;                // without `use` and `model`
  bool named = false;           // --set ROLE.use=NAME: the user wants this one
};

// What components are called: their roles in the order of the alphabet, "student or teacher".
std::string noun_of(const std::vector<const ComponentSpec*>& specs);

// Every component with an option `model` that offers `demands`, with its part of `options`; those that `use`
// names where it names any. Throws Failure: (ExitCode::plugin) there is none, (ExitCode::usage) an option
// that none has, a `use` that is none of them.
std::vector<Candidate> find_candidates(const Demands& demands, const std::filesystem::path& model,
                                       const Value& options, const Registry& registry);

// Throws Failure (ExitCode::recipe) where nothing is at `model`. `origin`: who names it.
void expect_model(const std::filesystem::path& model, const Origin& origin);

// The components that offer `demands` and read models, whatever is set for them.
std::vector<const ComponentSpec*> readers_of_models(const Demands& demands, const Registry& registry);

}  // namespace gistmill
