// Safetensors, state files and their manifest; see checkpoint.hpp.
#include "host/run/checkpoint.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include <gistmill/dtype.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/new_folder.hpp>

#include "gistmill/formats/safetensors.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/digest.hpp"
#include "host/files/filled_folder.hpp"
#include "host/files/text_file.hpp"
#include "host/prepare/starting_parameters.hpp"
#include "host/run/parameter_file.hpp"
#include "host/run/step/slot_value.hpp"

namespace gistmill {

namespace {

using formats::SafetensorsTensor;
namespace fs = std::filesystem;

// Finds each parameter's saved tensor before anything is copied, so that a bad file changes nothing.
void copy_parameters(const formats::Safetensors& file, const std::vector<TensorInstance*>& instances,
                     const std::function<std::string(const TensorInstance&, const Parameter&)>& saved_name,
                     bool nothing_beside) {
  std::vector<std::pair<at::Tensor, const SafetensorsTensor*>> copies;
  for (TensorInstance* instance : instances) {
    for (const Parameter& parameter : instance->parameters()) {
      const std::string name = saved_name(*instance, parameter);
      const SafetensorsTensor* saved = file.find(name);
      if (saved == nullptr) {
        throw Failure(ExitCode::failed,
                      fmt::format("{}: no tensor '{}', which {} ({}) needs", file.name(), name,
                                  instance->name(), instance->planned().spec->name),
                      {missing_parameter_note(file)});
      }
      if (saved->shape != parameter.tensor.sizes().vec() || saved->dtype != saved_dtype(parameter.tensor)) {
        throw Failure(
            ExitCode::failed,
            fmt::format("{}: tensor '{}' is {}[{}] when it should be {}[{}]", file.name(), name,
                        formats::safetensors_dtype_name(saved->dtype), fmt::join(saved->shape, ", "),
                        formats::safetensors_dtype_name(saved_dtype(parameter.tensor)),
                        fmt::join(parameter.tensor.sizes().vec(), ", ")),
            {fmt::format(
                "{} had other sizes when it was saved: its options, or those of a model that it reads, "
                "are others now",
                instance->name())});
      }
      copies.emplace_back(parameter.tensor, saved);
    }
  }
  if (nothing_beside && copies.size() != file.tensors().size()) {
    throw Failure(ExitCode::failed,
                  fmt::format("{}: {} tensors when there should be {}", file.name(), file.tensors().size(),
                              copies.size()),
                  {"the file holds parameters of more than what is trained here: it is of another run"});
  }
  for (auto& [tensor, saved] : copies) {
    at::Tensor copy = at::empty(tensor.sizes(), tensor.options().device(at::kCPU));
    std::memcpy(copy.data_ptr(), saved->data.data(), saved->data.size());
    tensor.copy_(copy);
  }
}

std::string own_name(const TensorInstance& instance, const Parameter& parameter) {
  return instance.name() + "." + parameter.name;
}

nlohmann::json to_json(const CheckpointInfo& info) {
  nlohmann::json json = {{"format", 1},
                         {"stage", info.stage},
                         {"step", info.step},
                         {"items", info.items},
                         {"seconds", info.seconds},
                         {"fitted_steps", info.fitted_steps},
                         {"finished", info.finished},
                         {"identity", info.identity},
                         {"uses", info.uses},
                         {"starts", info.starts},
                         {"best_figure", info.best_figure},
                         {"best_step", info.best_step},
                         {"updates", info.updates},
                         {"learning_rate_factor", info.learning_rate_factor},
                         {"good_step", info.good_step},
                         {"evaluations_due", info.evaluations_due},
                         {"ranks", info.ranks},
                         {"ends_run", info.ends_run}};
  json["best_value"] = info.best_value ? nlohmann::json(*info.best_value) : nlohmann::json();
  return json;
}

CheckpointInfo info_from(const nlohmann::json& json) {
  CheckpointInfo info;
  json.at("stage").get_to(info.stage);
  json.at("step").get_to(info.step);
  json.at("items").get_to(info.items);
  json.at("seconds").get_to(info.seconds);
  json.at("finished").get_to(info.finished);
  info.fitted_steps = json.value("fitted_steps", info.fitted_steps);
  // Older ones knew no monitors.
  info.updates = json.value("updates", info.step);
  info.learning_rate_factor = json.value("learning_rate_factor", info.learning_rate_factor);
  info.good_step = json.value("good_step", info.good_step);
  info.evaluations_due = json.value("evaluations_due", info.evaluations_due);
  info.ranks = json.value("ranks", info.ranks);
  info.ends_run = json.value("ends_run", info.ends_run);
  json.at("identity").get_to(info.identity);
  json.at("uses").get_to(info.uses);
  if (json.contains("starts")) json["starts"].get_to(info.starts);  // older ones do not say
  json.at("best_figure").get_to(info.best_figure);
  json.at("best_step").get_to(info.best_step);
  if (!json.at("best_value").is_null()) info.best_value = json.at("best_value").get<double>();
  return info;
}

}  // namespace

void save_checkpoint(const fs::path& folder, const CheckpointInfo& info,
                     const std::vector<TensorInstance*>& trained, TensorInstance* optimizer,
                     const std::vector<TensorInstance*>& stateful) {
  or_failure([&] {
    files::NewFolder made(folder, files::NewFolder::Taken::replace);
    fill(made, [&] {
      save_parameters(made.path() / "parameters.safetensors", trained);
      if (optimizer != nullptr) save_parameters(made.path() / "optimizer.safetensors", {optimizer});
      for (TensorInstance* instance : stateful)
        files::write_file(made.path() / (instance->name() + ".state"), instance->save_state());
      nlohmann::json json = to_json(info);
      for (const auto& entry : fs::directory_iterator(made.path()))
        json["files"][entry.path().filename().string()] = sha256_file(entry.path());
      files::write_file(made.path() / "checkpoint.json", json.dump(2) + "\n");
    });
    made.commit();
  });
}

CheckpointInfo verify_checkpoint(const fs::path& folder) {
  const fs::path manifest = folder / "checkpoint.json";
  try {
    const nlohmann::json json = nlohmann::json::parse(read_text_file(manifest));
    for (const auto& [name, digest] : json.at("files").items()) {
      if (fs::path(name).filename() != name)
        throw Failure(ExitCode::failed,
                      fmt::format("{} is damaged: it names the path '{}' when it should name files beside it",
                                  manifest.string(), name));
      const std::string found = sha256_file(folder / name);
      if (found != digest.get<std::string>()) {
        throw Failure(ExitCode::failed,
                      fmt::format("{} is damaged: its SHA-256 is {} when it should be {}",
                                  (folder / name).string(), found, digest.get<std::string>()));
      }
    }
    return info_from(json);
  } catch (const nlohmann::json::exception& error) {
    throw Failure(ExitCode::failed, fmt::format("{} is damaged: {}", manifest.string(), error.what()));
  }
}

void load_checkpoint(const fs::path& folder, const std::vector<TensorInstance*>& trained,
                     TensorInstance* optimizer, const std::vector<TensorInstance*>& stateful) {
  try {
    copy_parameters(formats::Safetensors(folder / "parameters.safetensors"), trained, own_name, true);
  } catch (const formats::FormatError& error) {
    throw Failure(ExitCode::failed, error.what());
  }
  if (optimizer != nullptr) load_optimizer(folder, *optimizer);
  load_states(folder, stateful);
}

std::string parameter_digest(const std::vector<TensorInstance*>& instances) {
  std::string digests;
  for (TensorInstance* instance : instances) {
    for (const Parameter& parameter : instance->parameters()) {
      const at::Tensor values = parameter.tensor.cpu().contiguous();
      digests += sha256_hex({static_cast<const char*>(values.data_ptr()), values.nbytes()});
    }
  }
  return sha256_hex(digests);
}

void load_optimizer(const fs::path& folder, TensorInstance& optimizer) {
  try {
    copy_parameters(formats::Safetensors(folder / "optimizer.safetensors"), {&optimizer}, own_name, true);
  } catch (const formats::FormatError& error) {
    throw Failure(ExitCode::failed, error.what());
  }
}

void load_states(const fs::path& folder, const std::vector<TensorInstance*>& stateful) {
  for (TensorInstance* instance : stateful)
    instance->load_state(read_text_file(folder / (instance->name() + ".state")));
}

void load_parameters(const fs::path& path, const std::string& saved_name, TensorInstance& instance) {
  const fs::path file = fs::is_directory(path) ? path / "parameters.safetensors" : path;
  if (fs::is_directory(path)) {
    const CheckpointInfo info = verify_checkpoint(path);
    const auto use = info.uses.find(saved_name);
    if (use != info.uses.end() && use->second != instance.planned().spec->name) {
      throw Failure(ExitCode::recipe, instance.planned().origin,
                    fmt::format("{} in {} is a {} when it should be a {}", saved_name, path.string(),
                                use->second, instance.planned().spec->name));
    }
  }
  try {
    const formats::Safetensors saved(file);
    copy_parameters(
        saved, {&instance},
        [&](const TensorInstance&, const Parameter& parameter) {
          const std::string full = saved_name + "." + parameter.name;
          return saved.find(full) != nullptr ? full : parameter.name;
        },
        false);
  } catch (const formats::FormatError& error) {
    throw Failure(ExitCode::failed, instance.planned().origin, error.what());
  }
}

}  // namespace gistmill
