// Gradients of inputs and parameters against central differences along random directions. The slope that they
// are held against is S(x) = sum over outputs of sum(w * output(x)), with w random.
//
// Differences of f32 results are exact to a few digits at best, and wrong where a function has a corner. So
// each slope is taken at several steps, and counts only where two steps agree; what does not agree anywhere
// is not checked, and said so.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gistmill/random.hpp>

#include "host/certify/arrays.hpp"
#include "host/certify/cases.hpp"
#include "host/certify/checks.hpp"

namespace gistmill {

namespace {

constexpr int kDirections = 3;
constexpr std::uint64_t kDraws = 3;
constexpr double kTolerance32 = 0.02;
constexpr double kTolerance64 = 1e-4;
constexpr double kLongestParameters =
    5;                           // seconds of a case for single parameters, after all of them at once
constexpr double kUnsure = 0.2;  // of the slope: how far steps may be apart for it to count

struct Slope {
  double value = 0;
  double error = std::numeric_limits<double>::infinity();
};

// One call that can be repeated: what goes in, what weighs the outputs.
class Measured {
 public:
  Measured(Subject& subject, Findings& findings, const Case& drawn)
      : specimen_(subject, findings, subject.options(), drawn.symbols),
        operation_(subject.spec().operations[drawn.operation]),
        index_(drawn.operation),
        seed_(subject.seed()),
        need_(all_needed(operation_, drawn)) {
    for (const Tensor& input : drawn.inputs) inputs_.push_back(copy_of(input));
    gradient_buffers_ = specimen_.bind_gradients();
    parameters_ = specimen_.parameters();
    const Outcome outcome = run();
    ok_ = outcome.status == GM_OK && outcome.tape != nullptr;
    for (std::size_t i = 0; i < outcome.outputs.size(); ++i) {
      Tensor& weight = weights_.emplace_back();
      if (!operation_.outputs[i].gradient || !is_floating(outcome.outputs[i])) continue;
      weight = random_like(outcome.outputs[i], 50 + i);
      finite_ = finite_ && !first_not_finite(outcome.outputs[i]);
    }
  }

  bool ok() const { return ok_; }
  bool finite() const { return finite_; }
  const OperationSpec& operation() const { return operation_; }
  const std::vector<std::uint8_t>& need() const { return need_; }
  std::vector<Tensor>& inputs() { return inputs_; }
  std::vector<Specimen::Parameter>& parameters() { return parameters_; }
  std::vector<Tensor>& buffers() { return gradient_buffers_; }
  const std::vector<Tensor>& weights() const { return weights_; }
  Specimen& specimen() { return specimen_; }

  Tensor random_like(const Tensor& array, std::uint64_t number) const {
    KeyedRandom random(combined_key(seed_, number));
    Tensor drawn = Tensor::zeros(array.dtype(), array.shape());
    for (std::int64_t i = 0; i < drawn.size(); ++i) set_element(drawn, i, 2 * random.unit() - 1);
    return drawn;
  }

  Outcome run() { return specimen_.forward(index_, inputs_, {}, &need_); }

  double sum() {
    const Outcome outcome = run();
    double total = 0;
    for (std::size_t i = 0; i < outcome.outputs.size(); ++i) {
      for (std::int64_t k = 0; weights_[i] && outcome.outputs[i] && k < weights_[i].size(); ++k)
        total += element(weights_[i], k) * element(outcome.outputs[i], k);
    }
    return outcome.status == GM_OK ? total : std::nan("");
  }

  // Of the inputs, with need as given; parameter gradients go to the buffers.
  Answer gradients(const std::vector<std::uint8_t>& need, std::vector<Tensor>& found) {
    Outcome outcome = specimen_.forward(index_, inputs_, {}, &need);
    if (outcome.status != GM_OK || outcome.tape == nullptr) return outcome;
    return specimen_.vjp(index_, outcome, weights_, need, found);
  }

  // Along `directions` of `arrays`, inputs or the memory of parameters, which are as before afterwards.
  Slope slope(const std::vector<Tensor*>& arrays, const std::vector<Tensor>& directions) {
    std::vector<Tensor> kept;
    for (const Tensor* array : arrays) kept.push_back(copy_of(*array));
    const bool wide = arrays.front()->dtype().bits == 64;
    const auto at = [&](double step) {
      for (std::size_t a = 0; a < arrays.size(); ++a) {
        for (std::int64_t i = 0; i < kept[a].size(); ++i)
          set_element(*arrays[a], i, element(kept[a], i) + step * element(directions[a], i));
      }
      specimen_.parameters_changed();
      return sum();
    };
    const std::vector<double> steps =
        wide ? std::vector<double>{1e-3, 1e-4, 1e-5} : std::vector<double>{3e-2, 1e-2, 3e-3, 1e-3};
    Slope best;
    std::optional<double> last;
    for (const double step : steps) {
      const double here = (at(step) - at(-step)) / (2 * step);
      if (last && std::abs(here - *last) < best.error) best = {here, std::abs(here - *last)};
      last = here;
    }
    at(0);
    return best;
  }

