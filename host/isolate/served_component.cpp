#include "host/isolate/served_component.hpp"

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "host/check/checking_proxy.hpp"
#include "host/check/violation.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/isolate/given_options.hpp"

namespace gistmill {
namespace {

using Json = nlohmann::json;

constexpr const char* kExtensions[] = {GM_SYMBOLS_EXTENSION, GM_IDENTITY_EXTENSION, GM_DESCRIBE_EXTENSION,
                                       GM_PARAMS_EXTENSION,  GM_STATE_EXTENSION,    GM_STORE_EXTENSION,
                                       GM_EVENTS_EXTENSION,  GM_MONITOR_EXTENSION,  GM_OPTIMIZER_EXTENSION,
                                       "gm.collective/1"};

unsigned char* bytes_at(gm_tensor& tensor) {
  return static_cast<unsigned char*>(tensor.data) + tensor.byte_offset;
}

std::uint64_t size_of(const gm_tensor& tensor) {
  std::uint64_t size = tensor.dtype.bits / 8u;
  for (std::int32_t i = 0; i < tensor.ndim; ++i) size *= static_cast<std::uint64_t>(tensor.shape[i]);
  return size;
}

Json described(const gm_tensor& tensor, std::uint64_t offset) {
  return {{"offset", offset},
          {"code", std::uint64_t{tensor.dtype.code}},
          {"bits", std::uint64_t{tensor.dtype.bits}},
          {"shape", std::vector<std::int64_t>(tensor.shape, tensor.shape + tensor.ndim)}};
}

Json work_of(const gm_work& work) { return {work.flops, work.half_flops, work.bytes}; }

}  // namespace

// The plugin's message, thrown where it failed.
struct ServedComponent::Sink : gm_error {
  Sink() : gm_error{sizeof(gm_error), this, &Sink::take} {}

  static void take(gm_error* self, gm_status, const char* message, const char* at) {
    Sink& sink = *static_cast<Sink*>(self->context);
    sink.text = message != nullptr ? message : "";
    sink.where = at != nullptr ? at : "";
  }
  void check(gm_status status) const {
    if (status == GM_END) throw EndOfData{};
    if (status != GM_OK) throw Error(status, text.empty() ? "failed without a message" : text, where);
  }

