// libFuzzer on adapter_config.json: whatever the bytes, settings that give every module a rank and a scale,
// or a refusal. Its patterns are regular expressions of strangers.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <gistmill/formats/json.hpp>
#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/files/adapter_settings.hpp"
#include "tests/fuzz/cost_watch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gistmill;
  formats::JsonLimits limits;
  limits.values = 4096;
  // Each pattern may have a machine of 1 MiB, and the same again for its reverse.
  const fuzz::CostWatch watch(size, 4096, std::size_t{8} << 20);
  try {
    const nlohmann::json json =
        formats::parse_json({reinterpret_cast<const char*>(data), size}, "fuzz", limits);
    const decoder::AdapterSettings settings = decoder::adapter_settings_of(json, "fuzz");
    for (const char* module :
         {"model.layers.0.self_attn.q_proj", "transformer.h.11.mlp.c_fc", "lm_head", ""}) {
      const std::int64_t rank = settings.rank_of(module);
      if (settings.kind == decoder::AdapterKind::kLora && (rank < 1 || rank > decoder::kMostRank))
        std::abort();
      settings.alpha_of(module);
    }
    for (const std::int64_t token : settings.token_indices) {
      if (token < 0) std::abort();
    }
  } catch (const formats::FormatError&) {
  } catch (const Error&) {
  }
  return 0;
}
