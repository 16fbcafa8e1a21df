#include "host/run/context_pass.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "host/diagnostic/failure.hpp"
#include "host/instance/call_watch.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/machine/device.hpp"
#include "host/prepare/prepared_corpora.hpp"
#include "host/run/pipeline_part.hpp"

namespace gistmill {
namespace {

constexpr std::size_t kMostActions = 256;  // that are remembered

bool takes(const PlannedCall& call, std::string_view port) {
  return std::ranges::any_of(call.inputs, [&](const PlannedInput& input) {
    return input.port->name == port && input.source.has_value();
  });
}

bool reads_context(const PlannedCall& call, const ComponentSpec& spec) {
  if (spec.operation("next_tokens") == nullptr) return false;
  return std::ranges::all_of(std::initializer_list<const char*>{"ids", "positions", "gist", "gist_places"},
                             [&](const char* port) { return takes(call, port); });
}

at::Tensor scalar(std::int64_t value) { return at::full({}, value, at::kInt); }

// In the order of the operation's ports.
std::vector<SlotValue> ordered(const OperationSpec& operation,
                               const std::map<std::string, at::Tensor>& values) {
  std::vector<SlotValue> in;
  for (const PortSpec& port : operation.inputs) {
    const auto found = values.find(port.name);
    in.push_back(found == values.end() || !found->second.defined() ? SlotValue() : SlotValue(found->second));
  }
  return in;
}

std::size_t place_of(const std::vector<PortSpec>& ports, std::string_view name) {
  const auto found = std::ranges::find_if(ports, [&](const PortSpec& port) { return port.name == name; });
  if (found == ports.end())
    throw Failure(ExitCode::plugin, fmt::format("an operation has no output '{}'", name));
  return static_cast<std::size_t>(found - ports.begin());
}

std::vector<std::int64_t> numbers(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.cpu().to(at::kLong).contiguous();
  const auto* const first = plain.const_data_ptr<std::int64_t>();
  return {first, first + plain.numel()};
}

}  // namespace

std::optional<ContextPass::Calls> ContextPass::calls_of(const Plan& plan, const PlannedPipeline& pipeline) {
  std::optional<std::size_t> source;
  bool acts = false;
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    const PlannedCall& call = pipeline.calls[i];
    const ComponentSpec& spec = *plan.instances[call.instance].spec;
    if (call.operation->name == "next") {
      if (source || spec.operation("extend") == nullptr) return std::nullopt;
      if (spec.operation("extend")->input("block_tokens") == nullptr || spec.operation("end") == nullptr)
        return std::nullopt;
      source = i;
    } else if (source && takes(call, "actions")) {
      acts = true;
    } else if (acts && reads_context(call, spec)) {
      return Calls{*source, i};
    }
  }
  return std::nullopt;
}

std::unique_ptr<ContextPass> ContextPass::find(const Part& part, Registry& registry) {
  for (std::size_t i = part.plan.pipelines.size(); i-- > 0;) {
    const PlannedPipeline& pipeline = part.plan.pipelines[i];
    if (const auto calls = calls_of(part.plan, pipeline))
      return std::unique_ptr<ContextPass>(new ContextPass(part, pipeline.name, *calls, registry));
  }
  return nullptr;
}

