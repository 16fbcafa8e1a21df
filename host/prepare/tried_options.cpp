#include "host/prepare/tried_options.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include "host/instance/instance.hpp"
#include "host/instance/plugin_host.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

// What an instance is made of.
using Made = std::pair<const ComponentSpec*, std::vector<OptionValue>>;

bool lies_in(const fs::path& file, const fs::path& folder) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(folder, error);
  const fs::path inner = fs::weakly_canonical(file, error).lexically_relative(whole);
  return !inner.empty() && *inner.begin() != "..";
}

// Whether what it reads is there before the run.
bool can_be_made(const PlannedInstance& instance, const fs::path& folder) {
  if (instance.isolation) return false;
  return std::ranges::none_of(instance.options, [&](const PlannedOption& option) {
    if (std::holds_alternative<Mixture>(option.value)) return true;
    const OptionType type = instance.spec->option(option.key)->type;
    if (type == OptionType::paths) {
      const auto& files = std::get<std::vector<std::string>>(option.value);
      return std::ranges::any_of(files, [&](const std::string& file) { return lies_in(file, folder); });
    }
    const auto* text = std::get_if<std::string>(&option.value);
    if (text == nullptr || text->empty()) return false;
    return type == OptionType::prepared || (type == OptionType::path && lies_in(*text, folder));
  });
}

std::vector<std::uint8_t> used_in(const Part& part) {
  std::vector<std::uint8_t> used(part.plan.instances.size(), 0);
  const bool trains = !part.plan.trained.empty();
  if (trains) part.plan.pipeline(part.plan.trained)->mark_used(used);
  for (const PlannedEvaluation& evaluation : part.plan.evaluations) {
    for (const PlannedVariant& variant : evaluation.variants) variant.pipeline.mark_used(used);
  }
  const RunSettings& run = part.recipe.run;
  for (std::size_t i = 0; trains && i < used.size(); ++i) {
    const std::string& name = part.plan.instances[i].name;
    if (name == run.optimizer || std::ranges::count(run.monitors, name) > 0) used[i] = 1;
  }
  return used;
}

}  // namespace

void try_options(const std::vector<Part>& parts, std::size_t first, const fs::path& folder,
                 Registry& registry) {
  std::vector<Made> tried;
  for (std::size_t p = first; p < parts.size(); ++p) {
    const std::vector<std::uint8_t> used = used_in(parts[p]);
    for (std::size_t i = 0; i < used.size(); ++i) {
      const PlannedInstance& instance = parts[p].plan.instances[i];
      if (used[i] == 0 || !can_be_made(instance, folder)) continue;
      Made made{instance.spec, {}};
      for (const PlannedOption& option : instance.options) made.second.push_back(option.value);
      if (std::ranges::find(tried, made) != tried.end()) continue;
      const Instance trial(instance, component_for(instance, registry), plugin_host());
      tried.push_back(std::move(made));
    }
  }
}

}  // namespace gistmill
