#include "host/plan/describe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/plan/gradient.hpp"
#include "host/plan/types.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {
namespace {

std::string symbol_text(const PlannedSymbol& symbol, const std::vector<PlannedInstance>& instances) {
  if (symbol.value) return fmt::format("{} {}", symbol.full_name, *symbol.value);
  if (symbol.declared.empty()) return fmt::format("{} varies", symbol.full_name);
  const SymbolDeclaration& first = symbol.declared.front();
  return fmt::format("{} from {}", first.spec->name, instances[first.instance].name);
}

// Whether the instance has parameters that stay as they are while others train.
bool is_frozen(const PlannedCall& call, const PlannedPipeline& pipeline, const PlannedInstance& instance) {
  const auto& train = pipeline.train;
  return !pipeline.minimize.empty() && instance.spec->parameters &&
         std::find(train.begin(), train.end(), call.instance) == train.end();
}

std::string class_text(const PlannedCall& call, const PlannedPipeline& pipeline,
                       const PlannedInstance& instance) {
  if (call.kind == CallClass::skipped) return "skipped: nothing needs it";
  const std::string cached = call.cached ? ", cached" : "";
  const std::string frozen = is_frozen(call, pipeline, instance) ? "frozen, " : "";
  if (call.kind != CallClass::forward) return frozen + to_text(call.kind);
  if (call.operation->effect != Effect::pure) return std::string(effect_name(call.operation->effect));
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

// Whether the text shows a call: of a repeated part, those of the first iteration.
bool is_shown(const PlannedPipeline& pipeline, std::size_t call) {
  const PlannedRepeat* part = pipeline.repeat_of(call);
  return part == nullptr || call < part->first + part->count;
}

bool has_symbol(const PlannedCall& call, const std::string& name) {
  const auto in = [&name](const auto& port) {
    return std::any_of(port.type.shape.begin(), port.type.shape.end(),
                       [&name](const Dimension& dimension) { return dimension.symbol == name; });
  };
  return std::any_of(call.inputs.begin(), call.inputs.end(), in) ||
         std::any_of(call.outputs.begin(), call.outputs.end(), in);
}

// A size that each iteration of a repeated part has for itself is shown for the first one.
bool is_of_later_iteration(const PlannedPipeline& pipeline, const PlannedSymbol& symbol) {
  if (!symbol.declared.empty()) return false;
  bool later = false;
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    if (!has_symbol(pipeline.calls[i], symbol.name)) continue;
    if (is_shown(pipeline, i)) return false;
    later = true;
  }
  return later;
}

std::string header(const PlannedPipeline& pipeline, const std::vector<PlannedInstance>& instances) {
  std::vector<std::string> symbols;
  for (const PlannedSymbol& symbol : pipeline.symbols) {
    if (!symbol.carried || is_of_later_iteration(pipeline, symbol)) continue;
    symbols.push_back(symbol_text(symbol, instances));
  }
  return symbols.empty() ? pipeline.name : fmt::format("{}   {}", pipeline.name, fmt::join(symbols, ", "));
}

// "passes gradient"; where iterations differ: "3 x no tape, 1 x passes gradient".
std::string class_text_of(const PlannedPipeline& pipeline, std::size_t call,
                          const std::vector<PlannedInstance>& instances) {
  const PlannedRepeat* part = pipeline.repeat_of(call);
  std::vector<std::pair<std::string, int>> runs;
  const std::size_t end = part == nullptr ? call + 1 : part->end();
  for (std::size_t i = call; i < end; i += part == nullptr ? 1 : part->count) {
    const PlannedCall& each = pipeline.calls[i];
    const std::string text = class_text(each, pipeline, instances[each.instance]);
    if (runs.empty() || runs.back().first != text) runs.emplace_back(text, 0);
    ++runs.back().second;
  }
  if (runs.size() == 1) return runs.front().first;
  std::vector<std::string> texts;
  for (const auto& [text, count] : runs) texts.push_back(fmt::format("{} x {}", count, text));
  return fmt::format("{}", fmt::join(texts, ", "));
}

struct CallLine {
  std::string name;
  std::string ports;
  std::string kind;
};

std::vector<CallLine> call_lines(const PlannedPipeline& pipeline, const Plan& plan) {
  std::vector<CallLine> lines;
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    if (!is_shown(pipeline, i)) continue;
    const PlannedCall& call = pipeline.calls[i];
    const PlannedRepeat* part = pipeline.repeat_of(i);
    if (part != nullptr && i == part->first) lines.push_back({fmt::format("{} x", part->times), "", ""});
    lines.push_back({(part != nullptr ? "  " : "") + call.name, ports_text(call),
                     class_text_of(pipeline, i, plan.instances)});
  }
  return lines;
}

