// Optional interfaces that have calls of their own: optimizers, monitors, loggers. Stores need a pipeline and
// collectives other processes: those are not checked.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "gistmill/collective.h"
#include "host/certify/arrays.hpp"
#include "host/certify/cases.hpp"
#include "host/certify/checks.hpp"
#include "host/certify/monitored.hpp"

namespace gistmill {

namespace {

constexpr int kSteps = 4;

// Two parameters, their gradients, and an optimizer bound to them.
struct Bound {
  std::vector<Tensor> parameters, gradients;

  bool bind(Specimen& specimen, Findings& findings) {
    for (const auto& shape : {std::vector<std::int64_t>{3, 4}, std::vector<std::int64_t>{5}}) {
      Tensor parameter = Tensor::zeros<float>(shape), gradient = Tensor::zeros<float>(shape);
      for (std::int64_t i = 0; i < parameter.size(); ++i) {
        set_element(parameter, i, 0.5 + 0.1 * static_cast<double>(i));
        set_element(gradient, i, 0.3 - 0.05 * static_cast<double>(i));
      }
      parameters.push_back(std::move(parameter));
      gradients.push_back(std::move(gradient));
    }
    const gm_param_info weight{sizeof(gm_param_info), GM_PARAM_TRAINABLE, "weight"};
    const gm_param_info bias{sizeof(gm_param_info), GM_PARAM_TRAINABLE | GM_PARAM_NO_DECAY, "bias"};
    const gm_param_info* const infos[] = {&weight, &bias};
    gm_tensor* shared[] = {parameters[0].share(), parameters[1].share()};
    gm_tensor* slopes[] = {gradients[0].share(), gradients[1].share()};
    AnswerSink sink;
    const auto* table = specimen.extension<gm_optimizer_extension>(GM_OPTIMIZER_EXTENSION);
    const gm_status status = barrier(findings, "optimizer.bind", [&] {
      return table->bind(specimen.handle(), infos, shared, slopes, 2, sink.get());
    });
    specimen.report_violations();
    if (status != GM_OK) findings.fault("optimizer.bind: answers " + sink.answer(status).text());
    return status == GM_OK;
  }

