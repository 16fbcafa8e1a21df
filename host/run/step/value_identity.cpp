// Hashes of what decides a value; see value_identity.hpp.
#include "host/run/step/value_identity.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gistmill/formats/digest.hpp"
#include "host/files/digest.hpp"
#include "host/identity/instance_identity.hpp"
#include "host/machine/processor.hpp"

namespace gistmill {

namespace {

void add_contents(formats::Sha256& sha, const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach().cpu().contiguous();
  sha.update_field(dtype_name(values));
  sha.update_field(fmt::format("{}", values.dim()));
  for (const std::int64_t extent : values.sizes()) sha.update_field(fmt::format("{}", extent));
  sha.update(values.const_data_ptr(), values.nbytes());
}

std::string contents_of(const at::Tensor& tensor) {
  formats::Sha256 sha;
  add_contents(sha, tensor);
  return sha.hex();
}

nlohmann::json symbols_of(const TensorInstance& instance) {
  nlohmann::json symbols = nlohmann::json::object();
  for (const SymbolSpec& symbol : instance.planned().spec->symbols) {
    const auto found = instance.planned().symbols.find(symbol.name);
    if (found != instance.planned().symbols.end()) symbols[symbol.name] = found->second;
  }
  return symbols;
}

std::string parameters_of(TensorInstance& instance) {
  if (instance.parameters().empty()) return "";
  formats::Sha256 sha;
  for (const Parameter& parameter : instance.parameters()) {
    sha.update_field(parameter.name);
    add_contents(sha, parameter.tensor);
  }
  return sha.hex();
}

}  // namespace

InstanceIdentities::InstanceIdentities(std::vector<TensorInstance*> trained) : trained_(std::move(trained)) {}

bool InstanceIdentities::has(const TensorInstance& instance) const {
  return std::find(trained_.begin(), trained_.end(), &instance) == trained_.end();
}

const std::string& InstanceIdentities::of(TensorInstance& instance) {
  std::string& known = known_[&instance];
  if (!known.empty()) return known;
  nlohmann::json identity = identity_of(instance);
  identity["symbols"] = symbols_of(instance);
  identity["parameters"] = parameters_of(instance);
  identity["machine"] = fmt::format("{}, {} threads, device {}, LibTorch {}", processor_name(),
                                    at::get_num_threads(), instance.device().str(), TORCH_VERSION);
  return known = identity.dump();
}

ValueIdentities::ValueIdentities(const PlannedPipeline& pipeline, std::vector<TensorInstance*> instances,
                                 InstanceIdentities& identities)
    : pipeline_(pipeline),
      instances_(std::move(instances)),
      identities_(identities),
      fixed_(pipeline.calls.size()),
      keys_(pipeline.calls.size()) {}

void ValueIdentities::begin_step() {
  std::fill(keys_.begin(), keys_.end(), std::nullopt);
  contents_.clear();
}

const std::optional<CallKey>& ValueIdentities::key(std::size_t call, const Values& values) {
  if (!keys_[call]) {
    std::optional<CallKey> made = make_key(call, values);
    keys_[call] = std::move(made);
  }
  return *keys_[call];
}

std::optional<CallKey> ValueIdentities::make_key(std::size_t index, const Values& values) {
  const PlannedCall& call = pipeline_.calls[index];
  TensorInstance& instance = *instances_[call.instance];
  if (call.operation->effect != Effect::pure || !identities_.has(instance)) return std::nullopt;
  CallKey key = fixed_[index];
  if (key.group.empty()) {
    const nlohmann::json identity = {{"instance", nlohmann::json::parse(identities_.of(instance))},
                                     {"operation", call.operation->name}};
    key.identity = identity.dump();
    key.group = sha256_hex(key.identity);
    fixed_[index] = key;
  }
  formats::Sha256 sha;
  sha.update_field(key.group);
  for (const PlannedInput& input : call.inputs) {
    const std::string read = input.source ? identity(*input.source, values) : "unwired";
    if (read.empty()) return std::nullopt;
    sha.update_field(read);
  }
  key.key = sha.hex();
  return key;
}

std::string ValueIdentities::identity(const SlotRef& slot, const Values& values) {
  if (const auto& written_by = key(slot.call, values))
    return fmt::format("{}.{}", written_by->key, slot.output);
  std::string& contents = contents_[{slot.call, slot.output}];
  if (contents.empty()) {
    const SlotValue value = values(slot);
    if (value.tensor().defined()) contents = contents_of(value.tensor());
  }
  return contents;
}

}  // namespace gistmill
