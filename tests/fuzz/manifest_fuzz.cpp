// libFuzzer on the reader of plugin manifests (TOML): a manifest, or Failure says what is wrong with it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "host/diagnostic/failure.hpp"
#include "host/registry/manifest.hpp"
#include "tests/fuzz/cost_watch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // toml++ builds a tree of nodes and this reader another one of values: some hundred bytes for a few
  // letters.
  const gistmill::fuzz::CostWatch watch(size, 400);
  try {
    gistmill::parse_manifest(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  } catch (const gistmill::Failure&) {
  }
  return 0;
}
