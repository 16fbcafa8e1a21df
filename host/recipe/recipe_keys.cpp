// Defaults are those of the structs that the schema fills, so that the page cannot say others.
#include "host/recipe/recipe_keys.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "host/recipe/names.hpp"
#include "host/recipe/recipe.hpp"

namespace gistmill {
namespace {

const std::string kNone = "none";

RecipeTable top_level() {
  return {"",
          "The recipe as a whole.",
          {{"doc", "string", kNone, "what the recipe is for"},
           {"extends", "string or list", kNone, "files that this one is merged over, relative to it"},
           {"variables", "table", kNone, "values that `${name}` stands for in strings"},
           {"fragments", "table", kNone,
            "lists of calls by name: `\"@name\"` in a list of steps stands for the calls of one"},
           {"components", "table", kNone, "one table for each instance"},
           {"pipelines", "table", kNone, "one table for each pipeline"},
           {"run", "table", kNone, "how long to train, with which seed, on which device"},
           {"learning_rate", "table", kNone, "the schedule"},
           {"checkpoints", "table", kNone, "how often to save, how many to keep"},
           {"cache", "table", kNone, "bounds of the call cache"},
           {"evaluations", "table", kNone, "one table for each evaluation"},
           {"stage", "list of tables", kNone, "recipes that run first, in order"},
           {"sweep", "table", kNone, "makes the recipe a study: the axes of `gistmill sweep`"},
           {"plugins", "table", kNone,
            "plugins that must be one build: `contrastive = \"sha256:...\"`, as `gistmill plugins pin` "
            "prints it"},
           {"lock", "table", kNone, "written by `gistmill run`: the plugins that the recipe ran with"}}};
}

RecipeTable component() {
  return {"components.NAME",
          "One instance. Every key that is not listed here is an option of the component "
          "([components.md](components.md)).",
          {{"use", "string", "", "the component, `\"role/name\"`; required unless `from` is given"},
           {"from", "string", kNone,
            "`\"stage.instance\"`: component, options and trained parameters of another stage's instance; "
            "instead of `use`, with no other key beside it"},
           {"parameters", "string", kNone, "a checkpoint folder or safetensors file to start from"},
           {"isolate", "boolean or table", "false",
            "runs it in a process of its own, so that what ends that process is an error of its call"}}};
}

RecipeTable isolation() {
  return {
      "components.NAME.isolate",
      "What the process of an isolated component may use.",
      {{"seconds", "number", "0",
        "of one call; then the process is stopped. 0: no limit beside `run.call_seconds`"},
       {"memory_mb", "integer", "0", "megabytes of address space; 0: no limit"},
       {"network", "boolean", "true", "false: the process has no network"},
       {"skip_steps", "integer", "0",
        "training steps at most that are left out where the process ends in them: it is started again. For "
        "components without parameters and state"}}};
}

RecipeTable pipeline() {
  return {"pipelines.NAME",
          "An ordered list of calls.",
          {{"steps", "list", "",
            "the calls: `\"instance.operation\"`, a table with `call`, or a repeated part with `repeat`"},
           {"insert", "table", kNone, "calls to insert before or after those of `steps`"},
           {"minimize", "string or table", kNone,
            "the slot that training minimizes, or several slots with weights: `{ loss = 1.0, apart = 0.1 }`"},
           {"train", "list of strings", "[]", "instances whose parameters are trained"},
           {"cache", "list of strings", "[]", "calls whose results are kept on disk: `\"teacher.read\"`"}}};
}

RecipeTable call() {
  return {"pipelines.NAME.steps (a call)",
          "A call that renames slots. Without `in` and `out`, slots have the names of the ports.",
          {{"call", "string", "", "`\"instance.operation\"`"},
           {"in", "table", kNone, "input port = slot"},
           {"out", "table", kNone, "output port = slot"}}};
}

RecipeTable repeated_part() {
  return {"pipelines.NAME.steps (a repeated part)",
          "Calls that run several times in each step.",
          {{"repeat", "integer", "", "iterations, 1 to 1000"}, {"steps", "list", "", "the calls"}}};
}

RecipeTable insertion() {
  return {"pipelines.NAME.insert",
          "Calls that a layer adds to the `steps` of the layer below.",
          {{"before", "table", kNone, "call in quotes = list of calls to insert before it"},
           {"after", "table", kNone, "call in quotes = list of calls to insert after it"}}};
}

RecipeTable run() {
  const RunSettings run;
  return {
      "run",
      "How the recipe runs.",
      {{"pipeline", "string", string_text(run.pipeline), "the pipeline that trains"},
       {"steps", "integer", fmt::to_string(run.steps), "optimizer steps; 0: evaluate only"},
       {"minutes", "number", fmt::to_string(run.minutes),
        "maximum wall time of training; the number of steps is decided after three of them. 0: no limit"},
       {"micro_steps", "integer", fmt::to_string(run.micro_steps),
        "pipeline steps whose gradients are averaged in one optimizer step"},
       {"seed", "integer", fmt::to_string(run.seed), "seed of all random numbers"},
       {"optimizer", "string", string_text(run.optimizer), "the instance that updates parameters"},
       {"clip", "number", fmt::to_string(run.clip), "maximum global gradient norm; 0: no clipping"},
       {"loggers", "list of strings", "[]",
        "instances that receive events; `events.jsonl` is always written"},
       {"monitors", "list of strings", "[]",
        "instances that decide from the events of this recipe's training how it goes on"},
       {"items", "string", kNone, "the slot whose rows are counted as items: `\"spans\"` gives spans/s"},
       {"threads", "integer", fmt::to_string(run.threads), "compute threads; 0: one per physical core"},
       {"device", "string", string_text(run.device),
        "where LibTorch components compute: `\"cuda\"`, `\"cuda:1\"`; needs a LibTorch with CUDA, which "
        "`scripts/setup.sh --cuda` installs"},
       {"prepared", "string", string_text(run.prepared), "folder of prepared corpora and cached calls"},
       {"call_seconds", "number", fmt::to_string(run.call_seconds),
        "timeout of one call: it is canceled and the run fails; if it does not return within 5 s more, the "
        "process ends. 0: no timeout"}}};
}

RecipeTable learning_rate(const std::string& name, const std::string& doc) {
  const LearningRate rate;
  const bool general = name == "learning_rate";
  const auto value = [general](auto number) {
    return general ? fmt::to_string(number) : "that of `[learning_rate]`";
  };
  return {name,
          doc,
          {{"peak", "number", value(rate.peak), "learning rate after the warm-up"},
           {"floor", "number", value(rate.floor), "learning rate at the last step"},
           {"warmup", "integer", value(rate.warmup), "steps from 0 to `peak`"}}};
}

RecipeTable checkpoints() {
  const CheckpointSettings checkpoints;
  return {"checkpoints",
          "When training is saved.",
          {{"every", "integer", fmt::to_string(checkpoints.every),
            "optimizer steps between checkpoints; 0: only at the end and when the run is stopped"},
           {"keep", "integer", fmt::to_string(checkpoints.keep), "checkpoints to keep, besides the best"}}};
}

RecipeTable cache() {
  const CacheSettings cache;
  return {"cache",
          "The call cache.",
          {{"max_gb", "number", fmt::to_string(cache.max_gb),
            "maximum size on disk, in units of 1e9 bytes; 0: the cache is neither written nor read"}}};
}

RecipeTable evaluation() {
  const Evaluation evaluation;
  return {"evaluations.NAME",
          "Figures of held-out items, while training or after it.",
          {{"pipeline", "string", "", "the pipeline that measures"},
           {"steps", "integer", fmt::to_string(evaluation.steps), "pipeline steps; 0: until its source ends"},
           {"every", "integer", fmt::to_string(evaluation.every),
            "optimizer steps between evaluations while training; 0: once, at the end"},
           {"minutes", "number", "`run.minutes`",
            "maximum wall time: fewer items are measured, the same for every variant. 0: no limit"},
           {"best", "string", kNone, "the figure that chooses the best checkpoint"},
           {"reference", "string", kNone, "id of the variant whose recovered share is 0"},
           {"ceiling", "string", "each figure's ideal",
            "id of the variant whose recovered share is 1: the best that can be reached, such as everything "
            "in sight"},
           {"paired", "string", kNone, "id of the variant that paired differences are taken from"},
           {"headline", "string", "the last figure", "the figure that sentences and charts show"},
           {"interval", "string", "`\"student\"`",
            "how 95 % intervals are made: `\"student\"`, from standard errors, or `\"bootstrap\"`, by "
            "resampling clusters; these are shown in place of standard errors"},
           {"targets", "table", kNone, "what is wanted of its figures: one table for each"},
           {"variants", "table", "the pipeline as it is", "what is compared: one table for each variant"},
           {"examples", "table", kNone, "which items are kept as text, to be read in the report"}}};
}

RecipeTable examples() {
  const Evaluation::Examples examples;
  return {"evaluations.NAME.examples",
          "The worst and the best items of each trained variant by the headline figure, kept as text.",
          {{"tokens", "string", "", "slot `i32[K, H]`: the tokens that follow each item"},
           {"values", "string", "", "slot `f32[K, H]`: a number for each of them"},
           {"less", "string", kNone, "slot `f32[K, H]`, which is subtracted from `values`"},
           {"mask", "string", kNone, "slot `f32[K, H]`: 1 where there is a token"},
           {"item", "string", kNone, "slot `i32[K, S]`: the tokens of the item itself"},
           {"lengths", "string", kNone,
            "slot `i32[K]`: how many of an item's tokens are its own, from the left; without it all"},
           {"decoder", "string", "", "the component whose `decode` makes text of tokens"},
           {"count", "integer", fmt::to_string(examples.count), "items at each end"}}};
}

RecipeTable target() {
  return {"evaluations.NAME.targets.FIGURE",
          "What is wanted of a figure, at least one of `below` and `above`: `\"delta_nll.32\" = { below = "
          "0.5, bad = "
          "2.0 }`. `FIGURE = false` in a layer removes a target of the layer below.",
          {{"below", "number", kNone, "values below it meet the target"},
           {"above", "number", kNone, "values above it meet the target; with `below`, values in between"},
           {"bad", "number", kNone,
            "values beyond it, away from the target, are bad and not only missed; not with both others"},
           {"than", "string", kNone,
            "id of the variant whose value is taken off first: `{ below = 0.1, than = \"full\" }` is met by "
            "what is "
            "less than 0.1 above it; goes where a layer removes that variant"}}};
}

RecipeTable variant() {
  return {
      "evaluations.NAME.variants.ID",
      "The pipeline with other instances in the places of its own. Rows of the table come in the order "
      "of the "
      "ids. `ID = false` in a layer removes a variant of the layer below.",
      {{"name", "string", "ID", "the row in the table"},
       {"use", "table", kNone, "instance of the pipeline = instance to use instead"},
       {"binding", "string", kNone,
        "this variant is the binding control of the variant with that id: its difference is a binding "
        "gap, not "
        "a row"},
       {"published", "table", kNone,
        "figure = what others published of it, which stands beside what is measured: a number, or a table "
        "of `value` and `within`"}}};
}

RecipeTable published() {
  return {"evaluations.NAME.variants.ID.published.FIGURE",
          "What others published of a figure of the variant: `\"rougeL.f1\" = { value = 57.8, within = 0.2 "
          "}`. "
          "`FIGURE = false` in a layer removes what the layer below has.",
          {{"value", "number", "", "in the figure's unit"},
           {"within", "number", kNone, "a measured value as near as this agrees, and the table says so"}}};
}

RecipeTable stage() {
  return {
      "stage",
      "`[[stage]]`: a recipe that runs as one part of this one.",
      {{"recipe", "string or table", "", "file of the recipe, relative to this one, or the recipe itself"},
       {"name", "string", "the file's name",
        "its name in events, checkpoints and `--set stage.NAME.KEY=...`; "
        "required where `recipe` is a table"},
       {"share", "list of strings", "[]",
        "keys of this recipe that the stage takes over: `[\"variables\", \"components.documents\"]`"},
       {"set", "list of strings", "[]", "overrides of this stage's recipe: `[\"run.steps=10\"]`"},
       {"take", "string", "`\"best\"` where an evaluation chooses one",
        "what it hands on: `\"last\"`, its parameters at the end, or `\"best\"`, those of the best "
        "checkpoint"},
       {"cycles", "integer", "1", "how many times it runs; each pass goes on from the last"}}};
}

RecipeTable stage_group() {
  return {"stage (a group)",
          "`[[stage]]` with `[[stage.stage]]`: several stages that take turns.",
          {{"stage", "list of tables", "", "the stages, with the keys of a stage but `cycles`"},
           {"cycles", "integer", "1", "how many times the group runs"}}};
}

RecipeTable sweep() {
  return {"sweep",
          "Makes the recipe a study, for `gistmill sweep`.",
          {{"axes", "table", "", "key in quotes = list of its values: `axes.\"run.seed\" = [0, 1, 2]`"},
           {"tie", "list", "[]", "lists of axes that move together, of the same length"},
           {"exclude", "list of tables", "[]", "combinations of values to leave out"},
           {"sample", "integer", "0", "maximum number of points, drawn by their settings; 0: all"},
           {"headline", "string", "the evaluation's", "the figure that the table is about"},
           {"variant", "string", "the first that was trained", "the row of the evaluation that it is of"},
           {"slurm", "table", kNone, "what each task of `gistmill sweep STUDY --slurm` asks for"}}};
}

RecipeTable sweep_slurm() {
  return {"sweep.slurm",
          "What each task of `gistmill sweep STUDY --slurm` asks Slurm for. What is not given is Slurm's own "
          "default.",
          {{"partition", "string", "Slurm's", "the partition"},
           {"time", "string", "Slurm's", "the time limit, as `sbatch` takes it: `\"2:00:00\"`"},
           {"memory", "string", "Slurm's", "memory of a node: `\"16G\"`"},
           {"cpus", "integer", "Slurm's", "processors of a task; a trial computes with so many threads"},
           {"save_seconds", "integer", "120",
            "seconds before the time limit at which a trial is told to save, 1 to 65535"},
           {"options", "list of strings", "[]", "any other options of `sbatch`: `\"--gres=gpu:1\"`"}}};
}

RecipeTable lock() {
  return {"lock",
          "Written by `gistmill run` into `recipe.lock.toml`.",
          {{"host", "string", kNone, "version of the program"},
           {"plugins", "list of tables", kNone, "one entry for each component"}}};
}

RecipeTable locked_plugin() {
  return {"lock.plugins",
          "`[[lock.plugins]]`: the build of a plugin.",
          {{"component", "string", "", "`\"gistnet/refine\"`"},
           {"file", "string", "", "file name of the library"},
           {"version", "string", "", "version of the plugin"},
           {"sha256", "string", "", "digest of the library"}}};
}

}  // namespace

const std::vector<RecipeTable>& recipe_tables() {
  static const std::vector<RecipeTable> kTables = {
      top_level(),
      component(),
      isolation(),
      pipeline(),
      call(),
      repeated_part(),
      insertion(),
      run(),
      learning_rate("learning_rate", "Linear from 0 to `peak`, then a cosine to `floor`."),
      learning_rate("learning_rate.NAME", "The schedule of one instance that trains."),
      checkpoints(),
      cache(),
      evaluation(),
      target(),
      variant(),
      published(),
      examples(),
      stage(),
      stage_group(),
      sweep(),
      sweep_slurm(),
      lock(),
      locked_plugin()};
  return kTables;
}

std::vector<std::string> keys_of(std::string_view table) {
  const auto& tables = recipe_tables();
  const auto found = std::find_if(tables.begin(), tables.end(),
                                  [table](const RecipeTable& each) { return each.name == table; });
  assert(found != tables.end());
  std::vector<std::string> keys;
  for (const RecipeKey& key : found->keys) keys.push_back(key.key);
  return keys;
}

}  // namespace gistmill
