// The verb `plan`: what manifests tell, with the sizes and parameters that only made instances know, and what
// a few steps tell of time and memory.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/machine/device.hpp"
#include "host/plan/describe.hpp"
#include "host/prepare/given_files.hpp"
#include "host/prepare/tried_options.hpp"
#include "host/run/measure_plan.hpp"
#include "host/run/run.hpp"
#include "host/run/run_context.hpp"

namespace gistmill {

namespace {

// Gists learn their widths from sizes of the model, so parameters are counted on started instances.
std::string parameters_text(const Session& session, nlohmann::json& json) {
  std::string text;
  for (TensorInstance* instance : session.trained()) {
    if (instance == nullptr) continue;
    std::int64_t numbers = 0;
    nlohmann::json list = nlohmann::json::array();
    for (const Parameter& parameter : instance->parameters()) {
      if (!parameter.trainable()) continue;
      numbers += parameter.tensor.numel();
      list.push_back({{"name", parameter.name},
                      {"shape", parameter.tensor.sizes().vec()},
                      {"dtype", dtype_name(parameter.tensor)}});
    }
    text += fmt::format("  {} ({}) trains {} parameters in {} tensor{}\n", instance->name(),
                        instance->planned().spec->name, numbers, list.size(), list.size() == 1 ? "" : "s");
    json.push_back({{"instance", instance->name()},
                    {"use", instance->planned().spec->name},
                    {"numbers", numbers},
                    {"parameters", list}});
  }
  return text;
}

void add_measure(std::size_t index, RunContext& context, RunOutcome& outcome, nlohmann::json& entry) {
  const Part& part = context.parts[index];
  const PlanMeasure measure = measure_plan(index, context, context.request.memory);
  outcome.text += to_text(measure, part.recipe.run.steps, part.name);
  entry["measured"] = to_json(measure, part.recipe.run.steps);
  entry["measured"]["machine"] = to_json(context.machine);
  if (measure.fits) return;
  outcome.code = ExitCode::does_not_fit;
  context.request.talk(fmt::format("{}{}: {}", context.request.recipe.string(),
                                   part.name.empty() ? "" : fmt::format(", stage {}", part.name),
                                   refusal(measure, part.name)));
}

}  // namespace

RunOutcome plan_recipe(const RunRequest& request) {
  RunContext context(request);
  context.machine = set_up_machine(context.recipe.run.threads);
  if (request.measure)
    context.machine.peak =
        measure_gemm_peak(device_of(context.recipe.run.device, context.recipe.run.device_origin));
  check_given_files(context.parts, context.registry);
  try_options(context.parts, 0, context.folder, context.registry);
  RunOutcome outcome;
  nlohmann::json json = nlohmann::json::array();
  for (std::size_t i = 0; i < context.parts.size(); ++i) {
    const Part& part = context.parts[i];
    const Session session(part.recipe, part.plan, context.registry, context.events, SessionUse::describe,
                          [](const Plan&, const std::string&) { return std::filesystem::path(); });
    nlohmann::json trained = nlohmann::json::array();
    if (!part.name.empty()) outcome.text += fmt::format("stage {}\n", part.name);
    outcome.text += describe(session.plan()) + parameters_text(session, trained);
    nlohmann::json entry = {{"stage", part.name}, {"plan", to_json(session.plan())}, {"trained", trained}};
    if (request.measure && part.recipe.run.steps > 0) add_measure(i, context, outcome, entry);
    outcome.text += "\n";
    json.push_back(std::move(entry));
  }
  if (request.measure) outcome.text += "machine  " + to_text(context.machine) + "\n";
  outcome.json = json.dump(2) + "\n";
  return outcome;
}

}  // namespace gistmill
