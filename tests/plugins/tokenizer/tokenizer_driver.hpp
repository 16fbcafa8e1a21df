// A checked component that is a tokenizer: text and ids at the ends, what it logs, its description and
// digest.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gistmill/plugin.hpp>
#include <nlohmann/json.hpp>

#include "tests/plugins/support/checked_component.hpp"

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

class TokenizerDriver {
 public:
  TokenizerDriver(const char* library, const char* component, const std::string& model, bool special)
      : component_(library, component, host(),
                   {text_option("model", model.c_str()), flag_option("special", special),
                    text_option("date", "20 Nov 2026"), text_option("pre_tokenizer", "")}) {
    component_.start({}, 1);
  }

  std::vector<std::int32_t> encode(std::string_view text) {
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    return run<std::int32_t>(0, {Tensor::of(bytes, {static_cast<std::int64_t>(bytes.size())})});
  }
  std::string decode(const std::vector<std::int32_t>& ids) {
    const auto bytes = run<std::uint8_t>(1, {Tensor::of(ids, {static_cast<std::int64_t>(ids.size())})});
    return {bytes.begin(), bytes.end()};
  }
  std::string chat(std::string_view messages) {
    const std::vector<std::uint8_t> given(messages.begin(), messages.end());
    const auto bytes = run<std::uint8_t>(2, {Tensor::of(given, {static_cast<std::int64_t>(given.size())})});
    return {bytes.begin(), bytes.end()};
  }
  // ids [B, G], row by row -> texts, each filled up with zero bytes to the length of the longest.
  std::vector<std::string> decode_rows(const std::vector<std::int32_t>& ids,
                                       const std::vector<std::int32_t>& lengths) {
    const auto rows = static_cast<std::int64_t>(lengths.size());
    const Tensor texts =
        forward(4, {Tensor::of(ids, {rows, rows == 0 ? 0 : static_cast<std::int64_t>(ids.size()) / rows}),
                    Tensor::of(lengths, {rows})});
    EXPECT_EQ(texts.shape()[0], rows);
    const auto width = static_cast<std::size_t>(texts.shape()[1]);
    std::vector<std::string> parts;
    for (std::size_t row = 0; row < lengths.size(); ++row) {
      parts.emplace_back(reinterpret_cast<const char*>(texts.data<std::uint8_t>()) + row * width, width);
    }
    return parts;
  }
  nlohmann::json describe() {
    Sink sink;
    const auto& extension = component_.extension<gm_describe_extension>(GM_DESCRIBE_EXTENSION);
    return nlohmann::json::parse(extension.describe(component_.instance(), sink.get()));
  }
  std::string digest() {
    Sink sink;
    const auto& identity = component_.extension<gm_identity_extension>(GM_IDENTITY_EXTENSION);
    return identity.digest(component_.instance(), sink.get());
  }

 private:
  static gm_option text_option(const char* key, const char* value) {
    gm_option option{};
    option.struct_size = sizeof option;
    option.key = key;
    option.kind = GM_OPTION_STRING;
    option.string = value;
    return option;
  }
  static gm_option flag_option(const char* key, bool value) {
    gm_option option{};
    option.struct_size = sizeof option;
    option.key = key;
    option.kind = GM_OPTION_BOOLEAN;
    option.boolean = value ? 1 : 0;
    return option;
  }

  Tensor forward(std::uint32_t operation, const std::vector<Tensor>& inputs) {
    std::vector<gm_value> values;
    for (const Tensor& input : inputs) {
      values.push_back({GM_VALUE_TENSOR, 0, {}});
      values.back().as.tensor = input.share();
      values.back().as.tensor->flags |= GM_TENSOR_READ_ONLY;
    }
    gm_call call{};
    return Tensor::adopt(component_.forward(operation, call, std::move(values), nullptr)[0].as.tensor);
  }
  template <class T>
  std::vector<T> run(std::uint32_t operation, const std::vector<Tensor>& inputs) {
    const Tensor result = forward(operation, inputs);
    EXPECT_EQ(result.shape(), std::vector<std::int64_t>{result.size()});
    return {result.data<T>(), result.data<T>() + result.size()};
  }

  CheckedComponent component_;
};

}  // namespace gistmill::test
