// libFuzzer on the reader of model.safetensors.index.json: no shard that it lets through leaves the folder.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include <gistmill/formats/error.hpp>

#include "sdk/formats/safetensors_index.hpp"
#include "tests/fuzz/cost_watch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const gistmill::fuzz::CostWatch watch(size);
  try {
    gistmill::formats::read_safetensors_index(text, "fuzz", [](std::string_view, std::string_view shard) {
      const std::filesystem::path path = std::filesystem::path("folder") / shard;
      if (path.lexically_normal().parent_path() != "folder" || path.filename() != shard) std::abort();
    });
  } catch (const gistmill::formats::FormatError&) {
  }
  return 0;
}
