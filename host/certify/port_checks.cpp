// What an operation gives for inputs that it accepts: held against its ports by the checking proxy, and here
// against what no single call shows.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "host/certify/arrays.hpp"
#include "host/certify/cases.hpp"
#include "host/certify/checks.hpp"

namespace gistmill {

namespace {

constexpr std::uint64_t kDraws = 3;
// Gaps in memory may change the order of a sum, and so its last bits.
constexpr double kRounding = 1e-3;

// "" or how they differ by more than rounding.
std::string far_apart(const Tensor& a, const Tensor& b) {
  if (!is_floating(a) || !b || a.shape() != b.shape()) return difference_of(a, b);
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double x = element(a, i), y = element(b, i);
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;  // infinities too
    if (!(std::abs(x - y) <= kRounding * (1 + std::abs(x))))
      return fmt::format("element {} is {} and then {}", i, x, y);
  }
  return "";
}

// Integers may have to be indices or choose what has a value, which no manifest can say.
bool takes_floats_alone(const OperationSpec& operation) {
  return std::all_of(operation.inputs.begin(), operation.inputs.end(),
                     [](const PortSpec& port) { return is_float(port.type); });
}

void check_finite(const OperationSpec& operation, const Outcome& outcome, const Case& drawn,
                  Findings& findings) {
  for (std::size_t i = 0; i < outcome.outputs.size(); ++i) {
    if (operation.outputs[i].figure) continue;
    if (const auto place = first_not_finite(outcome.outputs[i])) {
      const std::string text = fmt::format(
          "{}: output {} is {} at element {} for inputs {}, and so for every kind of numbers that were tried",
          operation.name, operation.outputs[i].name, element(outcome.outputs[i], *place), *place,
          drawn.shapes());
      if (takes_floats_alone(operation)) {
        findings.fault(text);
      } else {
        findings.not_checked(text + "; integers may have to be chosen");
      }
    }
  }
}

// Outputs stay as they are when the instance computes something else, and when it is gone.
void check_lasting(Subject& subject, const Case& drawn, const Case& other, Findings& findings) {
  const OperationSpec& operation = subject.spec().operations[drawn.operation];
  Outcome outcome;
  std::vector<Tensor> copies;
  {
    Specimen specimen(subject, findings, subject.options(), drawn.symbols);
    outcome = specimen.forward(drawn.operation, drawn.inputs);
    for (const Tensor& output : outcome.outputs) copies.push_back(copy_of(output));
    if (other.symbols == drawn.symbols) specimen.forward(other.operation, other.inputs);
    for (std::size_t i = 0; i < copies.size(); ++i) {
      if (!same_bits(copies[i], outcome.outputs[i]))
        findings.fault(fmt::format("{}: output {} is overwritten by the next call", operation.name,
                                   operation.outputs[i].name));
    }
  }
  for (std::size_t i = 0; i < copies.size(); ++i) {
    if (!same_bits(copies[i], outcome.outputs[i]))
      findings.fault(fmt::format("{}: output {} does not outlive its instance", operation.name,
                                 operation.outputs[i].name));
  }
}

// Tensors of the host may lie in memory with gaps: views, transposed ones.
void check_strides(Subject& subject, const Case& drawn, Findings& findings) {
  const OperationSpec& operation = subject.spec().operations[drawn.operation];
  if (operation.effect == Effect::stateful || operation.inputs.empty()) return;
  Specimen specimen(subject, findings, subject.options(), drawn.symbols);
  const Outcome dense = specimen.forward(drawn.operation, drawn.inputs);
  CallSettings gaps;
  gaps.strided = true;
  const Outcome strided = specimen.forward(drawn.operation, drawn.inputs, gaps);
  if (dense.status != strided.status) {
    findings.fault(fmt::format("{}: takes dense inputs, and answers {} to the same in memory with strides",
                               operation.name, strided.text()));
    return;
  }
  for (std::size_t i = 0; i < dense.outputs.size(); ++i) {
    const std::string difference = far_apart(dense.outputs[i], strided.outputs[i]);
    if (!difference.empty())
      findings.fault(fmt::format("{}: output {} depends on the strides of the inputs: {}", operation.name,
                                 operation.outputs[i].name, difference));
  }
}

// What an operation that takes nothing of what was drawn says of it.
void report_refusal(const ComponentSpec& spec, std::uint32_t operation, const CaseSearch& search,
                    Findings& findings) {
  if (!search.reason.empty()) return findings.not_checked(about(spec, operation) + search.reason);
  const Answer& answer = search.refused;
  if (answer.message.empty())
    return findings.fault(about(spec, operation) + "refuses every input that was drawn: " + answer.text());
  if (takes_floats_alone(spec.operations[operation]) && search.defects == search.tries)
    return findings.fault(fmt::format("{}answers {}, for every input that was drawn of its ports",
                                      about(spec, operation), answer.text()));
  findings.not_checked(
      fmt::format("{}it takes no input that was drawn: {}", about(spec, operation), answer.text()));
}

}  // namespace

void check_ports(Subject& subject, Findings& findings) {
  const ComponentSpec& spec = subject.spec();
  if (spec.operations.empty()) findings.nothing_here("it has no operations");
  for (std::uint32_t operation = 0; operation < spec.operations.size(); ++operation) {
    std::vector<Case> cases;
    CaseSearch search;
    for (std::uint64_t draw = 0; draw < kDraws && (draw == 0 || !findings.is_late()); ++draw) {
      search = find_case(subject, findings, operation, subject.seed() + draw);
      if (search.found) cases.push_back(*search.found);
    }
    if (cases.empty()) {
      report_refusal(spec, operation, search, findings);
      continue;
    }
    for (const Case& drawn : cases) {
      Specimen specimen(subject, findings, subject.options(), drawn.symbols);
      check_finite(spec.operations[operation], specimen.forward(operation, drawn.inputs), drawn, findings);
      check_strides(subject, drawn, findings);
    }
    check_lasting(subject, cases.front(), cases.back(), findings);
    findings.checked();
  }
}

}  // namespace gistmill
