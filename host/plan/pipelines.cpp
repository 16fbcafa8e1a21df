#include "host/plan/pipelines.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <type_traits>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/plan/examples.hpp"
#include "host/plan/gradient.hpp"
#include "host/plan/symbols.hpp"

namespace gistmill {
namespace {

// A figure has one row an item, once a step.
void check_figures(const PlannedPipeline& pipeline) {
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    const PlannedCall& call = pipeline.calls[i];
    if (pipeline.repeat_of(i) == nullptr) continue;
    for (const PlannedOutput& output : call.outputs) {
      if (!output.port->figure) continue;
      throw Failure(ExitCode::recipe, call.origin,
                    fmt::format("{} is in a repeated part, where its figure '{}' cannot be measured",
                                call.name, output.slot),
                    {"move the call after the repeated part"});
    }
  }
}

PlannedPipeline wire_and_type(const PipelineRecipe& recipe, const std::vector<PlannedInstance>& instances,
                              const Substitutions& substitutions) {
  PlannedPipeline pipeline;
  pipeline.name = recipe.name;
  pipeline.origin = recipe.origin;
  wire_calls(pipeline, recipe, instances, substitutions);
  check_figures(pipeline);
  plan_types(pipeline, instances);
  return pipeline;
}

Failure with_note(const Failure& failure, const std::string& note) {
  auto notes = failure.notes();
  notes.push_back(note);
  return Failure(failure.code(), failure.origin(), failure.message(), std::move(notes));
}

Substitutions find_substitutions(const Evaluation::Variant& variant, const PipelineRecipe& recipe,
                                 const std::vector<PlannedInstance>& instances) {
  Substitutions substitutions;
  for (const auto& [replaced, by] : variant.use) {
    const std::size_t from = find_instance(instances, replaced, variant.origin);
    const std::size_t to = find_instance(instances, by, variant.origin);
    bool called = false;
    for (const CallStep& step : recipe.steps) {
      if (step.instance != replaced) continue;
      called = true;
      if (instances[to].spec->operation(step.operation)) continue;
      throw Failure(ExitCode::recipe, variant.origin,
                    fmt::format("{} ({}) cannot replace {}: it does not offer the operation '{}'", by,
                                instances[to].spec->name, replaced, step.operation),
                    {fmt::format("called at {}", step.origin.text())});
    }
    if (!called) {
      throw Failure(ExitCode::recipe, variant.origin,
                    fmt::format("variant '{}' replaces {}, which pipeline '{}' does not call", variant.name,
                                replaced, recipe.name));
    }
    substitutions[from] = to;
  }
  return substitutions;
}

PlannedPipeline plan_variant(const Evaluation::Variant& variant, const PipelineRecipe& recipe,
                             const std::vector<PlannedInstance>& instances,
                             const Substitutions& substitutions) {
  try {
    PlannedPipeline pipeline = wire_and_type(recipe, instances, substitutions);
    plan_forward(pipeline);
    return pipeline;
  } catch (const Failure& failure) {
    std::vector<std::string> uses;
    for (const auto& [replaced, by] : variant.use)
      uses.push_back(fmt::format("{} in place of {}", by, replaced));
    if (uses.empty()) throw;
    throw with_note(failure, fmt::format("in variant '{}' ({}): {}", variant.name, variant.origin.text(),
                                         fmt::join(uses, ", ")));
  }
}

// "delta_nll.32", "delta_nll.64": one name for each column of a figure's output.
std::vector<std::string> column_names(const PlannedOutput& output, const PlannedInstance& instance) {
  const PlannedOption* labels = instance.option(output.port->labels);
  if (!labels) return {output.slot};
  std::vector<std::string> names;
  std::visit(
      [&](const auto& list) {
        using List = std::decay_t<decltype(list)>;
        if constexpr (!std::is_arithmetic_v<List> && !std::is_same_v<List, std::string> &&
                      !std::is_same_v<List, Mixture>) {
          for (const auto& label : list) names.push_back(fmt::format("{}.{}", output.slot, label));
        }
      },
      labels->value);
  return names;
}

// The slot of an output port; "" for "".
std::string slot_of(const PlannedCall& call, const std::string& port) {
  for (const PlannedOutput& output : call.outputs) {
    if (output.port->name == port) return output.slot;
  }
  return "";
}

std::vector<Figure> figures_of(const PlannedPipeline& pipeline,
                               const std::vector<PlannedInstance>& instances) {
  std::vector<Figure> figures;
  for (const PlannedCall& call : pipeline.calls) {
    for (const PlannedOutput& output : call.outputs) {
      if (!output.port->figure) continue;
      FigureSpec spec = *output.port->figure;
      spec.over = slot_of(call, spec.over);
      for (std::string& name : column_names(output, instances[call.instance]))
        figures.push_back({std::move(name), spec});
    }
  }
  return figures;
}

std::vector<std::string> names_of(const std::vector<Figure>& figures) {
  std::vector<std::string> names;
  for (const Figure& figure : figures) names.push_back(figure.name);
  return names;
}

std::vector<SlotRef> clusters_of(const PlannedPipeline& pipeline) {
  std::vector<SlotRef> clusters;
  for (std::size_t call = 0; call < pipeline.calls.size(); ++call) {
    for (std::size_t output = 0; output < pipeline.calls[call].outputs.size(); ++output) {
      if (pipeline.calls[call].outputs[output].port->cluster) clusters.push_back({call, output});
    }
  }
  return clusters;
}

// `origin`: where the name is given.
void check_named_figure(const Evaluation& evaluation, const std::vector<Figure>& figures,
                        const std::string& setting, const std::string& name, const Origin& origin) {
  const auto names = names_of(figures);
  if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) return;
  throw Failure(ExitCode::recipe, origin,
                fmt::format("{} of evaluation '{}' is '{}', which is not one of its figures: {}", setting,
                            evaluation.name, name, fmt::join(names, ", ")));
}

