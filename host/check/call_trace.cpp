// See call_trace.hpp.
#include "host/check/call_trace.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "host/plan/types.hpp"

namespace gistmill {
namespace {

std::string shape_text(const gm_tensor& tensor) {
  std::string text = dtype_name(tensor.dtype) + "[";
  for (std::int32_t i = 0; i < tensor.ndim; ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ",", tensor.shape[i]);
  return text + "]";
}

std::string name_of(const std::vector<PortSpec>* ports, std::size_t index) {
  return ports != nullptr && index < ports->size() ? (*ports)[index].name : fmt::format("{}", index);
}

std::string value_text(const gm_value& value) {
  if (value.kind == GM_VALUE_TENSOR) return shape_text(*value.as.tensor);
  if (value.kind == GM_VALUE_OBJECT) return value.as.object->type;
  return "no value";
}

void add(std::string& text, const std::string& name, const std::string& value) {
  text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
}

}  // namespace

bool traces_calls() {
  const char* const value = std::getenv("GISTMILL_CHECK");
  return value != nullptr && std::string_view(value) == "trace";
}

std::string values_text(const std::vector<PortSpec>* ports, const gm_value* values, std::uint32_t count) {
  std::string text;
  for (std::uint32_t i = 0; i < count; ++i) add(text, name_of(ports, i), value_text(values[i]));
  return text;
}

std::string tensors_text(const std::vector<PortSpec>* ports, gm_tensor* const* tensors, std::uint32_t count) {
  std::string text;
  for (std::uint32_t i = 0; i < count; ++i)
    add(text, name_of(ports, i), tensors[i] == nullptr ? "no value" : shape_text(*tensors[i]));
  return text;
}

TracedCall::TracedCall(const std::string& where, const std::string& inputs)
    : where_(where), begin_(std::chrono::steady_clock::now()) {
  if (!traces_calls()) return;
  fmt::print(stderr, "> {}({})\n", where_, inputs);
  std::fflush(stderr);
}

void TracedCall::end(gm_status status, const std::string& outputs) {
  outcome_ = status == GM_OK ? outputs : fmt::format("status {}", static_cast<int>(status));
  if (outcome_.empty()) outcome_ = "nothing";
}

TracedCall::~TracedCall() {
  if (!traces_calls()) return;
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin_;
  fmt::print(stderr, "< {} -> {} in {:.2f} ms\n", where_, outcome_, took.count());
  std::fflush(stderr);
}

}  // namespace gistmill
