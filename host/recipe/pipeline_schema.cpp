#include "host/recipe/pipeline_schema.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "host/recipe/fields.hpp"
#include "host/recipe/names.hpp"
#include "host/recipe/recipe_keys.hpp"

namespace gistmill {
namespace {

// A repeated part is unrolled; more iterations than this are a typing error.
constexpr std::int64_t kMostIterations = 1000;

// ---- calls ----

void read_call(const std::string& call, CallStep& step, const Origin& origin) {
  const std::size_t dot = call.find('.');
  if (!is_pair(call, '.') || !is_name(call.substr(0, dot)) || !is_name(call.substr(dot + 1))) {
    throw Failure(ExitCode::recipe, origin,
                  fmt::format("'{}' is not a call: write instance.operation, as in \"teacher.read\"", call));
  }
  step.instance = call.substr(0, dot);
  step.operation = call.substr(dot + 1);
  step.origin = origin;
}

std::vector<CallStep::Wire> read_wires(const Fields& fields, std::string_view key) {
  std::vector<CallStep::Wire> wires;
  const Value* table = fields.table(key);
  if (table == nullptr) return wires;
  for (const auto& [port, slot] : entries_of(*table)) {
    const auto* name = slot.get_if<std::string>();
    const std::string path = fmt::format("{}.{}", key, key_text(port));
    if (name == nullptr) fields.refuse_type(slot, path, "the name of a slot");
    if (name->empty()) fields.refuse(slot, path, "the name of a slot");
    wires.push_back({port, *name, place_of(slot)});
  }
  return wires;
}

CallStep read_step(const Value& value, const std::string& path) {
  CallStep step;
  if (const auto* call = value.get_if<std::string>()) {
    read_call(*call, step, value.origin());
    return step;
  }
  if (!value.is_table()) {
    throw Failure(ExitCode::recipe, value.origin(),
                  fmt::format("{} holds {} when it should hold calls: \"instance.operation\" or {{ call = "
                              "\"instance.operation\", in = {{}}, out = {{}} }}",
                              path, with_article(value.type_name())));
  }
  const Fields fields(value, path, fmt::format("a call of {}", path),
                      keys_of("pipelines.NAME.steps (a call)"), ExitCode::recipe);
  const std::string call = fields.string("call");
  read_call(call, step, fields.find("call")->origin());
  step.in = read_wires(fields, "in");
  step.out = read_wires(fields, "out");
  return step;
}

// ---- repeated parts ----

bool is_repeated(const Value& step) { return step.is_table() && step.find("repeat") != nullptr; }

void read_repeated(const Value& value, const std::string& path, PipelineRecipe& pipeline) {
  const Fields fields(value, path, fmt::format("a repeated part of {}", path),
                      keys_of("pipelines.NAME.steps (a repeated part)"), ExitCode::recipe);
  RepeatedSteps part;
  part.first = pipeline.steps.size();
  part.times = fields.integer("repeat", 1, 1);
  if (part.times > kMostIterations)
    fields.refuse(*fields.find("repeat"), "repeat", fmt::format("at most {}", kMostIterations));
  part.origin = fields.find("repeat")->origin();
  const Value& steps = fields.required("steps");
  for (const Value& step : *fields.list("steps")) {
    if (is_repeated(step)) {
      throw Failure(ExitCode::recipe, place_of(*step.find("repeat")),
                    "a repeated part cannot be inside another: write out the calls of one of them");
    }
    pipeline.steps.push_back(read_step(step, path + ".steps"));
  }
  part.count = pipeline.steps.size() - part.first;
  if (part.count == 0) fields.refuse(steps, "steps", "a list of one call or more");
  pipeline.repeats.push_back(part);
}

// ---- insertions ----

// "gist.compress", or "" where the step is no call by its looks; read_step says what is wrong with it.
std::string call_name(const Value& step) {
  const Value* call = step.is_table() ? step.find("call") : &step;
  const auto* name = call != nullptr ? call->get_if<std::string>() : nullptr;
  return name != nullptr ? *name : "";
}

const Value::List* repeated_list(const Value& step) {
  const Value* steps = is_repeated(step) ? step.find("steps") : nullptr;
  return steps != nullptr ? steps->get_if<Value::List>() : nullptr;
}

void collect_calls(const Value::List& steps, std::vector<std::string>& calls) {
  for (const Value& step : steps) {
    if (const Value::List* inner = repeated_list(step)) {
      collect_calls(*inner, calls);
    } else {
      calls.push_back(call_name(step));
    }
  }
}

// Lists of calls by the call that they stand before or after.
using Insertions = std::map<std::string, const Value::List*>;

Insertions read_insertions(const Fields& insert, const char* side, const std::vector<std::string>& calls) {
  Insertions insertions;
  const Value* table = insert.table(side);
  if (table == nullptr) return insertions;
  for (const auto& [place, list] : entries_of(*table)) {
    const std::string path = insert.path_of(fmt::format("{}.{}", side, key_text(place)));
    const auto count = std::count(calls.begin(), calls.end(), place);
    const auto* steps = list.get_if<Value::List>();
    if (steps == nullptr) {
      throw Failure(
          ExitCode::recipe, place_of(list),
          fmt::format("{} is {} when it should be a list of calls", path, with_article(list.type_name())),
          {fmt::format("the place is a call in quotes: {}.\"gist.compress\" = [\"apart.value\"]", side)});
    }
    if (count == 0) {
      throw Failure(ExitCode::recipe, place_of(list),
                    fmt::format("{} names no place: steps has no call '{}'", path, place),
                    {suggestion(place, "insert", calls)});
    }
    if (count > 1) {
      throw Failure(
          ExitCode::recipe, place_of(list),
          fmt::format("{} names no single place: steps has the call '{}' {} times", path, place, count),
          {"insert before or after a call that occurs once, or write out the steps"});
    }
    insertions.emplace(place, steps);
  }
  return insertions;
}

// `steps` with the inserted calls in their places, also in repeated parts.
Value::List with_insertions(const Value::List& steps, const Insertions& before, const Insertions& after) {
  Value::List result;
  const auto add = [&result](const Insertions& insertions, const std::string& place) {
    const auto found = insertions.find(place);
    if (found != insertions.end()) result.insert(result.end(), found->second->begin(), found->second->end());
  };
  for (const Value& step : steps) {
    if (const Value::List* inner = repeated_list(step)) {
      result.push_back(step);
      result.back().find("steps")->data() = with_insertions(*inner, before, after);
      continue;
    }
    const std::string call = call_name(step);
    add(before, call);
    result.push_back(step);
    add(after, call);
  }
  return result;
}

Value::List all_steps(const Fields& fields, const std::string& path) {
  const Value::List& steps = *fields.list("steps");
  const Value* insert = fields.table("insert");
  if (insert == nullptr) return steps;
  const std::string insert_path = path + ".insert";
  const Fields sides(*insert, insert_path, fmt::format("[{}]", insert_path), keys_of("pipelines.NAME.insert"),
                     ExitCode::recipe);
  std::vector<std::string> calls;
  collect_calls(steps, calls);
  return with_insertions(steps, read_insertions(sides, "before", calls),
                         read_insertions(sides, "after", calls));
}

// ---- minimize, train, cache ----

std::vector<MinimizedPart> read_minimize(const Fields& fields) {
  const Value* minimize = fields.find("minimize");
  if (minimize == nullptr) return {};
  if (const auto* slot = minimize->get_if<std::string>()) {
    return slot->empty() ? std::vector<MinimizedPart>{}
                         : std::vector<MinimizedPart>{{*slot, 1.0, minimize->origin()}};
  }
  if (!minimize->is_table())
    fields.refuse_type(*minimize, "minimize", "the name of a slot, or slots with weights: { loss = 1.0 }");
  std::vector<std::string> slots;
  for (const auto& entry : entries_of(*minimize)) slots.push_back(entry.first);
  const std::string path = fields.path_of("minimize");
  const Fields weights(*minimize, path, fmt::format("[{}]", path), slots, ExitCode::recipe);
  std::vector<MinimizedPart> parts;
  for (const auto& [slot, weight] : entries_of(*minimize))
    parts.push_back({slot, weights.number(slot, 0.0), place_of(weight)});
  const auto counts = [](const MinimizedPart& part) { return part.weight != 0.0; };
  if (std::none_of(parts.begin(), parts.end(), counts))
    fields.refuse(*minimize, "minimize", "slots with weights of which one or more is not 0");
  return parts;
}

std::vector<std::pair<std::string, Origin>> read_names(const Fields& fields, std::string_view key) {
  std::vector<std::pair<std::string, Origin>> names;
  const std::vector<std::string> texts = fields.strings(key);
  for (std::size_t i = 0; i < texts.size(); ++i)
    names.emplace_back(texts[i], (*fields.list(key))[i].origin());
  return names;
}

}  // namespace

PipelineRecipe read_pipeline(const std::string& name, const Value& value) {
  expect_name(name, "[pipelines]", place_of(value));
  const std::string path = "pipelines." + name;
  const Fields fields(value, path, fmt::format("[{}]", path), keys_of("pipelines.NAME"), ExitCode::recipe);
  PipelineRecipe pipeline;
  pipeline.name = name;
  pipeline.origin = place_of(value);
  const Value& steps = fields.required("steps");
  for (const Value& step : all_steps(fields, path)) {
    if (is_repeated(step)) {
      read_repeated(step, path + ".steps", pipeline);
    } else {
      pipeline.steps.push_back(read_step(step, path + ".steps"));
    }
  }
  if (pipeline.steps.empty()) fields.refuse(steps, "steps", "a list of one call or more");
  pipeline.minimize = read_minimize(fields);
  if (const Value* minimize = fields.find("minimize")) pipeline.minimize_origin = minimize->origin();
  pipeline.train = read_names(fields, "train");
  pipeline.cache = read_names(fields, "cache");
  return pipeline;
}

}  // namespace gistmill
