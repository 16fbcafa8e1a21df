// See corpus_identity.hpp.
#include "host/identity/corpus_identity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

namespace {

using nlohmann::json;

json call_json(const PlannedPipeline& pipeline, const PlannedCall& call) {
  json reads = json::object();
  for (const PlannedInput& input : call.inputs) {
    if (!input.source) continue;
    const PlannedCall& writer = pipeline.calls[input.source->call];
    reads[input.port->name] =
        fmt::format("{}.{}", input.source->call, writer.outputs[input.source->output].port->name);
  }
  return {{"call", call.name}, {"reads", reads}};
}

// The value of the first of `keys` that is there: provenance of earlier versions spells some differently.
json value_of(const json& instance, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (instance.contains(key)) return instance[key];
  }
  return nullptr;
}

json call_names(const json& provenance) {
  json names = json::array();
  for (const json& call : value_of(provenance, {"calls"}))
    names.push_back(call.is_object() ? value_of(call, {"call"}) : call);
  return names;
}

bool does_the_same(const json& made, const json& wanted) {
  return value_of(made, {"component", "use"}) == wanted["component"] &&
         value_of(made, {"options"}) == wanted["options"] &&
         value_of(made, {"contents", "content"}) == wanted["contents"];
}

}  // namespace

json corpus_identity(const PlannedPipeline& pipeline, const std::vector<const Instance*>& instances,
                     std::uint64_t seed) {
  json identity = {{"pipeline", pipeline.name}, {"calls", json::array()}, {"instances", json::object()}};
  for (const PlannedCall& call : pipeline.calls) {
    if (call.kind == CallClass::skipped) continue;
    const Instance& instance = *instances[call.instance];
    if (reads_unnamed_contents(instance)) {
      throw Failure(
          ExitCode::recipe, call.origin,
          fmt::format("{} cannot prepare a corpus: {} reads files but does not identify their contents",
                      call.name, instance.planned().spec->name),
          {"the component needs a member function digest() (docs/plugins.md)"});
    }
    identity["calls"].push_back(call_json(pipeline, call));
    if (!identity["instances"].contains(instance.name()))
      identity["instances"][instance.name()] = identity_of(instance);
    if (call.operation->effect == Effect::random) identity["seed"] = seed;
  }
  return identity;
}

std::string other_build(const json& made, const json& wanted) {
  if (!made.is_object() || !value_of(made, {"instances"}).is_object()) return "";
  if (call_names(made) != call_names(wanted) || value_of(made, {"seed"}) != value_of(wanted, {"seed"}) ||
      value_of(made, {"parameters"}) != value_of(wanted, {"parameters"}) ||
      made["instances"].size() != wanted["instances"].size()) {
    return "";
  }
  std::set<std::string> rebuilt;
  bool recorded = true;
  for (const auto& [name, instance] : wanted["instances"].items()) {
    const json other = value_of(made["instances"], {name.c_str()});
    if (!other.is_object() || !does_the_same(other, instance)) return "";
    recorded = recorded && other.contains("build");
    if (value_of(other, {"build"}) != instance["build"]) rebuilt.insert(instance["component"]);
  }
  if (!recorded) return "was made by an earlier version, which did not record the builds of plugins";
  return rebuilt.empty() ? "" : fmt::format("was made by another build of {}", fmt::join(rebuilt, ", "));
}

}  // namespace gistmill
