// See starting_parameters.hpp.
#include "host/prepare/starting_parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "gistmill/dtype.hpp"
#include "gistmill/extensions.h"
#include "gistmill/formats/digest.hpp"
#include "gistmill/plugin/tensor.hpp"
#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using formats::Safetensors;
using formats::SafetensorsTensor;

Safetensors open(const StartingParameters& parameters) {
  std::error_code error;
  const bool folder = fs::is_directory(parameters.path, error);
  try {
    return Safetensors(folder ? parameters.path / "parameters.safetensors" : parameters.path);
  } catch (const formats::FormatError& failure) {
    throw Failure(ExitCode::failed, failure.what());
  }
}

// The instance's own tensors, by their names without it, in the order of these names; all of a file that
// names no instance.
std::vector<std::pair<std::string_view, const SafetensorsTensor*>> own_tensors(const Safetensors& file,
                                                                               const std::string& name) {
  const std::string begin = name + ".";
  std::vector<std::pair<std::string_view, const SafetensorsTensor*>> own;
  for (const SafetensorsTensor& tensor : file.tensors()) {
    if (tensor.name.starts_with(begin)) own.emplace_back(tensor.name.substr(begin.size()), &tensor);
  }
  if (own.empty()) {
    for (const SafetensorsTensor& tensor : file.tensors()) own.emplace_back(tensor.name, &tensor);
  }
  std::ranges::sort(own, {}, &std::pair<std::string_view, const SafetensorsTensor*>::first);
  return own;
}

// A parameter as the plugin has it; its memory, which is written to.
struct Place {
  const SafetensorsTensor* saved;
  void* memory;
};

bool is_contiguous(const gm_tensor& tensor) {
  if (tensor.strides == nullptr) return true;
  std::int64_t stride = 1;
  for (std::int32_t i = tensor.ndim; i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != stride) return false;
    stride *= tensor.shape[i];
  }
  return true;
}

Place place_of(const Safetensors& file, const StartingParameters& from, const Instance& instance,
               const std::string& parameter, const gm_tensor& tensor) {
  const std::string full = from.name + "." + parameter;
  const SafetensorsTensor* saved = file.find(full);
  if (saved == nullptr) saved = file.find(parameter);
  if (saved == nullptr) {
    throw Failure(ExitCode::failed,
                  fmt::format("{}: no tensor '{}', which {} ({}) needs", file.name(), full, instance.name(),
                              instance.planned().spec->name),
                  {missing_parameter_note(file)});
  }
  const std::vector<std::int64_t> shape(tensor.shape, tensor.shape + tensor.ndim);
  const Dtype* dtype = find_dtype(tensor.dtype);
  const std::string_view type = dtype == nullptr ? std::string_view("another type") : dtype->safetensors;
  if (saved->shape != shape || type != formats::safetensors_dtype_name(saved->dtype)) {
    throw Failure(ExitCode::failed,
                  fmt::format("{}: tensor '{}' is {}[{}] when it should be {}[{}]", file.name(), saved->name,
                              formats::safetensors_dtype_name(saved->dtype), fmt::join(saved->shape, ", "),
                              type, fmt::join(shape, ", ")));
  }
  if (tensor.device_type != GM_DEVICE_CPU || !is_contiguous(tensor)) {
    throw Failure(
        ExitCode::plugin, instance.planned().origin,
        fmt::format("parameter '{}' of {} is no plain array in main memory", parameter, instance.name()));
  }
  return {saved, static_cast<char*>(tensor.data) + tensor.byte_offset};
}

}  // namespace

std::optional<StartingParameters> named_parameters(const PlannedInstance& instance) {
  if (instance.parameters.empty()) return std::nullopt;
  return StartingParameters{instance.parameters, instance.name, instance.parameters};
}

std::string digest_of(const StartingParameters& parameters) {
  const Safetensors file = open(parameters);
  formats::Sha256 sha;
  for (const auto& [name, tensor] : own_tensors(file, parameters.name)) {
    sha.update_field(name);
    sha.update_field(fmt::format("{}[{}]", formats::safetensors_dtype_name(tensor->dtype),
                                 fmt::join(tensor->shape, ", ")));
    sha.update_field(tensor->data);
  }
  return sha.hex();
}

std::string missing_parameter_note(const Safetensors& file) {
  std::set<std::string> owners;
  for (const SafetensorsTensor& tensor : file.tensors())
    owners.emplace(tensor.name.substr(0, tensor.name.find('.')));
  constexpr std::size_t kMostNamed = 3;
  if (owners.empty() || owners.size() > kMostNamed)
    return "the file is of another component, or of another version of it";
  return fmt::format(
      "it holds parameters of {}: call the component so, or take them with `gistmill export RUN FOLDER`",
      fmt::join(owners, ", "));
}

void load_parameters(const StartingParameters& parameters, const Instance& instance) {
  const auto* params = instance.extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  const std::uint32_t count = params == nullptr ? 0 : params->count(instance.handle());
  if (count == 0) {
    throw Failure(ExitCode::recipe, instance.planned().origin,
                  fmt::format("{} ({}) has no parameters, but is to start from {}", instance.name(),
                              instance.planned().spec->name, parameters.text),
                  {"give it the options with which it was trained, or another name"});
  }
  const Safetensors file = open(parameters);
  const auto release = [](gm_tensor* tensor) {
    if (tensor->deleter != nullptr) tensor->deleter(tensor);
  };
  std::vector<std::unique_ptr<gm_tensor, decltype(release)>> held;
  std::vector<Place> places;  // all of them before one changes
  for (std::uint32_t i = 0; i < count; ++i) {
    Instance::ErrorSink sink;
    const std::string name = params->describe(instance.handle(), i)->name;
    gm_tensor* tensor = nullptr;
    const gm_status status = params->tensor(instance.handle(), i, &tensor, sink.get());
    if (status != GM_OK || tensor == nullptr) instance.fail(status, sink, "reading the parameters of");
    held.emplace_back(tensor, release);
    places.push_back(place_of(file, parameters, instance, name, *tensor));
  }
  for (const Place& place : places) {
    if (!place.saved->data.empty())
      std::memcpy(place.memory, place.saved->data.data(), place.saved->data.size());
  }
}

}  // namespace gistmill
