#include "host/isolate/isolating_proxy.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "host/isolate/isolated_instance.hpp"

namespace gistmill {
namespace {

using Json = nlohmann::json;

Json value_of(const gm_option& option) {
  switch (option.kind) {
    case GM_OPTION_INTEGER:
      return option.integer;
    case GM_OPTION_FLOAT:
      return option.number;
    case GM_OPTION_BOOLEAN:
      return option.boolean;
    case GM_OPTION_STRING:
      return option.string;
    case GM_OPTION_INTEGERS:
      return std::vector<std::int64_t>(option.integers, option.integers + option.count);
    case GM_OPTION_FLOATS:
      return std::vector<double>(option.numbers, option.numbers + option.count);
    case GM_OPTION_STRINGS:
      return std::vector<std::string>(option.strings, option.strings + option.count);
    default:  // GM_OPTION_MIXTURE
      return {{"files", std::vector<std::string>(option.strings, option.strings + option.count)},
              {"weights", std::vector<double>(option.numbers, option.numbers + option.count)}};
  }
}

Json options_of(const gm_options& options) {
  Json all = Json::array();
  for (std::uint32_t i = 0; i < options.count; ++i) {
    const gm_option& option = *options.items[i];
    all.push_back({{"key", option.key}, {"kind", option.kind}, {"value", value_of(option)}});
  }
  return all;
}

void refuse_objects(const ComponentSpec& spec) {
  for (const OperationSpec& operation : spec.operations) {
    for (const auto* ports : {&operation.inputs, &operation.outputs}) {
      for (const PortSpec& port : *ports) {
        if (!port.type.is_object) continue;
        throw Error(GM_ERROR_USER,
                    fmt::format("cannot be isolated: {} of {} is an object, which cannot leave its process",
                                port.name, operation.name));
      }
    }
  }
}

void refuse_extensions(const IsolatedInstance& self) {
  for (const char* id : {GM_OPTIMIZER_EXTENSION, "gm.collective/1"}) {
    if (self.extensions.contains(id))
      throw Error(GM_ERROR_USER, fmt::format("cannot be isolated: {} works on the run's own memory", id));
  }
  if (self.plugin.limits.skip_steps == 0) return;
  for (const char* id : {GM_PARAMS_EXTENSION, GM_STATE_EXTENSION}) {
    if (self.extensions.contains(id)) {
      throw Error(
          GM_ERROR_USER,
          fmt::format("isolate.skip_steps is for components without parameters and state, which would "
                      "begin anew with another process: it has {}",
                      id));
    }
  }
}

// In a process of its own, which is started.
void create_in_process(IsolatedInstance& self) {
  self.process = std::make_unique<IsolatedProcess>(self.name, self.plugin.limits, self.host);
  ++self.processes;
  Message answer;
  ask(self, {self.creation, self.process->control()}, "create", &answer);
  self.extensions.clear();
  for (const Json& id : answer.body.value("extensions", Json::array()))
    self.extensions.insert(id.get<std::string>());
}

void destroy(gm_instance* handle) { delete &IsolatedInstance::of(handle); }

void take_parameters(IsolatedInstance& self, const Message& answer) {
  const auto told = answer.body.find("parameters");
  if (told == answer.body.end()) return;
  self.parameter_memory = answer.memory;
  for (const Json& each : *told) {
    IsolatedParameter parameter;
    parameter.name = each.at("name").get<std::string>();
    parameter.info.struct_size = sizeof(gm_param_info);
    parameter.info.flags = each.at("flags").get<std::uint32_t>();
    parameter.value = each.at("value");
    parameter.gradient = each.at("gradient");
    const bool known =
        each.at("value").at("code") == GM_FLOAT && each.at("value").at("bits").get<int>() >= 32;
    if (answer.memory == nullptr || !known ||
        bytes_of(*answer.memory, parameter.value) != bytes_of(*answer.memory, parameter.gradient))
      throw Error(GM_ERROR_INTERNAL,
                  "cannot be isolated: parameter " + parameter.name + " is not of f32 or f64");
    self.parameters.push_back(std::move(parameter));
  }
  for (IsolatedParameter& parameter : self.parameters) parameter.info.name = parameter.name.c_str();
}

gm_status start(gm_instance* handle, const gm_start* start, gm_error* error) {
  return detail::guarded(error, [&] {
    IsolatedInstance& self = IsolatedInstance::of(handle);
    if (start->device_type != GM_DEVICE_CPU)
      throw Error(GM_ERROR_USER, "cannot be isolated on a device: it would need the host's memory there");
    Json symbols = Json::object();
    for (std::uint32_t i = 0; i < start->symbol_count; ++i)
      symbols[start->symbols[i].name] = start->symbols[i].value;
    self.beginning = {{"do", "start"}, {"symbols", symbols}, {"seed", start->seed}};
    Message answer;
    ask(self, {self.beginning, nullptr}, "start", &answer);
    take_parameters(self, answer);
  });
}

// Tensors of a call, owned by the plugin's side from here on whatever becomes of it.
Json packed(TensorPacker& packer, gm_value* values, std::uint32_t count) {
  Json all = Json::array();
  bool refused = false;
  for (std::uint32_t i = 0; i < count; ++i) {
    const gm_value value = values[i];
    values[i] = {GM_VALUE_NONE, 0, {}};
    if (value.kind == GM_VALUE_OBJECT) {
      value.as.object->release(value.as.object);
      refused = true;
    }
    all.push_back(value.kind == GM_VALUE_TENSOR ? packer.add(value.as.tensor) : Json());
  }
  if (refused) throw Error(GM_ERROR_MISUSE, "an object was given to a component in another process");
  return all;
}

// The tensors of an answer, `count` of them.
std::vector<gm_tensor*> tensors_of(const Message& answer, const char* key, std::uint32_t count) {
  const auto told = answer.body.find(key);
  if (told == answer.body.end() || !told->is_array() || told->size() != count)
    throw Error(GM_ERROR_INTERNAL, "its process gave another number of tensors than asked for");
  std::vector<gm_tensor*> tensors;
  try {
    for (const Json& each : *told) tensors.push_back(tensor_in(answer.memory, each, 0));
  } catch (...) {
    for (gm_tensor* tensor : tensors) {
      if (tensor != nullptr) tensor->deleter(tensor);
    }
    throw;
  }
  return tensors;
}

void add_work(const Message& answer, gm_work* work) {
  const auto told = answer.body.find("work");
  if (work == nullptr || told == answer.body.end() || told->size() != 3) return;
  work->flops += told->at(0).get<double>();
  work->half_flops += told->at(1).get<double>();
  work->bytes += told->at(2).get<double>();
}

std::string operation_name(const IsolatedInstance& self, std::uint32_t operation) {
  return operation < self.plugin.spec->operations.size() ? self.plugin.spec->operations[operation].name
                                                         : std::to_string(operation);
}

gm_status forward(gm_instance* handle, std::uint32_t operation, const gm_call* call, gm_value* in,
                  std::uint32_t n, gm_value* out, std::uint32_t m, gm_tape** tape) {
  return detail::guarded(call->error, [&] {
    IsolatedInstance& self = IsolatedInstance::of(handle);
    TensorPacker packer;
    Json inputs = packed(packer, in, n);
    const Message question{{{"do", "forward"},
                            {"operation", operation},
                            {"call", described(*call, n)},
                            {"in", std::move(inputs)},
                            {"outputs", m},
                            {"tape", tape != nullptr}},
                           packer.pack()};
    Message answer;
    if (!ask(self, question, operation_name(self, operation), &answer, call->cancel)) throw EndOfData{};
    const std::vector<gm_tensor*> outputs = tensors_of(answer, "out", m);
    for (std::uint32_t i = 0; i < m; ++i) {
      if (outputs[i] == nullptr) continue;
      out[i].kind = GM_VALUE_TENSOR;
      out[i].as.tensor = outputs[i];
    }
    add_work(answer, call->work);
    const auto number = answer.body.value("tape", std::uint64_t{0});
    if (tape != nullptr && number != 0) *tape = (new IsolatedTape{number, self.processes})->handle();
  });
}

gm_status vjp(gm_instance* handle, std::uint32_t operation, const gm_call* call, gm_tape* tape,
              gm_tensor** grad_out, std::uint32_t m, gm_tensor** grad_in, std::uint32_t n) {
  return detail::guarded(call->error, [&] {
    IsolatedInstance& self = IsolatedInstance::of(handle);
    TensorPacker packer;
    Json given = Json::array();
    for (std::uint32_t i = 0; i < m; ++i) given.push_back(packer.add(std::exchange(grad_out[i], nullptr)));
    const Message question{{{"do", "vjp"},
                            {"operation", operation},
                            {"call", described(*call, n)},
                            {"tape", IsolatedTape::of(tape).number},
                            {"grad_out", std::move(given)},
                            {"inputs", n}},
                           packer.pack()};
    Message answer;
    ask(self, question, "the gradient of " + operation_name(self, operation), &answer, call->cancel);
    collect_gradients(self);
    const std::vector<gm_tensor*> gradients = tensors_of(answer, "grad_in", n);
    std::copy(gradients.begin(), gradients.end(), grad_in);
    add_work(answer, call->work);
  });
}

void tape_release(gm_instance* handle, gm_tape* tape) {
  const std::unique_ptr<IsolatedTape> released(&IsolatedTape::of(tape));
  if (released->process != IsolatedInstance::of(handle).processes) return;
  try {
    Message answer;
    ask(IsolatedInstance::of(handle), {{{"do", "tape_release"}, {"tape", released->number}}, nullptr},
        "releasing a tape", &answer);
  } catch (const Error&) {  // it went with its process
  }
}

const void* extension(gm_instance* handle, const char* id) {
  return IsolatedInstance::of(handle).extensions.contains(std::string_view(id)) ? isolated_extension(id)
                                                                                : nullptr;
}

}  // namespace

bool ask(IsolatedInstance& self, const Message& question, const std::string& doing, Message* answer,
         const volatile std::int32_t* cancel) {
  *answer = self.process->ask(question, doing, cancel);
  const auto status = answer->body.value("status", GM_ERROR_INTERNAL);
  if (status == GM_OK) return true;
  if (status == GM_END) return false;
  throw Error(status, answer->body.value("message", std::string("failed without a message")),
              answer->body.value("key", std::string()));
}

nlohmann::json described(const gm_call& call, std::uint32_t inputs) {
  Json need;
  if (call.need != nullptr) need = std::vector<std::uint8_t>(call.need, call.need + inputs);
  return {{"flags", call.flags},           {"step", call.step},
          {"micro_step", call.micro_step}, {"parameter_generation", call.parameter_generation},
          {"random_key", call.random_key}, {"need", std::move(need)}};
}

gm_status create_isolated(const IsolatedPlugin& plugin, const std::string& name, const gm_host* host,
                          const gm_options* options, gm_instance** out, gm_error* error) {
  *out = nullptr;
  return detail::guarded(error, [&] {
    refuse_objects(*plugin.spec);
    auto self = std::make_unique<IsolatedInstance>(plugin, name, *host);
    Json folders = Json::array();
    for (const auto& folder : plugin.folders) folders.push_back(folder.string());
    self->creation = {{"do", "create"},        {"component", plugin.spec->name},
                      {"name", name},          {"folders", std::move(folders)},
                      {"build", plugin.build}, {"options", options_of(*options)}};
    create_in_process(*self);
    refuse_extensions(*self);
    *out = self.release()->handle();
  });
}

const gm_component_interface& isolating_interface() {
  static const gm_component_interface table = {sizeof(gm_component_interface),
                                               nullptr,
                                               nullptr,
                                               nullptr,
                                               destroy,
                                               start,
                                               forward,
                                               vjp,
                                               tape_release,
                                               extension};
  return table;
}

bool isolated_process_ended(gm_instance* instance) {
  return IsolatedInstance::of(instance).process->has_ended();
}

gm_status restart_isolated(gm_instance* instance, gm_error* error) {
  return detail::guarded(error, [&] {
    IsolatedInstance& self = IsolatedInstance::of(instance);
    create_in_process(self);
    Message answer;
    ask(self, {self.beginning, nullptr}, "start", &answer);
  });
}

}  // namespace gistmill
