// One resolved recipe: layers merged, variables filled in, keys checked against the recipe's own schema.
// Whether components exist and options fit is not known here: that is the plan's, which has manifests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/figures/published.hpp"
#include "host/figures/statistics.hpp"
#include "host/figures/target.hpp"
#include "host/recipe/isolation.hpp"
#include "host/recipe/value.hpp"

namespace gistmill {

class ParsedFiles;

// [components] gist = { use = "gistnet/refine", width = 512 }
struct ComponentUse {
  std::string name;        // "gist"
  std::string use;         // "gistnet/refine"; empty where `from` is given
  std::string from;        // "refine.gist": use, options and parameters of component gist of stage refine
  std::string parameters;  // a checkpoint folder or safetensors file to start from; empty: none
  std::optional<Isolation> isolate;
  Value options;  // a table without the reserved keys use, from, parameters, isolate
  Origin origin;  // of the name
  Origin use_origin;
};

// "corpus.next" or { call = "teacher.resume", in = { gist = "moved" }, out = { hidden = "h2" } }
struct CallStep {
  struct Wire {
    std::string port;
    std::string slot;
    Origin origin;
  };
  std::string instance;
  std::string operation;
  std::vector<Wire> in;
  std::vector<Wire> out;
  Origin origin;
};

// { repeat = 4, steps = [...] }: a part of a pipeline that runs 4 times in each step.
struct RepeatedSteps {
  std::size_t first = 0;  // in PipelineRecipe::steps
  std::size_t count = 0;  // calls
  std::int64_t times = 1;
  Origin origin;
};

// minimize = { loss = 1.0, apart = 0.1 }
struct MinimizedPart {
  std::string slot;
  double weight = 1.0;
  Origin origin;
};

struct PipelineRecipe {
  std::string name;
  std::vector<CallStep> steps;          // with [pipelines.NAME.insert]; what is repeated stands once
  std::vector<RepeatedSteps> repeats;   // in order, without overlap
  std::vector<MinimizedPart> minimize;  // the sum of these; empty: nothing trains
  Origin minimize_origin;
  std::vector<std::pair<std::string, Origin>> train;  // instances whose parameters change
  std::vector<std::pair<std::string, Origin>> cache;  // calls whose results are kept on disk: "teacher.read"
  Origin origin;
};

// [run]
struct RunSettings {
  std::string pipeline = "train";
  std::int64_t steps = 0;        // optimizer steps; 0: only evaluate
  double minutes = 0;            // most that training takes, in wall time; 0: no bound
  std::int64_t micro_steps = 1;  // pipeline steps whose gradients are averaged in one optimizer step
  std::int64_t seed = 0;
  std::string optimizer = "optimizer";  // instance
  double clip = 1.0;                    // global gradient norm; 0: none
  std::vector<std::string> loggers;     // instances, besides the JSONL file that is always written
  std::vector<std::string> monitors;    // instances that decide how training goes on
  std::int64_t threads = 0;             // compute threads; 0: one for each physical core
  std::string device = "cpu";           // as LibTorch spells it: "cpu", "cuda", "cuda:1"
  Origin device_origin;
  std::string items;                       // slot whose rows are counted as items: "spans"; empty: none
  std::string prepared = "data/prepared";  // folder of prepared corpora
  double call_seconds = 0;                 // a call that takes longer fails the run; 0: none does
  Origin origin;
};

// [learning_rate]: linear from 0 over `warmup` steps to `peak`, then cosine to `floor` at the last step.
struct LearningRate {
  double peak = 1e-4;
  double floor = 1e-6;
  std::int64_t warmup = 0;
  Origin origin;
};

// [learning_rate.lens]: of one instance that trains; what it leaves out is that of [learning_rate].
struct InstanceLearningRate {
  std::string instance;
  LearningRate rate;
};

// [checkpoints]
struct CheckpointSettings {
  std::int64_t every = 0;  // optimizer steps; 0: only at the end and when stopped
  std::int64_t keep = 2;   // how many of the last ones, besides the best
};

// [cache]: results of calls on disk, in the folder "calls" of RunSettings::prepared.
struct CacheSettings {
  double max_gb = 8.0;  // 1e9 bytes; 0: nothing is kept and nothing is read
};

// [evaluations.heldout.targets] "delta_nll.32"
struct TargetSetting {
  Target target;
  Origin origin;
};

// [evaluations.heldout.variants.gist] published."rougeL.f1"
struct PublishedSetting {
  Published published;
  Origin origin;
};

// [evaluations.heldout]
struct Evaluation {
  struct Variant {
    std::string id;                                        // "last4", key of its table
    std::string name;                                      // "last 4 in place"
    std::vector<std::pair<std::string, std::string>> use;  // instance in the pipeline -> instance instead
    std::string binding;  // name of the variant whose binding gap this one measures; empty: an own row
    Origin origin;
    std::vector<PublishedSetting> published = {};
  };
  // [evaluations.heldout.examples]: the worst and the best items of trained variants, kept as text. Names of
  // slots, but for decoder.
  struct Examples {
    std::string tokens;      // i32[K, H]: what follows each item
    std::string values;      // f32[K, H]: a number for each of them
    std::string less;        // f32[K, H], subtracted from values; empty: nothing is
    std::string mask;        // f32[K, H]: 1 where there is one; empty: everywhere
    std::string item;        // i32[K, S]: the item itself; empty: it is not shown
    std::string lengths;     // i32[K]: how many tokens the item has, from the left; empty: all of its row
    std::string decoder;     // the component whose `decode` makes text of tokens
    std::int64_t count = 3;  // at each end
    Origin origin;
  };
  std::string name;
  std::string pipeline;
  std::int64_t steps = 0;         // pipeline steps; 0: until the source ends
  std::int64_t every = 0;         // optimizer steps between evaluations while training; 0: at the end only
  std::optional<double> minutes;  // most that it takes; 0: no bound; not given: RunSettings::minutes
  std::string best;               // figure whose best value marks the checkpoint to keep; empty: not used
  std::string reference;          // variant whose mean counts as nothing recovered
  std::string ceiling;   // variant whose mean counts as everything recovered; empty: the figure's ideal
  std::string paired;    // variant that paired differences are taken to
  std::string headline;  // figure that sentences and pictures are about; empty: the last one
  IntervalKind interval = IntervalKind::student;
  std::vector<TargetSetting> targets;
  std::vector<Variant> variants;  // empty: the pipeline as it is
  std::optional<Examples> examples;
  Origin origin;
};

struct Recipe;

// What a stage hands on to those after it: its last parameters, or those of the checkpoint that an evaluation
// marked as the best.
enum class Take { best_where_chosen, best, last };

// [[stage]]
struct Stage {
  std::string name;
  std::filesystem::path file;  // absolute, resolved against the file that names it; empty: `inner`
  Value inner;                 // the recipe itself, as a table, where no file is named
  // The stage's own `set = ["run.steps=10"]`, then overrides of the whole recipe that begin with
  // "stage.<name>." or "stage.*.", without that beginning.
  std::vector<std::string> overrides;
  // Keys of the recipe around it that it takes over: "variables", "components.documents". Below `overrides`.
  std::vector<std::pair<std::string, Origin>> share;
  Take take = Take::best_where_chosen;
  Origin origin;
  std::shared_ptr<const Recipe> recipe;  // with `share` and overrides; never null in a loaded recipe
};

// Stages that run in turn, so many times.
struct StageGroup {
  std::size_t first = 0;  // in Recipe::stages
  std::size_t count = 0;
  std::int64_t cycles = 1;
};

// [plugins]: a plugin that has to be this build, wherever it is found.
struct PinnedPlugin {
  std::string plugin;  // its name in the manifest
  std::string sha256;  // of the library
  Origin origin;
};

// [[lock.plugins]]: where a component came from when the recipe ran.
struct LockedPlugin {
  std::string component;  // "gistnet/refine"
  std::string file;       // name of the library
  std::string version;    // of the plugin
  std::string sha256;     // of the library: which build it was
};

// [lock] of a recipe.lock.toml. Holding it against the plugins that are there is host/identity's.
struct RecipeLock {
  std::string host;  // version of the program; empty: not said
  std::vector<LockedPlugin> plugins;
  Origin origin;
};

struct Recipe {
  std::filesystem::path path;
  std::string doc;
  std::vector<PinnedPlugin> pins;
  std::vector<ComponentUse> components;
  std::vector<PipelineRecipe> pipelines;
  RunSettings run;
  LearningRate learning_rate;
  std::vector<InstanceLearningRate> instance_rates;
  CheckpointSettings checkpoints;
  CacheSettings cache;
  std::vector<Evaluation> evaluations;
  std::vector<Stage> stages;
  std::vector<StageGroup> stage_groups;  // all of `stages`, in order
  std::optional<RecipeLock> lock;
  Value resolved;  // the whole tree, with origins; what recipe.lock.toml is written from

  const ComponentUse* component(std::string_view name) const;
  const PipelineRecipe* pipeline(std::string_view name) const;
};

// Reads `path` and what it extends, applies `overrides` ("components.gist.width=256": dotted key, TOML
// value; a bare word is taken as a string), fills in ${variables}. Relative `extends` and stage recipes
// are relative to the file that names them; paths in options are the working folder's. Its stages are loaded
// with it: nothing is read later. Throws Failure (ExitCode::recipe, or ExitCode::usage for a malformed
// override).
Recipe load_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides);

// The same, taking from `files` what was parsed before.
Recipe load_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides,
                   ParsedFiles& files);

}  // namespace gistmill
