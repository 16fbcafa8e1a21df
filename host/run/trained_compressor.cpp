#include "host/run/trained_compressor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/diagnostic/failure.hpp"
#include "host/identity/file_identity.hpp"
#include "host/identity/instance_identity.hpp"
#include "host/run/checkpoint.hpp"
#include "host/run/run.hpp"
#include "host/run/run_folder.hpp"
#include "host/run/trained_parameters.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Session> session_of(RunContext& context, const Part& part) {
  return std::make_unique<Session>(part.recipe, part.plan, context.registry, context.events,
                                   SessionUse::describe,
                                   [](const Plan&, const std::string&) { return fs::path(); });
}

bool trains(const Part& part, const TensorInstance& instance) {
  if (part.plan.trained.empty()) return false;
  const std::vector<std::size_t>& train = part.plan.pipeline(part.plan.trained)->train;
  return std::ranges::any_of(train, [&](std::size_t index) {
    const PlannedInstance& planned = part.plan.instances[index];
    return planned.name == instance.name() && planned.spec->name == instance.planned().spec->name;
  });
}

// The parameters of an instance from the last of parts 0 .. `last` that trained it, and where they lie.
std::optional<fs::path> load_latest(const RunContext& context, std::size_t last, bool best,
                                    TensorInstance& instance) {
  for (std::size_t i = last + 1; i-- > 0;) {
    const Part& part = context.parts[i];
    if (!trains(part, instance)) continue;
    const CheckpointFolder folder(context.folder, part.name);
    const fs::path checkpoint = best ? folder.best_or_latest() : folder.last();
    load_parameters(checkpoint, instance.name(), instance);
    return checkpoint;
  }
  return std::nullopt;
}

// What a pass of part `index` reads, as it was when that part trained.
void load_readers(const RunContext& context, std::size_t index, const std::vector<TensorInstance*>& readers) {
  for (TensorInstance* reader : readers) {
    if (trains(context.parts[index], *reader)) {
      load_latest(context, index, true, *reader);
    } else if (index > 0) {
      load_latest(context, index - 1, false, *reader);
    }
  }
}

// What of an instance decides its results for good. Another build of the program is no other compressor, and
// neither is one whose components have learned an option that the run's recipe does not name.
nlohmann::json lasting_identity(const TensorInstance& instance) {
  nlohmann::json identity = identity_of(instance);
  identity.erase("build");
  identity.erase("plugin");
  for (const PlannedOption& option : instance.planned().options) {
    if (!option.origin.known()) identity["options"].erase(option.key);
  }
  return identity;
}

template <class Pass>
nlohmann::json identity_of_pass(const Pass& pass) {
  nlohmann::json identity = {{"compressor", lasting_identity(pass.compressor())},
                             {"parameters", parameter_digest({&pass.compressor()})}};
  for (const TensorInstance* reader : pass.readers())
    identity["readers"].push_back(lasting_identity(*reader));
  return identity;
}

template <class Pass>
std::string text_of_pass(const Pass& pass, const nlohmann::json& identity) {
  return pass.compressor().planned().spec->name + " " + digest_of(identity);
}

// Everything that part `index` reads, as it was when that part trained.
void load_readers_of(RunContext& context, std::size_t index, const GistPass& pass) {
  TrainedParameters trained(context.folder);
  for (std::size_t i = 0; i < index; ++i) {
    if (context.parts[i].recipe.run.steps > 0) trained.add_part(context.parts[i]);
  }
  std::vector<TensorInstance*> instances = pass.readers();
  instances.push_back(&pass.compressor());
  trained.load_into(instances, context.parts[index].recipe, context.events);
}

