// libFuzzer on the GGUF reader: whatever the bytes, all that a file offers is read, or FormatError says no.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <gistmill/formats/gguf.hpp>

#include "tests/fuzz/cost_watch.hpp"

namespace {

using gistmill::formats::FormatError;
using gistmill::formats::Gguf;
using gistmill::formats::GgufEntry;
using gistmill::formats::GgufTensor;

template <class Body>
void may_refuse(Body&& body) {
  try {
    body();
  } catch (const FormatError&) {
  }
}

// Memory of this target: what values need is not the reader's doing.
std::vector<float> floats(1 << 20);
std::vector<std::uint16_t> bf16(1 << 20);

// As every type: all but the right ones are refused.
void read_entry(const Gguf& file, const GgufEntry& entry) {
  may_refuse([&] { file.integer(entry.key); });
  may_refuse([&] { file.number(entry.key); });
  may_refuse([&] { file.boolean(entry.key); });
  may_refuse([&] { file.string(entry.key); });
  may_refuse([&] { file.strings(entry.key); });
  may_refuse([&] { file.integers(entry.key); });
  may_refuse([&] { file.numbers(entry.key); });
  may_refuse([&] { file.booleans(entry.key); });
  may_refuse([&] { file.bytes(entry.key); });
}

void read_tensor(const Gguf& file, const GgufTensor& tensor) {
  if (tensor.row_length() > floats.size()) return;
  constexpr std::uint64_t kRows = 64;  // rows of nothing may be 2^63
  for (std::uint64_t row = 0; row < tensor.rows() && row < kRows; ++row) {
    may_refuse([&] { file.dequantize_rows(tensor, row, 1, floats.data()); });
    may_refuse([&] { file.dequantize_rows_bf16(tensor, row, 1, bf16.data()); });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const gistmill::fuzz::CostWatch watch(size);
  may_refuse([&] {
    const Gguf file(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
    for (const GgufEntry& entry : file.entries()) read_entry(file, entry);
    for (const GgufTensor& tensor : file.tensors()) read_tensor(file, tensor);
  });
  return 0;
}
