// Reads the resolved tree into typed form, one function for each table of the recipe.
#include "host/recipe/schema.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "host/files/digest.hpp"
#include "host/recipe/evaluation_schema.hpp"
#include "host/recipe/fields.hpp"
#include "host/recipe/lock.hpp"
#include "host/recipe/names.hpp"
#include "host/recipe/pipeline_schema.hpp"
#include "host/recipe/recipe_keys.hpp"
#include "host/recipe/stage_schema.hpp"

namespace gistmill {
namespace {

constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::min();

// ---- [components] ----

// true, or a table of limits. Absent and false: none.
std::optional<Isolation> read_isolation(const Fields& component) {
  const Value* written = component.find("isolate");
  if (written == nullptr) return std::nullopt;
  Isolation isolation;
  if (!written->is_table() && written->get_if<bool>() == nullptr)
    component.refuse(*written, "isolate",
                     "true, false, or a table with seconds, memory_mb, network and skip_steps");
  if (!written->is_table())
    return component.boolean("isolate", false) ? std::optional<Isolation>(isolation) : std::nullopt;
  const std::string path = component.path_of("isolate");
  const Fields fields(*written, path, path, keys_of("components.NAME.isolate"), ExitCode::recipe);
  isolation.seconds = fields.number("seconds", 0);
  if (isolation.seconds < 0) fields.refuse(*fields.find("seconds"), "seconds", "0 or more");
  isolation.memory = static_cast<std::uint64_t>(fields.integer("memory_mb", 0, 0)) * 1'000'000;
  isolation.network = fields.boolean("network", true);
  isolation.skip_steps = fields.integer("skip_steps", 0, 0);
  return isolation;
}

ComponentUse read_component(const std::string& name, const Value& value) {
  const std::vector<std::string> reserved_keys = keys_of("components.NAME");
  const Origin& origin = place_of(value);
  expect_name(name, "[components]", origin);
  const std::string path = "components." + name;
  Value::Table options;
  std::vector<std::string> keys;
  if (value.is_table()) {
    for (const auto& entry : entries_of(value)) {
      keys.push_back(entry.first);
      const bool reserved =
          std::find(reserved_keys.begin(), reserved_keys.end(), entry.first) != reserved_keys.end();
      if (!reserved) options.push_back(entry);
    }
  }
  const Fields fields(value, path, fmt::format("[{}]", path), keys, ExitCode::recipe);

  ComponentUse component;
  component.name = name;
  component.origin = origin;
  component.use = fields.string("use", "");
  component.from = fields.string("from", "");
  component.parameters = fields.string("parameters", "");
  component.isolate = read_isolation(fields);
  const Value* use = fields.find("use");
  const Value* from = fields.find("from");
  if ((use == nullptr) == (from == nullptr)) {
    throw Failure(ExitCode::recipe, origin,
                  fmt::format("{} has {} of 'use' and 'from' when it should have one", path,
                              use == nullptr ? "neither" : "both"),
                  {"use = \"role/name\" makes a new one; from = \"stage.instance\" takes another stage's"});
  }
  if (use != nullptr && !is_pair(component.use, '/')) {
    fields.refuse(*use, "use", "role/name, as in \"gistnet/refine\"");
  }
  if (from != nullptr) {
    if (!is_pair(component.from, '.')) fields.refuse(*from, "from", "stage.instance, as in \"refine.gist\"");
    for (const auto& entry : entries_of(value)) {
      if (entry.first == "from") continue;
      throw Failure(
          ExitCode::recipe, place_of(entry.second),
          fmt::format("{} cannot be set together with 'from'", fields.path_of(key_text(entry.first))),
          {fmt::format("component, options and parameters are those of {}", component.from)});
    }
  }
  component.use_origin = use != nullptr ? use->origin() : from->origin();
  component.options = Value(std::move(options), value.origin());
  component.options.set_key_origin(origin);
  return component;
}

// ---- [run], [learning_rate], [checkpoints], [cache] ----

RunSettings read_run(const Value& value) {
  const Fields fields(value, "run", "[run]", keys_of("run"), ExitCode::recipe);
  RunSettings run;
  run.origin = place_of(value);
  run.pipeline = fields.string("pipeline", run.pipeline);
  run.steps = fields.integer("steps", run.steps, 0);
  run.minutes = minutes_of(fields).value_or(run.minutes);
  run.micro_steps = fields.integer("micro_steps", run.micro_steps, 1);
  run.seed = fields.integer("seed", run.seed, kAny);
  run.optimizer = fields.string("optimizer", run.optimizer);
  run.clip = fields.number("clip", run.clip);
  if (run.clip < 0) fields.refuse(*fields.find("clip"), "clip", "at least 0");
  run.loggers = fields.strings("loggers");
  run.monitors = fields.strings("monitors");
  run.threads = fields.integer("threads", run.threads, 0);
  run.device = fields.string("device", run.device);
  run.device_origin = fields.find("device") != nullptr ? fields.find("device")->origin() : run.origin;
  run.items = fields.string("items", "");
  run.prepared = fields.string("prepared", run.prepared);
  if (run.prepared.empty()) fields.refuse(*fields.find("prepared"), "prepared", "a folder");
  run.call_seconds = fields.number("call_seconds", run.call_seconds);
  if (run.call_seconds < 0) fields.refuse(*fields.find("call_seconds"), "call_seconds", "at least 0");
  return run;
}

// `general`: what holds where a key is left out.
LearningRate read_schedule(const Fields& fields, const LearningRate& general) {
  LearningRate rate;
  rate.peak = fields.number("peak", general.peak);
  if (rate.peak <= 0) fields.refuse(*fields.find("peak"), "peak", "above 0");
  // A floor that is not given must not stand above a lower peak.
  rate.floor = fields.number("floor", std::min(general.floor, rate.peak));
  if (rate.floor < 0) fields.refuse(*fields.find("floor"), "floor", "at least 0");
  if (rate.floor > rate.peak) {
    fields.refuse(*fields.find("floor"), "floor",
                  fmt::format("at most {}, {}", fields.path_of("peak"), rate.peak));
  }
  rate.warmup = fields.integer("warmup", general.warmup, 0);
  return rate;
}

void read_learning_rate(const Value& value, Recipe& recipe) {
  std::vector<std::string> keys = keys_of("learning_rate");
  std::vector<const std::pair<std::string, Value>*> instances;
  if (value.is_table()) {
    for (const auto& entry : entries_of(value)) {
      if (!entry.second.is_table() || std::find(keys.begin(), keys.end(), entry.first) != keys.end())
        continue;
      instances.push_back(&entry);
    }
  }
  for (const auto* entry : instances) keys.push_back(entry->first);
  recipe.learning_rate =
      read_schedule(Fields(value, "learning_rate", "[learning_rate]", keys, ExitCode::recipe), {});
  recipe.learning_rate.origin = place_of(value);
  for (const auto* entry : instances) {
    const auto& [instance, table] = *entry;
    const std::string path = "learning_rate." + key_text(instance);
    const Fields fields(table, path, fmt::format("[{}]", path), keys_of("learning_rate.NAME"),
                        ExitCode::recipe);
    recipe.instance_rates.push_back({instance, read_schedule(fields, recipe.learning_rate)});
    recipe.instance_rates.back().rate.origin = place_of(table);
  }
}

CheckpointSettings read_checkpoints(const Value& value) {
  const Fields fields(value, "checkpoints", "[checkpoints]", keys_of("checkpoints"), ExitCode::recipe);
  CheckpointSettings checkpoints;
  checkpoints.every = fields.integer("every", checkpoints.every, 0);
  checkpoints.keep = fields.integer("keep", checkpoints.keep, 1);
  return checkpoints;
}

CacheSettings read_cache(const Value& value) {
  const Fields fields(value, "cache", "[cache]", keys_of("cache"), ExitCode::recipe);
  CacheSettings cache;
  cache.max_gb = fields.number("max_gb", cache.max_gb);
  if (cache.max_gb < 0 || cache.max_gb > 1e6) {
    fields.refuse(*fields.find("max_gb"), "max_gb", "from 0 to 1e6, in units of 1e9 bytes");
  }
  return cache;
}

PinnedPlugin read_pin(const std::string& name, const Value& value) {
  const auto* text = value.get_if<std::string>();
  const std::optional<std::string> digest = text == nullptr ? std::nullopt : parse_digest(*text);
  if (digest) return {name, *digest, place_of(value)};
  throw Failure(
      ExitCode::recipe, place_of(value),
      fmt::format("plugins.{} is {} when it should be \"sha256:\" with the 64 hexadecimal digits of the "
                  "plugin's digest",
                  name, value.text()),
      {"gistmill plugins pin RECIPE prints it"});
}

template <class Item, class Read>
void read_entries(const Fields& fields, std::string_view key, std::vector<Item>& items, Read read) {
  const Value* table = fields.table(key);
  if (table == nullptr) return;
  for (const auto& [name, value] : entries_of(*table)) items.push_back(read(name, value));
}

}  // namespace

void read_schema(Recipe& recipe) {
  const Fields fields(recipe.resolved, "", "the recipe", keys_of(""), ExitCode::recipe);
  recipe.doc = fields.string("doc", "");
  read_entries(fields, "plugins", recipe.pins, read_pin);
  if (const Value* lock = fields.table("lock")) recipe.lock = read_lock(*lock);
  read_entries(fields, "components", recipe.components, read_component);
  read_entries(fields, "pipelines", recipe.pipelines, read_pipeline);
  if (const Value* run = fields.find("run")) recipe.run = read_run(*run);
  if (const Value* rate = fields.find("learning_rate")) read_learning_rate(*rate, recipe);
  if (const Value* checkpoints = fields.find("checkpoints"))
    recipe.checkpoints = read_checkpoints(*checkpoints);
  if (const Value* cache = fields.find("cache")) recipe.cache = read_cache(*cache);
  read_entries(fields, "evaluations", recipe.evaluations, read_evaluation);
  if (const Value::List* stages = fields.list("stage")) read_stages(*stages, recipe);
}

}  // namespace gistmill
