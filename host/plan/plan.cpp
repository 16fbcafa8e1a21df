#include "host/plan/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/plan/cached_calls.hpp"
#include "host/plan/options.hpp"
#include "host/plan/pipelines.hpp"

namespace gistmill {
namespace {

template <class Items>
auto find_named(Items& items, std::string_view name) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

PlannedInstance plan_instance(const Recipe& recipe, const ComponentUse& written, const Catalog& catalog) {
  const ComponentUse use = written.use.empty() ? resolve_from(recipe, written) : written;
  PlannedInstance instance;
  instance.name = use.name;
  instance.from = use.from;
  instance.parameters = use.parameters;
  instance.isolation = use.isolate;
  instance.origin = use.origin;
  instance.spec = &catalog.find(use.use, use.use_origin);
  instance.options = plan_options(use, *instance.spec);
  return instance;
}

void check_instance_contract(const Plan& plan, const std::string& name, const std::string& contract,
                             const std::string& setting, const Origin& origin) {
  const PlannedInstance& instance = plan.instances[find_instance(plan.instances, name, origin)];
  if (instance.spec->stands_for(contract)) return;
  throw Failure(ExitCode::recipe, origin,
                fmt::format("run.{} names {}, which is {} when it should fulfil the contract {}", setting,
                            name, instance.spec->name, contract));
}

// A table [learning_rate.NAME] is of an instance that trains.
void check_rates(const Recipe& recipe, const PlannedPipeline& pipeline) {
  std::vector<std::string> trained;
  for (const PipelineRecipe& each : recipe.pipelines) {
    if (each.name != pipeline.name) continue;
    for (const auto& [name, origin] : each.train) trained.push_back(name);
  }
  for (const auto& [instance, rate] : recipe.instance_rates) {
    if (std::find(trained.begin(), trained.end(), instance) != trained.end()) continue;
    throw Failure(ExitCode::recipe, rate.origin,
                  fmt::format("[learning_rate.{}] names no instance that pipeline '{}' trains", instance,
                              pipeline.name),
                  did_you_mean(instance, trained, {fmt::format("it trains: {}", fmt::join(trained, " "))}));
  }
}

// Where a recipe writes the name of a prepared corpus.
Origin place_of_corpus(const Recipe& recipe, const PlannedInstance& instance, const PlannedOption& option,
                       const std::string& corpus) {
  const ComponentUse* use = recipe.component(instance.name);
  const Value* written = use == nullptr ? nullptr : use->options.find(option.key);
  const Value* weight = written == nullptr || !written->is_table() ? nullptr : written->find(corpus);
  if (weight != nullptr) return weight->key_origin();
  return option.origin.known() ? option.origin : instance.origin;
}

void check_prepared(const Recipe& recipe, const Plan& plan) {
  for (const PlannedInstance& instance : plan.instances) {
    for (const PlannedOption& option : instance.options) {
      for (const std::string& corpus : prepared_names(*instance.spec->option(option.key), option.value)) {
        if (plan.pipeline(corpus) != nullptr) continue;
        std::vector<std::string> names;
        for (const PlannedPipeline& pipeline : plan.pipelines) names.push_back(pipeline.name);
        throw Failure(ExitCode::recipe, place_of_corpus(recipe, instance, option, corpus),
                      fmt::format("{} of {} names '{}', which is no pipeline of the recipe", option.key,
                                  instance.name, corpus),
                      did_you_mean(corpus, names, {fmt::format("it has: {}", fmt::join(names, " "))}));
      }
    }
  }
}

// Throws where preparing `pipeline` needs a pipeline of `path`, which are those that need it.
void check_prepared_order(const Plan& plan, const PlannedPipeline& pipeline, std::vector<std::string> path) {
  path.push_back(pipeline.name);
  for (const PlannedCall& call : pipeline.calls) {
    const PlannedInstance& instance = plan.instances[call.instance];
    for (const PlannedOption& option : instance.options) {
      for (const std::string& corpus : prepared_names(*instance.spec->option(option.key), option.value)) {
        if (std::ranges::count(path, corpus) > 0) {
          throw Failure(ExitCode::recipe, option.origin.known() ? option.origin : instance.origin,
                        fmt::format("pipeline '{}' prepares from what itself makes: {} -> {}", corpus,
                                    fmt::join(path, " -> "), corpus));
        }
        check_prepared_order(plan, *plan.pipeline(corpus), path);
      }
    }
  }
}

// A list of [run] names instances of one contract, each once.
void check_run_list(const Recipe& recipe, const Plan& plan, const std::vector<std::string>& names,
                    const std::string& contract, const std::string& setting) {
  const Value* table = recipe.resolved.find("run");
  const Value* written = table == nullptr ? nullptr : table->find(setting);
  const auto* list = written == nullptr ? nullptr : written->get_if<Value::List>();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Origin& origin = list == nullptr ? recipe.run.origin : list->at(i).origin();
    check_instance_contract(plan, names[i], contract, setting, origin);
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(names.begin(), end, names[i]) == end) continue;
    throw Failure(ExitCode::recipe, origin, fmt::format("run.{} names {} twice", setting, names[i]),
                  {"once is enough: it hears every event"});
  }
}

