// Ports by name to the manifest's order and back; see array_call.hpp.
#include "host/instance/array_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "host/diagnostic/failure.hpp"
#include "host/plan/types.hpp"

namespace gistmill {

namespace {

volatile std::int32_t never_canceled = 0;

[[noreturn]] void refuse(const Instance& instance, const std::string& what,
                         std::vector<std::string> notes = {}) {
  throw Failure(ExitCode::plugin, fmt::format("{} {}", instance.planned().spec->name, what),
                std::move(notes));
}

const OperationSpec& find_operation(const Instance& instance, std::string_view name) {
  const ComponentSpec& spec = *instance.planned().spec;
  if (const OperationSpec* found = spec.operation(name)) return *found;
  refuse(instance, fmt::format("has no operation '{}'", name),
         {fmt::format("gistmill plugins inspect {} lists those that it has", spec.name)});
}

void check_type(const Instance& instance, const OperationSpec& operation, const PortSpec& port,
                const Tensor& value, std::map<std::string, std::int64_t>& symbols) {
  const std::string mismatch = check_shape(port.type, value.shape(), dtype_name(value.dtype()), symbols);
  if (mismatch.empty()) return;
  refuse(instance, fmt::format("has a wrong port '{}' of {}: {}", port.name, operation.name, mismatch));
}

// Owned by the receiver.
gm_value to_value(const Tensor& array) {
  gm_value value{GM_VALUE_TENSOR, 0, {}};
  value.as.tensor = array.share();
  value.as.tensor->flags |= GM_TENSOR_READ_ONLY;
  return value;
}

std::vector<gm_value> in_order(const Instance& instance, const OperationSpec& operation, const Arrays& in,
                               std::map<std::string, std::int64_t>& symbols) {
  for (const auto& [name, array] : in) {
    if (operation.input(name) == nullptr)
      refuse(instance, fmt::format("has no input '{}' in its operation {}", name, operation.name));
  }
  for (const PortSpec& port : operation.inputs) {
    const auto given = in.find(port.name);
    if (given != in.end()) {
      check_type(instance, operation, port, given->second, symbols);
    } else if (!port.optional) {
      refuse(instance, fmt::format("needs input '{}' in its operation {}, which only recipes can give",
                                   port.name, operation.name));
    }
  }
  std::vector<gm_value> values;
  for (const PortSpec& port : operation.inputs) {
    const auto given = in.find(port.name);
    values.push_back(given == in.end() ? gm_value{GM_VALUE_NONE, 0, {}} : to_value(given->second));
  }
  return values;
}

// Nothing where a source has no more.
std::optional<Arrays> call(const Instance& instance, std::string_view name, const Arrays& in,
                           const StepContext& context) {
  const OperationSpec& operation = find_operation(instance, name);
  std::map<std::string, std::int64_t> symbols;
  std::vector<gm_value> given = in_order(instance, operation, in, symbols);
  std::vector<gm_value> results;
  if (!instance.call(operation, context, given, results, nullptr, {})) return std::nullopt;
  Arrays out;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].kind == GM_VALUE_OBJECT) results[i].as.object->release(results[i].as.object);
    if (results[i].kind == GM_VALUE_TENSOR)
      out[operation.outputs[i].name] = Tensor::adopt(results[i].as.tensor);
  }
  for (const PortSpec& port : operation.outputs) {
    const auto found = out.find(port.name);
    if (found != out.end()) check_type(instance, operation, port, found->second, symbols);
  }
  return out;
}

}  // namespace

Arrays call_operation(const Instance& instance, std::string_view name, const Arrays& in, std::uint64_t seed,
                      gm_work* work) {
  StepContext context;
  context.work = work;
  context.seed = seed;
  context.cancel = &never_canceled;
  std::optional<Arrays> out = call(instance, name, in, context);
  if (!out) refuse(instance, fmt::format("has no more data in its operation {}", name));
  return std::move(*out);
}

std::optional<Arrays> call_source(const Instance& instance, std::string_view name, std::uint64_t seed,
                                  std::uint64_t step) {
  StepContext context;
  context.seed = seed;
  context.step = step;
  context.cancel = &never_canceled;
  return call(instance, name, {}, context);
}

Tensor bytes_array(std::string_view text) {
  Tensor array = Tensor::zeros<std::uint8_t>({static_cast<std::int64_t>(text.size())});
  if (!text.empty()) std::memcpy(array.mutable_data<std::uint8_t>(), text.data(), text.size());
  return array;
}

std::string text_of(const Tensor& bytes) {
  return {reinterpret_cast<const char*>(bytes.data<std::uint8_t>()), static_cast<std::size_t>(bytes.size())};
}

Tensor token_array(const std::vector<std::int32_t>& tokens, bool batch) {
  const auto count = static_cast<std::int64_t>(tokens.size());
  return Tensor::of(tokens, batch ? std::vector<std::int64_t>{1, count} : std::vector<std::int64_t>{count});
}

std::vector<std::int32_t> tokens_of(const Tensor& tokens) {
  const auto* first = tokens.data<std::int32_t>();
  return {first, first + tokens.size()};
}

const Tensor* find_array(const Arrays& arrays, const std::string& port) {
  const auto found = arrays.find(port);
  return found == arrays.end() ? nullptr : &found->second;
}

}  // namespace gistmill
