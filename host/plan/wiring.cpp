#include "host/plan/wiring.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "host/diagnostic/did_you_mean.hpp"

namespace gistmill {
namespace {

using Notes = std::vector<std::string>;

template <class Items>
std::vector<std::string> names_of(const Items& items) {
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(item.name);
  return names;
}

const OperationSpec& find_operation(const PlannedInstance& instance, const CallStep& step) {
  if (const OperationSpec* operation = instance.spec->operation(step.operation)) return *operation;
  const auto names = names_of(instance.spec->operations);
  Notes notes = did_you_mean(step.operation, names);
  notes.push_back(names.empty() ? fmt::format("{} has no operations", instance.spec->name)
                                : fmt::format("{} offers: {}", instance.spec->name, fmt::join(names, " ")));
  throw Failure(ExitCode::recipe, step.origin,
                fmt::format("{} does not offer the operation '{}'", instance.spec->name, step.operation),
                std::move(notes));
}

// Refuses wires that name no port, and ports that are named twice.
void check_wires(const std::vector<CallStep::Wire>& wires, const std::vector<PortSpec>& ports,
                 const std::vector<PortSpec>& original, const char* kind, const std::string& call) {
  for (auto wire = wires.begin(); wire != wires.end(); ++wire) {
    const auto same = [&](const auto& other) { return other.port == wire->port; };
    if (std::any_of(wires.begin(), wire, same)) {
      throw Failure(ExitCode::recipe, wire->origin,
                    fmt::format("{} '{}' of {} is wired twice", kind, wire->port, call));
    }
    auto names = names_of(ports);
    const auto known = [&](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), wire->port) != list.end();
    };
    if (known(names) || known(names_of(original))) continue;
    // Where there is one port only, it is meant whatever was written.
    Notes notes = did_you_mean(names.size() == 1 ? names[0] : wire->port, names);
    notes.push_back(names.empty() ? fmt::format("{} has no {}s", call, kind)
                                  : fmt::format("{}s of {}: {}", kind, call, fmt::join(names, " ")));
    throw Failure(ExitCode::recipe, wire->origin, fmt::format("{} has no {} '{}'", call, kind, wire->port),
                  std::move(notes));
  }
}

const CallStep::Wire* find_wire(const std::vector<CallStep::Wire>& wires, const std::string& port) {
  const auto wire =
      std::find_if(wires.begin(), wires.end(), [&](const auto& each) { return each.port == port; });
  return wire == wires.end() ? nullptr : &*wire;
}

class Wiring {
 public:
  Wiring(PlannedPipeline& pipeline, const PipelineRecipe& recipe,
         const std::vector<PlannedInstance>& instances, const Substitutions& substitutions)
      : pipeline_(pipeline), recipe_(recipe), instances_(instances), substitutions_(substitutions) {}

  void wire() {
    for (const RepeatedSteps& part : recipe_.repeats) {
      while (step_ < part.first) add(recipe_.steps[step_++]);
      repeat(part);
    }
    while (step_ < recipe_.steps.size()) add(recipe_.steps[step_++]);
  }

 private:
  void repeat(const RepeatedSteps& part) {
    const std::size_t first = calls().size();
    carried_.clear();
    for (std::int64_t i = 0; i < part.times; ++i) {
      body_ = Body{first, calls().size(), static_cast<std::uint32_t>(i)};
      for (step_ = part.first; step_ < part.first + part.count;) add(recipe_.steps[step_++]);
    }
    body_.reset();
    pipeline_.repeats.push_back({first, part.count, part.times});
  }

  void add(const CallStep& step) {
    const std::size_t named = find_instance(instances_, step.instance, step.origin);
    const auto substitution = substitutions_.find(named);
    const std::size_t used = substitution == substitutions_.end() ? named : substitution->second;
    const OperationSpec& original = find_operation(instances_[named], step);
    const OperationSpec& operation = find_operation(instances_[used], step);

    PlannedCall call;
    call.instance = used;
    call.operation = &operation;
    call.name = instances_[used].name + "." + operation.name;
    call.origin = step.origin;
    call.need.assign(operation.inputs.size(), 0);
    if (body_) call.iteration = body_->iteration;
    check_wires(step.in, operation.inputs, original.inputs, "input", call.name);
    check_wires(step.out, operation.outputs, original.outputs, "output", call.name);
    for (const PortSpec& port : operation.inputs) call.inputs.push_back(read(call, step, port));
    for (const PortSpec& port : operation.outputs) call.outputs.push_back(write(call, step, port));
    calls().push_back(std::move(call));
  }

  PlannedInput read(const PlannedCall& call, const CallStep& step, const PortSpec& port) {
    const CallStep::Wire* wire = find_wire(step.in, port.name);
    const std::string& slot = wire ? wire->slot : port.name;
    if (const auto source = slots_.find(slot); source != slots_.end()) {
      if (body_ && source->second.call < body_->part) carried_.insert(slot);
      return {&port, slot, source->second, port.type};
    }
    if (!wire && port.optional) return {&port, "", {}, port.type};
    refuse_unwritten(call, slot, wire ? wire->origin : step.origin);
  }