// An evaluation that an option of a monitor names must be there, and run while training.
void check_heard_evaluation(const Recipe& recipe, const PlannedInstance& monitor,
                            const PlannedOption& option) {
  const auto& name = std::get<std::string>(option.value);
  if (name.empty()) return;
  const auto found = std::ranges::find(recipe.evaluations, name, &Evaluation::name);
  const std::string says = fmt::format("{} of {} is '{}'", option.key, monitor.name, name);
  if (found == recipe.evaluations.end()) {
    std::vector<std::string> names;
    for (const Evaluation& each : recipe.evaluations) names.push_back(each.name);
    throw Failure(ExitCode::recipe, option.origin, says + ", which is no evaluation of the recipe",
                  did_you_mean(name, names, {fmt::format("it has: {}", fmt::join(names, " "))}));
  }
  if (found->every == 0)
    throw Failure(ExitCode::recipe, option.origin, says + ", which runs only when training has ended",
                  {fmt::format("give it a number of steps: evaluations.{}.every", name)});
}

void check_monitors(const Recipe& recipe, const Plan& plan) {
  for (const std::string& name : recipe.run.monitors) {
    const PlannedInstance& monitor = *find_named(plan.instances, name);
    for (const PlannedOption& option : monitor.options) {
      if (monitor.spec->option(option.key)->type == OptionType::evaluation)
        check_heard_evaluation(recipe, monitor, option);
    }
  }
}

// What [run] names must be there and do what it is named for.
void check_run(const Recipe& recipe, Plan& plan) {
  const RunSettings& run = recipe.run;
  check_run_list(recipe, plan, run.loggers, "logger", "loggers");
  check_run_list(recipe, plan, run.monitors, "monitor", "monitors");
  if (run.steps == 0) return;
  check_monitors(recipe, plan);
  const PlannedPipeline* pipeline = plan.pipeline(run.pipeline);
  if (!pipeline) {
    std::vector<std::string> names;
    for (const PipelineRecipe& each : recipe.pipelines) names.push_back(each.name);
    throw Failure(ExitCode::recipe, run.origin,
                  fmt::format("run.pipeline is '{}', which the recipe does not have", run.pipeline),
                  did_you_mean(run.pipeline, names));
  }
  if (pipeline->minimize.empty()) {
    throw Failure(ExitCode::recipe, pipeline->origin,
                  fmt::format("pipeline '{}' minimizes nothing, so {} steps of it would train nothing",
                              run.pipeline, run.steps),
                  {"give it minimize and train, or set run.steps to 0"});
  }
  if (!run.items.empty() && !pipeline->writer(run.items)) {
    throw Failure(
        ExitCode::recipe, run.origin,
        fmt::format("run.items is '{}', which is not a slot of pipeline '{}'", run.items, run.pipeline));
  }
  check_instance_contract(plan, run.optimizer, "optimizer", "optimizer", run.origin);
  check_rates(recipe, *pipeline);
  plan.trained = run.pipeline;
  plan.steps = run.steps;
}

}  // namespace

const char* to_text(CallClass kind) {
  switch (kind) {
    case CallClass::skipped:
      return "skipped";
    case CallClass::forward:
      return "forward";
    case CallClass::passes:
      return "passes gradient";
    case CallClass::trains:
      return "trains";
  }
  return "";
}