ContextPass::ContextPass(const Part& part, const std::string& pipeline, Calls calls, Registry& registry)
    : part_(part), plan_(part.plan), calls_(calls), seed_(static_cast<std::uint64_t>(part.recipe.run.seed)) {
  pipeline_ = *plan_.pipeline(pipeline);
  for (std::size_t i = calls.reader; i < pipeline_.calls.size(); ++i)
    pipeline_.calls[i].kind = CallClass::skipped;
  make_instances(part.recipe, registry);
  // What the source alone says of sizes is of documents.
  for (PlannedSymbol& symbol : pipeline_.symbols) {
    if (symbol.name == "T") symbol.value.reset();
  }
  reader_ = instances_[pipeline_.calls[calls.reader].instance].get();
  known_ = std::max<std::int64_t>(reader_->symbol("C"), 0);
  const PlannedOption* block = plan_.instances[pipeline_.calls[calls.source].instance].option("block");
  const auto* size = block == nullptr ? nullptr : std::get_if<std::int64_t>(&block->value);
  if (size == nullptr || *size < 1) {
    throw Failure(ExitCode::recipe,
                  fmt::format("{} does not say how long a block is: it has no option 'block'",
                              pipeline_.calls[calls.source].name));
  }
  block_ = *size;
  given_.assign(pipeline_.calls.size(), 0);
  given_[calls.source] = 1;
  run_.emplace(pipeline_, instances());
}

// Those of the calls up to the reader, and the reader. A source that is given its text reads no corpus.
void ContextPass::make_instances(const Recipe& recipe, Registry& registry) {
  instances_.resize(plan_.instances.size());
  const PreparedPath none = [](const Plan&, const std::string&) { return std::filesystem::path(); };
  for (std::size_t i = 0; i <= calls_.reader; ++i) {
    const std::size_t index = pipeline_.calls[i].instance;
    if (instances_[index] != nullptr || (pipeline_.calls[i].kind == CallClass::skipped && i < calls_.reader))
      continue;
    const PlannedInstance planned = with_corpora(plan_.instances[index], plan_, none);
    instances_[index] =
        std::make_shared<TensorInstance>(planned, component_for(planned, registry), plugin_host());
  }
  bind_symbols(plan_, [&](const PlannedInstance& planned, const std::string& symbol) -> std::int64_t {
    const auto index = static_cast<std::size_t>(&planned - plan_.instances.data());
    return index < instances_.size() && instances_[index] != nullptr ? instances_[index]->symbol(symbol)
                                                                     : kNotMade;
  });
  const at::Device device = device_of(recipe.run.device, recipe.run.device_origin);
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    if (instances_[i] != nullptr) instances_[i]->start_on(device, plan_.instances[i].symbols, seed_);
  }
}

std::vector<TensorInstance*> ContextPass::instances() const {
  std::vector<TensorInstance*> list;
  for (const auto& instance : instances_) list.push_back(instance.get());
  return list;
}

std::optional<std::size_t> ContextPass::writer(std::string_view output) const {
  for (std::size_t i = calls_.reader; i-- > 0;) {
    if (pipeline_.calls[i].kind != CallClass::skipped && output_of(pipeline_.calls[i], output)) return i;
  }
  return std::nullopt;
}

at::Tensor ContextPass::result(std::size_t call, std::string_view output) const {
  const CallResults& results = run_->results();
  const auto place = output_of(pipeline_.calls[call], output);
  if (!place || results[call].size() <= *place) return {};
  return results[call][*place].tensor();
}

void ContextPass::extend(const std::vector<std::int32_t>& tokens) {
  const at::NoGradGuard no_grad;
  static constexpr std::int32_t kGoOn = 0;
  const PlannedCall& call = pipeline_.calls[calls_.source];
  TensorInstance& source = *instances_[call.instance];
  const OperationSpec& operation = *source.planned().spec->operation("extend");
  StepContext context;
  context.seed = seed_;
  context.step = ++step_;
  context.cancel = &kGoOn;
  std::vector<SlotValue> out;
  const auto in = ordered(
      operation, {{"block_tokens", at::tensor(tokens, at::kInt)}, {"positions_known", scalar(known_)}});
  source.forward(operation, context, in, out, nullptr, {});
  std::vector<SlotValue>& slots = run_->results()[calls_.source];
  slots.assign(call.outputs.size(), SlotValue());
  for (std::size_t i = 0; i < operation.outputs.size(); ++i) {
    if (const auto place = output_of(call, operation.outputs[i].name)) slots[*place] = out[i];
  }
  if (!run_->forward(context, given_))
    throw Failure(ExitCode::failed, fmt::format("{} has no more data", pipeline_.name));
  note_actions();
}