  void step(Specimen& specimen, Findings& findings, std::uint64_t number, double rate) {
    const double rates[] = {rate, rate};
    AnswerSink sink;
    const auto* table = specimen.extension<gm_optimizer_extension>(GM_OPTIMIZER_EXTENSION);
    const gm_status status = barrier(findings, "optimizer.step", [&] {
      return table->step(specimen.handle(), number, rates, 2, sink.get());
    });
    specimen.report_violations();
    if (status != GM_OK) findings.fault("optimizer.step: answers " + sink.answer(status).text());
  }
};

void check_optimizer(Subject& subject, Findings& findings) {
  const auto first = some_specimen(subject, findings), second = some_specimen(subject, findings);
  Bound one, other;
  if (!one.bind(*first, findings) || !other.bind(*second, findings)) return;
  const Tensor before = copy_of(one.parameters[0]), slopes = copy_of(one.gradients[0]);
  for (std::uint64_t i = 1; i <= kSteps; ++i) {
    one.step(*first, findings, i, 0.01);
    other.step(*second, findings, i, 0.01);
  }
  if (same_bits(before, one.parameters[0])) findings.fault("optimizer.step: changes no parameter");
  if (!same_bits(slopes, one.gradients[0]))
    findings.fault("optimizer.step: changes the gradients, which are the host's");
  for (std::size_t i = 0; i < one.parameters.size(); ++i) {
    if (const auto place = first_not_finite(one.parameters[i]))
      findings.fault(fmt::format("optimizer.step: makes element {} of a parameter {}", *place,
                                 element(one.parameters[i], *place)));
    if (const std::string found = difference_of(one.parameters[i], other.parameters[i]); !found.empty())
      findings.fault("optimizer.step: two instances with the same gradients: " + found);
  }
  // Its moments are buffers that a checkpoint carries: with them another goes on as it does.
  const auto third = some_specimen(subject, findings);
  Bound resumed;
  if (!resumed.bind(*third, findings)) return;
  for (std::size_t i = 0; i < one.parameters.size(); ++i) {
    for (std::int64_t k = 0; k < one.parameters[i].size(); ++k)
      set_element(resumed.parameters[i], k, element(one.parameters[i], k));
  }
  auto from = first->parameters(), to = third->parameters();
  for (std::size_t i = 0; i < from.size() && i < to.size(); ++i) {
    for (std::int64_t k = 0; k < from[i].memory.size() && k < to[i].memory.size(); ++k)
      set_element(to[i].memory, k, element(from[i].memory, k));
  }
  std::string state;
  if (first->has_state() && first->save(state).ok()) third->load(state);
  one.step(*first, findings, kSteps + 1, 0.01);
  resumed.step(*third, findings, kSteps + 1, 0.01);
  for (std::size_t i = 0; i < one.parameters.size(); ++i) {
    if (const std::string found = difference_of(one.parameters[i], resumed.parameters[i]); !found.empty())
      findings.fault("optimizer: with its buffers and state carried over it steps otherwise: " + found);
  }
}

void check_monitor(Subject& subject, Findings& findings) {
  const auto first = some_specimen(subject, findings), second = some_specimen(subject, findings);
  for (int round = 0; round < 2 * kSteps; ++round) {
    for (const std::string& event : training_events(round)) {
      const std::string one = decision_text(*first, findings, event);
      const std::string other = decision_text(*second, findings, event);
      if (one != other)
        findings.fault(
            fmt::format("decide: two instances that saw the same events decide '{}' and '{}'", one, other));
    }
  }
}

void check_logger(Subject& subject, Findings& findings) {
  const auto specimen = some_specimen(subject, findings);
  const auto* table = specimen->extension<gm_events_extension>(GM_EVENTS_EXTENSION);
  std::vector<std::string> events = {R"({"event":"of-a-later-version","time":1,"new":[{}]})"};
  for (int round = 0; round < kSteps; ++round) {
    const auto more = training_events(round);
    events.insert(events.end(), more.begin() + 1, more.end());
  }
  for (const std::string& event : events) {
    AnswerSink sink;
    const gm_status status = barrier(findings, "on_event", [&] {
      return table->on_event(specimen->handle(), event.data(), event.size(), sink.get());
    });
    if (status != GM_OK && status != GM_ERROR_UNAVAILABLE)
      findings.fault(fmt::format("on_event: answers {} to {}", sink.answer(status).text(), event));
  }
  specimen->report_violations();
}

}  // namespace

void check_role(Subject& subject, Findings& findings) {
  bool optimizer = false, monitor = false, logger = false, store = false;
  {
    const Specimen asked(subject, findings, subject.options(), open_sizes(subject.spec(), subject.seed(), 0),
                         Calls::checked, false);
    optimizer = asked.extension<void>(GM_OPTIMIZER_EXTENSION) != nullptr;
    monitor = asked.extension<void>(GM_MONITOR_EXTENSION) != nullptr;
    logger = asked.extension<void>(GM_EVENTS_EXTENSION) != nullptr;
    store = asked.extension<void>(GM_STORE_EXTENSION) != nullptr;
    if (asked.extension<void>(GM_COLLECTIVE_EXTENSION) != nullptr)
      return findings.not_checked("gm.collective/1: it needs other processes");
  }
  if (optimizer) check_optimizer(subject, findings);
  if (monitor) check_monitor(subject, findings);
  if (logger) check_logger(subject, findings);
  if (store) findings.not_checked("gm.store/1: what is appended only a pipeline has");
  if (optimizer || monitor || logger) {
    findings.checked();
  } else if (!store) {
    findings.nothing_here("it has no interface of a role");
  }
}

}  // namespace gistmill
