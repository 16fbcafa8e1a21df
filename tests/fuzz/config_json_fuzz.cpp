// libFuzzer on the reader of a Hugging Face config.json: whatever the bytes, a plan of a model or a refusal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <gistmill/formats/json.hpp>
#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/files/hugging_face_config.hpp"
#include "tests/fuzz/cost_watch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  gistmill::formats::JsonLimits limits;
  limits.values = 4096;
  // A list of layers may be as long as the most layers that a model has.
  const gistmill::fuzz::CostWatch watch(size, 2, 4 << 20);
  try {
    const nlohmann::json config = gistmill::formats::parse_json(text, "fuzz", limits);
    const auto plan =
        gistmill::decoder::read_hugging_face_config(config, "fuzz", nlohmann::json(), "generation");
    if (plan.config.unrotated_layers.size() > gistmill::decoder::kMostLayers) std::abort();
    gistmill::decoder::read_hugging_face_config(config, "fuzz", config, "generation");
  } catch (const gistmill::formats::FormatError&) {
  } catch (const gistmill::Error&) {
  }
  return 0;
}
