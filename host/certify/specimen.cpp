// See specimen.hpp.
#include "host/certify/specimen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <gistmill/random.hpp>

#include "host/certify/arrays.hpp"
#include "host/check/checking_proxy.hpp"
#include "host/check/violation.hpp"
#include "host/instance/marshalled_options.hpp"
#include "host/instance/plugin_host.hpp"

namespace gistmill {

namespace {

const volatile std::int32_t kNeverCanceled = 0;

const char* status_words(gm_status status) {
  switch (status) {
    case GM_ERROR_USER:
      return "an error of the user";
    case GM_ERROR_UNAVAILABLE:
      return "something that is not there now";
    case GM_ERROR_OUT_OF_MEMORY:
      return "that memory is out";
    case GM_ERROR_INTERNAL:
      return "a defect of its own";
    case GM_ERROR_MISUSE:
      return "a misuse by the host";
    case GM_CANCELED:
      return "that it was canceled";
    default:
      return "a status that there is not";
  }
}

gm_value value_of(const Tensor& tensor, bool strided) {
  gm_value value{GM_VALUE_NONE, 0, {}};
  if (!tensor) return value;
  value.kind = GM_VALUE_TENSOR;
  value.as.tensor = strided ? share_with_gaps(tensor) : tensor.share();
  value.as.tensor->flags |= GM_TENSOR_READ_ONLY;
  return value;
}

}  // namespace

std::string Answer::text() const {
  if (ok()) return "nothing wrong";
  return fmt::format("{}: {}", status_words(status), message.empty() ? "without a message" : message);
}

AnswerSink::AnswerSink() {
  error_ = {sizeof(gm_error), this, [](gm_error* self, gm_status, const char* message, const char* key) {
              auto& sink = *static_cast<AnswerSink*>(self->context);
              sink.message_ = message != nullptr ? message : "";
              sink.key_ = key != nullptr ? key : "";
            }};
}

Answer AnswerSink::answer(gm_status status) const { return {status, message_, key_}; }

Specimen::Specimen(Subject& subject, Findings& findings, const std::vector<PlannedOption>& options,
                   Sizes symbols, Calls calls, bool start)
    : subject_(subject), findings_(findings), spec_(subject.spec()), sizes_(std::move(symbols)) {
  const LoadedComponent component = subject.load();
  const bool checked = calls == Calls::checked;
  interface_ = checked ? &checking_interface() : component.interface;
  const MarshalledOptions marshalled(options);
  const char* const name = spec_.name.c_str();
  AnswerSink sink;
  const gm_status status = barrier(findings, "create", [&] {
    return checked ? create_checked({component.interface, &spec_}, spec_.name, &plugin_host(), name,
                                    marshalled.get(), &handle_, sink.get())
                   : interface_->create(&plugin_host(), name, marshalled.get(), &handle_, sink.get());
  });
  report_violations();
  if (status != GM_OK || handle_ == nullptr)
    throw Refusal{sink.answer(status != GM_OK ? status : GM_ERROR_INTERNAL), "create"};
  for (const auto& [symbol, size] : subject.fixed_sizes(options)) sizes_[symbol] = size;
  if (const auto* symbols_table = extension<gm_symbols_extension>(GM_SYMBOLS_EXTENSION)) {
    for (const SymbolSpec& symbol : spec_.symbols) {
      const std::int64_t size = symbols_table->get(handle_, symbol.name.c_str());
      if (size >= 0) sizes_[symbol.name] = size;
    }
  }
  if (!start) return;
  std::vector<gm_symbol> list;
  for (const auto& [symbol, size] : sizes_) list.push_back({symbol.c_str(), size});
  gm_start with{};
  with.struct_size = sizeof with;
  with.symbol_count = static_cast<std::uint32_t>(list.size());
  with.symbols = list.data();
  with.seed = random_key(subject.seed(), spec_.name, 0, 0);
  with.device_type = GM_DEVICE_CPU;
  AnswerSink start_sink;
  const gm_status started =
      barrier(findings, "start", [&] { return interface_->start(handle_, &with, start_sink.get()); });
  report_violations();
  if (started != GM_OK) {
    interface_->destroy(handle_);
    throw Refusal{start_sink.answer(started), "start"};
  }
}

Specimen::~Specimen() {
  barrier(findings_, "destroy", [&] {
    interface_->destroy(handle_);
    return GM_OK;
  });
  report_violations();
}

void Specimen::report_violations() {
  for (const Violation& violation : take_violations()) {
    std::string where = violation.where;
    if (where.rfind(spec_.name + ".", 0) == 0) where.erase(0, spec_.name.size() + 1);
    findings_.fault(fmt::format("{} {}", where, violation.what));
  }
}

const void* Specimen::find_extension(const char* id) const {
  return interface_->extension == nullptr ? nullptr : interface_->extension(handle_, id);
}

gm_call Specimen::make_call(const CallSettings& settings, gm_error* error,
                            const std::vector<std::uint8_t>* need) const {
  static constexpr std::uint8_t kNoInputs = 0;
  gm_call call{};
  call.struct_size = sizeof call;
  call.flags = need != nullptr ? GM_CALL_TRAIN : 0u;
  call.device_type = GM_DEVICE_CPU;
  call.step = settings.step;
  call.parameter_generation = generation_;
  call.random_key = settings.random_key;
  if (need != nullptr) call.need = need->empty() ? &kNoInputs : need->data();
  call.cancel = settings.cancel != nullptr ? settings.cancel : &kNeverCanceled;
  call.error = error;
  return call;
}

Outcome Specimen::forward(std::uint32_t operation, const std::vector<Tensor>& inputs,
                          const CallSettings& settings, const std::vector<std::uint8_t>* need) {
  std::vector<gm_value> in, out(spec_.operations[operation].outputs.size(), gm_value{GM_VALUE_NONE, 0, {}});
  for (const Tensor& input : inputs) in.push_back(value_of(input, settings.strided));
  AnswerSink sink;
  const gm_call call = make_call(settings, sink.get(), need);
  gm_tape* tape = nullptr;
  const gm_status status = barrier(findings_, "forward of " + spec_.operations[operation].name, [&] {
    return interface_->forward(handle_, operation, &call, in.data(), static_cast<std::uint32_t>(in.size()),
                               out.data(), static_cast<std::uint32_t>(out.size()),
                               need != nullptr ? &tape : nullptr);
  });
  Outcome outcome;
  static_cast<Answer&>(outcome) = sink.answer(status);
  for (gm_value& value : out) {
    Tensor& output = outcome.outputs.emplace_back();
    outcome.gave_object = outcome.gave_object || value.kind == GM_VALUE_OBJECT;
    if (value.kind == GM_VALUE_OBJECT) value.as.object->release(value.as.object);
    if (value.kind != GM_VALUE_TENSOR) continue;
    try {
      output = Tensor::adopt(value.as.tensor);
    } catch (const Error& error) {
      findings_.fault(fmt::format("forward of {}: gave {}", spec_.operations[operation].name, error.what()));
    }
  }
  if (tape != nullptr) {
    outcome.tape = std::shared_ptr<gm_tape>(tape, [this](gm_tape* held) {
      barrier(findings_, "tape_release", [&] {
        interface_->tape_release(handle_, held);
        return GM_OK;
      });
    });
  }
  report_violations();
  return outcome;
}

Answer Specimen::vjp(std::uint32_t operation, const Outcome& outcome,
                     const std::vector<Tensor>& output_gradients, const std::vector<std::uint8_t>& need,
                     std::vector<Tensor>& gradients, const CallSettings& settings) {
  std::vector<gm_tensor*> grad_out, grad_in(need.size(), nullptr);
  for (const Tensor& gradient : output_gradients) {
    grad_out.push_back(gradient ? value_of(gradient, settings.strided).as.tensor : nullptr);
  }
  AnswerSink sink;
  const gm_call call = make_call(settings, sink.get(), &need);
  const std::string what = "vjp of " + spec_.operations[operation].name;
  const gm_status status = barrier(findings_, what, [&] {
    return interface_->vjp(handle_, operation, &call, outcome.tape.get(), grad_out.data(),
                           static_cast<std::uint32_t>(grad_out.size()), grad_in.data(),
                           static_cast<std::uint32_t>(grad_in.size()));
  });
  gradients.clear();
  for (gm_tensor* gradient : grad_in) gradients.push_back(Tensor::adopt(gradient));
  report_violations();
  return sink.answer(status);
}

std::vector<Specimen::Parameter> Specimen::parameters() {
  const auto* table = extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  std::vector<Parameter> found;
  for (std::uint32_t i = 0; table != nullptr && i < table->count(handle_); ++i) {
    const gm_param_info* info = table->describe(handle_, i);
    AnswerSink sink;
    gm_tensor* memory = nullptr;
    const gm_status status =
        barrier(findings_, "params.tensor", [&] { return table->tensor(handle_, i, &memory, sink.get()); });
    if (status != GM_OK || memory == nullptr || info == nullptr) {
      findings_.fault(fmt::format("gives no parameter {} of {}: {}", i, table->count(handle_),
                                  sink.answer(status).text()));
      continue;
    }
    found.push_back({info->name, info->flags, Tensor::adopt(memory)});
  }
  report_violations();
  return found;
}

std::vector<Tensor> Specimen::bind_gradients() {
  const auto* table = extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  std::vector<Tensor> buffers;
  const std::vector<Parameter> all = parameters();
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    Tensor& buffer = buffers.emplace_back();
    if ((all[i].flags & GM_PARAM_TRAINABLE) == 0) continue;
    buffer = Tensor::zeros(all[i].memory.dtype(), all[i].memory.shape());
    AnswerSink sink;
    const gm_status status = barrier(findings_, "params.bind_gradient", [&] {
      return table->bind_gradient(handle_, i, buffer.share(), sink.get());
    });
    if (status != GM_OK)
      findings_.fault(fmt::format("params.bind_gradient of {}: {}", all[i].name, sink.answer(status).text()));
  }
  report_violations();
  return buffers;
}

Answer Specimen::save(std::string& bytes) {
  bytes.clear();
  gm_sink into{sizeof(gm_sink), &bytes, [](gm_sink* self, const void* data, std::uint64_t size) -> gm_status {
                 static_cast<std::string*>(self->context)->append(static_cast<const char*>(data), size);
                 return GM_OK;
               }};
  AnswerSink sink;
  const auto* table = extension<gm_state_extension>(GM_STATE_EXTENSION);
  const gm_status status =
      barrier(findings_, "state.save", [&] { return table->save(handle_, &into, sink.get()); });
  report_violations();
  return sink.answer(status);
}

Answer Specimen::load(const std::string& bytes) {
  AnswerSink sink;
  const auto* table = extension<gm_state_extension>(GM_STATE_EXTENSION);
  const gm_status status = barrier(
      findings_, "state.load", [&] { return table->load(handle_, bytes.data(), bytes.size(), sink.get()); });
  report_violations();
  return sink.answer(status);
}

}  // namespace gistmill
