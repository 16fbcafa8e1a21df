// libFuzzer on the reader of plugin manifests (TOML): a manifest, or Failure says what is wrong with it. What
// is said of its keys without parsing it holds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "host/diagnostic/failure.hpp"
#include "host/registry/manifest.hpp"
#include "host/registry/manifest_keys.hpp"
#include "tests/fuzz/cost_watch.hpp"

namespace {

void expect(const gistmill::ManifestKeys& keys, const std::string& key) {
  if (!keys.may_have(key)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // toml++ builds a tree of nodes and this reader another one of values: some hundred bytes for a few
  // letters.
  const gistmill::fuzz::CostWatch watch(size, 400);
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const gistmill::Manifest manifest = gistmill::parse_manifest(text, "fuzz");
    const gistmill::ManifestKeys keys(text);
    for (const gistmill::ComponentSpec& component : manifest.components) {
      expect(keys, component.name);
      for (const gistmill::OptionSpec& option : component.options) expect(keys, option.key);
      for (const gistmill::OperationSpec& operation : component.operations) expect(keys, operation.name);
    }
  } catch (const gistmill::Failure&) {
  }
  return 0;
}
