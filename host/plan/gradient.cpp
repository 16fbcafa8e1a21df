#include "host/plan/gradient.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/plan/types.hpp"
#include "host/plan/wiring.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {
namespace {

using Marks = std::vector<std::uint8_t>;  // one for each call

bool contains(const std::vector<std::size_t>& list, std::size_t item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

const PortSpec& source_port(const PlannedPipeline& pipeline, const PlannedInput& input) {
  return *pipeline.calls[input.source->call].outputs[input.source->output].port;
}

// Whether a gradient can go back along the wire into `input`.
bool carries_gradient(const PlannedPipeline& pipeline, const PlannedInput& input) {
  return input.source && input.port->gradient && source_port(pipeline, input).gradient;
}

bool has_figure(const PlannedCall& call) {
  return std::any_of(call.outputs.begin(), call.outputs.end(),
                     [](const PlannedOutput& output) { return output.port->figure.has_value(); });
}

// The calls that a pipeline exists for: those that change something or make a result. If it neither minimizes
// nor measures, any output may be its purpose.
Marks result_calls(const PlannedPipeline& pipeline) {
  const auto& calls = pipeline.calls;
  if (pipeline.minimize.empty() && std::none_of(calls.begin(), calls.end(), has_figure))
    return Marks(calls.size(), 1);
  Marks results(calls.size(), 0);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    results[i] =
        calls[i].operation->effect == Effect::stateful || has_figure(calls[i]) || pipeline.minimizes(i);
  }
  return results;
}

// Calls that run: `results`, and what they read.
Marks needed_calls(const PlannedPipeline& pipeline, const Marks& results) {
  Marks needed = results;
  for (std::size_t i = needed.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const PlannedInput& input : pipeline.calls[i].inputs) {
      if (input.source) needed[input.source->call] = 1;
    }
  }
  return needed;
}

// Calls whose outputs depend, by wires that carry a gradient, on the parameters of `train`.
Marks live_calls(const PlannedPipeline& pipeline, const std::vector<std::size_t>& train) {
  Marks live(pipeline.calls.size(), 0);
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    const PlannedCall& call = pipeline.calls[i];
    live[i] = contains(train, call.instance) ||
              std::any_of(call.inputs.begin(), call.inputs.end(), [&](const PlannedInput& input) {
                return carries_gradient(pipeline, input) && live[input.source->call];
              });
  }
  return live;
}

// 1 for the calls that a gradient starts at: a part of weight 0 is computed and logged only.
Marks minimized_calls(const PlannedPipeline& pipeline) {
  Marks marks(pipeline.calls.size(), 0);
  for (const PlannedLoss& part : pipeline.minimize) {
    if (part.weight == 0.0) continue;
    for (const SlotRef& source : part.sources) marks[source.call] = 1;
  }
  return marks;
}

// Walks back from what is minimized; marks the calls that a gradient comes to and the inputs it goes on by.
void walk_back(PlannedPipeline& pipeline) {
  const Marks live = live_calls(pipeline, pipeline.train);
  Marks reached = minimized_calls(pipeline);
  for (std::size_t i = pipeline.calls.size(); i-- > 0;) {
    if (!reached[i] || !live[i]) continue;
    PlannedCall& call = pipeline.calls[i];
    call.kind = contains(pipeline.train, call.instance) ? CallClass::trains : CallClass::passes;
    for (std::size_t port = 0; port < call.inputs.size(); ++port) {
      const PlannedInput& input = call.inputs[port];
      if (!carries_gradient(pipeline, input) || !live[input.source->call]) continue;
      call.need[port] = 1;
      reached[input.source->call] = 1;
    }
  }
}

// Every wire between the calls of `instance` and what is minimized where the gradient ends. Wires that can
// carry none (integers, objects) are listed only if there are no others.
std::vector<std::string> breaks(const PlannedPipeline& pipeline, std::size_t instance) {
  Marks leads = minimized_calls(pipeline);  // to what is minimized, by any wire
  for (std::size_t i = pipeline.calls.size(); i-- > 0;) {
    for (const PlannedInput& input : pipeline.calls[i].inputs) {
      if (leads[i] && input.source) leads[input.source->call] = 1;
    }
  }
  const Marks live = live_calls(pipeline, {instance});
  std::vector<std::string> found;
  std::vector<std::string> others;
  const auto add = [](std::vector<std::string>& list, std::string text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
  };
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    const PlannedCall& call = pipeline.calls[i];
    for (const PlannedInput& input : call.inputs) {
      if (!leads[i] || !input.source || !live[input.source->call]) continue;
      const std::string& writer = pipeline.calls[input.source->call].name;
      const PortSpec& source = source_port(pipeline, input);
      auto& list = is_float(source.type) ? found : others;
      if (!source.gradient) {
        add(list, fmt::format("{} does not take a gradient at its output '{}'", writer, source.name));
      } else if (!input.port->gradient) {
        add(list, fmt::format("{} does not give a gradient to its input '{}'", call.name, input.port->name));
      }
    }
  }
  return found.empty() ? others : found;
}

