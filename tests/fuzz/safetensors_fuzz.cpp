// libFuzzer on the safetensors reader; what is read is written and read again, and must be the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/safetensors.hpp>

#include "tests/fuzz/cost_watch.hpp"

namespace {

using namespace gistmill::formats;

void read_values(const Safetensors& file, const SafetensorsTensor& tensor) {
  static std::vector<float> floats(1 << 20);
  static std::vector<std::uint16_t> bf16(1 << 20);
  if (!safetensors_gives_floats(tensor.dtype) || tensor.row_length() > floats.size()) return;
  constexpr std::uint64_t kRows = 64;  // rows of nothing may be 2^63
  for (std::uint64_t row = 0; row < tensor.rows() && row < kRows; ++row) {
    file.read_rows(tensor, row, 1, floats.data());
    file.read_rows_bf16(tensor, row, 1, bf16.data());
  }
}

void write_and_compare(const Safetensors& file) {
  std::vector<SafetensorsItem> items;
  for (const auto& tensor : file.tensors()) {
    items.push_back(
        {std::string(tensor.name), tensor.dtype, tensor.shape, tensor.data.data(), tensor.data.size()});
  }
  std::string written;
  write_safetensors(
      [&](const void* bytes, std::size_t count) { written.append(static_cast<const char*>(bytes), count); },
      items, file.metadata());
  const Safetensors again(written, "again");
  if (again.tensors().size() != items.size() || again.metadata() != file.metadata()) std::abort();
  for (const auto& tensor : file.tensors()) {
    const auto& same = again.tensor(tensor.name);
    if (same.data != tensor.data || same.shape != tensor.shape || same.dtype != tensor.dtype) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto file = [&] {
      const gistmill::fuzz::CostWatch watch(size);
      return Safetensors(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
    }();
    for (const auto& tensor : file.tensors()) read_values(file, tensor);
    write_and_compare(file);
  } catch (const FormatError&) {
  }
  return 0;
}
