// Drives a tokenizer plugin through the C ABI, as the host does: options, tensors, messages, digest.
#pragma once

#include <dlfcn.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gistmill/plugin.hpp>
#include <nlohmann/json.hpp>

namespace gistmill::test {

// What the plugin said to the host, on any log level.
inline std::vector<std::string>& logged() {
  static std::vector<std::string> messages;
  return messages;
}

inline const gm_host& host() {
  static const gm_host host{
      sizeof(gm_host), GM_ABI_MAJOR, GM_ABI_MINOR, "0.1.0",
      [](std::int32_t, const char*, const char* message) { logged().push_back(message); }};
  return host;
}

struct Refusal : std::runtime_error {
  Refusal(gm_status status, const std::string& message, std::string at)
      : std::runtime_error(message), code(status), key(std::move(at)) {}
  gm_status code;
  std::string key;
};

struct Sink : gm_error {
  Sink() : gm_error{sizeof(gm_error), this, &Sink::keep} {}
  static void keep(gm_error* self, gm_status, const char* text, const char* at) {
    auto& sink = *static_cast<Sink*>(self->context);
    sink.message = text;
    sink.place = at == nullptr ? "" : at;
  }
  void check(gm_status status) const {
    if (status != GM_OK) throw Refusal(status, message, place);
  }
  std::string message, place;
};

class TokenizerDriver {
 public:
  TokenizerDriver(const char* library, const char* component, const std::string& model, bool special)
      : interface_(load(library)) {
    gm_option path{}, recognize{}, date{};
    path.struct_size = recognize.struct_size = date.struct_size = sizeof(gm_option);
    path.key = "model";
    path.kind = GM_OPTION_STRING;
    path.string = model.c_str();
    recognize.key = "special";
    recognize.kind = GM_OPTION_BOOLEAN;
    recognize.boolean = special ? 1 : 0;
    date.key = "date";
    date.kind = GM_OPTION_STRING;
    date.string = "20 Nov 2026";
    const gm_option* items[] = {&path, &recognize, &date};
    const gm_options options{sizeof(gm_options), 3, items};
    Sink sink;
    sink.check(interface_.create(&host(), component, &options, &instance_, &sink));
  }
  TokenizerDriver(const TokenizerDriver&) = delete;
  TokenizerDriver& operator=(const TokenizerDriver&) = delete;
  ~TokenizerDriver() { interface_.destroy(instance_); }

  std::vector<std::int32_t> encode(std::string_view text) {
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    return run<std::int32_t>(0, Tensor::of(bytes, {static_cast<std::int64_t>(bytes.size())}));
  }
  std::string decode(const std::vector<std::int32_t>& ids) {
    const auto bytes = run<std::uint8_t>(1, Tensor::of(ids, {static_cast<std::int64_t>(ids.size())}));
    return {bytes.begin(), bytes.end()};
  }
  std::string chat(std::string_view messages) {
    const std::vector<std::uint8_t> given(messages.begin(), messages.end());
    const auto bytes = run<std::uint8_t>(2, Tensor::of(given, {static_cast<std::int64_t>(given.size())}));
    return {bytes.begin(), bytes.end()};
  }
  nlohmann::json describe() {
    Sink sink;
    const auto* extension =
        static_cast<const gm_describe_extension*>(interface_.extension(instance_, GM_DESCRIBE_EXTENSION));
    return nlohmann::json::parse(extension->describe(instance_, &sink));
  }
  std::string digest() {
    Sink sink;
    const auto* identity =
        static_cast<const gm_identity_extension*>(interface_.extension(instance_, GM_IDENTITY_EXTENSION));
    return identity->digest(instance_, &sink);
  }

 private:
  template <class T>
  std::vector<T> run(std::uint32_t operation, const Tensor& input) {
    gm_value in{GM_VALUE_TENSOR, 0, {}}, out{};
    in.as.tensor = input.share();
    Sink sink;
    gm_call call{};
    call.struct_size = sizeof call;
    const volatile std::int32_t never_canceled = 0;
    call.cancel = &never_canceled;
    call.error = &sink;
    sink.check(interface_.forward(instance_, operation, &call, &in, 1, &out, 1, nullptr));
    const Tensor result = Tensor::adopt(out.as.tensor);
    EXPECT_EQ(result.shape(), std::vector<std::int64_t>{result.size()});
    return {result.data<T>(), result.data<T>() + result.size()};
  }

  static const gm_component_interface& load(const char* library) {
    void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);  // never closed, as in the host
    if (handle == nullptr) throw std::runtime_error(dlerror());
    const auto* entry = static_cast<const gm_entry*>(dlsym(handle, "gm_plugin"));
    return *static_cast<const gm_component_interface*>(entry->get_interface(GM_COMPONENT_INTERFACE));
  }

  const gm_component_interface& interface_;
  gm_instance* instance_ = nullptr;
};

}  // namespace gistmill::test