void find_group(RunContext& context, std::size_t first, TrainedCompressor& found) {
  for (std::size_t i = context.parts.size(); i-- > first;) {
    found.group_session = session_of(context, context.parts[i]);
    found.group = GroupPass::find(*found.group_session, context.registry);
    if (found.group == nullptr) continue;
    load_latest(context, i, true, found.group->compressor());
    load_readers(context, i, found.group->readers());
    if (found.group->block() != found.pass->block() || found.group->blocks() != found.pass->block()) {
      throw Failure(ExitCode::recipe,
                    fmt::format("{} makes one gist of {} blocks of {} tokens when a store has groups of {} "
                                "blocks of {}",
                                found.group->compressor().name(), found.group->blocks(), found.group->block(),
                                found.pass->block(), found.pass->block()),
                    {"train the second level on groups of as many blocks as a block has tokens"});
    }
    return;
  }
  found.group_session.reset();
}

// Nothing where the run trains nothing that predicts what a gist costs.
std::optional<TrainedCompressor> confident_compressor(RunContext& context) {
  for (std::size_t i = context.parts.size(); i-- > 0;) {
    TrainedCompressor found;
    found.session = session_of(context, context.parts[i]);
    found.pass = GistPass::find_with_confidence(*found.session, context.registry);
    if (found.pass == nullptr) continue;
    found.checkpoint = *load_latest(context, i, true, *found.pass->confidence());
    load_readers_of(context, i, *found.pass);
    find_group(context, 0, found);
    return found;
  }
  return std::nullopt;
}

}  // namespace

std::string TrainedCompressor::model() const {
  const std::vector<TensorInstance*> trained = session->trained();
  std::string text;
  for (TensorInstance* reader : pass->readers()) {
    if (reader->digest().empty()) continue;  // it reads no files
    if (!text.empty()) text += " and ";
    text += file_identity(*reader);
    if (std::ranges::count(trained, reader) > 0) text += " trained to " + parameter_digest({reader});
  }
  return text.empty() ? "none" : text;
}

std::string TrainedCompressor::compressor() const {
  nlohmann::json identity = identity_of_pass(*pass);
  identity["window"] = pass->window();
  return text_of_pass(*pass, identity);
}

std::string TrainedCompressor::level2() const {
  return group == nullptr ? "" : text_of_pass(*group, identity_of_pass(*group));
}

std::string TrainedCompressor::position() const {
  const PlannedOption* option = pass->compressor().planned().option("position");
  const auto* rule = option == nullptr ? nullptr : std::get_if<std::string>(&option->value);
  return rule == nullptr ? "as the compressor says" : *rule;
}

std::string TrainedCompressor::confidence() const {
  TensorInstance* instance = pass->confidence();
  if (instance == nullptr) return "";
  return instance->planned().spec->name + " " +
         digest_of(
             {{"confidence", lasting_identity(*instance)}, {"parameters", parameter_digest({instance})}});
}

TrainedCompressor trained_compressor(RunContext& context, bool with_confidence) {
  if (with_confidence) {
    if (auto found = confident_compressor(context)) return std::move(*found);
    throw Failure(
        ExitCode::recipe,
        fmt::format("{} trained nothing that predicts what a gist costs: no component that it trains has an "
                    "operation 'predict' that reads the gist of a compressor",
                    context.request.recipe.string()),
        {"leave --keep-above out, or train it: gistmill run recipes/gistnet/confidence.toml"});
  }
  for (std::size_t i = context.parts.size(); i-- > 0;) {  // the last stage has what training led to
    TrainedCompressor found;
    found.session = session_of(context, context.parts[i]);
    found.pass = GistPass::find(*found.session, context.registry);
    if (found.pass == nullptr) continue;
    found.checkpoint = *load_latest(context, context.parts.size() - 1, true, found.pass->compressor());
    load_readers(context, i, found.pass->readers());
    find_group(context, i, found);
    return found;
  }
  if (auto found = confident_compressor(context))
    return std::move(*found);  // of a compressor that was there already
  throw Failure(
      ExitCode::recipe,
      fmt::format("{} trained no compressor: no component that it trains has an operation 'compress'",
                  context.request.recipe.string()),
      {"train one: gistmill run recipes/gistnet/contextual.toml"});
}

}  // namespace gistmill