// What was done at this block, each with the score of what it took: scores and actions are of the context
// that was looked at last before them.
void ContextPass::note_actions() {
  std::vector<std::int64_t> starts;
  std::vector<float> scores;
  const std::int64_t cursor = result(calls_.source, "cursor").item<std::int64_t>();
  for (std::size_t i = 0; i < calls_.reader; ++i) {
    const PlannedCall& call = pipeline_.calls[i];
    if (call.kind == CallClass::skipped) continue;
    if (output_of(call, "starts") && output_of(call, "levels")) starts = numbers(result(i, "starts"));
    if (output_of(call, "scores")) {
      const at::Tensor plain = result(i, "scores").cpu().to(at::kFloat).contiguous();
      scores.assign(plain.const_data_ptr<float>(), plain.const_data_ptr<float>() + plain.numel());
      scores_.clear();
      for (std::size_t k = 0; k < std::min(scores.size(), starts.size()); ++k) {
        if (scores[k] == scores[k]) scores_[starts[k]] = static_cast<double>(scores[k]);
      }
    }
    if (!output_of(call, "actions")) continue;
    const std::vector<std::int64_t> actions = numbers(result(i, "actions"));
    for (std::size_t k = 0; k + 1 < actions.size(); k += 2) {
      const auto entry = static_cast<std::size_t>(actions[k]);
      if (entry >= starts.size()) continue;
      ViewAction action;
      action.direction = static_cast<std::int32_t>(actions[k + 1]);
      action.begin = starts[entry];
      action.end = entry + 1 < starts.size() ? starts[entry + 1] : cursor;
      if (entry < scores.size() && scores[entry] == scores[entry])
        action.score = static_cast<double>(scores[entry]);
      action.cursor = cursor;
      actions_.push_back(action);
    }
  }
  if (actions_.size() > kMostActions)
    actions_.erase(actions_.begin(), actions_.end() - static_cast<std::ptrdiff_t>(kMostActions));
}

// What an operation of the source says that takes nothing.
at::Tensor ContextPass::told(const char* operation_name, const char* output) const {
  static constexpr std::int32_t kGoOn = 0;
  TensorInstance& source = *instances_[pipeline_.calls[calls_.source].instance];
  const OperationSpec& operation = *source.planned().spec->operation(operation_name);
  StepContext context;
  context.cancel = &kGoOn;
  std::vector<SlotValue> out;
  source.forward(operation, context, {}, out, nullptr, {});
  return out[place_of(operation.outputs, output)].tensor();
}

// Of the token behind the last block.
std::int64_t ContextPass::next_position() const { return told("end", "next_position").item<std::int64_t>(); }

std::optional<std::string> ContextPass::trace() const {
  const PlannedInstance& source = plan_.instances[pipeline_.calls[calls_.source].instance];
  const OperationSpec* operation = source.spec->operation("trace");
  if (operation == nullptr || operation->output("trace") == nullptr) return std::nullopt;
  const at::Tensor bytes = told("trace", "trace").cpu().contiguous();
  return std::string(static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes());
}

