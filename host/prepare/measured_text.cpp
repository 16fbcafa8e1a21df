#include "host/prepare/measured_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "host/plan/options.hpp"

namespace gistmill {
namespace {

bool reads_corpus(const PlannedInstance& instance) {
  return std::ranges::any_of(instance.options, [&](const PlannedOption& option) {
    return !prepared_names(*instance.spec->option(option.key), option.value).empty();
  });
}

// The option `split` that says so, or null.
const PlannedOption* train_side(const PlannedInstance& instance) {
  const PlannedOption* split = instance.option("split");
  if (split == nullptr || !reads_corpus(instance)) return nullptr;
  const auto* side = std::get_if<std::string>(&split->value);
  return side != nullptr && *side == "train" ? split : nullptr;
}

std::string line_of(const std::string& evaluation, const PlannedInstance& instance,
                    const PlannedOption& split) {
  const Origin& place = split.origin.known() ? split.origin : instance.origin;
  return fmt::format(
      "{}: evaluation '{}' measures text that is trained on: split of {} is {}; split = \"validation\" reads "
      "what is "
      "held out",
      place.text(), evaluation, instance.name,
      split.origin.known() ? "\"train\"" : "not set, and so \"train\"");
}

}  // namespace

std::vector<std::string> measured_train_text(const std::vector<Part>& parts) {
  const auto trains = [](const Part& part) { return !part.plan.trained.empty(); };
  if (std::ranges::none_of(parts, trains)) return {};
  std::vector<std::string> lines;
  std::set<std::string> told;
  for (const Part& part : parts) {
    for (const PlannedEvaluation& evaluation : part.plan.evaluations) {
      for (const PlannedCall& call : part.plan.pipelines[evaluation.pipeline].calls) {
        const PlannedInstance& instance = part.plan.instances[call.instance];
        const PlannedOption* split = train_side(instance);
        if (split == nullptr) continue;
        if (const std::string line = line_of(evaluation.name, instance, *split); told.insert(line).second)
          lines.push_back(line);
      }
    }
  }
  return lines;
}

}  // namespace gistmill
