// Writer. Gives the same bytes as the reference implementation for the same tensors.
#include <algorithm>
#include <bit>
#include <tuple>

#include <gistmill/formats/safetensors.hpp>
#include <nlohmann/json.hpp>

#include "sdk/formats/safetensors_header.hpp"

namespace gistmill::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are written as they lie in memory");

constexpr std::size_t kAlignment = 8;  // of the data, so that every tensor lies aligned to its dtype

void check(const SafetensorsItem& item, const SafetensorsItem* previous) {
  const auto fail = [&](const std::string& message) {
    throw FormatError("cannot write safetensors: tensor " + printable(item.name) + " " + message);
  };
  if (item.name == "__metadata__") fail("has a name that the format reserves");
  if (previous != nullptr && previous->name == item.name) fail("is given twice");
  std::uint64_t expected = 0;
  try {
    expected = safetensors_bytes(item.dtype, item.shape.data(), item.shape.size());
  } catch (const std::overflow_error& error) {
    fail(std::string("of this ") + error.what());
  }
  if (item.bytes != expected) {
    fail("has " + std::to_string(item.bytes) + " bytes when its shape and dtype " +
         safetensors_dtype_name(item.dtype) + " need " + std::to_string(expected));
  }
}

std::string header_text(const std::vector<SafetensorsItem>& items,
                        const std::map<std::string, std::string>& metadata) {
  using Json = nlohmann::ordered_json;
  std::string text = "{";
  const auto add = [&](const std::string& name, const Json& value) {
    if (text.size() > 1) text += ',';
    text += Json(name).dump() + ':' + value.dump();
  };
  try {
    if (!metadata.empty()) add("__metadata__", Json(metadata));
    std::uint64_t offset = 0;
    for (const SafetensorsItem& item : items) {
      add(item.name, Json{{"dtype", safetensors_dtype_name(item.dtype)},
                          {"shape", item.shape},
                          {"data_offsets", {offset, offset + item.bytes}}});
      offset += item.bytes;
    }
  } catch (const nlohmann::json::type_error&) {
    throw FormatError("cannot write safetensors: a name or metadata is not UTF-8");
  }
  text += '}';
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  return text;
}

}  // namespace

void write_safetensors(const std::function<void(const void*, std::size_t)>& sink,
                       std::vector<SafetensorsItem> items,
                       const std::map<std::string, std::string>& metadata) {
  std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (std::size_t i = 0; i < items.size(); ++i) check(items[i], i > 0 ? &items[i - 1] : nullptr);
  std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
    return safetensors_dtype_size(a.dtype) > safetensors_dtype_size(b.dtype);
  });

  const std::string header = header_text(items, metadata);
  const std::uint64_t size = header.size();
  sink(&size, sizeof size);
  sink(header.data(), header.size());
  for (const SafetensorsItem& item : items) {
    if (item.bytes > 0) sink(item.data, item.bytes);
  }
}

}  // namespace gistmill::formats
