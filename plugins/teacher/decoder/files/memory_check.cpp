#include <gistmill/formats/memory.hpp>
#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/files/model_file.hpp"

namespace gistmill::decoder {
namespace {

// "1.4 GB", in powers of ten as shops and `ls` count. What is needed is rounded up, what is there down.
std::string gigabytes(std::uint64_t bytes, std::uint64_t add = 0) {
  const std::uint64_t tenths = (bytes + add) / 100'000'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GB";
}
constexpr std::uint64_t kUp = 99'999'999;

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
                  gigabytes(needed, kUp) + " of memory, but only " + gigabytes(*available) +
                  " is available; " +
                  (narrow_helps ? "set dtype = \"bf16\", which needs " + gigabytes(narrow, kUp)
                                : std::string("take a smaller model or free memory")),
              "model");
}

}  // namespace gistmill::decoder