[[noreturn]] void refuse_figures(const Evaluation& evaluation, std::size_t variant,
                                 const std::vector<Figure>& figures, const std::vector<Figure>& first) {
  const std::string& name = evaluation.variants[variant].name;
  const std::string& first_name = evaluation.variants.front().name;
  const auto names = names_of(figures);
  const auto first_names = names_of(first);
  throw Failure(ExitCode::recipe, evaluation.variants[variant].origin,
                names == first_names
                    ? fmt::format("variants '{}' and '{}' describe {} differently", name, first_name,
                                  fmt::join(names, ", "))
                    : fmt::format("variant '{}' measures {} when variant '{}' measures {}", name,
                                  fmt::join(names, ", "), first_name, fmt::join(first_names, ", ")));
}

// Every variant must measure the same, so that they can stand in one table.
std::vector<Figure> plan_figures(const Evaluation& evaluation, const std::vector<PlannedVariant>& variants,
                                 const std::vector<PlannedInstance>& instances) {
  auto figures = figures_of(variants.front().pipeline, instances);
  for (std::size_t i = 1; i < variants.size(); ++i) {
    const auto others = figures_of(variants[i].pipeline, instances);
    if (others != figures) refuse_figures(evaluation, i, others, figures);
  }
  if (figures.empty()) {
    throw Failure(ExitCode::recipe, evaluation.origin,
                  fmt::format("evaluation '{}' measures nothing: no call of pipeline '{}' has a figure",
                              evaluation.name, evaluation.pipeline),
                  {"add a metric's call to its steps"});
  }
  check_named_figure(evaluation, figures, "best", evaluation.best, evaluation.origin);
  check_named_figure(evaluation, figures, "headline", evaluation.headline, evaluation.origin);
  for (const TargetSetting& each : evaluation.targets)
    check_named_figure(evaluation, figures, "a target", each.target.figure, each.origin);
  for (const Evaluation::Variant& variant : evaluation.variants) {
    for (const PublishedSetting& each : variant.published)
      check_named_figure(evaluation, figures, "what is published", each.published.figure, each.origin);
  }
  return figures;
}