void check_reached(const PlannedPipeline& pipeline, std::size_t instance, const std::string& name,
                   const Origin& origin) {
  const PlannedCall* called = nullptr;
  for (const PlannedCall& call : pipeline.calls) {
    if (call.instance != instance) continue;
    if (call.kind == CallClass::trains) return;
    called = &call;
  }
  if (!called) {
    throw Failure(ExitCode::recipe, origin,
                  fmt::format("pipeline '{}' trains {} but never calls it", pipeline.name, name));
  }
  const std::string minimize = minimize_text(pipeline);
  auto where = breaks(pipeline, instance);
  if (where.empty())
    where.push_back(fmt::format("nothing that {} writes goes into '{}'", called->name, minimize));
  const std::string first = where.front();
  where.erase(where.begin());
  throw Failure(ExitCode::recipe, origin,
                fmt::format("no gradient of '{}' reaches {}: {}", minimize, name, first), std::move(where));
}

[[noreturn]] void refuse_unknown(const PlannedPipeline& pipeline, const MinimizedPart& part) {
  std::vector<std::string> slots;
  for (const PlannedCall& call : pipeline.calls) {
    for (const PlannedOutput& output : call.outputs) slots.push_back(output.slot);
  }
  throw Failure(ExitCode::recipe, part.origin,
                fmt::format("pipeline '{}' minimizes '{}' but nothing wrote it", pipeline.name, part.slot),
                did_you_mean(part.slot, slots));
}

PlannedLoss find_minimized(const PlannedPipeline& pipeline, const MinimizedPart& part) {
  PlannedLoss loss{part.slot, part.weight, pipeline.writers(part.slot)};
  if (loss.sources.empty()) refuse_unknown(pipeline, part);
  const PlannedCall& call = pipeline.calls[loss.sources.front().call];
  const PortSpec& port = *call.outputs[loss.sources.front().output].port;
  if (!port.type.shape.empty() || !is_float(port.type)) {
    throw Failure(ExitCode::recipe, part.origin,
                  fmt::format("minimize '{}' is {} when it should be one number: f32[]", part.slot,
                              type_text(port.type)));
  }
  if (!port.gradient && part.weight != 0.0) {  // of weight 0 it is only logged
    throw Failure(ExitCode::recipe, part.origin,
                  fmt::format("{} does not take a gradient at its output '{}', which is minimized", call.name,
                              port.name));
  }
  return loss;
}

void set_needed(PlannedPipeline& pipeline) {
  const Marks results = result_calls(pipeline);
  const Marks needed = needed_calls(pipeline, results);
  for (std::size_t i = 0; i < needed.size(); ++i) {
    pipeline.calls[i].result = results[i] != 0;
    pipeline.calls[i].kind = needed[i] ? CallClass::forward : CallClass::skipped;
  }
}

}  // namespace

std::string minimize_text(const PlannedPipeline& pipeline) {
  std::string text;
  for (const PlannedLoss& part : pipeline.minimize) {
    if (part.weight == 0.0) continue;
    const bool minus = !text.empty() && part.weight < 0;
    const double weight = minus ? -part.weight : part.weight;
    if (!text.empty()) text += minus ? " - " : " + ";
    text += weight == 1.0 ? part.slot : fmt::format("{} {}", weight, part.slot);
  }
  return text;
}

void plan_forward(PlannedPipeline& pipeline) { set_needed(pipeline); }

void plan_gradient(PlannedPipeline& pipeline, const PipelineRecipe& recipe,
                   const std::vector<PlannedInstance>& instances) {
  if (recipe.minimize.empty() && !recipe.train.empty()) {
    const auto& [name, origin] = recipe.train.front();
    throw Failure(ExitCode::recipe, origin,
                  fmt::format("pipeline '{}' trains {} but minimizes nothing", recipe.name, name),
                  {"name the slot to minimize: minimize = \"loss\""});
  }
  if (recipe.minimize.empty()) return set_needed(pipeline);
  if (recipe.train.empty()) {
    throw Failure(ExitCode::recipe, recipe.minimize_origin,
                  fmt::format("pipeline '{}' minimizes '{}' but trains nothing", recipe.name,
                              recipe.minimize.front().slot),
                  {"name the components whose parameters change: train = [\"gist\"]"});
  }
  for (const MinimizedPart& part : recipe.minimize)
    pipeline.minimize.push_back(find_minimized(pipeline, part));
  for (const auto& [name, origin] : recipe.train) {
    const std::size_t instance = find_instance(instances, name, origin);
    if (!instances[instance].spec->parameters) {
      throw Failure(
          ExitCode::recipe, origin,
          fmt::format("{} is {}, which has no parameters to train", name, instances[instance].spec->name));
    }
    pipeline.train.push_back(instance);
  }
  set_needed(pipeline);
  walk_back(pipeline);
  for (const auto& [name, origin] : recipe.train)
    check_reached(pipeline, find_instance(instances, name, origin), name, origin);
}

}  // namespace gistmill
