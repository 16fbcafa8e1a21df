// Tries components one by one; see component_choice.hpp.
#include "host/model/component_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "host/diagnostic/failure.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/model/candidates.hpp"
#include "host/plan/options.hpp"
#include "host/recipe/overrides.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

// Why components did not take the model, those with the same reason together.
class Refusals {
 public:
  void add(const Candidate& candidate, const Failure& failure) {
    const std::string& component = candidate.spec->name;
    std::string reason = failure.message();
    for (const std::string& known : {component, candidate.model.string()}) {
      if (reason.rfind(known + ": ", 0) == 0) reason.erase(0, known.size() + 2);
    }
    for (auto& [names, known] : entries_) {
      if (known == reason) return names.push_back(component);
    }
    entries_.push_back({{component}, reason});
  }

  std::vector<std::string> notes() const {
    std::vector<std::string> lines;
    for (const auto& [names, reason] : entries_)
      lines.push_back(fmt::format("{}: {}", fmt::join(names, ", "), reason));
    return lines;
  }

 private:
  std::vector<std::pair<std::vector<std::string>, std::string>> entries_;
};

std::unique_ptr<Instance> make(const Candidate& candidate, Registry& registry) {
  const ComponentSpec& spec = *candidate.spec;
  Value::Table table = *candidate.options.get_if<Value::Table>();
  table.emplace_back("model", Value(candidate.model.string(), Origin{}));
  ComponentUse use;
  use.name = spec.name;
  use.use = spec.name;
  use.options = Value(std::move(table), Origin{});
  PlannedInstance planned;
  planned.name = spec.name;
  planned.spec = &spec;
  planned.options = plan_options(use, spec);
  return std::make_unique<Instance>(planned, registry.load(spec.name, plugin_host()), plugin_host());
}

struct Taker {
  const Candidate* candidate;
  std::unique_ptr<Instance> instance;
};

std::vector<Taker> takers_of(const std::vector<Candidate>& candidates, Registry& registry,
                             Refusals& refusals) {
  std::vector<Taker> takers;
  for (const Candidate& candidate : candidates) {
    try {
      takers.push_back({&candidate, make(candidate, registry)});
    } catch (const Failure& failure) {
      refusals.add(candidate, failure);
    }
  }
  return takers;
}

// Where the model is fine without the options that were set, one of them is at fault, and its place is known.
void blame_options(const std::vector<Candidate>& candidates, Registry& registry) {
  std::vector<Candidate> plain = candidates;
  for (Candidate& candidate : plain) candidate.options = Value();
  Refusals unused;
  const auto takers = takers_of(plain, registry, unused);
  if (takers.size() == 1)
    make(candidates[static_cast<std::size_t>(takers[0].candidate - plain.data())], registry);
}

[[noreturn]] void refuse_several(const std::vector<Taker>& takers, const std::string& noun,
                                 const fs::path& model) {
  std::vector<std::string> notes;
  for (const Taker& taker : takers) {
    notes.push_back(
        fmt::format("choose it with --set {}.use={}", taker.candidate->spec->role, taker.instance->name()));
  }
  const bool one_role = noun.find(' ') == std::string::npos;
  throw Failure(
      ExitCode::usage,
      fmt::format("{} {} take {}", takers.size(), one_role ? noun + "s" : "components", model.string()),
      notes);
}

// The names that may stand before the dot of an override: roles and operations.
void check_overrides(const Value& options, const std::vector<Demands>& asked, const Registry& registry) {
  std::vector<std::string> forms;
  std::vector<std::string> known;
  for (const Demands& demands : asked) {
    for (const Demand& demand : demands) known.push_back(demand.operation);
    for (const ComponentSpec* spec : readers_of_models(demands, registry)) {
      const std::string form = spec->role + ".OPTION=VALUE";
      if (std::find(forms.begin(), forms.end(), form) != forms.end()) continue;
      forms.push_back(form);
      known.push_back(spec->role);
    }
  }
  for (const auto& [name, value] : *options.get_if<Value::Table>()) {
    if (value.is_table() && std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw Failure(ExitCode::usage, value.origin(), fmt::format("write it as {}", fmt::join(forms, " or ")));
  }
}

}  // namespace

const Demands& text_demands() {
  static const Demands demands = {{"encode", {"text"}, {"tokens"}}, {"decode", {"tokens"}, {"text"}}};
  return demands;
}

const Demands& score_demands() {
  static const Demands demands = {{"score", {"tokens"}, {"nll"}}};
  return demands;
}

const Demands& generate_demands() {
  static const Demands demands = {{"generate", {"prompt"}, {"tokens", "lengths"}}};
  return demands;
}

ModelChoice::ModelChoice(fs::path model, const std::vector<std::string>& overrides,
                         const std::vector<Demands>& asked, Registry& registry)
    : model_(std::move(model)), registry_(registry), options_(parse_overrides(overrides)) {
  check_overrides(options_, asked, registry);
  expect_model(model_, Origin{});
}

std::unique_ptr<Instance> ModelChoice::find(const Demands& demands) const {
  const std::vector<Candidate> candidates = find_candidates(demands, model_, options_, registry_);
  if (candidates.size() == 1 && candidates.front().named) return make(candidates.front(), registry_);
  const std::string noun = this->noun(demands);
  const fs::path& model = candidates.front().model;
  Refusals refusals;
  auto takers = takers_of(candidates, registry_, refusals);
  if (takers.size() > 1) refuse_several(takers, noun, model);
  if (takers.size() == 1) return std::move(takers.front().instance);
  blame_options(candidates, registry_);
  throw Failure(ExitCode::recipe, fmt::format("no {} takes {}", noun, model.string()), refusals.notes());
}

std::string ModelChoice::noun(const Demands& demands) const {
  const auto readers = readers_of_models(demands, registry_);
  return readers.empty() ? demands.front().operation : noun_of(readers);
}

}  // namespace gistmill