// Variants run one after the other: on the state of one instance they would change each other's items.
void check_states(const Evaluation& evaluation, const PlannedEvaluation& planned,
                  const std::vector<PlannedInstance>& instances) {
  std::map<std::size_t, std::size_t> users;  // instance -> the first variant that has it for itself
  for (std::size_t v = 0; v < planned.variants.size(); ++v) {
    const std::vector<PlannedCall>& calls = planned.variants[v].pipeline.calls;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (planned.shared[i] != 0 || calls[i].operation->effect != Effect::stateful) continue;
      const std::size_t first = users.emplace(calls[i].instance, v).first->second;
      if (first == v) continue;
      throw Failure(
          ExitCode::recipe, evaluation.variants[v].origin,
          fmt::format("variants '{}' and '{}' both change the state of {}", planned.variants[first].name,
                      planned.variants[v].name, instances[calls[i].instance].name),
          {"measure them in separate evaluations"});
    }
  }
}

}  // namespace

PlannedPipeline plan_pipeline(const PipelineRecipe& recipe, const std::vector<PlannedInstance>& instances) {
  PlannedPipeline pipeline = wire_and_type(recipe, instances, {});
  plan_gradient(pipeline, recipe, instances);
  return pipeline;
}

PlannedEvaluation plan_evaluation(const Evaluation& evaluation, const Recipe& recipe,
                                  const std::vector<PlannedInstance>& instances) {
  const PipelineRecipe* pipeline = recipe.pipeline(evaluation.pipeline);
  if (!pipeline) {
    std::vector<std::string> names;
    for (const PipelineRecipe& each : recipe.pipelines) names.push_back(each.name);
    throw Failure(ExitCode::recipe, evaluation.origin,
                  fmt::format("evaluation '{}' uses pipeline '{}', which the recipe does not have",
                              evaluation.name, evaluation.pipeline),
                  did_you_mean(evaluation.pipeline, names));
  }
  auto variants = evaluation.variants;
  if (variants.empty()) variants.push_back({"", "", {}, "", evaluation.origin});

  PlannedEvaluation planned;
  planned.name = evaluation.name;
  planned.pipeline = static_cast<std::size_t>(pipeline - recipe.pipelines.data());
  for (const Evaluation::Variant& variant : variants) {
    const Substitutions substitutions = find_substitutions(variant, *pipeline, instances);
    planned.variants.push_back({variant.name, plan_variant(variant, *pipeline, instances, substitutions)});
    std::vector<std::size_t> replacements;
    for (const auto& [replaced, by] : substitutions) {
      if (by != replaced) replacements.push_back(by);
    }
    const auto changed = depends_on(planned.variants.back().pipeline, replacements);
    planned.shared.resize(changed.size(), 1);
    for (std::size_t i = 0; i < changed.size(); ++i)
      planned.shared[i] &= static_cast<std::uint8_t>(!changed[i]);
  }
  check_states(evaluation, planned, instances);
  planned.figures = plan_figures(evaluation, planned.variants, instances);
  check_examples(evaluation, planned.variants.front().pipeline, instances);
  planned.clusters = clusters_of(planned.variants.front().pipeline);
  return planned;
}

namespace {

// One pass over the calls; answers whether it found more.
bool spread(const PlannedPipeline& pipeline, std::vector<std::uint8_t>& depends,
            std::vector<std::size_t>& changed_states) {
  bool found = false;
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    const PlannedCall& call = pipeline.calls[i];
    const bool stateful = call.operation->effect == Effect::stateful;
    const auto state = std::find(changed_states.begin(), changed_states.end(), call.instance);
    if (depends[i] == 0) {
      const bool reads = std::any_of(call.inputs.begin(), call.inputs.end(), [&](const PlannedInput& input) {
        return input.source && depends[input.source->call];
      });
      depends[i] = reads || (stateful && state != changed_states.end());
      found = found || depends[i];
    }
    if (depends[i] != 0 && stateful && state == changed_states.end()) {
      changed_states.push_back(call.instance);
      found = true;
    }
  }
  return found;
}

}  // namespace

std::vector<std::uint8_t> depends_on(const PlannedPipeline& pipeline,
                                     const std::vector<std::size_t>& instances) {
  std::vector<std::uint8_t> depends(pipeline.calls.size(), 0);
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    const std::size_t instance = pipeline.calls[i].instance;
    depends[i] = std::find(instances.begin(), instances.end(), instance) != instances.end();
  }
  std::vector<std::size_t> changed_states;
  while (spread(pipeline, depends, changed_states)) continue;
  return depends;
}

}  // namespace gistmill
