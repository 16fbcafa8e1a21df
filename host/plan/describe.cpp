#include "host/plan/describe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/plan/types.hpp"

namespace gistmill {
namespace {

const char* to_text(Effect effect) {
  switch (effect) {
    case Effect::pure:
      return "pure";
    case Effect::random:
      return "random";
    case Effect::stateful:
      return "stateful";
  }
  return "";
}

std::string symbol_text(const PlannedSymbol& symbol, const std::vector<PlannedInstance>& instances) {
  if (symbol.value) return fmt::format("{} {}", symbol.full_name, *symbol.value);
  if (symbol.declared.empty()) return fmt::format("{} varies", symbol.full_name);
  const SymbolDeclaration& first = symbol.declared.front();
  return fmt::format("{} from {}", first.spec->name, instances[first.instance].name);
}

// What could train and whose parameters stay as they are while others train.
bool is_frozen(const PlannedCall& call, const PlannedPipeline& pipeline, const PlannedInstance& instance) {
  const auto& train = pipeline.train;
  return pipeline.minimize && instance.spec->parameters &&
         std::find(train.begin(), train.end(), call.instance) == train.end();
}

std::string class_text(const PlannedCall& call, const PlannedPipeline& pipeline,
                       const PlannedInstance& instance) {
  if (call.kind == CallClass::skipped) return "skipped: nothing needs it";
  const std::string cached = call.cached ? ", cached" : "";
  const std::string frozen = is_frozen(call, pipeline, instance) ? "frozen, " : "";
  if (call.kind != CallClass::forward) return frozen + to_text(call.kind);
  if (call.operation->effect != Effect::pure) return to_text(call.operation->effect);
  return frozen + "no tape" + cached;
}

// "context, gist -> hidden_replaced float[K, H, D]"
std::string ports_text(const PlannedCall& call) {
  std::vector<std::string> read;
  for (const PlannedInput& input : call.inputs) {
    if (input.source) read.push_back(input.slot);
  }
  std::vector<std::string> written;
  for (const PlannedOutput& output : call.outputs) {
    written.push_back(output.port->type.is_object
                          ? output.slot
                          : fmt::format("{} {}", output.slot, type_text(output.type)));
  }
  std::string text = fmt::format("{}", fmt::join(read, ", "));
  if (written.empty()) return text;
  if (!text.empty()) text += ' ';
  return text + fmt::format("-> {}", fmt::join(written, ", "));
}

std::string header(const PlannedPipeline& pipeline, const std::vector<PlannedInstance>& instances) {
  std::vector<std::string> symbols;
  for (const PlannedSymbol& symbol : pipeline.symbols) {
    if (symbol.carried) symbols.push_back(symbol_text(symbol, instances));
  }
  return symbols.empty() ? pipeline.name : fmt::format("{}   {}", pipeline.name, fmt::join(symbols, ", "));
}

std::string pipeline_text(const PlannedPipeline& pipeline, const Plan& plan) {
  constexpr std::size_t kWidestPorts = 76;  // longer ones push their class to the right
  std::size_t name_width = 0;
  std::size_t ports_width = 0;
  for (const PlannedCall& call : pipeline.calls) {
    name_width = std::max(name_width, call.name.size());
    const std::size_t width = ports_text(call).size();
    if (width <= kWidestPorts) ports_width = std::max(ports_width, width);
  }
  std::string text = header(pipeline, plan.instances) + "\n";
  for (const PlannedCall& call : pipeline.calls) {
    text += fmt::format("  {:<{}}   {:<{}}   {}\n", call.name, name_width, ports_text(call), ports_width,
                        class_text(call, pipeline, plan.instances[call.instance]));
  }
  if (!pipeline.minimize) return text;
  std::vector<std::string> trained;
  for (const std::size_t instance : pipeline.train) trained.push_back(plan.instances[instance].name);
  text += fmt::format("minimizes {}; trains {}",
                      pipeline.calls[pipeline.minimize->call].outputs[pipeline.minimize->output].slot,
                      fmt::join(trained, ", "));
  if (pipeline.name == plan.trained)
    text += fmt::format("; {} step{}", plan.steps, plan.steps == 1 ? "" : "s");
  return text + "\n";
}

// "runs once a step for all variants: corpus.next, teacher.read"
std::string evaluation_text(const PlannedEvaluation& evaluation, const Plan& plan) {
  const PlannedPipeline& pipeline = plan.pipelines[evaluation.pipeline];
  std::string text = fmt::format("evaluation {}   pipeline {}", evaluation.name, pipeline.name);
  if (evaluation.variants.size() == 1) return text + "\n";
  std::vector<std::string> names;
  std::vector<std::string> shared;
  for (const PlannedVariant& variant : evaluation.variants) names.push_back(variant.name);
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    if (evaluation.shared[i]) shared.push_back(pipeline.calls[i].name);
  }
  text += fmt::format("\n  variants: {}\n", fmt::join(names, ", "));
  if (!shared.empty()) text += fmt::format("  once a step for all: {}\n", fmt::join(shared, ", "));
  return text;
}

nlohmann::json to_json(const PlannedPipeline& pipeline, const Plan& plan) {
  using nlohmann::json;
  json symbols = json::object();
  for (const PlannedSymbol& symbol : pipeline.symbols) {
    if (!symbol.carried) continue;
    symbols[symbol.name] =
        symbol.value ? json{{"value", *symbol.value}, {"source", symbol.source}} : json(nullptr);
  }
  json calls = json::array();
  for (const PlannedCall& call : pipeline.calls) {
    json inputs = json::array();
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      const PlannedInput& input = call.inputs[i];
      if (!input.source) continue;
      inputs.push_back({{"port", input.port->name},
                        {"slot", input.slot},
                        {"type", type_text(input.type)},
                        {"from", pipeline.calls[input.source->call].name},
                        {"gradient", call.need[i] != 0}});
    }
    json outputs = json::array();
    for (const PlannedOutput& output : call.outputs) {
      outputs.push_back(
          {{"port", output.port->name}, {"slot", output.slot}, {"type", type_text(output.type)}});
    }
    calls.push_back({{"call", call.name},
                     {"component", plan.instances[call.instance].spec->name},
                     {"effect", to_text(call.operation->effect)},
                     {"class", gistmill::to_text(call.kind)},
                     {"cached", call.cached},
                     {"inputs", inputs},
                     {"outputs", outputs}});
  }
  json trained = json::array();
  for (const std::size_t instance : pipeline.train) trained.push_back(plan.instances[instance].name);
  json result = {{"name", pipeline.name}, {"symbols", symbols}, {"calls", calls}, {"train", trained}};
  result["minimize"] =
      pipeline.minimize
          ? json(pipeline.calls[pipeline.minimize->call].outputs[pipeline.minimize->output].slot)
          : json(nullptr);
  return result;
}

