// Why a call's results could not be kept, if they cannot; see cached_calls.hpp.
#include "host/plan/cached_calls.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "host/diagnostic/did_you_mean.hpp"

namespace gistmill {
namespace {

const char* effect_text(Effect effect) { return effect == Effect::random ? "random" : "stateful"; }

// The instances that change while the plan's training runs or `pipeline` itself is trained.
std::vector<std::size_t> trained_instances(const Plan& plan, const PlannedPipeline& pipeline) {
  std::vector<std::size_t> trained = pipeline.train;
  if (!plan.trained.empty()) {
    const auto& others = plan.pipeline(plan.trained)->train;
    trained.insert(trained.end(), others.begin(), others.end());
  }
  return trained;
}

// What keeps results of call number `index` from having an identity that outlives the step; "" where nothing
// does.
std::string obstacle(const PlannedPipeline& pipeline, std::size_t index, const Plan& plan) {
  const PlannedCall& call = pipeline.calls[index];
  if (call.operation->effect != Effect::pure) {
    return fmt::format("it is {}, not pure", effect_text(call.operation->effect));
  }
  if (call.kind == CallClass::passes || call.kind == CallClass::trains) {
    return "a gradient passes through it";
  }
  for (const std::size_t trained : trained_instances(plan, pipeline)) {
    const std::string& name = plan.instances[trained].name;
    if (call.instance == trained) return fmt::format("{} trains", name);
    if (depends_on(pipeline, {trained})[index])
      return fmt::format("it depends on what {} writes, which trains", name);
  }
  for (const PlannedInput& input : call.inputs) {
    if (!input.source || !input.port->type.is_object) continue;
    const PlannedCall& writer = pipeline.calls[input.source->call];
    if (writer.operation->effect == Effect::pure) continue;
    return fmt::format("it reads an object of {}, which is {}: such objects have no identity", writer.name,
                       effect_text(writer.operation->effect));
  }
  return "";
}

// Every call of that name: "nll.score" may stand in a pipeline twice.
void mark(PlannedPipeline& pipeline, const std::string& name, const Origin& origin, const Plan& plan) {
  bool found = false;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    names.push_back(pipeline.calls[i].name);
    if (pipeline.calls[i].name != name) continue;
    found = true;
    if (const std::string why = obstacle(pipeline, i, plan); !why.empty()) {
      throw Failure(ExitCode::recipe, origin, fmt::format("{} cannot be cached: {}", name, why),
                    {fmt::format("called at {}", pipeline.calls[i].origin.text())});
    }
    pipeline.calls[i].cached = true;
  }
  if (found) return;
  throw Failure(ExitCode::recipe, origin,
                fmt::format("pipeline '{}' caches '{}', which it does not call", pipeline.name, name),
                did_you_mean(name, names, {fmt::format("its calls: {}", fmt::join(names, " "))}));
}

}  // namespace

void plan_cache(Plan& plan, const Recipe& recipe) {
  for (std::size_t i = 0; i < plan.pipelines.size(); ++i) {
    for (const auto& [name, origin] : recipe.pipelines[i].cache) mark(plan.pipelines[i], name, origin, plan);
  }
  for (PlannedEvaluation& evaluation : plan.evaluations) {
    const std::vector<PlannedCall>& calls = plan.pipelines[evaluation.pipeline].calls;
    for (PlannedVariant& variant : evaluation.variants) {
      for (std::size_t i = 0; i < calls.size(); ++i) {
        variant.pipeline.calls[i].cached = calls[i].cached && obstacle(variant.pipeline, i, plan).empty();
      }
    }
  }
}

}  // namespace gistmill
