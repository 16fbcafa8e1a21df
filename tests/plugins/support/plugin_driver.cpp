// Drives a plugin through the C ABI; see plugin_driver.hpp.
#include "tests/plugins/support/plugin_driver.hpp"

#include <dlfcn.h>

#include "gistmill/torch.hpp"

namespace gistmill::test {
namespace {

// Collects what the plugin says.
struct Sink {
  gm_error error{sizeof(gm_error), this, &Sink::set};
  std::string message;
  std::string key;

  static void set(gm_error* self, gm_status, const char* message, const char* key) {
    auto& sink = *static_cast<Sink*>(self->context);
    sink.message = message;
    sink.key = key == nullptr ? "" : key;
  }
  void check(gm_status status) const {
    if (status != GM_OK) throw Refused(status, message, key);
  }
};

const gm_host& test_host() {
  static const gm_host host = {sizeof(gm_host), GM_ABI_MAJOR, GM_ABI_MINOR, "test",
                               [](std::int32_t, const char*, const char*) {}};
  return host;
}

// texts: keeps the pointers of lists of strings.
gm_option option_of(const std::string& key, const OptionValue& value,
                    std::vector<std::vector<const char*>>& texts) {
  gm_option option{};
  option.struct_size = sizeof(gm_option);
  option.key = key.c_str();
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    option.kind = GM_OPTION_INTEGER;
    option.integer = *integer;
  } else if (const auto* number = std::get_if<double>(&value)) {
    option.kind = GM_OPTION_FLOAT;
    option.number = *number;
  } else if (const auto* boolean = std::get_if<bool>(&value)) {
    option.kind = GM_OPTION_BOOLEAN;
    option.boolean = *boolean ? 1 : 0;
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    option.kind = GM_OPTION_STRING;
    option.string = text->c_str();
  } else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value)) {
    option.kind = GM_OPTION_INTEGERS;
    option.count = static_cast<std::uint32_t>(integers->size());
    option.integers = integers->data();
  } else if (const auto* numbers = std::get_if<std::vector<double>>(&value)) {
    option.kind = GM_OPTION_FLOATS;
    option.count = static_cast<std::uint32_t>(numbers->size());
    option.numbers = numbers->data();
  } else {
    texts.emplace_back();
    for (const std::string& item : std::get<std::vector<std::string>>(value)) {
      texts.back().push_back(item.c_str());
    }
    option.kind = GM_OPTION_STRINGS;
    option.count = static_cast<std::uint32_t>(texts.back().size());
    option.strings = texts.back().data();
  }
  return option;
}

std::vector<gm_value> values_of(const std::vector<at::Tensor>& tensors) {
  std::vector<gm_value> values;
  for (const at::Tensor& tensor : tensors) {
    gm_value value{};
    if (tensor.defined()) {
      value.kind = GM_VALUE_TENSOR;
      value.as.tensor = torch::share(tensor);
      value.as.tensor->flags |= GM_TENSOR_READ_ONLY;
    }
    values.push_back(value);
  }
  return values;
}

std::vector<at::Tensor> tensors_of(const std::vector<gm_value>& values) {
  std::vector<at::Tensor> tensors;
  for (const gm_value& value : values) tensors.push_back(torch::adopt(value.as.tensor));
  return tensors;
}

}  // namespace

PluginDriver::PluginDriver(const std::string& library, const std::string& component,
                           const OptionTable& options) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed, as in the host
  if (handle == nullptr) throw std::runtime_error(dlerror());
  const auto* entry = static_cast<const gm_entry*>(dlsym(handle, "gm_plugin"));
  if (entry == nullptr) throw std::runtime_error(dlerror());
  Sink sink;
  if (entry->init != nullptr) sink.check(entry->init(&test_host(), &sink.error));
  interface_ = static_cast<const gm_component_interface*>(entry->get_interface(GM_COMPONENT_INTERFACE));
  for (std::uint32_t i = 0; i < interface_->count(); ++i) {
    if (component == interface_->describe(i)->name) info_ = interface_->describe(i);
  }
  if (info_ == nullptr) throw std::runtime_error("no component " + component + " in " + library);

  std::vector<gm_option> items;
  std::vector<std::vector<const char*>> texts;
  for (const auto& [key, value] : options) items.push_back(option_of(key, value, texts));
  std::vector<const gm_option*> pointers;
  for (const gm_option& item : items) pointers.push_back(&item);
  const gm_options all = {sizeof(gm_options), static_cast<std::uint32_t>(pointers.size()), pointers.data()};
  sink.check(interface_->create(&test_host(), component.c_str(), &all, &instance_, &sink.error));
}

PluginDriver::~PluginDriver() { interface_->destroy(instance_); }

void PluginDriver::start(const std::map<std::string, std::int64_t>& symbols, std::uint64_t seed) {
  std::vector<gm_symbol> list;
  for (const auto& [name, value] : symbols) list.push_back({name.c_str(), value});
  gm_start start{};
  start.struct_size = sizeof(gm_start);
  start.symbol_count = static_cast<std::uint32_t>(list.size());
  start.symbols = list.data();
  start.seed = seed;
  start.device_type = GM_DEVICE_CPU;
  Sink sink;
  sink.check(interface_->start(instance_, &start, &sink.error));
}

template <class Extension>
const Extension& PluginDriver::extension(const char* id) const {
  const void* table = interface_->extension(instance_, id);
  if (table == nullptr) throw std::runtime_error(std::string("no extension ") + id);
  return *static_cast<const Extension*>(table);
}

