// Finds the component that does what a verb asks for with a model's file: tries each one that offers the
// operations and has an option `model`. The component itself decides whether it can read the file. Knows
// operations, but no role and no model.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/diagnostic/failure.hpp"
#include "host/instance/instance.hpp"
#include "host/recipe/value.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

// An operation as a verb calls it: a component may have more ports, but no other input that must be wired.
struct Demand {
  std::string operation;             // "score"
  std::vector<std::string> inputs;   // "tokens"
  std::vector<std::string> outputs;  // "nll"
};
// All of them, of one component.
using Demands = std::vector<Demand>;

// Text to tokens and back; the likelihood of tokens; what comes after a prompt.
const Demands& text_demands();
const Demands& score_demands();
const Demands& generate_demands();
// What a prompt's gist tokens hold of it, into a file.
const Demands& gist_cache_demands();

// Where no component took a model. `of_its_kind`: one reads models of this kind, and found a fault in this
// one.
struct ModelRefused : Failure {
  ModelRefused(const Failure& failure, bool broken) : Failure(failure), of_its_kind(broken) {}
  bool of_its_kind;
};

// The model, and options for the components that read it: what `--set` gives. The registry outlives the
// choice.
class ModelChoice {
 public:
  // `overrides`: "teacher.dtype=f32", for components of this role; "teacher.use=teacher/llama" takes one by
  // name; "generate.top_p=0.5", for whatever offers this operation. `asked`: all that the verb will ask for.
  // Throws Failure (ExitCode::usage) for another name before the dot or a malformed override,
  // (ExitCode::recipe) where nothing is at `model`. `why`: a refusal gives the reasons of all components, not
  // just that of the one that reads models of this kind.
  ModelChoice(std::filesystem::path model, const std::vector<std::string>& overrides,
              const std::vector<Demands>& asked, Registry& registry, bool why = false);

  // The instance of the one component that offers `demands` and takes the model; not started. Throws
  // ModelRefused (ExitCode::recipe) with the reason where none does, Failure (ExitCode::usage) where several
  // do or no component has an option that was given.
  std::unique_ptr<Instance> find(const Demands& demands) const;

  // The one component with these operations that reads no model, such as a store; started. Throws Failure.
  std::unique_ptr<Instance> offering(const std::vector<std::string>& operations) const;

  bool offers(const std::vector<std::string>& operations) const;

  // What a sentence calls the components that may be found: their roles, "student or teacher"; the operation
  // where there are none.
  std::string noun(const Demands& demands) const;

  const std::filesystem::path& model() const { return model_; }

 private:
  std::filesystem::path model_;
  Registry& registry_;
  Value options_;  // role or operation -> option -> value
  bool why_;
};

}  // namespace gistmill