  std::string text;
  std::string where;
};

template <class Extension>
const Extension* ServedComponent::extension(const char* id) const {
  const auto* found = interface_->extension == nullptr
                          ? nullptr
                          : static_cast<const Extension*>(interface_->extension(instance_, id));
  if (found == nullptr) throw Error(GM_ERROR_MISUSE, fmt::format("it has no {}", id));
  return found;
}

ServedComponent::~ServedComponent() {
  if (instance_ == nullptr) return;
  for (const auto& [number, tape] : tapes_) interface_->tape_release(instance_, tape);
  for (const Parameter& parameter : parameters_) release_tensor(parameter.tensor);
  interface_->destroy(instance_);
}

Message ServedComponent::answer(const Message& question) {
  Message answer;
  std::string key;
  std::string message;
  const auto failed = [&](gm_status status, const std::string& text, const std::string& where) {
    answer = {{{"status", status}, {"message", text}, {"key", where}}, nullptr};
  };
  try {
    answer = dispatch(question);
    refuse_violations();
    answer.body["status"] = GM_OK;
  } catch (const EndOfData&) {
    failed(GM_END, "", "");
  } catch (const Error& error) {
    failed(error.code, error.what(), error.key);
  } catch (const Failure& failure) {  // of the registry
    failed(GM_ERROR_USER, failure.message(), "");
  } catch (const std::bad_alloc&) {
    failed(GM_ERROR_OUT_OF_MEMORY, "out of memory", "");
  } catch (const std::exception& error) {
    failed(GM_ERROR_INTERNAL, error.what(), "");
  }
  return answer;
}

void ServedComponent::refuse_violations() const {
  const std::vector<Violation> found = take_violations();
  if (!found.empty())
    throw Error(GM_ERROR_INTERNAL, "the contract of the ABI was broken: " + found[0].text());
}

Message ServedComponent::dispatch(const Message& question) {
  const Json& body = question.body;
  const auto what = body.at("do").get<std::string>();
  if (what == "create") return create(question);
  if (instance_ == nullptr) throw Error(GM_ERROR_MISUSE, "there is no instance");
  Sink sink;
  if (what == "start") return start(body);
  if (what == "forward") return forward(question);
  if (what == "vjp") return vjp(question);
  if (what == "save") return save();
  if (what == "load") return load(question);
  if (what == "decide") return decide(body);
  if (what == "digest") return text(GM_IDENTITY_EXTENSION, false);
  if (what == "describe") return text(GM_DESCRIBE_EXTENSION, true);
  if (what == "symbol") {
    const auto name = body.at("name").get<std::string>();
    return {{{"value", extension<gm_symbols_extension>(GM_SYMBOLS_EXTENSION)->get(instance_, name.c_str())}},
            nullptr};
  }
  if (what == "tape_release") {
    const auto tape = tapes_.extract(body.at("tape").get<std::uint64_t>());
    if (!tape.empty()) interface_->tape_release(instance_, tape.mapped());
    return {Json::object(), nullptr};
  }
  if (what == "bind_gradient") {
    bind_gradient(body.at("index").get<std::uint32_t>());
  } else if (what == "begin") {
    sink.check(extension<gm_store_extension>(GM_STORE_EXTENSION)
                   ->begin(instance_, body.at("path").get<std::string>().c_str(),
                           body.at("provenance").get<std::string>().c_str(), &sink));
  } else if (what == "commit") {
    sink.check(extension<gm_store_extension>(GM_STORE_EXTENSION)->commit(instance_, &sink));
  } else if (what == "on_event") {
    const auto event = body.at("event").get<std::string>();
    sink.check(extension<gm_events_extension>(GM_EVENTS_EXTENSION)
                   ->on_event(instance_, event.data(), event.size(), &sink));
  } else {
    throw Error(GM_ERROR_MISUSE, "an unknown question: " + what);
  }
  return {Json::object(), nullptr};
}

Message ServedComponent::create(const Message& question) {
  const Json& body = question.body;
  control_ = question.memory;
  if (control_ == nullptr || control_->size() < sizeof(std::int32_t))
    throw Error(GM_ERROR_MISUSE, "no memory came with the first question");
  std::vector<std::filesystem::path> folders;
  for (const Json& folder : body.at("folders")) folders.emplace_back(folder.get<std::string>());
  registry_ = std::make_unique<Registry>(folders);
  const auto component = body.at("component").get<std::string>();
  const LoadedComponent loaded = registry_->load(component, host_);
  if (loaded.digest->hex() != body.at("build").get<std::string>())
    throw Error(GM_ERROR_UNAVAILABLE, "the plugin's file was changed since the run began");
  const GivenOptions options(body.at("options"));
  Sink sink;
  const auto name = body.at("name").get<std::string>();
  const bool checked = checks_calls();
  interface_ = checked ? &checking_interface() : loaded.interface;
  sink.check(checked ? create_checked({loaded.interface, loaded.spec}, name, &host_, component.c_str(),
                                      options.get(), &instance_, &sink)
                     : interface_->create(&host_, component.c_str(), options.get(), &instance_, &sink));
  if (instance_ == nullptr) throw Error(GM_ERROR_INTERNAL, "create gave no instance");
  Json extensions = Json::array();
  for (const char* id : kExtensions) {
    if (interface_->extension != nullptr && interface_->extension(instance_, id) != nullptr)
      extensions.push_back(id);
  }
  return {{{"extensions", std::move(extensions)}}, nullptr};
}

Message ServedComponent::start(const Json& body) {
  std::vector<std::pair<std::string, std::int64_t>> named;
  for (const auto& [name, value] : body.at("symbols").items())
    named.emplace_back(name, value.get<std::int64_t>());
  std::vector<gm_symbol> symbols;
  for (const auto& [name, value] : named) symbols.push_back({name.c_str(), value});
  gm_start start{};
  start.struct_size = sizeof start;
  start.symbol_count = static_cast<std::uint32_t>(symbols.size());
  start.symbols = symbols.data();
  start.seed = body.at("seed").get<std::uint64_t>();
  start.device_type = GM_DEVICE_CPU;
  Sink sink;
  sink.check(interface_->start(instance_, &start, &sink));
  Message answer{Json::object(), nullptr};
  share_parameters(answer);
  return answer;
}

// Values and gradients of all parameters in one piece of memory.
void ServedComponent::share_parameters(Message& answer) {
  if (interface_->extension == nullptr || interface_->extension(instance_, GM_PARAMS_EXTENSION) == nullptr)
    return;
  const auto* params = extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  Sink sink;
  Json told = Json::array();
  std::uint64_t offset = 0;
  const auto placed = [&](const gm_tensor& tensor) {
    const std::uint64_t at = offset;
    offset += (size_of(tensor) + 63) / 64 * 64;
    return described(tensor, at);
  };
  for (std::uint32_t i = 0; i < params->count(instance_); ++i) {
    const gm_param_info* info = params->describe(instance_, i);
    Parameter parameter;
    parameter.flags = info->flags;
    sink.check(params->tensor(instance_, i, &parameter.tensor, &sink));
    parameter.value = placed(*parameter.tensor);
    parameter.gradient = placed(*parameter.tensor);
    told.push_back({{"name", info->name},
                    {"flags", info->flags},
                    {"value", parameter.value},
                    {"gradient", parameter.gradient}});
    parameters_.push_back(std::move(parameter));
  }
  parameter_memory_ = std::make_shared<SharedMemory>(offset + 64);
  for (Parameter& parameter : parameters_) {
    std::memcpy(parameter_memory_->data() + parameter.value["offset"].get<std::uint64_t>(),
                bytes_at(*parameter.tensor), size_of(*parameter.tensor));
  }
  answer = {{{"parameters", std::move(told)}}, parameter_memory_};
}

void ServedComponent::bind_gradient(std::uint32_t index) {
  Sink sink;
  gm_tensor* const gradient = tensor_in(parameter_memory_, parameters_.at(index).gradient, 0);
  sink.check(
      extension<gm_params_extension>(GM_PARAMS_EXTENSION)->bind_gradient(instance_, index, gradient, &sink));
}

// The host changes parameters between calls, in the memory that both see.
void ServedComponent::take_new_values(std::uint64_t generation) {
  if (generation == generation_) return;
  generation_ = generation;
  for (Parameter& parameter : parameters_) {
    std::memcpy(bytes_at(*parameter.tensor),
                parameter_memory_->data() + parameter.value["offset"].get<std::uint64_t>(),
                size_of(*parameter.tensor));
  }
}

// The plugin changes buffers within calls.
void ServedComponent::give_buffers() {
  for (Parameter& parameter : parameters_) {
    if ((parameter.flags & GM_PARAM_BUFFER) == 0) continue;
    std::memcpy(parameter_memory_->data() + parameter.value["offset"].get<std::uint64_t>(),
                bytes_at(*parameter.tensor), size_of(*parameter.tensor));
  }
}

gm_call ServedComponent::call_of(const Json& body, gm_error* error, gm_work* work,
                                 std::vector<std::uint8_t>& need) {
  const Json& told = body.at("call");
  gm_call call{};
  call.struct_size = sizeof call;
  call.flags = told.at("flags").get<std::uint32_t>();
  call.device_type = GM_DEVICE_CPU;
  call.step = told.at("step").get<std::uint64_t>();
  call.micro_step = told.at("micro_step").get<std::uint64_t>();
  call.parameter_generation = told.at("parameter_generation").get<std::uint64_t>();
  call.random_key = told.at("random_key").get<std::uint64_t>();
  if (!told.at("need").is_null()) {
    need = told.at("need").get<std::vector<std::uint8_t>>();
    need.push_back(0);  // never without an address
    call.need = need.data();
  }
  call.cancel = reinterpret_cast<const volatile std::int32_t*>(control_->data());
  call.error = error;
  call.work = work;
  take_new_values(call.parameter_generation);
  return call;
}

Message ServedComponent::forward(const Message& question) {
  const Json& body = question.body;
  Sink sink;
  gm_work work{sizeof(gm_work), 0, 0, 0};
  std::vector<std::uint8_t> need;
  const gm_call call = call_of(body, &sink, &work, need);
  std::vector<gm_value> in;
  for (const Json& each : body.at("in")) {
    gm_value value{GM_VALUE_NONE, 0, {}};
    value.as.tensor = tensor_in(question.memory, each, GM_TENSOR_READ_ONLY);
    if (value.as.tensor != nullptr) value.kind = GM_VALUE_TENSOR;
    in.push_back(value);
  }
  std::vector<gm_value> out(body.at("outputs").get<std::size_t>(), gm_value{GM_VALUE_NONE, 0, {}});
  gm_tape* tape = nullptr;
  const gm_status status = interface_->forward(instance_, body.at("operation").get<std::uint32_t>(), &call,
                                               in.data(), static_cast<std::uint32_t>(in.size()), out.data(),
                                               static_cast<std::uint32_t>(out.size()),
                                               body.at("tape").get<bool>() ? &tape : nullptr);
  sink.check(status);
  give_buffers();
  TensorPacker packer;
  Json told = Json::array();
  for (const gm_value& value : out)
    told.push_back(value.kind == GM_VALUE_TENSOR ? packer.add(value.as.tensor) : Json());
  if (tape != nullptr) tapes_[++last_tape_] = tape;
  return {{{"out", std::move(told)}, {"tape", tape != nullptr ? last_tape_ : 0}, {"work", work_of(work)}},
          packer.pack()};
}

Message ServedComponent::vjp(const Message& question) {
  const Json& body = question.body;
  Sink sink;
  gm_work work{sizeof(gm_work), 0, 0, 0};
  std::vector<std::uint8_t> need;
  const gm_call call = call_of(body, &sink, &work, need);
  const auto tape = tapes_.find(body.at("tape").get<std::uint64_t>());
  if (tape == tapes_.end()) throw Error(GM_ERROR_MISUSE, "vjp without the tape of its forward");
  std::vector<gm_tensor*> given;
  for (const Json& each : body.at("grad_out"))
    given.push_back(tensor_in(question.memory, each, GM_TENSOR_READ_ONLY));
  std::vector<gm_tensor*> results(body.at("inputs").get<std::size_t>(), nullptr);
  sink.check(interface_->vjp(instance_, body.at("operation").get<std::uint32_t>(), &call, tape->second,
                             given.data(), static_cast<std::uint32_t>(given.size()), results.data(),
                             static_cast<std::uint32_t>(results.size())));
  TensorPacker packer;
  Json told = Json::array();
  for (gm_tensor* each : results) told.push_back(packer.add(each));
  return {{{"grad_in", std::move(told)}, {"work", work_of(work)}}, packer.pack()};
}

Message ServedComponent::save() {
  std::string bytes;
  gm_sink into{sizeof(gm_sink), &bytes, [](gm_sink* self, const void* data, std::uint64_t size) -> gm_status {
                 static_cast<std::string*>(self->context)->append(static_cast<const char*>(data), size);
                 return GM_OK;
               }};
  Sink sink;
  sink.check(extension<gm_state_extension>(GM_STATE_EXTENSION)->save(instance_, &into, &sink));
  auto memory = std::make_shared<SharedMemory>(bytes.size() + 1);
  std::memcpy(memory->data(), bytes.data(), bytes.size());
  return {{{"size", bytes.size()}}, memory};
}

Message ServedComponent::load(const Message& question) {
  Sink sink;
  const auto size = question.body.at("size").get<std::uint64_t>();
  sink.check(extension<gm_state_extension>(GM_STATE_EXTENSION)
                 ->load(instance_, question.memory->data(), size, &sink));
  return {Json::object(), nullptr};
}

Message ServedComponent::decide(const Json& body) {
  Sink sink;
  const auto event = body.at("event").get<std::string>();
  gm_decision decision{sizeof(gm_decision), GM_DECISION_CONTINUE, 1.0, nullptr};
  sink.check(extension<gm_monitor_extension>(GM_MONITOR_EXTENSION)
                 ->decide(instance_, event.data(), event.size(), &decision, &sink));
  Message answer{{{"action", decision.action}, {"factor", decision.factor}}, nullptr};
  if (decision.reason != nullptr) answer.body["reason"] = decision.reason;
  return answer;
}

Message ServedComponent::text(const char* id, bool describes) {
  Sink sink;
  const char* const found = describes ? extension<gm_describe_extension>(id)->describe(instance_, &sink)
                                      : extension<gm_identity_extension>(id)->digest(instance_, &sink);
  if (found == nullptr) sink.check(GM_ERROR_UNAVAILABLE);
  return {{{"text", found}}, nullptr};
}

}  // namespace gistmill