 private:
  Specimen specimen_;
  const OperationSpec& operation_;
  std::uint32_t index_;
  std::uint64_t seed_;
  std::vector<std::uint8_t> need_;
  std::vector<Tensor> inputs_;
  std::vector<Tensor> gradient_buffers_;
  std::vector<Specimen::Parameter> parameters_;
  std::vector<Tensor> weights_;
  bool ok_ = false;
  bool finite_ = true;
};

double product(const Tensor& a, const Tensor& b) {
  double total = 0;
  for (std::int64_t i = 0; a && i < a.size(); ++i) total += element(a, i) * element(b, i);
  return total;
}

double size_of(const Tensor& a) { return std::sqrt(product(a, a)); }

// What is held against differences at once: one array, or all parameters.
struct Together {
  std::vector<Tensor*> arrays;
  std::vector<Tensor> gradients;  // one an array; empty: none was given
  std::string name;
};

// Holds gradients, or their absence, against slopes along directions of the arrays.
void hold(Measured& measured, const Together& what, Findings& findings) {
  const std::string& name = what.name;
  double squares = 0;
  std::int64_t count = 0;
  bool given = false;
  for (std::size_t a = 0; a < what.arrays.size(); ++a) {
    const Tensor& gradient = what.gradients[a];
    if (gradient && gradient.shape() != what.arrays[a]->shape()) return;  // the checking proxy says so
    if (const auto place = first_not_finite(gradient)) {
      findings.fault(fmt::format("{}: gradient of {} is {} at element {}", measured.operation().name, name,
                                 element(gradient, *place), *place));
      return;
    }
    squares += product(gradient, gradient);
    count += what.arrays[a]->size();
    given = given || gradient;
  }
  const double tolerance = what.arrays.front()->dtype().bits == 64 ? kTolerance64 : kTolerance32;
  bool held = false;
  for (int i = 0; i < kDirections && (i == 0 || !findings.is_late()); ++i) {
    std::vector<Tensor> directions;
    double found = 0, along = 0;
    for (std::size_t a = 0; a < what.arrays.size(); ++a) {
      directions.push_back(
          measured.random_like(*what.arrays[a], 100 + 1000 * static_cast<std::uint64_t>(i) + a));
      found += product(what.gradients[a], directions[a]);
      along += product(directions[a], directions[a]);
    }
    const Slope slope = measured.slope(what.arrays, directions);
    // The slope that such a gradient has along a direction of this size: what is small beside it is rounding.
    const double usual = std::sqrt(squares * along / (static_cast<double>(count) + 1));
    const double scale = std::max({std::abs(slope.value), std::abs(found), usual, 1e-6});
    if (!(slope.error < kUnsure * scale)) continue;
    held = true;
    const double apart = std::abs(slope.value - found);
    if (apart <= tolerance * scale + 4 * slope.error) continue;
    findings.fault(
        fmt::format("{}: gradient of {} along a direction is {:.6g} when differences give {:.6g}{}",
                    measured.operation().name, name, found, slope.value,
                    given ? "" : ": it gives no gradient, which means zero"));
    return;
  }
  if (held) {
    findings.checked();
  } else if (count > 0) {
    findings.not_checked(
        fmt::format("{}: differences along {} do not settle", measured.operation().name, name));
  }
}

void check_inputs(Measured& measured, const std::vector<Tensor>& gradients, Findings& findings) {
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (measured.need()[i] == 0) continue;
    hold(measured, {{&measured.inputs()[i]}, {gradients[i]}, measured.operation().inputs[i].name}, findings);
  }
}

// Each input's gradient is the same when it is the only one that is asked for.
void check_needs(Measured& measured, const std::vector<Tensor>& all, Findings& findings) {
  const auto asked = std::count(measured.need().begin(), measured.need().end(), 1);
  for (std::size_t i = 0; asked > 1 && i < all.size(); ++i) {
    if (measured.need()[i] == 0) continue;
    std::vector<std::uint8_t> need(all.size(), 0);
    need[i] = 1;
    std::vector<Tensor> alone;
    const Answer answer = measured.gradients(need, alone);
    const std::string& name = measured.operation().inputs[i].name;
    if (!answer.ok() || alone.size() != all.size()) {
      findings.fault(fmt::format("{}: answers {} where only the gradient of {} is needed",
                                 measured.operation().name, answer.text(), name));
      continue;
    }
    const double apart = std::abs(size_of(alone[i]) - size_of(all[i]));
    if (apart > 1e-3 * (1e-6 + size_of(all[i])))
      findings.fault(
          fmt::format("{}: gradient of {} is another where no other is needed: its norm is {} and "
                      "then {}",
                      measured.operation().name, name, size_of(all[i]), size_of(alone[i])));
  }
}

// Against differences; and two calls add twice.
void check_parameters(Measured& measured, Findings& findings) {
  std::vector<Tensor> once, ignored;
  for (const Tensor& buffer : measured.buffers()) once.push_back(copy_of(buffer));
  if (!measured.gradients(measured.need(), ignored).ok()) return;
  Together all{{}, {}, "all parameters at once"};
  for (std::size_t i = 0; i < once.size(); ++i) {
    if (!once[i]) continue;
    Specimen::Parameter& parameter = measured.parameters()[i];
    all.arrays.push_back(&parameter.memory);
    all.gradients.push_back(once[i]);
    const double norm = size_of(once[i]);
    const double second = size_of(measured.buffers()[i]);
    if (std::abs(second - 2 * norm) > 1e-3 * (1e-6 + 2 * norm)) {
      findings.fault(
          fmt::format("{}: the gradient of parameter {} is not added to what its buffer holds: its "
                      "norm is {:.6g} after one call and {:.6g} after two",
                      measured.operation().name, parameter.name, norm, second));
    }
  }
  if (all.arrays.empty()) return;
  const auto begin = std::chrono::steady_clock::now();
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < once.size(); ++i) {
    if (!once[i]) continue;
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    if (taken.count() > kLongestParameters || findings.is_late()) {
      ++left_out;
      continue;
    }
    Specimen::Parameter& parameter = measured.parameters()[i];
    hold(measured, {{&parameter.memory}, {once[i]}, "parameter " + parameter.name}, findings);
  }
  if (left_out == 0) return;
  hold(measured, all, findings);
  findings.not_checked(
      fmt::format("{}: {} of {} parameters by themselves, which would take long; only all at once",
                  measured.operation().name, left_out, all.arrays.size()));
}

