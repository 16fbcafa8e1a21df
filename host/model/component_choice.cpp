// Tries components one by one; see component_choice.hpp.
#include "host/model/component_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "host/diagnostic/failure.hpp"
#include "host/files/descriptor.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/plan/options.hpp"
#include "host/recipe/overrides.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

constexpr const char* kModel = "model";
constexpr const char* kUse = "use";

// Why components did not take the model, those with the same reason together.
class Refusals {
 public:
  explicit Refusals(const fs::path& model) : model_(model.string()) {}

  void add(const std::string& component, const Failure& failure) {
    std::string reason = failure.message();
    for (const std::string& known : {component, model_}) {
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
  std::string model_;
  std::vector<std::pair<std::vector<std::string>, std::string>> entries_;
};

std::vector<const ComponentSpec*> readers_of_models(const std::string& role, const Registry& registry) {
  std::vector<const ComponentSpec*> found;
  for (const std::string& name : registry.component_names()) {
    const ComponentSpec* spec = registry.find(name);
    if (spec->role == role && spec->option(kModel) != nullptr) found.push_back(spec);
  }
  if (!found.empty()) return found;
  std::vector<std::string> notes;
  for (const fs::path& folder : registry.folders())
    notes.push_back(fmt::format("searched {}", folder.string()));
  for (const RefusedFile& file : registry.refused())
    notes.push_back(fmt::format("refused {}: {}", file.path.string(), file.reason));
  throw Failure(ExitCode::plugin, fmt::format("no plugin offers a {} that reads models", role), notes);
}

// A typing mistake is said once, not once a component.
void refuse_unknown_options(const std::string& role, const Value& options,
                            const std::vector<const ComponentSpec*>& components) {
  const auto* table = options.get_if<Value::Table>();
  if (table == nullptr) return;
  std::vector<std::string> known = {kUse};
  for (const ComponentSpec* spec : components) {
    for (const OptionSpec& option : spec->options) {
      if (std::find(known.begin(), known.end(), option.key) == known.end()) known.push_back(option.key);
    }
  }
  for (const auto& [key, value] : *table) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    throw Failure(ExitCode::usage, value.origin(), fmt::format("no {} has an option '{}'", role, key),
                  {suggestion(key, role, known)});
  }
}

std::unique_ptr<BareInstance> make(const ComponentSpec& spec, const fs::path& model, const Value& options,
                                   Registry& registry) {
  Value::Table table;
  if (const auto* given = options.get_if<Value::Table>()) {
    for (const auto& [key, value] : *given) {
      if (key != kUse && key != kModel) table.emplace_back(key, value);
    }
  }
  table.emplace_back(kModel, Value(model.string(), Origin{}));
  ComponentUse use;
  use.name = spec.name;
  use.use = spec.name;
  use.options = Value(std::move(table), Origin{});
  PlannedInstance planned;
  planned.name = spec.name;
  planned.spec = &spec;
  planned.options = plan_options(use, spec);
  return std::make_unique<BareInstance>(planned, registry.load(spec.name, plugin_host()), plugin_host());
}

void expect_there(const fs::path& model, const Origin& origin) {
  std::error_code error;
  if (fs::exists(model, error)) return;
  const std::string reason = error ? error_text(error.value()) : "there is no such file or folder";
  throw Failure(ExitCode::recipe, origin, fmt::format("{}: {}", model.string(), reason),
                {"docs/models.md says what a model is"});
}

// A role may take its part from elsewhere: --set tokenizer.model=FOLDER.
fs::path model_of(const Value& options, const fs::path& model) {
  const Value* own = options.find(kModel);
  if (own == nullptr) return model;
  const auto* path = own->get_if<std::string>();
  if (path == nullptr) throw Failure(ExitCode::usage, own->origin(), "a model is a path");
  expect_there(*path, own->origin());
  return *path;
}

using Takers = std::vector<std::unique_ptr<BareInstance>>;

Takers takers(const std::vector<const ComponentSpec*>& components, const fs::path& model,
              const Value& options, Registry& registry, Refusals& refusals) {
  Takers taken;
  for (const ComponentSpec* spec : components) {
    try {
      taken.push_back(make(*spec, model, options, registry));
    } catch (const Failure& failure) {
      refusals.add(spec->name, failure);
    }
  }
  return taken;
}

}  // namespace

ModelChoice::ModelChoice(fs::path model, const std::vector<std::string>& overrides,
                         const std::vector<std::string>& roles)
    : model_(std::move(model)), options_(parse_overrides(overrides)) {
  for (const auto& [role, options] : *options_.get_if<Value::Table>()) {
    if (std::find(roles.begin(), roles.end(), role) == roles.end() || !options.is_table()) {
      std::vector<std::string> forms;
      for (const std::string& name : roles) forms.push_back(name + ".OPTION=VALUE");
      throw Failure(ExitCode::usage, options.origin(),
                    fmt::format("write it as {}", fmt::join(forms, " or ")));
    }
  }
  expect_there(model_, Origin{});
}

std::unique_ptr<BareInstance> ModelChoice::find(const std::string& role, Registry& registry) const {
  const Value* found = options_.find(role);
  const Value options = found != nullptr ? *found : Value();
  const fs::path model = model_of(options, model_);
  std::vector<const ComponentSpec*> components = readers_of_models(role, registry);
  refuse_unknown_options(role, options, components);
  if (const Value* use = options.find(kUse)) {
    std::vector<std::string> names;
    for (const ComponentSpec* spec : components) names.push_back(spec->name);
    const auto* name = use->get_if<std::string>();
    if (name == nullptr || std::find(names.begin(), names.end(), *name) == names.end()) {
      throw Failure(ExitCode::usage, use->origin(),
                    fmt::format("{} is no {} that reads models", use->text(), role),
                    {suggestion(name == nullptr ? "" : *name, "--set " + role + ".use", names)});
    }
    return make(*registry.find(*name), model, options, registry);
  }

  Refusals refusals(model);
  auto taken = takers(components, model, options, registry, refusals);
  if (taken.size() == 1) return std::move(taken.front());
  if (taken.empty()) {
    // Where the model is fine without the options, one of them is at fault, and its place is known.
    Refusals unused(model);
    const auto plain = takers(components, model, Value(), registry, unused);
    if (plain.size() == 1) return make(*registry.find(plain.front()->name()), model, options, registry);
    throw Failure(ExitCode::recipe, fmt::format("no {} takes {}", role, model.string()), refusals.notes());
  }
  std::vector<std::string> notes;
  for (const auto& instance : taken)
    notes.push_back(fmt::format("choose it with --set {}.use={}", role, instance->name()));
  throw Failure(ExitCode::usage, fmt::format("{} {}s take {}", taken.size(), role, model.string()), notes);
}

}  // namespace gistmill
