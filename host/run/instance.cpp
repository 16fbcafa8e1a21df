// Calls across the ABI for one instance; see instance.hpp.
#include "host/run/instance.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <type_traits>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

namespace {

// Options as the ABI has them; keeps what they point to.
class MarshalledOptions {
 public:
  explicit MarshalledOptions(const std::vector<PlannedOption>& options) {
    items_.reserve(options.size());
    for (const PlannedOption& option : options) add(option);
    for (const gm_option& item : items_) pointers_.push_back(&item);
    options_ = {sizeof(gm_options), static_cast<std::uint32_t>(pointers_.size()), pointers_.data()};
  }
  const gm_options* get() const { return &options_; }

 private:
  void add(const PlannedOption& option) {
    gm_option item{};
    item.struct_size = sizeof(gm_option);
    item.key = option.key.c_str();
    std::visit([&](const auto& value) { fill(item, value); }, option.value);
    items_.push_back(item);
  }
  static void fill(gm_option& item, std::int64_t value) {
    item.kind = GM_OPTION_INTEGER, item.integer = value;
  }
  static void fill(gm_option& item, double value) { item.kind = GM_OPTION_FLOAT, item.number = value; }
  static void fill(gm_option& item, bool value) {
    item.kind = GM_OPTION_BOOLEAN, item.boolean = value ? 1 : 0;
  }
  static void fill(gm_option& item, const std::string& value) {
    item.kind = GM_OPTION_STRING;
    item.string = value.c_str();
  }
  static void fill(gm_option& item, const std::vector<std::int64_t>& value) {
    item.kind = GM_OPTION_INTEGERS;
    item.count = static_cast<std::uint32_t>(value.size());
    item.integers = value.data();
  }
  static void fill(gm_option& item, const std::vector<double>& value) {
    item.kind = GM_OPTION_FLOATS;
    item.count = static_cast<std::uint32_t>(value.size());
    item.numbers = value.data();
  }
  void fill(gm_option& item, const std::vector<std::string>& value) {
    auto& pointers = string_lists_.emplace_back(std::make_unique<std::vector<const char*>>());
    for (const std::string& text : value) pointers->push_back(text.c_str());
    item.kind = GM_OPTION_STRINGS;
    item.count = static_cast<std::uint32_t>(value.size());
    item.strings = pointers->data();
  }

