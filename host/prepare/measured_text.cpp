#include "host/prepare/measured_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "host/plan/options.hpp"

namespace gistmill {
namespace {

// Prepared here, or packed before and named as a folder.
bool reads_corpus(const PlannedInstance& instance) {
  const PlannedOption* folder = instance.option("folder");
  if (folder != nullptr && std::holds_alternative<std::string>(folder->value) &&
      !std::get<std::string>(folder->value).empty())
    return true;
  return std::ranges::any_of(instance.options, [&](const PlannedOption& option) {
    return !prepared_names(*instance.spec->option(option.key), option.value).empty();
  });
}

// The option `split` of an instance that reads a corpus, where it says `side`, or null.
const PlannedOption* side_of(const PlannedInstance& instance, std::string_view side) {
  const PlannedOption* split = instance.option("split");
  if (split == nullptr || !reads_corpus(instance)) return nullptr;
  const auto* said = std::get_if<std::string>(&split->value);
  return said != nullptr && *said == side ? split : nullptr;
}

std::string measured_line(const std::string& evaluation, const PlannedInstance& instance,
                          const PlannedOption& split) {
  const Origin& place = split.origin.known() ? split.origin : instance.origin;
  return fmt::format(
      "{}: evaluation '{}' measures text that is trained on: split of {} is {}; split = \"validation\" reads "
      "what is held out",
      place.text(), evaluation, instance.name,
      split.origin.known() ? "\"train\"" : "not set, and so \"train\"");
}

std::string trained_line(const PlannedInstance& instance, const PlannedOption& split) {
  return fmt::format(
      "{}: the text that is held out is trained on: split of {} is \"validation\"; what an evaluation says "
      "of "
      "that text is no estimate for other texts. split = \"train\" reads the rest",
      split.origin.text(), instance.name);
}

// Each line once.
class Lines {
 public:
  void add(std::string line) {
    if (told_.insert(line).second) lines_.push_back(std::move(line));
  }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
  std::set<std::string> told_;
};

void add_trained(const Part& part, Lines& lines) {
  if (part.plan.trained.empty()) return;
  for (const PlannedCall& call : part.plan.pipeline(part.plan.trained)->calls) {
    const PlannedInstance& instance = part.plan.instances[call.instance];
    if (const PlannedOption* split = side_of(instance, "validation"); split != nullptr)
      lines.add(trained_line(instance, *split));
  }
}

void add_measured(const Part& part, Lines& lines) {
  for (const PlannedEvaluation& evaluation : part.plan.evaluations) {
    for (const PlannedVariant& variant :
         evaluation.variants) {  // which may read other text than the pipeline says
      for (const PlannedCall& call : variant.pipeline.calls) {
        const PlannedInstance& instance = part.plan.instances[call.instance];
        if (const PlannedOption* split = side_of(instance, "train"); split != nullptr)
          lines.add(measured_line(evaluation.name, instance, *split));
      }
    }
  }
}

}  // namespace

std::vector<std::string> wrong_sides(const std::vector<Part>& parts) {
  const auto trains = [](const Part& part) { return !part.plan.trained.empty(); };
  if (std::ranges::none_of(parts, trains)) return {};
  Lines lines;
  for (const Part& part : parts) {
    add_trained(part, lines);
    add_measured(part, lines);
  }
  return lines.take();
}

}  // namespace gistmill
