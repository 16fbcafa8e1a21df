#include <gistmill/formats/memory.hpp>
#include <gistmill/plugin/values.hpp>
#include <gistmill/text/shown.hpp>

#include "plugins/teacher/decoder/files/model_file.hpp"

namespace gistmill::decoder {
namespace {

std::string needs(std::uint64_t bytes) { return text::bytes_text(bytes, text::Rounding::up); }

}  // namespace

void check_memory(const ModelFile& file, at::ScalarType dtype) {
  check_memory(file, dtype, formats::available_memory());
}

void check_memory(const ModelFile& file, at::ScalarType dtype, std::optional<std::uint64_t> available) {
  const auto needed = static_cast<std::uint64_t>(load_bytes(file.plan(), dtype));
  if (!available || needed <= *available) return;
  const auto narrow = static_cast<std::uint64_t>(load_bytes(file.plan(), at::kBFloat16));
  const bool narrow_helps = dtype != at::kBFloat16 && narrow <= *available;
  throw Error(GM_ERROR_UNAVAILABLE,
              file.path() + ": loading it in " + (dtype == at::kBFloat16 ? "bf16" : "f32") + " needs " +
                  needs(needed) + " of memory, but only " +
                  text::bytes_text(*available, text::Rounding::down) + " is available; " +
                  (narrow_helps ? "set dtype = \"bf16\", which needs " + needs(narrow)
                                : std::string("take a smaller model or free memory")),
              "model");
}

}  // namespace gistmill::decoder
