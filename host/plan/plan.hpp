// Everything that is known before a step runs: instances with typed options, pipelines with wired and
// typed calls, which calls a gradient passes, what every variant of an evaluation shares. Made from a recipe
// and manifests alone: nothing is loaded, and nothing here computes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/diagnostic/failure.hpp"
#include "host/figures/figure.hpp"
#include "host/plan/catalog.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/manifest.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

struct PlannedOption {
  std::string key;
  OptionValue value;
  Origin origin;  // unknown: the manifest's default
};

struct PlannedInstance {
  std::string name;                     // "gist"
  const ComponentSpec* spec = nullptr;  // the catalog's
  std::vector<PlannedOption> options;   // every option of the manifest, in its order
  std::string from;                     // as ComponentUse
  std::string parameters;
  std::optional<Isolation> isolation;
  Origin origin;
  // What start() is told: the symbols that the manifest declares and that have the same size in every
  // pipeline that uses the instance. Filled by bind_symbols.
  std::map<std::string, std::int64_t> symbols;

  const PlannedOption* option(std::string_view key) const;
};

// Output number `output` of call number `call` of one pipeline.
struct SlotRef {
  std::size_t call = 0;
  std::size_t output = 0;
  bool operator==(const SlotRef&) const = default;
};

struct PlannedInput {
  const PortSpec* port = nullptr;
  std::string slot;               // empty: an optional port that nothing is wired to
  std::optional<SlotRef> source;  // an earlier call
  PortType type;                  // the port's, in the pipeline's symbols: what check_shape takes
};

struct PlannedOutput {
  const PortSpec* port = nullptr;
  std::string slot;
  PortType type;
};

enum class CallClass {
  skipped,  // nothing that is needed reads it: it does not run
  forward,  // runs, keeps no tape
  passes,   // a gradient passes through its inputs on the way to what trains
  trains,   // its instance's parameters get a gradient
};
const char* to_text(CallClass kind);

struct PlannedCall {
  std::size_t instance = 0;  // in Plan::instances
  const OperationSpec* operation = nullptr;
  std::vector<PlannedInput> inputs;    // in the manifest's order
  std::vector<PlannedOutput> outputs;  // in the manifest's order
  CallClass kind = CallClass::forward;
  bool result = false;             // runs unasked: the pipeline is for what it changes or makes
  bool cached = false;             // its results are kept on disk
  std::vector<std::uint8_t> need;  // gm_call.need: 1 where vjp is asked for that input's gradient
  std::uint32_t iteration = 0;     // of the repeated part that it stands in, from 0
  std::string name;                // "gist.compress"
  Origin origin;
};

// An instance that a pipeline calls, and a symbol of its manifest.
struct SymbolDeclaration {
  std::size_t instance = 0;  // in Plan::instances
  const SymbolSpec* spec = nullptr;
};

// A size of one pipeline. A symbol that a manifest declares belongs to the instance, or to all instances that
// declare it with scope "pipeline"; any other is a name inside one call. Wires make symbols one size.
struct PlannedSymbol {
  std::string name;       // unique in the pipeline, in port types: "D"; "teacher.D" where there is another D
  std::string full_name;  // "teacher.D"; "S" with scope pipeline
  std::vector<SymbolDeclaration> declared;  // empty: found by a step
  std::vector<std::string> joins;           // for messages: what makes several declarations one size
  std::optional<std::int64_t> value;
  std::string source;    // what fixed it: "corpus.horizon", "teacher"
  Origin origin;         // of the option's value; unknown: a default, or an answer
  bool carried = false;  // stands in the type of a value of this pipeline

  // Whether it is symbol `spec` of that instance.
  bool is_of(std::size_t instance, const SymbolSpec& spec) const;
};

// A repeated part, unrolled: `count` calls from `first` are its first iteration, the next `count` the second.
struct PlannedRepeat {
  std::size_t first = 0;  // in PlannedPipeline::calls
  std::size_t count = 0;
  std::int64_t times = 1;

  std::size_t end() const { return first + count * static_cast<std::size_t>(times); }
};