std::int64_t PluginDriver::symbol(const std::string& name) const {
  return extension<gm_symbols_extension>(GM_SYMBOLS_EXTENSION).get(instance_, name.c_str());
}

std::vector<at::Tensor> PluginDriver::forward(std::uint32_t operation,
                                              const std::vector<at::Tensor>& inputs) {
  Sink sink;
  const volatile std::int32_t cancel = 0;
  gm_call call{};
  call.struct_size = sizeof(gm_call);
  call.device_type = GM_DEVICE_CPU;
  call.cancel = &cancel;
  call.error = &sink.error;
  forward_work_ = {sizeof(gm_work), 0, 0, 0};
  call.work = &forward_work_;
  std::vector<gm_value> in = values_of(inputs);
  std::vector<gm_value> out(info_->operations[operation]->output_count);
  sink.check(interface_->forward(instance_, operation, &call, in.data(),
                                 static_cast<std::uint32_t>(in.size()), out.data(),
                                 static_cast<std::uint32_t>(out.size()), nullptr));
  return tensors_of(out);
}

PluginDriver::Reverse PluginDriver::forward_and_vjp(std::uint32_t operation,
                                                    const std::vector<at::Tensor>& inputs,
                                                    const std::vector<std::uint8_t>& need,
                                                    const std::vector<at::Tensor>& output_gradients,
                                                    std::uint64_t random_key) {
  Sink sink;
  const volatile std::int32_t cancel = 0;
  gm_call call{};
  call.struct_size = sizeof(gm_call);
  call.flags = GM_CALL_TRAIN;
  call.device_type = GM_DEVICE_CPU;
  call.need = need.data();
  call.random_key = random_key;
  call.cancel = &cancel;
  call.error = &sink.error;
  forward_work_ = {sizeof(gm_work), 0, 0, 0};
  call.work = &forward_work_;
  std::vector<gm_value> in = values_of(inputs);
  const auto n = static_cast<std::uint32_t>(in.size());
  std::vector<gm_value> out(info_->operations[operation]->output_count);
  const auto m = static_cast<std::uint32_t>(out.size());
  gm_tape* tape = nullptr;
  sink.check(interface_->forward(instance_, operation, &call, in.data(), n, out.data(), m, &tape));
  Reverse result;
  result.outputs = tensors_of(out);

  std::vector<gm_tensor*> grad_out;
  for (const at::Tensor& gradient : output_gradients) {
    grad_out.push_back(gradient.defined() ? torch::share(gradient) : nullptr);
  }
  std::vector<gm_tensor*> grad_in(n, nullptr);
  vjp_work_ = {sizeof(gm_work), 0, 0, 0};
  call.work = &vjp_work_;
  const gm_status status =
      interface_->vjp(instance_, operation, &call, tape, grad_out.data(), m, grad_in.data(), n);
  if (tape != nullptr) interface_->tape_release(instance_, tape);
  sink.check(status);
  for (gm_tensor* gradient : grad_in) {
    result.gradients.push_back(gradient == nullptr ? at::Tensor() : torch::adopt(gradient));
  }
  return result;
}

std::vector<Parameter> PluginDriver::parameters() const {
  const auto& table = extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  std::vector<Parameter> parameters;
  for (std::uint32_t i = 0; i < table.count(instance_); ++i) {
    const gm_param_info& info = *table.describe(instance_, i);
    Sink sink;
    gm_tensor* tensor = nullptr;
    sink.check(table.tensor(instance_, i, &tensor, &sink.error));
    parameters.push_back({info.name, info.flags, torch::adopt(tensor)});
  }
  return parameters;
}

std::vector<at::Tensor> PluginDriver::bind_gradients() {
  const auto& table = extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  std::vector<at::Tensor> gradients;
  const std::vector<Parameter> all = parameters();
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if ((all[i].flags & GM_PARAM_TRAINABLE) == 0) continue;
    gradients.push_back(at::zeros_like(all[i].tensor));
    Sink sink;
    sink.check(table.bind_gradient(instance_, i, torch::share(gradients.back()), &sink.error));
  }
  return gradients;
}

void PluginDriver::bind_optimizer(const std::vector<Parameter>& parameters,
                                  const std::vector<at::Tensor>& gradients) {
  std::vector<gm_param_info> infos;
  for (const Parameter& one : parameters)
    infos.push_back({sizeof(gm_param_info), one.flags, one.name.c_str()});
  bound_ = infos.size();
  std::vector<const gm_param_info*> info_pointers;
  std::vector<gm_tensor*> parameter_handles;
  std::vector<gm_tensor*> gradient_handles;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    info_pointers.push_back(&infos[i]);
    parameter_handles.push_back(torch::share(parameters[i].tensor));
    gradient_handles.push_back(torch::share(gradients[i]));
  }
  Sink sink;
  sink.check(extension<gm_optimizer_extension>(GM_OPTIMIZER_EXTENSION)
                 .bind(instance_, info_pointers.data(), parameter_handles.data(), gradient_handles.data(),
                       static_cast<std::uint32_t>(infos.size()), &sink.error));
}

void PluginDriver::optimizer_step(std::uint64_t step, double learning_rate) {
  optimizer_step(step, std::vector<double>(bound_, learning_rate));
}

void PluginDriver::optimizer_step(std::uint64_t step, const std::vector<double>& learning_rates) {
  Sink sink;
  sink.check(extension<gm_optimizer_extension>(GM_OPTIMIZER_EXTENSION)
                 .step(instance_, step, learning_rates.data(),
                       static_cast<std::uint32_t>(learning_rates.size()), &sink.error));
}

}  // namespace gistmill::test