nlohmann::json to_json(const PlannedInstance& instance) {
  nlohmann::json options = nlohmann::json::object();
  for (const PlannedOption& option : instance.options) {
    std::visit([&](const auto& value) { options[option.key] = value; }, option.value);
  }
  return {{"name", instance.name}, {"component", instance.spec->name}, {"options", options}};
}

}  // namespace

std::string describe(const Plan& plan) {
  std::string text;
  for (const PlannedPipeline& pipeline : plan.pipelines) {
    if (!text.empty()) text += '\n';
    text += pipeline_text(pipeline, plan);
  }
  for (const PlannedEvaluation& evaluation : plan.evaluations)
    text += "\n" + evaluation_text(evaluation, plan);
  return text;
}

nlohmann::json to_json(const Plan& plan) {
  using nlohmann::json;
  json result = {{"instances", json::array()}, {"pipelines", json::array()}, {"evaluations", json::array()}};
  for (const PlannedInstance& instance : plan.instances) result["instances"].push_back(to_json(instance));
  for (const PlannedPipeline& pipeline : plan.pipelines)
    result["pipelines"].push_back(to_json(pipeline, plan));
  for (const PlannedEvaluation& evaluation : plan.evaluations) {
    const PlannedPipeline& pipeline = plan.pipelines[evaluation.pipeline];
    json variants = json::array();
    for (const PlannedVariant& variant : evaluation.variants) {
      variants.push_back({{"name", variant.name}, {"pipeline", to_json(variant.pipeline, plan)}});
    }
    json shared = json::array();
    for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
      if (evaluation.shared[i]) shared.push_back(pipeline.calls[i].name);
    }
    result["evaluations"].push_back(
        {{"name", evaluation.name}, {"pipeline", pipeline.name}, {"variants", variants}, {"shared", shared}});
  }
  return result;
}

}  // namespace gistmill
