// What an operation's effect promises: pure and random ones are functions of their inputs and, the latter, of
// the call's key; instances share nothing; any thread will do.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "host/certify/arrays.hpp"
#include "host/certify/cases.hpp"
#include "host/certify/checks.hpp"

namespace gistmill {

namespace {

constexpr int kRepeats = 3;

// "" or the first output that is not what it was.
std::string difference(const OperationSpec& operation, const Outcome& before, const Outcome& after) {
  if (before.status != after.status)
    return fmt::format("answers {} and then {}", before.text(), after.text());
  for (std::size_t i = 0; i < before.outputs.size(); ++i) {
    const std::string found = difference_of(before.outputs[i], after.outputs[i]);
    if (!found.empty()) return fmt::format("output {}: {}", operation.outputs[i].name, found);
  }
  return "";
}

// A forward and, where gradients pass, its vjp; the gradients stand behind the outputs.
Outcome trained(Specimen& specimen, const Case& drawn, const CallSettings& settings = {}) {
  const OperationSpec& operation = specimen.spec().operations[drawn.operation];
  if (!carries_gradient(specimen.spec(), operation))
    return specimen.forward(drawn.operation, drawn.inputs, settings);
  const std::vector<std::uint8_t> need = all_needed(operation, drawn);
  Outcome outcome = specimen.forward(drawn.operation, drawn.inputs, settings, &need);
  if (outcome.tape == nullptr || outcome.status != GM_OK) return outcome;
  std::vector<Tensor> ones, gradients;
  for (std::size_t i = 0; i < outcome.outputs.size(); ++i) {
    Tensor& one = ones.emplace_back();
    if (!operation.outputs[i].gradient || !is_floating(outcome.outputs[i])) continue;
    one = copy_of(outcome.outputs[i]);
    for (std::int64_t k = 0; k < one.size(); ++k) set_element(one, k, 1);
  }
  const Answer answer = specimen.vjp(drawn.operation, outcome, ones, need, gradients, settings);
  if (!answer.ok()) static_cast<Answer&>(outcome) = answer;
  outcome.tape.reset();
  return outcome;
}

// The case of every operation that accepts one; others are said to be left out.
std::vector<Case> accepted_cases(Subject& subject, Findings& findings, bool (*wanted)(const OperationSpec&)) {
  std::vector<Case> cases;
  const ComponentSpec& spec = subject.spec();
  for (std::uint32_t i = 0; i < spec.operations.size(); ++i) {
    if (!wanted(spec.operations[i])) continue;
    CaseSearch search = find_case(subject, findings, i, subject.seed());
    if (search.found) {
      cases.push_back(std::move(*search.found));
    } else {
      findings.not_checked(about(spec, i) + "no input for it could be drawn (see ports)");
    }
  }
  if (spec.operations.empty()) findings.nothing_here("it has no operations");
  return cases;
}

bool is_function(const OperationSpec& operation) { return operation.effect != Effect::stateful; }
bool any(const OperationSpec&) { return true; }

void check_repeats(Subject& subject, const Case& drawn, Findings& findings) {
  const OperationSpec& operation = subject.spec().operations[drawn.operation];
  const bool random = operation.effect == Effect::random;
  const auto other = find_case(subject, findings, drawn.operation, subject.seed() + 1).found;
  Specimen specimen(subject, findings, subject.options(), drawn.symbols);
  const Outcome first = specimen.forward(drawn.operation, drawn.inputs);
  for (int i = 0; i < kRepeats && (i == 0 || !findings.is_late()); ++i) {
    CallSettings settings;
    settings.step = 2 + static_cast<std::uint64_t>(i);
    if (!random) settings.random_key = 100 + static_cast<std::uint64_t>(i);
    if (other && other->symbols == drawn.symbols) specimen.forward(drawn.operation, other->inputs, settings);
    const std::string found =
        difference(operation, first, specimen.forward(drawn.operation, drawn.inputs, settings));
    if (found.empty()) continue;
    findings.fault(fmt::format("{}: {} in call {} with the same inputs{}, when its effect is \"{}\"",
                               operation.name, found, i + 2, random ? " and the same key" : "",
                               random ? "random" : "pure"));
    return;
  }
  // In training too: what is pure or keyed gives the same with a tape, call after call.
  const Outcome once = trained(specimen, drawn);
  const Outcome again = trained(specimen, drawn);
  if (const std::string found = difference(operation, once, again); !found.empty())
    findings.fault(fmt::format("{}: with a tape, {} for the same inputs and key", operation.name, found));
}

}  // namespace

void check_effects(Subject& subject, Findings& findings) {
  const auto cases = accepted_cases(subject, findings, is_function);
  for (const Case& drawn : cases) {
    check_repeats(subject, drawn, findings);
    findings.checked();
  }
  const auto& all = subject.spec().operations;
  if (std::none_of(all.begin(), all.end(), is_function))
    findings.nothing_here("no operation of it is pure or random");
}

void check_instances(Subject& subject, Findings& findings) {
  for (const Case& drawn : accepted_cases(subject, findings, any)) {
    const OperationSpec& operation = subject.spec().operations[drawn.operation];
    if (operation.effect == Effect::stateful && operation.outputs.empty()) continue;
    const auto options = subject.options();
    const auto other = find_case(subject, findings, drawn.operation, subject.seed() + 1).found;
    std::vector<Outcome> alone;
    {
      Specimen specimen(subject, findings, options, drawn.symbols);
      for (int i = 0; i < kRepeats; ++i) alone.push_back(trained(specimen, drawn));
    }
    Specimen specimen(subject, findings, options, drawn.symbols);
    for (int i = 0; i < kRepeats && (i == 0 || !findings.is_late()); ++i) {
      Specimen neighbor(subject, findings, options, (other ? *other : drawn).symbols);
      trained(neighbor, other ? *other : drawn);
      const std::string found =
          difference(operation, alone[static_cast<std::size_t>(i)], trained(specimen, drawn));
      if (found.empty()) continue;
      findings.fault(fmt::format("{}: {} when another instance lives beside it: they share something",
                                 operation.name, found));
      break;
    }
    findings.checked();
  }
}

void check_threads(Subject& subject, Findings& findings) {
  const auto& all = subject.spec().operations;
  if (std::none_of(all.begin(), all.end(), is_function))
    findings.nothing_here("no operation of it is pure or random");
  for (const Case& drawn : accepted_cases(subject, findings, is_function)) {
    const OperationSpec& operation = subject.spec().operations[drawn.operation];
    Specimen specimen(subject, findings, subject.options(), drawn.symbols);
    const Outcome here = trained(specimen, drawn);
    Outcome there;
    std::thread([&] { there = trained(specimen, drawn); }).join();
    if (const std::string found = difference(operation, here, there); !found.empty())
      findings.fault(fmt::format("{}: {} on another thread", operation.name, found));
    findings.checked();
  }
}

}  // namespace gistmill