const PlannedOption* PlannedInstance::option(std::string_view key) const {
  const auto found =
      std::find_if(options.begin(), options.end(), [&](const auto& each) { return each.key == key; });
  return found == options.end() ? nullptr : &*found;
}

bool PlannedSymbol::is_of(std::size_t instance, const SymbolSpec& spec) const {
  return std::any_of(declared.begin(), declared.end(), [&](const SymbolDeclaration& each) {
    return each.instance == instance && each.spec == &spec;
  });
}

const PlannedSymbol* PlannedPipeline::symbol(std::string_view symbol_name) const {
  return find_named(symbols, symbol_name);
}

void PlannedPipeline::mark_used(std::vector<std::uint8_t>& used) const {
  for (const PlannedCall& call : calls) {
    if (call.kind != CallClass::skipped) used[call.instance] = 1;
  }
}

std::map<std::string, std::int64_t> PlannedPipeline::known_symbols() const {
  std::map<std::string, std::int64_t> known;
  for (const PlannedSymbol& symbol : symbols) {
    if (symbol.value && symbol.carried) known.emplace(symbol.name, *symbol.value);
  }
  return known;
}

std::optional<SlotRef> PlannedPipeline::writer(std::string_view slot) const {
  for (std::size_t call = calls.size(); call-- > 0;) {
    for (std::size_t output = 0; output < calls[call].outputs.size(); ++output) {
      if (calls[call].outputs[output].slot == slot) return SlotRef{call, output};
    }
  }
  return std::nullopt;
}

std::vector<SlotRef> PlannedPipeline::writers(std::string_view slot) const {
  const std::optional<SlotRef> last = writer(slot);
  if (!last) return {};
  const PlannedRepeat* part = repeat_of(last->call);
  if (part == nullptr) return {*last};
  std::vector<SlotRef> found;
  for (std::size_t call = part->first + (last->call - part->first) % part->count; call < part->end();
       call += part->count)
    found.push_back({call, last->output});
  return found;
}

const PlannedRepeat* PlannedPipeline::repeat_of(std::size_t call) const {
  const auto part = std::find_if(repeats.begin(), repeats.end(), [call](const PlannedRepeat& each) {
    return each.first <= call && call < each.end();
  });
  return part == repeats.end() ? nullptr : &*part;
}

bool PlannedPipeline::minimizes(std::size_t call) const {
  return std::any_of(minimize.begin(), minimize.end(), [call](const PlannedLoss& part) {
    return std::any_of(part.sources.begin(), part.sources.end(),
                       [call](const SlotRef& source) { return source.call == call; });
  });
}

const PlannedInstance* Plan::instance(std::string_view name) const { return find_named(instances, name); }

const PlannedPipeline* Plan::pipeline(std::string_view name) const { return find_named(pipelines, name); }

Plan make_plan(const Recipe& recipe, const Catalog& catalog) {
  Plan plan;
  for (const ComponentUse& use : recipe.components)
    plan.instances.push_back(plan_instance(recipe, use, catalog));
  for (const PipelineRecipe& pipeline : recipe.pipelines) {
    plan.pipelines.push_back(plan_pipeline(pipeline, plan.instances));
  }
  check_prepared(recipe, plan);
  for (const PlannedPipeline& pipeline : plan.pipelines) check_prepared_order(plan, pipeline, {});
  for (const Evaluation& evaluation : recipe.evaluations) {
    plan.evaluations.push_back(plan_evaluation(evaluation, recipe, plan.instances));
  }
  check_run(recipe, plan);
  plan_cache(plan, recipe);
  return plan;
}

Plan make_plan(const Recipe& recipe, const Registry& registry) {
  Catalog catalog;
  for (const ComponentUse& use : recipe.components) {
    if (const ComponentSpec* spec = registry.find(use.use)) catalog.components.push_back(spec);
  }
  // All others, for what is said of one that is missing.
  if (catalog.components.size() < recipe.components.size()) {
    catalog.components.clear();
    for (const std::string& name : registry.component_names())
      catalog.components.push_back(registry.find(name));
    catalog.searched = registry.folders();
    catalog.refused = registry.refused();
  }
  return make_plan(recipe, catalog);
}

}  // namespace gistmill
