// Checks of what happens before any operation runs: loading, making instances, their parameters.
#include <fmt/format.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "host/certify/arrays.hpp"
#include "host/certify/cases.hpp"
#include "host/certify/checks.hpp"
#include "host/instance/marshalled_options.hpp"
#include "host/instance/plugin_host.hpp"

namespace gistmill {

namespace {

constexpr int kLives = 3;

void check_unknown_component(Subject& subject, Findings& findings) {
  const LoadedComponent component = subject.load();
  const std::vector<PlannedOption> none;
  const MarshalledOptions options(none);
  AnswerSink sink;
  gm_instance* made = nullptr;
  const gm_status status = barrier(findings, "create of a component that it does not have", [&] {
    return component.interface->create(&plugin_host(), "no/such-component", options.get(), &made, sink.get());
  });
  if (status == GM_OK || made != nullptr) {
    findings.fault("create: makes 'no/such-component', which it does not have");
    if (made != nullptr) component.interface->destroy(made);
  } else if (sink.answer(status).message.empty()) {
    findings.fault("create: refuses a component that it does not have without a message");
  }
}

void check_parameters(Specimen& specimen, Findings& findings) {
  const ComponentSpec& spec = specimen.spec();
  if (spec.parameters && specimen.extension<gm_params_extension>(GM_PARAMS_EXTENSION) == nullptr)
    findings.fault("its manifest says parameters = true, and it offers no gm.params/1");
  std::set<std::string> names;
  for (const Specimen::Parameter& parameter : specimen.parameters()) {
    if (parameter.name.empty() || !names.insert(parameter.name).second)
      findings.fault(fmt::format("two parameters are called '{}'", parameter.name));
    const bool trains = (parameter.flags & GM_PARAM_TRAINABLE) != 0;
    if (trains && !spec.parameters) {
      findings.fault(fmt::format("parameter {} trains when its manifest does not say parameters = true",
                                 parameter.name));
    }
    if (trains && (parameter.flags & GM_PARAM_BUFFER) != 0)
      findings.fault(fmt::format("parameter {} is both trainable and a buffer", parameter.name));
    if (const auto place = first_not_finite(parameter.memory)) {
      findings.fault(fmt::format("parameter {} starts with {} at element {}", parameter.name,
                                 element(parameter.memory, *place), *place));
    }
  }
}

void check_symbols_of(Specimen& specimen, const Sizes& fixed, Findings& findings) {
  const auto* table = specimen.extension<gm_symbols_extension>(GM_SYMBOLS_EXTENSION);
  if (table == nullptr) return;
  for (const auto& [symbol, size] : fixed) {
    const std::int64_t said = table->get(specimen.handle(), symbol.c_str());
    if (said >= 0 && said != size) {
      findings.fault(
          fmt::format("symbol {} is {} by the option that its manifest names, and {} by its "
                      "gm.symbols/1",
                      symbol, size, said));
    }
  }
}

// The same seed makes the same parameters.
void check_initial_values(Specimen& one, Specimen& other, Findings& findings) {
  const auto first = one.parameters(), second = other.parameters();
  if (first.size() != second.size()) {
    findings.fault(fmt::format("has {} parameters, and another instance with the same options {}",
                               first.size(), second.size()));
    return;
  }
  for (std::size_t i = 0; i < first.size(); ++i) {
    const std::string difference = difference_of(first[i].memory, second[i].memory);
    if (!difference.empty()) {
      findings.fault(fmt::format("parameter {} of two instances that start with the same seed: {}",
                                 first[i].name, difference));
    }
  }
}

}  // namespace

void check_load(Subject& subject, Findings& findings) {
  findings.stage("loading");
  const LoadedComponent component = subject.load();
  findings.stage("describe");
  const std::uint32_t count = component.interface->count();
  if (component.interface->describe(count) != nullptr)
    findings.fault(fmt::format("describe({}) gives a component when count is {}", count, count));
  findings.checked();
}

void check_create(Subject& subject, Findings& findings) {
  check_unknown_component(subject, findings);
  const std::vector<PlannedOption> options = subject.options();
  for (int i = 0; i < kLives; ++i) {
    // Bare: the proxy answers for interfaces that there are, and for no other.
    const Specimen bare(subject, findings, options, open_sizes(subject.spec(), subject.seed(), 0),
                        Calls::bare, false);
    if (bare.extension<void>("gm.no-such-extension/1") != nullptr)
      findings.fault("extension: answers an id that does not exist, gm.no-such-extension/1");
    const Specimen unstarted(subject, findings, options, open_sizes(subject.spec(), subject.seed(), 0),
                             Calls::checked, false);
  }
  const auto first = some_specimen(subject, findings);
  const auto second = some_specimen(subject, findings);
  check_symbols_of(*first, subject.fixed_sizes(options), findings);
  check_parameters(*first, findings);
  check_initial_values(*first, *second, findings);
  findings.checked();
}

}  // namespace gistmill