// A part of what is minimized: `weight` times the mean of the numbers at `sources`.
struct PlannedLoss {
  std::string slot;
  double weight = 1.0;
  std::vector<SlotRef> sources;  // one, or one an iteration of the repeated part that writes the slot
};

struct PlannedPipeline {
  std::string name;
  std::vector<PlannedCall> calls;
  std::vector<PlannedRepeat> repeats;
  std::vector<PlannedSymbol> symbols;  // in the order of first appearance
  std::vector<PlannedLoss> minimize;   // the sum of these; empty: nothing trains
  std::vector<std::size_t> train;      // instances
  Origin origin;

  const PlannedSymbol* symbol(std::string_view name) const;
  // The known sizes of the pipeline's values, by PlannedSymbol::name: what check_shape starts from in each
  // step.
  std::map<std::string, std::int64_t> known_symbols() const;
  // Where `slot` is written, in a repeated part by its last iteration.
  std::optional<SlotRef> writer(std::string_view slot) const;
  // The same, by every iteration.
  std::vector<SlotRef> writers(std::string_view slot) const;
  // The repeated part that a call stands in, or null.
  const PlannedRepeat* repeat_of(std::size_t call) const;
  // Whether a call writes a part of what is minimized.
  bool minimizes(std::size_t call) const;
  // Sets 1 where a call that is not skipped is made of an instance; `used` is in the order of
  // Plan::instances.
  void mark_used(std::vector<std::uint8_t>& used) const;
};

// A variant's calls are those of the evaluation's pipeline, one to one; only instances differ.
struct PlannedVariant {
  std::string name;  // empty: the evaluation has no variants, this is its pipeline as it is
  PlannedPipeline pipeline;
};

struct PlannedEvaluation {
  std::string name;
  std::size_t pipeline = 0;              // in Plan::pipelines
  std::vector<PlannedVariant> variants;  // at least one
  std::vector<Figure> figures;           // the same in every variant
  // Outputs that say which cluster each item is from, in the order of the calls: the first one counts.
  std::vector<SlotRef> clusters;
  // Call by call: 1 where no variant changes anything that the call depends on: run it once a step and give
  // its outputs to all. Where it is skipped in every variant it need not run at all.
  std::vector<std::uint8_t> shared;
};

struct Plan {
  std::vector<PlannedInstance> instances;      // as Recipe::components
  std::vector<PlannedPipeline> pipelines;      // as Recipe::pipelines
  std::vector<PlannedEvaluation> evaluations;  // as Recipe::evaluations
  std::string trained;                         // RunSettings::pipeline where steps > 0; empty: nothing trains
  std::int64_t steps = 0;

  const PlannedInstance* instance(std::string_view name) const;
  const PlannedPipeline* pipeline(std::string_view name) const;
};

// Checks everything that a recipe and manifests can tell.
// Throws Failure (ExitCode::recipe).
// The plan points into the catalog's components, which must outlive it.
Plan make_plan(const Recipe& recipe, const Catalog& catalog);

// The same with what the registry found.
Plan make_plan(const Recipe& recipe, const Registry& registry);

// `use`, which has a `from` ("refine.gist"), with use and options of that component of that stage. Throws
// Failure (ExitCode::recipe).
ComponentUse resolve_from(const Recipe& top, const ComponentUse& use);

// The size of a symbol that the instance answers (gm.symbols/1): -1 where it has no say, kNotMade where it
// was not made, so that what it would say is not known.
constexpr std::int64_t kNotMade = -2;
using SymbolAnswers = std::function<std::int64_t(const PlannedInstance&, const std::string& symbol)>;

// Takes the instances' answers: fills in the pipelines' sizes and PlannedInstance::symbols. Throws Failure
// (ExitCode::recipe) where two sources give one size differently, or an operation gets more than it takes
// (OperationSpec::most). Asks each (instance, symbol) once.
void bind_symbols(Plan& plan, const SymbolAnswers& answers);

// Whether each call depends on what `instances` write: through slots, or through the state of an instance
// that reads such a slot.
std::vector<std::uint8_t> depends_on(const PlannedPipeline& pipeline,
                                     const std::vector<std::size_t>& instances);

}  // namespace gistmill