  std::vector<gm_option> items_;
  std::vector<const gm_option*> pointers_;
  std::vector<std::unique_ptr<std::vector<const char*>>> string_lists_;
  gm_options options_{};
};

std::uint32_t operation_index(const ComponentSpec& spec, const OperationSpec& operation) {
  for (std::size_t i = 0; i < spec.operations.size(); ++i) {
    if (&spec.operations[i] == &operation) return static_cast<std::uint32_t>(i);
  }
  throw Failure(ExitCode::failed, fmt::format("operation {} is not one of {}", operation.name, spec.name));
}

std::uint64_t split_mix(std::uint64_t x) {  // SplitMix64's finalizer, Steele et al. 2014
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

std::uint64_t mix_key(std::uint64_t seed, std::string_view name, std::uint64_t step,
                      std::uint64_t micro_step) {
  std::uint64_t key = split_mix(seed);
  for (const char letter : name) key = split_mix(key ^ static_cast<unsigned char>(letter));
  return split_mix(split_mix(key ^ step) ^ micro_step);
}

TapeHandle& TapeHandle::operator=(TapeHandle&& other) noexcept {
  if (this == &other) return *this;
  reset();
  interface_ = other.interface_;
  instance_ = other.instance_;
  tape_ = std::exchange(other.tape_, nullptr);
  return *this;
}

void TapeHandle::reset() {
  if (tape_ != nullptr && interface_->tape_release != nullptr) interface_->tape_release(instance_, tape_);
  tape_ = nullptr;
}

std::uint64_t TapeHandle::bytes() const {
  return tape_ == nullptr || interface_->tape_bytes == nullptr ? 0 : interface_->tape_bytes(tape_);
}

Instance::ErrorSink::ErrorSink() {
  error_ = {sizeof(gm_error), this, [](gm_error* self, gm_status, const char* message, const char* key) {
              auto& sink = *static_cast<ErrorSink*>(self->context);
              sink.message_ = message != nullptr ? message : "";
              sink.key_ = key != nullptr ? key : "";
            }};
}

void Instance::fail(gm_status status, const ErrorSink& sink, std::string_view doing) const {
  std::string message = fmt::format("{} ({}): {}", planned_.name, planned_.spec->name,
                                    sink.message().empty() ? "failed without a message" : sink.message());
  Origin origin = planned_.origin;
  if (const PlannedOption* option = planned_.option(sink.key());
      option != nullptr && option->origin.known()) {
    origin = option->origin;
  }
  switch (status) {
    case GM_ERROR_USER:
      throw Failure(ExitCode::recipe, origin, message);
    case GM_CANCELED:
      throw Failure(ExitCode::interrupted, fmt::format("{} was canceled", planned_.name));
    case GM_ERROR_UNAVAILABLE:
    case GM_ERROR_OUT_OF_MEMORY:
      throw Failure(ExitCode::failed, origin, message);
    default:
      break;
  }
  throw Failure(
      ExitCode::failed, origin, message,
      {fmt::format("while {} {}; plugin {} {} in {}", doing, planned_.name, component_.file->manifest.name,
                   component_.file->manifest.version, component_.file->path.string()),
       "this is a defect of the plugin"});
}

Instance::Instance(const PlannedInstance& planned, const LoadedComponent& component, const gm_host& host)
    : planned_(planned), component_(component), interface_(component.interface) {
  const MarshalledOptions options(planned_.options);
  ErrorSink sink;
  const gm_status status =
      interface_->create(&host, planned_.spec->name.c_str(), options.get(), &handle_, sink.get());
  if (status != GM_OK || handle_ == nullptr) fail(status, sink, "creating");
  state_ = extension<gm_state_extension>(GM_STATE_EXTENSION);
}

Instance::~Instance() {
  if (handle_ != nullptr) interface_->destroy(handle_);
}

const void* Instance::find_extension(const char* id) const {
  return interface_->extension == nullptr ? nullptr : interface_->extension(handle_, id);
}

std::int64_t Instance::symbol(const std::string& name) {
  const auto* symbols = extension<gm_symbols_extension>(GM_SYMBOLS_EXTENSION);
  return symbols == nullptr ? -1 : symbols->get(handle_, name.c_str());
}

std::string Instance::digest() {
  const auto* identity = extension<gm_identity_extension>(GM_IDENTITY_EXTENSION);
  if (identity == nullptr) return "";
  ErrorSink sink;
  const char* digest = identity->digest(handle_, sink.get());
  if (digest == nullptr) fail(GM_ERROR_UNAVAILABLE, sink, "asking for the digest of");
  return digest;
}

void Instance::start(const std::map<std::string, std::int64_t>& symbols, std::uint64_t run_seed) {
  std::vector<gm_symbol> list;
  for (const auto& [name, value] : symbols) list.push_back({name.c_str(), value});
  gm_start start{};
  start.struct_size = sizeof(gm_start);
  start.symbol_count = static_cast<std::uint32_t>(list.size());
  start.symbols = list.data();
  start.seed = mix_key(run_seed, planned_.name, 0, 0);
  start.device_type = GM_DEVICE_CPU;
  ErrorSink sink;
  if (interface_->start != nullptr) {
    const gm_status status = interface_->start(handle_, &start, sink.get());
    if (status != GM_OK) fail(status, sink, "starting");
  }
  started_ = true;
  refresh_parameters();
}

void Instance::refresh_parameters() {
  const auto* params = extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  if (params == nullptr) return;
  ErrorSink sink;
  parameters_.clear();
  const std::uint32_t count = params->count(handle_);
  for (std::uint32_t i = 0; i < count; ++i) {
    const gm_param_info* info = params->describe(handle_, i);
    gm_tensor* tensor = nullptr;
    const gm_status status = params->tensor(handle_, i, &tensor, sink.get());
    if (status != GM_OK || tensor == nullptr) fail(status, sink, "reading the parameters of");
    parameters_.push_back({info->name, info->flags, adopt_tensor(tensor), {}});
  }
}

void Instance::bind_gradients() {
  const auto* params = extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  ErrorSink sink;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Parameter& parameter = parameters_[i];
    if (!parameter.trainable()) continue;
    parameter.gradient = at::zeros_like(parameter.tensor);
    const gm_status status = params->bind_gradient(handle_, static_cast<std::uint32_t>(i),
                                                   share_tensor(parameter.gradient, false), sink.get());
    if (status != GM_OK) fail(status, sink, "giving gradient buffers to");
  }
}

namespace {

gm_call make_call(const StepContext& context, const std::string& instance, gm_error* error,
                  const std::vector<std::uint8_t>* need) {
  gm_call call{};
  call.struct_size = sizeof(gm_call);
  call.flags = GM_CALL_DETERMINISTIC | (context.train ? GM_CALL_TRAIN : 0u);
  call.device_type = GM_DEVICE_CPU;
  call.step = context.step;
  call.micro_step = context.micro_step;
  call.parameter_generation = context.parameter_generation;
  call.need = need != nullptr && !need->empty() ? need->data() : nullptr;
  call.random_key = mix_key(context.seed, instance, context.step, context.micro_step);
  call.cancel = context.cancel;
  call.error = error;
  return call;
}

}  // namespace

bool Instance::forward(const OperationSpec& operation, const StepContext& context,
                       const std::vector<SlotValue>& in, std::vector<SlotValue>& out, TapeHandle* tape,
                       const std::vector<std::uint8_t>& need) {
  std::vector<gm_value> given;
  given.reserve(in.size());
  for (const SlotValue& value : in) given.push_back(value.give());
  std::vector<gm_value> results(operation.outputs.size(), gm_value{GM_VALUE_NONE, 0, {}});
  ErrorSink sink;
  const gm_call call = make_call(context, planned_.name, sink.get(), tape != nullptr ? &need : nullptr);
  gm_tape* kept = nullptr;
  const gm_status status =
      interface_->forward(handle_, operation_index(*planned_.spec, operation), &call, given.data(),
                          static_cast<std::uint32_t>(given.size()), results.data(),
                          static_cast<std::uint32_t>(results.size()), tape != nullptr ? &kept : nullptr);
  if (tape != nullptr) *tape = TapeHandle(interface_, handle_, kept);
  if (status == GM_END) return false;
  if (status != GM_OK) fail(status, sink, "running " + operation.name + " of");
  out.clear();
  for (gm_value& value : results) out.push_back(SlotValue::take(value));
  return true;
}

std::vector<at::Tensor> Instance::vjp(const OperationSpec& operation, const StepContext& context,
                                      const TapeHandle& tape, const std::vector<at::Tensor>& grad_out,
                                      const std::vector<std::uint8_t>& need) {
  std::vector<gm_tensor*> given;
  for (const at::Tensor& grad : grad_out)
    given.push_back(grad.defined() ? share_tensor(grad, true) : nullptr);
  std::vector<gm_tensor*> results(operation.inputs.size(), nullptr);
  std::vector<std::uint8_t> asked = need;
  asked.resize(operation.inputs.size(), 0);
  ErrorSink sink;
  const gm_call call = make_call(context, planned_.name, sink.get(), &asked);
  const gm_status status =
      interface_->vjp(handle_, operation_index(*planned_.spec, operation), &call, tape.get(), given.data(),
                      static_cast<std::uint32_t>(given.size()), asked.data(), results.data(),
                      static_cast<std::uint32_t>(results.size()));
  if (status != GM_OK) fail(status, sink, "taking the gradient of " + operation.name + " of");
  std::vector<at::Tensor> gradients(results.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i] != nullptr) gradients[i] = adopt_tensor(results[i]);
  }
  return gradients;
}

std::string Instance::save_state() {
  std::string bytes;
  gm_sink out{sizeof(gm_sink), &bytes, [](gm_sink* self, const void* data, std::uint64_t size) {
                static_cast<std::string*>(self->context)->append(static_cast<const char*>(data), size);
                return GM_OK;
              }};
  ErrorSink sink;
  const gm_status status = state_->save(handle_, &out, sink.get());
  if (status != GM_OK) fail(status, sink, "saving the state of");
  return bytes;
}

void Instance::load_state(std::string_view bytes) {
  ErrorSink sink;
  const gm_status status = state_->load(handle_, bytes.data(), bytes.size(), sink.get());
  if (status != GM_OK) fail(status, sink, "loading the state of");
}

}  // namespace gistmill
