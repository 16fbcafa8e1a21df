#include "host/reference/recipe_schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "host/plan/options.hpp"
#include "host/recipe/recipe_keys.hpp"

namespace gistmill {
namespace {

using Json = nlohmann::ordered_json;

Json variable() { return {{"type", "string"}, {"pattern", "\\$\\{.+\\}"}}; }

// What may be filled in from a variable.
Json or_variable(Json schema) { return {{"anyOf", Json::array({std::move(schema), variable()})}}; }

// "string or table", "list of strings".
Json schema_of_type(std::string_view type) {
  if (type == "string") return {{"type", "string"}};
  if (type == "integer" || type == "number") return or_variable({{"type", type}});
  if (type == "table") return {{"type", "object"}};
  if (type == "list of strings") return or_variable({{"type", "array"}, {"items", {{"type", "string"}}}});
  if (type == "list of tables") return {{"type", "array"}, {"items", {{"type", "object"}}}};
  if (type == "string or list") return {{"type", {"string", "array"}}};
  if (type == "string or table") return {{"type", {"string", "object"}}};
  if (type == "boolean") return {{"type", "boolean"}};
  return or_variable({{"type", "array"}});  // "list"
}

const RecipeTable& table_named(std::string_view name) {
  return *std::ranges::find(recipe_tables(), name, &RecipeTable::name);
}

// The keys of one table and no others.
Json object_of(std::string_view name) {
  const RecipeTable& table = table_named(name);
  Json properties = Json::object();
  for (const RecipeKey& key : table.keys) {
    Json value = schema_of_type(key.type);
    value["description"] = key.doc;
    properties[key.key] = std::move(value);
  }
  return {{"type", "object"},
          {"description", table.doc},
          {"properties", std::move(properties)},
          {"additionalProperties", false}};
}

// A table whose names are the recipe's own.
Json map_of(Json entry) { return {{"type", "object"}, {"additionalProperties", std::move(entry)}}; }

Json any_of(std::initializer_list<Json> schemas) { return {{"anyOf", Json(schemas)}}; }

Json with_required(Json object, std::initializer_list<const char*> keys) {
  object["required"] = Json::array();
  for (const char* key : keys) object["required"].push_back(key);
  return object;
}

// ---- components ----

Json bounded(Json schema, const OptionSpec& option) {
  if (option.min) schema["minimum"] = *option.min;
  if (option.max) schema["maximum"] = *option.max;
  return schema;
}

// The name of one prepared corpus, or several with weights.
Json mixture_schema() {
  Json weights = map_of(any_of({{{"type", "number"}, {"minimum", 0}, {"exclusiveMinimum", true}},
                                {{"enum", Json::array({false})}},
                                variable()}));
  weights["minProperties"] = 1;
  return any_of({{{"type", "string"}}, std::move(weights)});
}

Json schema_of_option(const OptionSpec& option) {
  Json value;
  switch (option.type) {
    case OptionType::integer:
      value = or_variable(bounded({{"type", "integer"}}, option));
      break;
    case OptionType::floating:
      value = or_variable(bounded({{"type", "number"}}, option));
      break;
    case OptionType::boolean:
      value = or_variable({{"type", "boolean"}});
      break;
    case OptionType::choice:
      value = any_of({{{"enum", option.choices}}, variable()});
      break;
    case OptionType::integers:
      value = or_variable({{"type", "array"}, {"items", bounded({{"type", "integer"}}, option)}});
      break;
    case OptionType::floats:
      value = or_variable({{"type", "array"}, {"items", bounded({{"type", "number"}}, option)}});
      break;
    case OptionType::strings:
    case OptionType::paths:
      value = or_variable({{"type", "array"}, {"items", {{"type", "string"}}}});
      break;
    case OptionType::mixture:
      value = mixture_schema();
      break;
    default:
      value = {{"type", "string"}};
      break;
  }
  value["description"] = option.doc;
  if (option.default_value)
    value["default"] = std::visit([](const auto& given) { return Json(given); }, *option.default_value);
  return value;
}

Json isolate_schema() { return any_of({{{"type", "boolean"}}, object_of("components.NAME.isolate")}); }

// [components.NAME]: the options of the component that it uses; in a layer that does not say which, those of
// any.
Json components_schema(const Registry& registry) {
  Json kinds = Json::array();
  Json all_options = Json::object();
  for (const std::string& name : registry.component_names()) {
    const ComponentSpec& component = *registry.find(name);
    Json properties = object_of("components.NAME")["properties"];
    properties.erase("from");
    properties["isolate"] = isolate_schema();
    properties["use"] = {{"enum", Json::array({name})}, {"description", component.doc}};
    for (const OptionSpec& option : component.options) {
      properties[option.key] = schema_of_option(option);
      all_options[option.key] = Json::object();  // any value: it depends on the component
    }
    kinds.push_back({{"type", "object"},
                     {"title", name},
                     {"properties", std::move(properties)},
                     {"required", Json::array({"use"})},
                     {"additionalProperties", false}});
  }
  kinds.push_back({{"type", "object"},
                   {"title", "of another stage"},
                   {"properties", {{"from", object_of("components.NAME")["properties"]["from"]}}},
                   {"required", Json::array({"from"})},
                   {"additionalProperties", false}});
  all_options["parameters"] = {{"type", "string"}};
  all_options["isolate"] = isolate_schema();
  all_options["use"] = variable();
  kinds.push_back({{"type", "object"},
                   {"title", "options of a component that a layer below or a variable names"},
                   {"properties", std::move(all_options)},
                   {"additionalProperties", false}});
  return map_of({{"anyOf", std::move(kinds)}});
}

// ---- pipelines ----

Json call_schema() {
  Json wires = map_of({{"type", "string"}, {"minLength", 1}});
  Json call = with_required(object_of("pipelines.NAME.steps (a call)"), {"call"});
  call["properties"]["call"]["pattern"] = "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$";
  call["properties"]["in"] = wires;
  call["properties"]["out"] = wires;
  return any_of({{{"type", "string"},
                  {"pattern", "^(@[A-Za-z0-9_-]+|[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+)$"},
                  {"description", "instance.operation, or @fragment"}},
                 std::move(call)});
}

Json calls_schema() { return {{"type", "array"}, {"items", call_schema()}}; }

Json pipelines_schema() {
  Json repeated = with_required(object_of("pipelines.NAME.steps (a repeated part)"), {"repeat", "steps"});
  repeated["properties"]["steps"] = calls_schema();
  Json pipeline = object_of("pipelines.NAME");
  pipeline["properties"]["steps"] = {{"type", "array"},
                                     {"items", any_of({call_schema(), std::move(repeated)})}};
  Json insert = object_of("pipelines.NAME.insert");
  for (const char* side : {"before", "after"}) insert["properties"][side] = map_of(calls_schema());
  pipeline["properties"]["insert"] = std::move(insert);
  pipeline["properties"]["minimize"] =
      any_of({{{"type", "string"}}, map_of(or_variable({{"type", "number"}}))});
  return map_of(std::move(pipeline));
}

// ---- evaluations, learning rate, stages ----

Json evaluations_schema() {
  Json variant = object_of("evaluations.NAME.variants.ID");
  variant["properties"]["use"] = map_of({{"type", "string"}});
  variant["properties"]["published"] =
      map_of(any_of({{{"type", "number"}},
                     with_required(object_of("evaluations.NAME.variants.ID.published.FIGURE"), {"value"}),
                     {{"enum", Json::array({false})}}}));
  Json evaluation = object_of("evaluations.NAME");
  evaluation["properties"]["targets"] =
      map_of(any_of({object_of("evaluations.NAME.targets.FIGURE"), {{"enum", Json::array({false})}}}));
  evaluation["properties"]["variants"] =
      any_of({map_of(any_of({variant, {{"enum", Json::array({false})}}})),
              {{"type", "array"}, {"items", with_required(variant, {"name"})}}});
  evaluation["properties"]["examples"] = object_of("evaluations.NAME.examples");
  evaluation["properties"]["interval"]["enum"] = interval_kind_names();
  return map_of(std::move(evaluation));
}

Json learning_rate_schema() {
  Json rate = object_of("learning_rate");
  rate["additionalProperties"] = object_of("learning_rate.NAME");
  return rate;
}

Json stages_schema() {
  Json stage = object_of("stage");
  stage["properties"]["recipe"] = any_of({{{"type", "string"}}, {{"$ref", "#"}}});
  stage["properties"]["take"]["enum"] = {"last", "best"};
  Json inner = stage;
  inner["properties"].erase("cycles");
  Json group = object_of("stage (a group)");
  group["properties"]["stage"] = {
      {"type", "array"}, {"minItems", 1}, {"items", with_required(std::move(inner), {"recipe"})}};
  return {{"type", "array"},
          {"items", any_of({with_required(std::move(stage), {"recipe"}),
                            with_required(std::move(group), {"stage"})})}};
}

Json lock_schema() {
  Json lock = object_of("lock");
  lock["properties"]["plugins"] = {{"type", "array"}, {"items", object_of("lock.plugins")}};
  return lock;
}

}  // namespace

Json recipe_schema(const Registry& registry) {
  Json schema = {{"$schema", "http://json-schema.org/draft-04/schema#"}, {"title", "a Gistmill recipe"}};
  schema.update(object_of(""));
  Json& properties = schema["properties"];
  properties["extends"] =
      any_of({{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}});
  properties["fragments"] = map_of(calls_schema());
  properties["components"] = components_schema(registry);
  properties["pipelines"] = pipelines_schema();
  for (const char* table : {"run", "checkpoints", "cache"}) properties[table] = object_of(table);
  properties["learning_rate"] = learning_rate_schema();
  properties["evaluations"] = evaluations_schema();
  properties["stage"] = stages_schema();
  properties["sweep"] = object_of("sweep");
  properties["plugins"] = map_of({{"type", "string"}, {"pattern", "^sha256:[0-9a-f]{64}$"}});
  properties["lock"] = lock_schema();
  return schema;
}

}  // namespace gistmill