std::string pipeline_text(const PlannedPipeline& pipeline, const Plan& plan) {
  constexpr std::size_t kWidestPorts = 76;  // longer ones push their class to the right
  std::size_t name_width = 0;
  std::size_t ports_width = 0;
  const std::vector<CallLine> lines = call_lines(pipeline, plan);
  for (const CallLine& line : lines) {
    name_width = std::max(name_width, line.name.size());
    if (line.ports.size() <= kWidestPorts) ports_width = std::max(ports_width, line.ports.size());
  }
  std::string text = header(pipeline, plan.instances) + "\n";
  for (const CallLine& line : lines) {
    text += line.kind.empty() ? fmt::format("  {}\n", line.name)
                              : fmt::format("  {:<{}}   {:<{}}   {}\n", line.name, name_width, line.ports,
                                            ports_width, line.kind);
  }
  if (pipeline.minimize.empty()) return text;
  std::vector<std::string> trained;
  for (const std::size_t instance : pipeline.train) trained.push_back(plan.instances[instance].name);
  text += fmt::format("minimizes {}; trains {}", minimize_text(pipeline), fmt::join(trained, ", "));
  if (pipeline.name == plan.trained)
    text += fmt::format("; {} step{}", plan.steps, plan.steps == 1 ? "" : "s");
  std::vector<std::string> logged;
  for (const PlannedLoss& part : pipeline.minimize) {
    if (part.weight == 0.0) logged.push_back(part.slot);
  }
  if (!logged.empty()) text += fmt::format("; logs {}", fmt::join(logged, ", "));
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
    if (evaluation.shared[i] && is_shown(pipeline, i)) shared.push_back(pipeline.calls[i].name);
  }
  text += fmt::format("\n  variants: {}\n", fmt::join(names, ", "));
  if (!shared.empty()) text += fmt::format("  once a step for all: {}\n", fmt::join(shared, ", "));
  return text;
}

// The slot, or weights by slot; null where nothing is minimized.
nlohmann::json minimize_json(const PlannedPipeline& pipeline) {
  if (pipeline.minimize.empty()) return nullptr;
  if (pipeline.minimize.size() == 1 && pipeline.minimize.front().weight == 1.0)
    return pipeline.minimize.front().slot;
  nlohmann::json weights = nlohmann::json::object();
  for (const PlannedLoss& part : pipeline.minimize) weights[part.slot] = part.weight;
  return weights;
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
                     {"effect", effect_name(call.operation->effect)},
                     {"class", gistmill::to_text(call.kind)},
                     {"cached", call.cached},
                     {"iteration", call.iteration},
                     {"inputs", inputs},
                     {"outputs", outputs}});
  }
  json trained = json::array();
  for (const std::size_t instance : pipeline.train) trained.push_back(plan.instances[instance].name);
  json result = {{"name", pipeline.name}, {"symbols", symbols}, {"calls", calls}, {"train", trained}};
  result["minimize"] = minimize_json(pipeline);
  result["repeats"] = json::array();
  for (const PlannedRepeat& part : pipeline.repeats)
    result["repeats"].push_back({{"first", part.first}, {"count", part.count}, {"times", part.times}});
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
