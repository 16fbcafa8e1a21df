// Components by operation, options by role and by operation; see candidates.hpp.
#include "host/model/candidates.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include <gistmill/files/error.hpp>
#include <gistmill/formats/model_place.hpp>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr const char* kModel = "model";
constexpr const char* kUse = "use";

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool offers(const ComponentSpec& spec, const Demand& demand) {
  const OperationSpec* operation = spec.operation(demand.operation);
  if (operation == nullptr) return false;
  for (const std::string& input : demand.inputs) {
    if (operation->input(input) == nullptr) return false;
  }
  for (const std::string& output : demand.outputs) {
    if (operation->output(output) == nullptr) return false;
  }
  return std::all_of(operation->inputs.begin(), operation->inputs.end(), [&](const PortSpec& input) {
    return input.optional || contains(demand.inputs, input.name);
  });
}

// The table that the user set for a role or an operation; empty where there is none.
const Value::Table& set_for(const Value& options, const std::string& name) {
  static const Value::Table kNone;
  const Value* found = options.find(name);
  const auto* table = found == nullptr ? nullptr : found->get_if<Value::Table>();
  return table == nullptr ? kNone : *table;
}

// A typing mistake is said once, not once a component. `owner`: "teacher".
void refuse_unknown_options(const Value::Table& options, const std::string& owner, Names known,
                            const std::vector<const ComponentSpec*>& specs) {
  for (const ComponentSpec* spec : specs) {
    for (const OptionSpec& option : spec->options) {
      if (!contains(known, option.key)) known.push_back(option.key);
    }
  }
  for (const auto& [key, value] : options) {
    if (contains(known, key)) continue;
    throw Failure(ExitCode::usage, value.origin(), fmt::format("no {} has an option '{}'", owner, key),
                  {suggestion(key, owner, known)});
  }
}

Names roles_of(const std::vector<const ComponentSpec*>& specs) {
  Names roles;
  for (const ComponentSpec* spec : specs) {
    if (!contains(roles, spec->role)) roles.push_back(spec->role);
  }
  std::sort(roles.begin(), roles.end());
  return roles;
}

void check_options(const Value& options, const Demands& demands,
                   const std::vector<const ComponentSpec*>& specs) {
  for (const std::string& role : roles_of(specs)) {
    std::vector<const ComponentSpec*> own;
    std::copy_if(specs.begin(), specs.end(), std::back_inserter(own),
                 [&](const ComponentSpec* spec) { return spec->role == role; });
    refuse_unknown_options(set_for(options, role), role, {kUse}, own);
  }
  for (const Demand& demand : demands) {
    refuse_unknown_options(set_for(options, demand.operation),
                           fmt::format("component that offers {}", demand.operation), {}, specs);
  }
}

Candidate candidate_of(const ComponentSpec& spec, const Demands& demands, const fs::path& model,
                       const Value& options) {
  Candidate candidate{&spec, model, Value()};
  auto& own = *std::get_if<Value::Table>(&candidate.options.data());
  for (const Demand& demand : demands) {
    for (const auto& entry : set_for(options, demand.operation)) own.push_back(entry);
  }
  for (const auto& [key, value] : set_for(options, spec.role)) {
    if (key == kUse) {
      candidate.named = true;
      continue;
    }
    if (key != kModel) {
      own.erase(std::remove_if(own.begin(), own.end(),
                               [&, &name = key](const auto& each) { return each.first == name; }),
                own.end());
      own.emplace_back(key, value);
      continue;
    }
    const auto* path = value.get_if<std::string>();
    if (path == nullptr) throw Failure(ExitCode::usage, value.origin(), "a model is a path");
    expect_model(*path, value.origin());
    candidate.model = *path;
  }
  return candidate;
}

// What `--set ROLE.use=NAME` leaves of `specs`: those that are named, where any is.
std::vector<const ComponentSpec*> chosen_of(const std::vector<const ComponentSpec*>& specs,
                                            const Value& options) {
  std::vector<const ComponentSpec*> chosen;
  for (const std::string& role : roles_of(specs)) {
    const Value* table = options.find(role);
    const Value* use = table == nullptr ? nullptr : table->find(kUse);
    if (use == nullptr) continue;
    const auto* name = use->get_if<std::string>();
    Names names;
    for (const ComponentSpec* spec : specs) {
      if (spec->role != role) continue;
      names.push_back(spec->name);
      if (name != nullptr && spec->name == *name) chosen.push_back(spec);
    }
    if (name == nullptr || !contains(names, *name)) {
      throw Failure(ExitCode::usage, use->origin(),
                    fmt::format("{} is not a {} that reads models", use->text(), role),
                    {suggestion(name == nullptr ? "" : *name, "--set " + role + ".use", names)});
    }
  }
  return chosen.empty() ? specs : chosen;
}

[[noreturn]] void refuse_without_components(const Demands& demands, const Registry& registry) {
  Names operations;
  for (const Demand& demand : demands) operations.push_back(demand.operation);
  Names notes;
  for (const fs::path& folder : registry.folders())
    notes.push_back(fmt::format("searched {}", folder.string()));
  for (const RefusedFile& file : registry.refused())
    notes.push_back(fmt::format("refused {}: {}", file.path.string(), file.reason));
  throw Failure(ExitCode::plugin,
                fmt::format("no component that reads models offers {}", fmt::join(operations, " and ")),
                notes);
}

}  // namespace

std::string noun_of(const std::vector<const ComponentSpec*>& specs) {
  return fmt::format("{}", fmt::join(roles_of(specs), " or "));
}

void expect_model(const fs::path& model, const Origin& origin) {
  std::error_code error;
  const fs::file_status status = fs::status(model, error);
  if (fs::is_regular_file(status) || fs::is_directory(status)) return;
  if (status.type() == fs::file_type::not_found) error.clear();
  if (fs::exists(status)) {  // a pipe, say, whose reading would wait for a writer
    throw Failure(ExitCode::recipe, origin, fmt::format("{} is neither a file nor a folder", model.string()),
                  {"docs/models.md says what a model is"});
  }
  const std::string reason = error ? files::error_text(error.value()) : formats::missing_model(model);
  throw Failure(ExitCode::recipe, origin, fmt::format("{}: {}", model.string(), reason),
                {"docs/models.md says what a model is"});
}

std::vector<const ComponentSpec*> readers_of_models(const Demands& demands, const Registry& registry) {
  std::vector<const ComponentSpec*> found;
  Names keys;
  for (const Demand& demand : demands) keys.push_back(demand.operation);
  keys.emplace_back(kModel);
  for (const std::string& name : registry.component_names(keys)) {
    const ComponentSpec* spec = registry.find(name);
    if (spec->option(kModel) == nullptr) continue;
    if (std::all_of(demands.begin(), demands.end(),
                    [&](const Demand& demand) { return offers(*spec, demand); }))
      found.push_back(spec);
  }
  return found;
}

std::vector<Candidate> find_candidates(const Demands& demands, const fs::path& model, const Value& options,
                                       const Registry& registry) {
  const auto specs = readers_of_models(demands, registry);
  if (specs.empty()) refuse_without_components(demands, registry);
  check_options(options, demands, specs);
  std::vector<Candidate> candidates;
  for (const ComponentSpec* spec : chosen_of(specs, options))
    candidates.push_back(candidate_of(*spec, demands, model, options));
  return candidates;
}

}  // namespace gistmill
