// The JSON header of a safetensors file, as far as JSON goes. Internal: how tensors must lie in the data is
// checked by the reader.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <gistmill/formats/safetensors.hpp>

#include <gistmill/formats/json_cursor.hpp>

namespace gistmill::formats {

constexpr std::size_t kSafetensorsMaxRank = 8;

struct SafetensorsEntry {
  JsonString name;
  SafetensorsDtype dtype = SafetensorsDtype::kF32;
  std::array<std::int64_t, kSafetensorsMaxRank> dims{};
  std::size_t rank = 0;
  std::uint64_t begin = 0;  // from the start of the data
  std::uint64_t end = 0;
};

// Calls `on_tensor` for each entry, in the order of the text, and gives the metadata. Keeps nothing itself,
// so that a reader may count first and then allocate once. `json` begins at byte `offset` of `file`, which
// the errors name.
std::map<std::string, std::string> read_safetensors_header(
    std::string_view json, const std::string& file, std::uint64_t offset,
    const std::function<void(const SafetensorsEntry&)>& on_tensor);

// Elements times size; throws std::overflow_error where that is not a 63-bit number.
std::uint64_t safetensors_bytes(SafetensorsDtype dtype, const std::int64_t* dims, std::size_t rank);

}  // namespace gistmill::formats
