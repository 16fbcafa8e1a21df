// The verb `export`: the run's lock, the component that can save itself, its best checkpoint, a folder that
// appears whole or not at all. What the files are is the component's business; of components that have no
// format of their own, such as gistnets and lensnets, the parameters are written as they are.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include <gistmill/files/new_file.hpp>
#include <gistmill/files/new_folder.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/files/filled_folder.hpp"
#include "host/instance/array_call.hpp"
#include "host/machine/machine.hpp"
#include "host/run/locked_request.hpp"
#include "host/run/parameter_file.hpp"
#include "host/run/run.hpp"
#include "host/run/run_context.hpp"
#include "host/run/run_folder.hpp"
#include "host/run/tokenizer_files.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

// Beside its final place; a folder that is there already is a matter of usage.
files::NewFolder make_folder(const fs::path& target) {
  try {
    return files::NewFolder(target);
  } catch (const files::FileError& error) {
    if (error.error != EEXIST) throw failure_of(error);
    throw Failure(ExitCode::usage, fmt::format("{} already exists", target.string()),
                  {"name a folder that does not exist, or an empty one"});
  }
}

// The trained instance that has operation `name`, or null.
TensorInstance* find_saver(const Session& session, const char* name) {
  for (TensorInstance* instance : session.trained()) {
    if (instance != nullptr && instance->planned().spec->operation(name) != nullptr) return instance;
  }
  return nullptr;
}

// Writes what `instance` is and what it trained, by `write` into the folder whose path it is given.
template <class Write>
RunOutcome save(const RunContext& context, const fs::path& checkpoint, const TensorInstance& instance,
                const Write& write) {
  files::NewFolder folder = make_folder(context.request.target);
  fill(folder, [&] { write(folder.path()); });
  or_failure([&] { folder.commit(); });
  const std::string& use = instance.planned().spec->name;
  RunOutcome outcome;
  outcome.text = fmt::format("{}  {} ({}) of {}\n", context.request.target.string(), instance.name(), use,
                             checkpoint.string());
  outcome.json = nlohmann::json({{"folder", context.request.target.string()},
                                 {"instance", instance.name()},
                                 {"use", use},
                                 {"checkpoint", checkpoint.string()}})
                     .dump(2) +
                 "\n";
  return outcome;
}

// The model of the trained pipeline that can write tokens that another instance trained, or null. It is
// started where it did not train.
TensorInstance* find_model(const Session& session, const Recipe& recipe) {
  const PlannedPipeline& pipeline = *session.plan().pipeline(session.plan().trained);
  for (const PlannedCall& call : pipeline.calls) {
    const PlannedInstance& planned = session.plan().instances[call.instance];
    if (planned.spec->operation("save_with_tokens") == nullptr) continue;
    TensorInstance* model = session.find(planned.name);
    if (std::ranges::count(session.trained(), model) == 0)
      model->start_on(at::kCPU, planned.symbols, static_cast<std::uint64_t>(recipe.run.seed));
    return model;
  }
  return nullptr;
}

// Trained tokens mean something in their model alone: it is written whole, with them.
RunOutcome save_with_tokens(RunContext& context, const Part& part, const Session& session,
                            TensorInstance& tokens) {
  TensorInstance* model = find_model(session, part.recipe);
  if (model == nullptr) {
    throw Failure(ExitCode::recipe,
                  fmt::format("{} trained tokens of {}, but no model of its pipeline '{}' "
                              "has an operation 'save_with_tokens'",
                              context.request.recipe.string(), tokens.name(), session.plan().trained));
  }
  const fs::path checkpoint = CheckpointFolder(context.folder, part.name).best_or_latest();
  load_parameters(checkpoint, tokens.name(), tokens);
  if (std::ranges::count(session.trained(), model) > 0) load_parameters(checkpoint, model->name(), *model);
  Arrays trained = call_operation(tokens, "tokens", {});
  trained.merge(tokenizer_files(part.plan, context.registry, *model, "save_with_tokens"));
  return save(context, checkpoint, *model, [&](const fs::path& folder) {
    trained["folder"] = bytes_array(folder.string());
    call_operation(*model, "save_with_tokens", trained);
  });
}

// What a reader needs beside the tensors to make the component again. Sizes are those of the tensors.
nlohmann::json config_of(const PlannedInstance& planned) {
  nlohmann::json options = nlohmann::json::object();
  for (const PlannedOption& option : planned.options)
    std::visit([&](const auto& value) { options[option.key] = value; }, option.value);
  return {{"name", planned.name}, {"component", planned.spec->name}, {"options", options}};
}

// Of a part whose trained components have no format of their own: config.json, and parameters.safetensors,
// which the key `parameters` of a component reads.
RunOutcome save_parameters_of(const RunContext& context, const Part& part,
                              const std::vector<TensorInstance*>& trained) {
  const fs::path checkpoint = CheckpointFolder(context.folder, part.name).best_or_latest();
  nlohmann::json config = {{"format", "gistmill parameters"}, {"version", 1}, {"instances", {}}};
  for (TensorInstance* instance : trained) {
    load_parameters(checkpoint, instance->name(), *instance);
    config["instances"].push_back(config_of(instance->planned()));
  }
  const ParameterNames names = trained.size() == 1 ? ParameterNames::without : ParameterNames::with_instance;
  return save(context, checkpoint, *trained.front(), [&](const fs::path& folder) {
    save_parameters(folder / "parameters.safetensors", trained, names);
    files::write_file(folder / "config.json", config.dump(2) + "\n");
  });
}

std::vector<TensorInstance*> started(std::vector<TensorInstance*> instances) {
  std::erase(instances, nullptr);
  return instances;
}

bool trains_tokens(const TensorInstance& instance) {
  return std::ranges::count(instance.planned().spec->fulfils, "trained-tokens") > 0;
}

}  // namespace

RunOutcome export_run(const RunRequest& request) {
  const RunRequest locked = locked_request(request, "export");
  RunContext context(locked);
  set_up_machine(context.recipe.run.threads);
  const char* operation = request.merge ? "save_merged" : "save";
  const std::vector<Part>& parts = context.parts;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {  // the last stage has what training led to
    const Session session(part->recipe, part->plan, context.registry, context.events, SessionUse::describe,
                          [](const Plan&, const std::string&) { return fs::path(); });
    for (TensorInstance* instance : session.trained()) {
      if (instance != nullptr && trains_tokens(*instance))
        return save_with_tokens(context, *part, session, *instance);
    }
    if (TensorInstance* instance = find_saver(session, operation); instance != nullptr) {
      const fs::path checkpoint = CheckpointFolder(context.folder, part->name).best_or_latest();
      load_parameters(checkpoint, instance->name(), *instance);
      Arrays given = tokenizer_files(part->plan, context.registry, *instance, operation);
      return save(context, checkpoint, *instance, [&](const fs::path& folder) {
        given["folder"] = bytes_array(folder.string());
        call_operation(*instance, operation, given);
      });
    }
  }
  for (auto part = parts.rbegin(); !request.merge && part != parts.rend(); ++part) {
    const Session session(part->recipe, part->plan, context.registry, context.events, SessionUse::describe,
                          [](const Plan&, const std::string&) { return fs::path(); });
    const std::vector<TensorInstance*> trained = started(session.trained());
    if (!trained.empty()) return save_parameters_of(context, *part, trained);
  }
  throw Failure(ExitCode::recipe,
                fmt::format("{} trained nothing that can be exported: no component that it trains has an "
                            "operation '{}'",
                            request.recipe.string(), operation));
}

}  // namespace gistmill
