// From tensors and options of a test to those of the ABI; see plugin_driver.hpp.
#include "tests/plugins/support/plugin_driver.hpp"

#include <utility>

#include "gistmill/torch.hpp"
#include "host/check/global_state.hpp"
#include "host/run/step/torch_state.hpp"

namespace gistmill::test {
namespace {

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

// The proxy looks at LibTorch too.
const gm_host& watched_host() {
  static const bool added = [] {
    add_state_probe(read_torch_state);
    return true;
  }();
  static_cast<void>(added);
  return test_host();
}

// Options in the ABI's form, pointing into `table`.
class Items {
 public:
  explicit Items(const OptionTable& table) {
    for (const auto& [key, value] : table) items_.push_back(option_of(key, value, texts_));
  }
  const std::vector<gm_option>& get() const { return items_; }

 private:
  std::vector<gm_option> items_;
  std::vector<std::vector<const char*>> texts_;
};

}  // namespace

PluginDriver::PluginDriver(const std::string& library, const std::string& component,
                           const OptionTable& options)
    : component_(library, component, watched_host(), Items(options).get()) {}

PluginDriver::PluginDriver(const std::string& library, const std::string& component,
                           const OptionTable& options, const std::map<std::string, std::int64_t>& symbols)
    : PluginDriver(library, component, options) {
  start(symbols);
}

void PluginDriver::start(const std::map<std::string, std::int64_t>& symbols, std::uint64_t seed) {
  component_.start(symbols, seed);
}

std::int64_t PluginDriver::symbol(const std::string& name) const {
  return component_.extension<gm_symbols_extension>(GM_SYMBOLS_EXTENSION)
      .get(component_.instance(), name.c_str());
}

std::vector<at::Tensor> PluginDriver::forward(std::uint32_t operation,
                                              const std::vector<at::Tensor>& inputs) {
  gm_call call{};
  forward_work_ = {sizeof(gm_work), 0, 0, 0};
  call.work = &forward_work_;
  return tensors_of(component_.forward(operation, call, values_of(inputs), nullptr));
}

PluginDriver::Reverse PluginDriver::forward_and_vjp(std::uint32_t operation,
                                                    const std::vector<at::Tensor>& inputs,
                                                    const std::vector<std::uint8_t>& need,
                                                    const std::vector<at::Tensor>& output_gradients,
                                                    std::uint64_t random_key) {
  gm_call call{};
  call.flags = GM_CALL_TRAIN;
  static constexpr std::uint8_t kNoInputs = 0;  // of an operation without inputs, null says: no gradient
  call.need = need.empty() ? &kNoInputs : need.data();
  call.random_key = random_key;
  forward_work_ = {sizeof(gm_work), 0, 0, 0};
  call.work = &forward_work_;
  gm_tape* tape = nullptr;
  Reverse result;
  result.outputs = tensors_of(component_.forward(operation, call, values_of(inputs), &tape));

  std::vector<gm_tensor*> given;
  for (const at::Tensor& gradient : output_gradients) {
    given.push_back(gradient.defined() ? torch::share(gradient) : nullptr);
    if (gradient.defined()) given.back()->flags |= GM_TENSOR_READ_ONLY;
  }
  vjp_work_ = {sizeof(gm_work), 0, 0, 0};
  call.work = &vjp_work_;
  for (gm_tensor* gradient : component_.vjp(operation, call, tape, std::move(given), inputs.size()))
    result.gradients.push_back(gradient == nullptr ? at::Tensor() : torch::adopt(gradient));
  return result;
}

std::vector<Parameter> PluginDriver::parameters() const {
  const auto& table = component_.extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  std::vector<Parameter> parameters;
  for (std::uint32_t i = 0; i < table.count(component_.instance()); ++i) {
    const gm_param_info& info = *table.describe(component_.instance(), i);
    Sink sink;
    gm_tensor* tensor = nullptr;
    sink.check(table.tensor(component_.instance(), i, &tensor, sink.get()));
    parameters.push_back({info.name, info.flags, torch::adopt(tensor)});
  }
  return parameters;
}

std::vector<at::Tensor> PluginDriver::bind_gradients() {
  const auto& table = component_.extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  std::vector<at::Tensor> gradients;
  const std::vector<Parameter> all = parameters();
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if ((all[i].flags & GM_PARAM_TRAINABLE) == 0) continue;
    gradients.push_back(at::zeros_like(all[i].tensor));
    Sink sink;
    sink.check(table.bind_gradient(component_.instance(), i, torch::share(gradients.back()), sink.get()));
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
  sink.check(component_.extension<gm_optimizer_extension>(GM_OPTIMIZER_EXTENSION)
                 .bind(component_.instance(), info_pointers.data(), parameter_handles.data(),
                       gradient_handles.data(), static_cast<std::uint32_t>(infos.size()), sink.get()));
}

void PluginDriver::optimizer_step(std::uint64_t step, double learning_rate) {
  optimizer_step(step, std::vector<double>(bound_, learning_rate));
}

void PluginDriver::optimizer_step(std::uint64_t step, const std::vector<double>& learning_rates) {
  Sink sink;
  sink.check(component_.extension<gm_optimizer_extension>(GM_OPTIMIZER_EXTENSION)
                 .step(component_.instance(), step, learning_rates.data(),
                       static_cast<std::uint32_t>(learning_rates.size()), sink.get()));
}

}  // namespace gistmill::test