ContextPass::Next ContextPass::next(const std::vector<std::int32_t>& rest, double temperature, double top_p,
                                    std::uint64_t seed, std::uint64_t step,
                                    const volatile std::int32_t* cancel) const {
  const at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> values;
  const PlannedCall& call = pipeline_.calls[calls_.reader];
  const std::int64_t position = step_ > 0 ? next_position() : 0;
  if (step_ > 0) {
    for (const PlannedInput& input : call.inputs) {
      for (const char* port : {"ids", "positions", "gist", "gist_places"}) {
        if (input.port->name != port) continue;
        const SlotRef& slot = *input.source;
        values[port] = run_->results()[slot.call][slot.output].tensor();
      }
    }
  }
  const at::Tensor more = at::tensor(rest, at::kInt).unsqueeze(0);
  const at::Tensor places = at::arange(position, position + std::ssize(rest), at::kInt).unsqueeze(0);
  const auto behind = [&](const char* port, const at::Tensor& tail) {
    at::Tensor& held = values[port];
    held = held.defined() ? at::cat({held.cpu().to(at::kInt), tail}, 1) : tail;
  };
  behind("ids", more);
  behind("positions", places);
  values["most"] = scalar(1);
  values["temperature"] = at::full({}, temperature, at::kFloat);
  values["top_p"] = at::full({}, top_p, at::kFloat);
  const OperationSpec& operation = *reader_->planned().spec->operation("next_tokens");
  StepContext context;
  context.seed = seed;
  context.step = step;
  context.cancel = cancel;
  std::vector<SlotValue> out;
  watched(call.name, cancel,
          [&] { return reader_->forward(operation, context, ordered(operation, values), out, nullptr, {}); });
  Next next;
  const std::vector<std::int64_t> tokens = numbers(out[place_of(operation.outputs, "tokens")].tensor());
  if (!tokens.empty()) next.token = static_cast<std::int32_t>(tokens.front());
  if (operation.output("computed") != nullptr)
    next.computed = numbers(out[place_of(operation.outputs, "computed")].tensor()).at(0);
  return next;
}

ContextView ContextPass::view() const {
  ContextView view;
  const auto looks = writer("levels");
  if (step_ == 0 || !looks) return view;
  view.cursor = result(calls_.source, "cursor").item<std::int64_t>();
  if (const at::Tensor budget = result(calls_.source, "budget"); budget.defined())
    view.budget = budget.item<std::int64_t>();
  static constexpr std::int32_t kGoOn = 0;
  const PlannedCall& call = pipeline_.calls[*looks];
  StepContext context;
  context.cancel = &kGoOn;
  std::vector<SlotValue> out;  // the context behind the last action
  instances_[call.instance]->forward(*call.operation, context, {}, out, nullptr, {});
  const auto column = [&](const char* name) {
    const auto place = output_of(call, name);
    return place ? numbers(out[*place].tensor()) : std::vector<std::int64_t>();
  };
  const auto levels = column("levels"), starts = column("starts"), residency = column("residency"),
             last_action = column("last_action");
  for (std::size_t i = 0; i < std::min(levels.size(), starts.size()); ++i) {
    ViewEntry entry;
    entry.level = static_cast<std::int32_t>(levels[i]);
    entry.begin = starts[i];
    entry.end = i + 1 < starts.size() ? starts[i + 1] : view.cursor;
    if (const auto score = scores_.find(entry.begin); score != scores_.end()) entry.score = score->second;
    if (i < residency.size()) entry.residency = static_cast<std::int32_t>(residency[i]);
    if (i < last_action.size()) entry.last_action = static_cast<std::int32_t>(last_action[i]);
    view.entries.push_back(entry);
    view.rows += entry.level == 0 ? entry.end - entry.begin : 1;
  }
  view.actions = actions_;
  return view;
}

void ContextPass::mark() {
  mark_ = {};
  for (const auto& instance : instances_)
    mark_.states.push_back(instance != nullptr && instance->has_state() ? instance->save_state() : "");
  mark_.results = run_->results();
  mark_.step = step_;
  mark_.actions = actions_;
  mark_.scores = scores_;
}

void ContextPass::return_to_mark() {
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    if (instances_[i] != nullptr && instances_[i]->has_state()) instances_[i]->load_state(mark_.states[i]);
  }
  run_.emplace(pipeline_, instances());  // the one that was knows what its calls read last, not at the mark
  run_->results() = mark_.results;
  step_ = mark_.step;
  actions_ = mark_.actions;
  scores_ = mark_.scores;
}

}  // namespace gistmill
