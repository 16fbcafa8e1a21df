// The JSON header of a safetensors file, as far as JSON goes. Internal: what the offsets must satisfy is
// checked by the reader.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/safetensors.hpp>

namespace gistmill::formats {

struct SafetensorsHeader {
  struct Tensor {
    std::string name;
    SafetensorsDtype dtype = SafetensorsDtype::kF32;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0;  // from the start of the data
    std::uint64_t end = 0;
  };
  std::vector<Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

// `json` begins at byte `offset` of `file`, which the errors name.
SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file,
                                           std::uint64_t offset);

// Elements times size; throws std::overflow_error where that is not a 63-bit number.
std::uint64_t safetensors_bytes(SafetensorsDtype dtype, const std::vector<std::int64_t>& shape);

}  // namespace gistmill::formats