// Tapes of several calls are open at once, and are used in another order than they were made.
void check_open_tapes(Subject& subject, const Case& drawn, const Case& other, Findings& findings) {
  const OperationSpec& operation = subject.spec().operations[drawn.operation];
  Measured measured(subject, findings, drawn);
  if (!measured.ok() || !measured.finite()) return;
  std::vector<Tensor> expected, found;
  measured.gradients(measured.need(), expected);
  const Outcome first = measured.run();
  const Outcome unused = measured.run();  // its tape is released without a vjp
  if (other.symbols == drawn.symbols) {
    const std::vector<std::uint8_t> need = all_needed(operation, other);
    measured.specimen().forward(other.operation, other.inputs, {}, &need);
  }
  if (first.tape == nullptr) return;
  const Answer answer =
      measured.specimen().vjp(drawn.operation, first, measured.weights(), measured.need(), found);
  for (std::size_t i = 0; answer.ok() && i < found.size() && i < expected.size(); ++i) {
    if (!same_bits(expected[i], found[i]))
      findings.fault(
          fmt::format("{}: gradient of {} is another after a later forward: the tape does not hold "
                      "what it needs",
                      operation.name, operation.inputs[i].name));
  }
}

void check_operation(Subject& subject, std::uint32_t index, Findings& findings) {
  const OperationSpec& operation = subject.spec().operations[index];
  std::vector<Case> cases;
  for (std::uint64_t draw = 0; draw < kDraws && (draw == 0 || !findings.is_late()); ++draw) {
    CaseSearch search = find_case(subject, findings, index, subject.seed() + draw, true);
    if (search.found && search.found->finite) cases.push_back(std::move(*search.found));
  }
  if (cases.empty())
    return findings.not_checked(operation.name + ": no input for it could be drawn (see ports)");
  for (const Case& drawn : cases) {
    if (&drawn != &cases.front() && findings.is_late()) break;
    Measured measured(subject, findings, drawn);
    if (!measured.ok()) {
      findings.not_checked(fmt::format("{}: keeps no tape for inputs {}", operation.name, drawn.shapes()));
      continue;
    }
    std::vector<Tensor> gradients;
    const Answer answer = measured.gradients(measured.need(), gradients);
    if (!answer.ok() || gradients.empty()) {
      findings.fault(
          fmt::format("vjp of {}: answers {} for inputs {}", operation.name, answer.text(), drawn.shapes()));
      continue;
    }
    check_parameters(measured, findings);
    check_inputs(measured, gradients, findings);
    check_needs(measured, gradients, findings);
  }
  check_open_tapes(subject, cases.front(), cases.back(), findings);
}

}  // namespace

void check_gradients(Subject& subject, Findings& findings) {
  const ComponentSpec& spec = subject.spec();
  bool some = false;
  for (std::uint32_t i = 0; i < spec.operations.size(); ++i) {
    if (!carries_gradient(spec, spec.operations[i])) continue;
    some = true;
    if (spec.operations[i].effect == Effect::stateful) {
      findings.not_checked(spec.operations[i].name +
                           ": it is stateful, so no two calls of it can be compared");
      continue;
    }
    check_operation(subject, i, findings);
  }
  if (!some) findings.nothing_here("no gradient passes through it");
}

}  // namespace gistmill
