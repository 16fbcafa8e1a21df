// See awaited_parameters.hpp.
#include "host/prepare/awaited_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/plan/options.hpp"

namespace gistmill {
namespace {

bool trains(const Part& part, const PlannedInstance& instance) {
  if (part.plan.trained.empty()) return false;
  const std::vector<std::size_t>& train = part.plan.pipeline(part.plan.trained)->train;
  return std::ranges::any_of(train, [&](std::size_t index) {
    const PlannedInstance& trained = part.plan.instances[index];
    return trained.name == instance.name && trained.spec->name == instance.spec->name;
  });
}

void add_awaited(const std::vector<Part>& parts, std::size_t index, const std::string& name,
                 std::vector<AwaitedParameters>& awaited) {
  const Plan& plan = parts[index].plan;
  const PlannedPipeline* pipeline = plan.pipeline(name);
  if (pipeline == nullptr) return;
  std::vector<std::uint8_t> used(plan.instances.size(), 0);
  pipeline->mark_used(used);
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] == 0) continue;
    const PlannedInstance& instance = plan.instances[i];
    if (const std::string stage = awaited_stage(parts, index, instance); !stage.empty())
      awaited.push_back({instance.name, stage});
    for (const PlannedOption& option : instance.options) {
      for (const std::string& corpus : prepared_names(*instance.spec->option(option.key), option.value))
        add_awaited(parts, index, corpus, awaited);
    }
  }
}

}  // namespace

std::string awaited_stage(const std::vector<Part>& parts, std::size_t index,
                          const PlannedInstance& instance) {
  if (!instance.spec->parameters || !instance.parameters.empty()) return "";
  if (!instance.from.empty()) return instance.from.substr(0, instance.from.find('.'));
  for (std::size_t i = index; i-- > 0;) {
    if (trains(parts[i], instance)) return parts[i].name;
  }
  return "";
}

std::vector<AwaitedParameters> awaited_by(const std::vector<Part>& parts, std::size_t index,
                                          const std::string& pipeline) {
  std::vector<AwaitedParameters> awaited;
  add_awaited(parts, index, pipeline, awaited);
  return awaited;
}

std::string to_text(const std::vector<AwaitedParameters>& awaited) {
  std::string text;
  for (const AwaitedParameters& each : awaited)
    text += fmt::format("{} {}, which stage {} trains", text.empty() ? "it reads" : ", and", each.instance,
                        each.stage);
  return text;
}

std::set<std::string> read_anew(const std::vector<Part>& parts, std::size_t index) {
  std::set<std::string> names;
  for (const PlannedInstance& instance : parts[index].plan.instances) {
    for (const PlannedOption& option : instance.options) {
      for (const std::string& corpus : prepared_names(*instance.spec->option(option.key), option.value)) {
        if (!awaited_by(parts, index, corpus).empty()) names.insert(instance.name);
      }
    }
  }
  return names;
}

}  // namespace gistmill
