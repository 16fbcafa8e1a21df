// Tries components one by one; see component_choice.hpp.
#include "host/model/component_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "host/diagnostic/failure.hpp"
#include "host/instance/offered.hpp"
#include "host/model/candidates.hpp"
#include "host/recipe/overrides.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

// What a component blames for a refusal: the model's file, or, where the file is of a kind that another
// component reads, nothing but the component itself (docs/plugins.md).
const Origin& model_origin() {
  static const Origin origin{"model", 0, 0};
  return origin;
}

// Why components did not take the model, those with the same reason together.
class Refusals {
 public:
  void add(const Candidate& candidate, const Failure& failure) {
    const bool of_its_kind = failure.origin().file == model_origin().file;
    const std::string& component = candidate.spec->name;
    std::string reason = failure.message();
    for (const std::string& known : {component, candidate.model.string()}) {
      if (reason.rfind(known + ": ", 0) == 0) reason.erase(0, known.size() + 2);
    }
    for (Entry& entry : entries_) {
      if (entry.reason != reason) continue;
      entry.of_its_kind = entry.of_its_kind || of_its_kind;
      return entry.components.push_back(component);
    }
    entries_.push_back({{component}, reason, of_its_kind});
  }

  // One reason where one component, or several with the same, read models of this kind; else every reason.
  // What the others say is shown where the user asked why.
  [[noreturn]] void refuse(const std::string& noun, const fs::path& model, bool why) const {
    const auto best = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.of_its_kind || entries_.size() == 1;
    });
    const auto fitting =
        std::count_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.of_its_kind; });
    const bool broken = fitting > 0;
    if (best == entries_.end() || fitting > 1)
      fail(fmt::format("no {} takes {}", noun, model.string()), notes(nullptr), broken);
    const bool named = best->reason.starts_with(model.string());
    const std::string reason = named ? best->reason : fmt::format("{}: {}", model.string(), best->reason);
    const std::string sayers = fmt::format("{}", fmt::join(best->components, " and "));
    if (entries_.size() == 1) {
      std::vector<std::string> lines = {fmt::format("no {} takes it", noun)};
      if (why && best->components.size() > 1) lines.push_back(fmt::format("all say the same: {}", sayers));
      if (why && best->components.size() == 1) lines.push_back(fmt::format("{} is the only one", sayers));
      fail(reason, lines, broken);
    }
    const std::string reader =
        fmt::format("so {} {}, which {} models of this kind", best->components.size() == 1 ? "says" : "say",
                    sayers, best->components.size() == 1 ? "reads" : "read");
    if (!why) fail(reason, {reader + "; --why shows what the others say"}, broken);
    std::vector<std::string> lines = notes(&*best);
    lines.insert(lines.begin(), reader);
    fail(reason, lines, broken);
  }

 private:
  [[noreturn]] static void fail(const std::string& message, const std::vector<std::string>& notes,
                                bool broken) {
    throw ModelRefused(Failure(ExitCode::recipe, message, notes), broken);
  }

  struct Entry {
    std::vector<std::string> components;
    std::string reason;
    bool of_its_kind = false;
  };

  std::vector<std::string> notes(const Entry* left_out) const {
    std::vector<std::string> lines;
    for (const Entry& entry : entries_) {
      if (&entry == left_out) continue;
      lines.push_back(fmt::format("{}: {}", fmt::join(entry.components, ", "), entry.reason));
    }
    return lines;
  }

  std::vector<Entry> entries_;
};

std::unique_ptr<Instance> make(const Candidate& candidate, Registry& registry, const Origin& model = {}) {
  Value::Table table = *candidate.options.get_if<Value::Table>();
  table.emplace_back("model", Value(candidate.model.string(), model));
  return instance_of(*candidate.spec, std::move(table), registry);
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
      takers.push_back({&candidate, make(candidate, registry, model_origin())});
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

const Demands& gist_cache_demands() {
  static const Demands demands = {{"save_gist_cache", {"ids", "gist_places", "file"}, {}}};
  return demands;
}

ModelChoice::ModelChoice(fs::path model, const std::vector<std::string>& overrides,
                         const std::vector<Demands>& asked, Registry& registry, bool why)
    : model_(std::move(model)), registry_(registry), options_(parse_overrides(overrides)), why_(why) {
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
  refusals.refuse(noun, model, why_);
}

std::unique_ptr<Instance> ModelChoice::offering(const std::vector<std::string>& operations) const {
  return start_offering(operations, Value(), registry_);
}

bool ModelChoice::offers(const std::vector<std::string>& operations) const {
  return !components_offering(operations, registry_).empty();
}

std::string ModelChoice::noun(const Demands& demands) const {
  const auto readers = readers_of_models(demands, registry_);
  return readers.empty() ? demands.front().operation : noun_of(readers);
}

}  // namespace gistmill