  PlannedOutput write(const PlannedCall& call, const CallStep& step, const PortSpec& port) {
    const CallStep::Wire* wire = find_wire(step.out, port.name);
    const std::string& slot = wire ? wire->slot : port.name;
    const SlotRef here{calls().size(), call.outputs.size()};
    const auto [first, added] = slots_.emplace(slot, here);
    if (added || may_follow(first->second, slot)) {
      first->second = here;
      return {&port, slot, port.type};
    }
    const bool same = first->second.call == here.call;
    const PlannedCall& writer = same ? call : calls()[first->second.call];
    throw Failure(
        ExitCode::recipe, wire ? wire->origin : step.origin,
        fmt::format("slot '{}' is written by {} and again by {}", slot, writer.name, call.name),
        {fmt::format("first written at {}", writer.origin.text()),
         fmt::format("give one of them another name: {{ call = \"{}.{}\", out = {{ {} = \"{}\" }} }}",
                     step.instance, step.operation, port.name, missing_slot())});
  }

  // The first slot that a step from here on is wired to and that no step writes, or "...".
  std::string missing_slot() const {
    for (std::size_t i = step_ - 1; i < recipe_.steps.size(); ++i) {
      for (const CallStep::Wire& wire : recipe_.steps[i].in) {
        if (slots_.count(wire.slot) == 0 && later_writer(wire.slot) == nullptr) return wire.slot;
      }
    }
    return "...";
  }

  // Whether a call that is being added may write what `earlier` wrote: it is of the iteration before, or the
  // first value of what the part goes on from.
  bool may_follow(const SlotRef& earlier, const std::string& slot) const {
    if (!body_ || earlier.call >= body_->iteration_begin) return false;
    return earlier.call >= body_->part || carried_.count(slot) > 0;
  }

  [[noreturn]] void refuse_unwritten(const PlannedCall& call, const std::string& slot,
                                     const Origin& origin) const {
    std::vector<std::string> written;
    for (const auto& [name, place] : slots_) written.push_back(name);
    Notes notes = did_you_mean(slot, written);
    if (const CallStep* later = later_writer(slot)) {
      notes.push_back(fmt::format("{}.{} writes it later, at {}: {}", later->instance, later->operation,
                                  later->origin.text(),
                                  body_ ? "move that call up, or write a first value before the repeated part"
                                        : "move that call up"));
    }
    notes.push_back(written.empty() ? "no slot is written before it"
                                    : fmt::format("written before it: {}", fmt::join(written, " ")));
    throw Failure(ExitCode::recipe, origin,
                  fmt::format("slot '{}' is read by {} but nothing wrote it", slot, call.name),
                  std::move(notes));
  }

  // The step after the one that is being added which writes `slot`, or null.
  const CallStep* later_writer(const std::string& slot) const {
    for (std::size_t i = step_; i < recipe_.steps.size(); ++i) {
      const CallStep& step = recipe_.steps[i];
      const auto instance = std::find_if(instances_.begin(), instances_.end(),
                                         [&](const auto& each) { return each.name == step.instance; });
      if (instance == instances_.end()) continue;
      const OperationSpec* operation = instance->spec->operation(step.operation);
      if (!operation) continue;
      for (const PortSpec& port : operation->outputs) {
        const CallStep::Wire* wire = find_wire(step.out, port.name);
        if ((wire ? wire->slot : port.name) == slot) return &step;
      }
    }
    return nullptr;
  }

  // The iteration that calls are being added to.
  struct Body {
    std::size_t part = 0;             // first call of the repeated part
    std::size_t iteration_begin = 0;  // first call of this iteration
    std::uint32_t iteration = 0;
  };

  std::vector<PlannedCall>& calls() { return pipeline_.calls; }

  PlannedPipeline& pipeline_;
  const PipelineRecipe& recipe_;
  const std::vector<PlannedInstance>& instances_;
  const Substitutions& substitutions_;
  std::size_t step_ = 0;  // the step after the one that is being added
  std::optional<Body> body_;
  std::set<std::string> carried_;         // slots from before the repeated part that it reads
  std::map<std::string, SlotRef> slots_;  // where a reader at this place gets each slot from
};

}  // namespace

void wire_calls(PlannedPipeline& pipeline, const PipelineRecipe& recipe,
                const std::vector<PlannedInstance>& instances, const Substitutions& substitutions) {
  Wiring(pipeline, recipe, instances, substitutions).wire();
}

std::size_t find_instance(const std::vector<PlannedInstance>& instances, const std::string& name,
                          const Origin& origin) {
  const auto found =
      std::find_if(instances.begin(), instances.end(), [&](const auto& each) { return each.name == name; });
  if (found != instances.end()) return static_cast<std::size_t>(found - instances.begin());
  const auto names = names_of(instances);
  Notes notes = did_you_mean(name, names);
  notes.push_back(names.empty() ? "the recipe has no components"
                                : fmt::format("the recipe has: {}", fmt::join(names, " ")));
  throw Failure(ExitCode::recipe, origin, fmt::format("no component is named '{}'", name), std::move(notes));
}

}  // namespace gistmill
