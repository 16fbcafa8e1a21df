// model.safetensors.index.json, as far as its text goes: whether the shards hold what it says is the reader's
// to check. Internal.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gistmill::formats {

// Calls `on_tensor(tensor, shard)` for each entry of weight_map, in the order of the text; the names are
// valid for the call only. Keeps nothing, so that an index costs no memory by itself. Gives
// metadata.total_size. What `on_tensor` throws as std::invalid_argument becomes a FormatError at the entry's
// place.
std::optional<std::uint64_t> read_safetensors_index(
    std::string_view text, const std::string& file,
    const std::function<void(std::string_view tensor, std::string_view shard)>& on_tensor);

}  // namespace gistmill::formats
