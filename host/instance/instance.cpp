// Calls across the ABI for one instance; see instance.hpp.
#include "host/instance/instance.hpp"

#include <fmt/format.h>

#include "gistmill/random.hpp"
#include "host/check/checking_proxy.hpp"
#include "host/check/decision_defect.hpp"
#include "host/check/violation.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/instance/marshalled_options.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/isolate/isolating_proxy.hpp"

namespace gistmill {

LoadedComponent component_for(const PlannedInstance& planned, Registry& registry) {
  return planned.isolation ? registry.unloaded(planned.spec->name)
                           : registry.load(planned.spec->name, plugin_host());
}

std::uint32_t operation_index(const ComponentSpec& spec, const OperationSpec& operation) {
  for (std::size_t i = 0; i < spec.operations.size(); ++i) {
    if (&spec.operations[i] == &operation) return static_cast<std::uint32_t>(i);
  }
  throw Failure(ExitCode::failed, fmt::format("operation {} is not one of {}", operation.name, spec.name));
}

Instance::ErrorSink::ErrorSink() {
  error_ = {sizeof(gm_error), this, [](gm_error* self, gm_status, const char* message, const char* key) {
              auto& sink = *static_cast<ErrorSink*>(self->context);
              sink.message_ = message != nullptr ? message : "";
              sink.key_ = key != nullptr ? key : "";
            }};
}

void Instance::fail(gm_status status, const ErrorSink& sink, std::string_view doing) const {
  const std::string& use = planned_.spec->name;
  const std::string who = planned_.name == use ? use : fmt::format("{} ({})", planned_.name, use);
  const std::string message =
      fmt::format("{}: {}", who, sink.message().empty() ? "failed without a message" : sink.message());
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
    : planned_(planned), component_(component) {
  const MarshalledOptions options(planned_.options);
  ErrorSink sink;
  const char* const use = planned_.spec->name.c_str();
  const auto create = [&]() -> gm_status {
    if (planned_.isolation) {  // its process checks calls, where they are checked
      interface_ = &isolating_interface();
      return create_isolated(
          {component_.spec, component_.folders, component_.digest->hex(), *planned_.isolation}, planned_.name,
          &host, options.get(), &handle_, sink.get());
    }
    if (checks_calls()) {
      interface_ = &checking_interface();
      return create_checked({component_.interface, component_.spec}, planned_.name, &host, use, options.get(),
                            &handle_, sink.get());
    }
    interface_ = component_.interface;
    return interface_->create(&host, use, options.get(), &handle_, sink.get());
  };
  const gm_status status = create();
  if (status != GM_OK || handle_ == nullptr) fail(status, sink, "creating");
}

void Instance::refuse_violations() const {
  if (interface_ == component_.interface) return;
  const std::vector<Violation> found = take_violations();
  if (found.empty()) return;
  std::vector<std::string> notes;
  for (std::size_t i = 1; i < found.size(); ++i) notes.push_back(found[i].text());
  notes.push_back(fmt::format("plugin {} {} in {}", component_.file->manifest.name,
                              component_.file->manifest.version, component_.file->path.string()));
  throw Failure(ExitCode::failed, planned_.origin,
                fmt::format("the contract of the ABI was broken: {}", found[0].text()), std::move(notes));
}

Instance::~Instance() {
  if (handle_ != nullptr) interface().destroy(handle_);
}

const void* Instance::find_extension(const char* id) const {
  return interface().extension == nullptr ? nullptr : interface().extension(handle_, id);
}

std::int64_t Instance::symbol(const std::string& name) const {
  const auto* symbols = extension<gm_symbols_extension>(GM_SYMBOLS_EXTENSION);
  return symbols == nullptr ? -1 : symbols->get(handle_, name.c_str());
}

std::string Instance::digest() const {
  const auto* identity = extension<gm_identity_extension>(GM_IDENTITY_EXTENSION);
  if (identity == nullptr) return "";
  ErrorSink sink;
  const char* digest = identity->digest(handle_, sink.get());
  if (digest == nullptr) fail(GM_ERROR_UNAVAILABLE, sink, "asking for the digest of");
  return digest;
}

nlohmann::ordered_json Instance::describe() const {
  const auto* extension_table = extension<gm_describe_extension>(GM_DESCRIBE_EXTENSION);
  if (extension_table == nullptr) return nlohmann::ordered_json::object();
  ErrorSink sink;
  const char* text = extension_table->describe(handle_, sink.get());
  if (text == nullptr) fail(GM_ERROR_UNAVAILABLE, sink, "asking for the description of");
  auto description = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!description.is_object()) {
    ErrorSink refusal;
    constexpr std::size_t kShown = 60;
    const std::string found =
        std::string_view(text).size() > kShown ? std::string(text, kShown) + "..." : std::string(text);
    const std::string message =
        fmt::format("its description is {} when it should be a JSON object", string_text(found));
    refusal.get()->set(refusal.get(), GM_ERROR_INTERNAL, message.c_str(), nullptr);
    fail(GM_ERROR_INTERNAL, refusal, "asking for the description of");
  }
  return description;
}

Decision Instance::decide(std::string_view event) const {
  const auto* monitor = extension<gm_monitor_extension>(GM_MONITOR_EXTENSION);
  ErrorSink sink;
  const auto refuse = [&](gm_status status, const std::string& message) {
    sink.get()->set(sink.get(), status, message.c_str(), nullptr);
    fail(status, sink, "asking for a decision of");
  };
  if (monitor == nullptr) refuse(GM_ERROR_INTERNAL, "decides nothing: it has no gm.monitor/1");
  gm_decision decision{sizeof(gm_decision), GM_DECISION_CONTINUE, 1.0, nullptr};
  const gm_status status = monitor->decide(handle_, event.data(), event.size(), &decision, sink.get());
  refuse_violations();
  if (status != GM_OK) fail(status, sink, "asking for a decision of");
  if (const std::string defect = defect_of(decision); !defect.empty()) refuse(GM_ERROR_INTERNAL, defect);
  return {decision.action, decision.factor, decision.reason != nullptr ? decision.reason : ""};
}

void Instance::set_device(std::int32_t type, std::int32_t id) {
  device_type_ = type;
  device_id_ = id;
}

bool Instance::process_ended() const { return planned_.isolation && isolated_process_ended(handle_); }

void Instance::restart_process() {
  ErrorSink sink;
  const gm_status status = restart_isolated(handle_, sink.get());
  if (status != GM_OK) fail(status, sink, "starting again");
}

void Instance::start(const std::map<std::string, std::int64_t>& symbols, std::uint64_t run_seed) {
  std::vector<gm_symbol> list;
  for (const auto& [name, value] : symbols) list.push_back({name.c_str(), value});
  gm_start start{};
  start.struct_size = sizeof(gm_start);
  start.symbol_count = static_cast<std::uint32_t>(list.size());
  start.symbols = list.data();
  start.seed = random_key(run_seed, planned_.name, 0, 0);
  start.device_type = device_type_;
  start.device_id = device_id_;
  ErrorSink sink;
  const gm_status status = interface().start(handle_, &start, sink.get());
  refuse_violations();
  if (status != GM_OK) fail(status, sink, "starting");
  started_ = true;
}

gm_call Instance::make_call(const StepContext& context, gm_error* error,
                            const std::vector<std::uint8_t>* need) const {
  static constexpr std::uint8_t kNoInputs = 0;
  gm_call call{};
  call.struct_size = sizeof(gm_call);
  call.flags = need != nullptr ? GM_CALL_TRAIN : 0u;
  call.device_type = device_type_;
  call.device_id = device_id_;
  call.step = context.step;
  call.micro_step = context.micro_step;
  call.parameter_generation = context.parameter_generation;
  if (need != nullptr) call.need = need->empty() ? &kNoInputs : need->data();
  call.stream = stream();
  call.random_key = random_key(context.seed, planned_.name, context.step, context.micro_step);
  if (context.iteration > 0) call.random_key = combined_key(call.random_key, context.iteration);
  call.cancel = context.cancel;
  call.error = error;
  call.work = context.work;
  return call;
}

bool Instance::call(const OperationSpec& operation, const StepContext& context, std::vector<gm_value>& given,
                    std::vector<gm_value>& results, gm_tape** tape,
                    const std::vector<std::uint8_t>& need) const {
  results.assign(operation.outputs.size(), gm_value{GM_VALUE_NONE, 0, {}});
  ErrorSink sink;
  const gm_call call = make_call(context, sink.get(), tape != nullptr ? &need : nullptr);
  const gm_status status =
      interface().forward(handle_, operation_index(*planned_.spec, operation), &call, given.data(),
                          static_cast<std::uint32_t>(given.size()), results.data(),
                          static_cast<std::uint32_t>(results.size()), tape);
  refuse_violations();
  if (status == GM_END) return false;
  if (status != GM_OK) fail(status, sink, "running " + operation.name + " of");
  return true;
}

}  // namespace gistmill
